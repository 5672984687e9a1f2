//! `aldgate apply` and `aldgate export`.

use anyhow::{Context as _, Result};

use crate::apply::run::{self, Mode};
use crate::apply::{export, files};
use crate::cli::{Apply, Cli, Export};
use crate::{context, ui};

/// Brings a tenant to the state that files describe.
pub(crate) async fn apply(cli: &Cli, args: &Apply) -> Result<()> {
    let desired = files::read(&args.path, &|name| context::variable(name))?;
    let (app, tenant) = context::open(cli, &args.tenant.tenant).await?;
    let mode = if args.dry_run {
        Mode::DryRun
    } else {
        Mode::Commit
    };
    let applied = run::apply(&app, &tenant, desired, mode, args.allow_delete).await?;
    if args.output.json {
        ui::json(&run::as_json(&applied, mode));
    } else {
        run::print(&applied, mode);
    }
    Ok(())
}

/// Writes a tenant's state to `PATH/tenant.yaml`.
pub(crate) async fn export(cli: &Cli, args: &Export) -> Result<()> {
    let (app, tenant) = context::open(cli, &args.tenant.tenant).await?;
    let document = export::document(&run::load(&app, &tenant).await?);
    let text = serde_saphyr::to_string(&document).context("the state cannot be written as YAML")?;
    std::fs::create_dir_all(&args.path)
        .with_context(|| format!("cannot create {}", args.path.display()))?;
    let file = args.path.join("tenant.yaml");
    std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    ui::result(&format!("{}", file.display()));
    Ok(())
}
