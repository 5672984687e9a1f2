//! `aldgate apply` and `aldgate export`.

use aldgate_manage::Local;
use anyhow::Result;

use crate::apply::keywords::{self, Keywords};
use crate::apply::{self, Mode, Rules, export, layout, show};
use crate::cli::{Apply, Cli, Export};
use crate::{context, ui};

/// Brings a tenant to the state that files describe.
pub(crate) async fn apply(cli: &Cli, args: &Apply) -> Result<()> {
    let keywords = Keywords::load(args.keywords.file.as_deref(), &context::variable)?;
    let read = layout::read(&args.path, keywords)?;
    keywords::refuse(&read.open)?;
    let (app, tenant) = context::open(cli, &args.tenant.tenant).await?;
    let mode = match args.dry_run {
        true => Mode::DryRun,
        false => Mode::Commit,
    };
    let rules = Rules {
        allow_delete: args.allow_delete,
        secrets: args.secrets,
        lenient: false,
    };
    let applied = apply::apply(&app, &tenant, read.sections, mode, rules).await?;
    for left in &applied.left_out {
        ui::note(&format!("left out: {}: {}", left.what, left.why));
    }
    if args.output.json {
        ui::json(&show::as_json(&applied));
    } else {
        show::print(&applied, mode);
    }
    Ok(())
}

/// Writes a tenant's state to a directory or a YAML file.
pub(crate) async fn export(cli: &Cli, args: &Export) -> Result<()> {
    let (app, tenant) = context::open(cli, &args.tenant.tenant).await?;
    let local = Local::new(&app, tenant.clone());
    let sections = export::sections(&local, &tenant, args.identifiers).await?;
    layout::write(&args.path, &sections)?;
    ui::result(&format!("{}", args.path.display()));
    Ok(())
}
