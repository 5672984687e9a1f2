//! `aldgate tenant create|list|delete`.

use aldgate_app::App;
use aldgate_core::id::TenantId;
use aldgate_core::tenant::{Issuer, Tenant};
use aldgate_store::{StoreError, SystemTx};
use anyhow::{Result, anyhow, bail};
use serde_json::{Value, json};

use crate::cli::{Cli, TenantCommand};
use crate::{context, ui};

/// Runs the command.
pub(crate) async fn run(cli: &Cli, command: &TenantCommand) -> Result<()> {
    let (app, _) = context::open(cli, "default").await?;
    match command {
        TenantCommand::Create {
            name,
            issuer,
            output,
        } => {
            let id = TenantId::parse(name).map_err(|error| anyhow!("NAME: {error}"))?;
            let issuer = Issuer::parse(issuer).map_err(|error| anyhow!("--issuer: {error}"))?;
            let tenant = app.create_tenant(id, issuer).await.map_err(|error| {
                anyhow!("{error}; a tenant's name and its host may be used only once")
            })?;
            if output.json {
                ui::json(&view(&tenant));
            } else {
                ui::result(&format!(
                    "Tenant {} answers at {}",
                    tenant.id, tenant.issuer
                ));
            }
        }
        TenantCommand::List(output) => {
            let tenants = app.tenants().await?;
            if output.json {
                ui::json(&tenants.iter().map(view).collect());
            } else {
                let row = |t: &Tenant| {
                    vec![
                        t.id.to_string(),
                        t.issuer.to_string(),
                        t.created_at.to_string(),
                    ]
                };
                ui::table(
                    &["NAME", "ISSUER", "CREATED"],
                    &tenants.iter().map(row).collect::<Vec<_>>(),
                );
            }
        }
        TenantCommand::Delete { name, yes } => delete(&app, name, *yes).await?,
    }
    Ok(())
}

async fn delete(app: &App, name: &str, yes: bool) -> Result<()> {
    let id = TenantId::parse(name).map_err(|error| anyhow!("NAME: {error}"))?;
    if id == TenantId::default() {
        bail!("the default tenant cannot be deleted");
    }
    let Some(tenant) = app.tenant(&id).await? else {
        bail!("there is no tenant {name:?}")
    };
    let question = format!(
        "Delete tenant {name} ({}) with its users, applications, APIs and keys, for good?",
        tenant.issuer
    );
    ui::confirm(&question, yes)?;
    let delete = move |system: &mut SystemTx<'_>| system.tenants().delete(&id);
    let deleted: Result<bool, StoreError> = app.store.write_system(delete).await;
    if !deleted? {
        bail!("there is no tenant {name:?}");
    }
    ui::result(&format!("Tenant {name} is deleted."));
    Ok(())
}

fn view(tenant: &Tenant) -> Value {
    json!({"name": tenant.id, "issuer": tenant.issuer, "created_at": tenant.created_at.iso8601()})
}
