//! `aldgate backup` and `aldgate restore`.

use std::path::Path;

use aldgate_store::{DatabaseUrl, Logins};
use anyhow::{Result, anyhow};

use crate::cli::{BackupFile, Cli, Restore};
use crate::{context, ui};

/// Writes a consistent copy while the database is in use.
pub(crate) async fn backup(cli: &Cli, args: &BackupFile) -> Result<()> {
    let config = context::config(cli, &[])?;
    let store = context::open_store(&config).await?;
    store.backup(&args.file).await?;
    ui::result(&format!("{}", args.file.display()));
    ui::note("Keep the master key as well: without it the signing keys of the copy stay sealed.");
    Ok(())
}

/// Puts a copy back; logins from before it end (REL-02).
pub(crate) async fn restore(cli: &Cli, args: &Restore) -> Result<()> {
    let config = context::config(cli, &[])?;
    let url = DatabaseUrl::parse(config.database.url.expose())
        .map_err(|error| anyhow!("database.url: {error}"))?;
    let ended = match &args.file {
        Some(file) => put_back(&url, file, args)?,
        None => context::open_store(&config).await?.end_all_logins().await?,
    };
    ui::result(&format!(
        "{ended} sessions, codes and tokens of the copy were ended."
    ));
    ui::note("If a signing key was revoked after the copy was made, revoke it again.");
    Ok(())
}

fn put_back(url: &DatabaseUrl, file: &Path, args: &Restore) -> Result<u64> {
    let question = format!(
        "Replace the database by {}? Stop the server first. What was written since is kept aside.",
        file.display()
    );
    ui::confirm(&question, args.yes)?;
    let logins = if args.keep_sessions {
        Logins::Keep
    } else {
        Logins::End
    };
    let restored = aldgate_store::restore(url, file, logins)?;
    if let Some(replaced) = &restored.replaced {
        ui::result(&format!(
            "The replaced database is at {}",
            replaced.display()
        ));
    }
    Ok(restored.ended)
}
