//! `aldgate credentials create`: a machine application with a client grant for the Management API.

use aldgate_app::App;
use aldgate_core::application::{Application, rules};
use aldgate_core::client_grant::{ClientGrant, SubjectType};
use aldgate_core::id::ClientGrantId;
use aldgate_core::provision::management_scopes;
use aldgate_core::scope::Scopes;
use aldgate_core::secret::Secret;
use aldgate_core::tenant::Tenant;
use aldgate_store::StoreError;
use anyhow::{Result, anyhow, bail};
use serde_json::{Map, Value, json};

use crate::cli::{Cli, Credentials};
use crate::{context, ui};

/// Runs the command; JSON on stdout.
pub(crate) async fn run(cli: &Cli, command: &Credentials) -> Result<()> {
    let Credentials::Create {
        name,
        tenant,
        scopes,
    } = command;
    let (app, tenant) = context::open(cli, &tenant.tenant).await?;
    let scopes = read_scopes(scopes)?;
    ui::json(&create(&app, &tenant, name, scopes).await?);
    Ok(())
}

/// Creates the application and its grant in one commit; returns what a client needs.
pub(crate) async fn create(
    app: &App,
    tenant: &Tenant,
    name: &str,
    scopes: Scopes,
) -> Result<Value> {
    let (application, secret) = machine(app, name)?;
    let audience = tenant.issuer.management();
    let now = app.now();
    let grant = ClientGrant {
        id: ClientGrantId::generate(&mut app.rng()),
        client_id: application.id.clone(),
        audience: audience.clone(),
        scope: scopes,
        allow_all_scopes: false,
        subject_type: SubjectType::Client,
        created_at: now,
        updated_at: now,
        extra: Map::new(),
    };
    let client_id = application.id.clone();
    let written: Result<(), StoreError> = app
        .store
        .write(&tenant.id, move |tx| {
            tx.applications().create(&application)?;
            tx.client_grants().create(&grant)
        })
        .await;
    written?;
    Ok(json!({
        "domain": tenant.issuer.authority(),
        "issuer": tenant.issuer,
        "audience": audience,
        "client_id": client_id,
        "client_secret": secret.expose(),
    }))
}

fn machine(app: &App, name: &str) -> Result<(Application, Secret<String>)> {
    let body = json!({"name": name, "app_type": "non_interactive"});
    let body = body.as_object().cloned().unwrap_or_default();
    let mut application = rules::create(body, None, app.now(), &mut app.rng())
        .map_err(|refusal| anyhow!("--name: {}", refusal.cause))?;
    let secret = rules::new_secret(&mut application, &mut app.rng());
    Ok((application, secret))
}

/// Reads `--scopes`: names, or `all`.
fn read_scopes(asked: &[String]) -> Result<Scopes> {
    let all: Vec<String> = management_scopes().collect();
    if asked == ["all"] {
        return Ok(Scopes::collect(all.iter().map(String::as_str)));
    }
    let known: Vec<&str> = all.iter().map(String::as_str).collect();
    for scope in asked {
        if !known.contains(&scope.as_str()) {
            match aldgate_core::body::closest(scope, &known) {
                Some(near) => bail!(
                    "--scopes: {scope:?} is no scope of the Management API; did you mean {near}?"
                ),
                None => bail!("--scopes: {scope:?} is no scope of the Management API"),
            }
        }
    }
    Ok(Scopes::collect(asked.iter().map(String::as_str)))
}
