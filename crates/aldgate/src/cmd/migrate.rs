//! `aldgate migrate`.

use anyhow::Result;
use serde_json::json;

use crate::cli::{Cli, Migrate};
use crate::{context, ui};

/// Brings the schema up to date, or shows what is pending.
pub(crate) async fn run(cli: &Cli, args: &Migrate) -> Result<()> {
    let config = context::config(cli, &[])?;
    let store = context::open_store(&config).await?;
    let names = if args.dry_run {
        store.pending_migrations().await?
    } else {
        store.migrate().await?
    };
    let verb = if args.dry_run { "pending" } else { "applied" };
    if args.output.json {
        ui::json(&json!({ verb: names }));
    } else if names.is_empty() {
        ui::result("The schema is up to date.");
    } else {
        names
            .iter()
            .for_each(|name| ui::result(&format!("{verb}: {name}")));
    }
    Ok(())
}
