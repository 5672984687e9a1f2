//! `aldgate key list|rotate|revoke`.

use std::collections::BTreeSet;

use aldgate_app::keys::KeyInfo;
use aldgate_core::api::SigningAlg;
use aldgate_core::id::KeyId;
use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use crate::cli::{Cli, Key};
use crate::{context, ui};

/// Runs the command.
pub(crate) async fn run(cli: &Cli, command: &Key) -> Result<()> {
    match command {
        Key::List { tenant, output } => {
            let (app, tenant) = context::open(cli, &tenant.tenant).await?;
            print(app.key_ring(&tenant.id).await?.keys(), output.json);
        }
        Key::Rotate {
            tenant,
            force,
            output,
        } => {
            let (app, tenant) = context::open(cli, &tenant.tenant).await?;
            let ring = app.key_ring(&tenant.id).await?;
            let algs: BTreeSet<&str> = ring.keys().iter().map(|key| key.alg.as_str()).collect();
            for alg in algs {
                let alg: SigningAlg = serde_json::from_value(json!(alg))?;
                let rotated = if *force {
                    app.rotate_keys_now(&tenant, alg).await
                } else {
                    app.rotate_keys(&tenant, alg).await
                };
                rotated.map_err(|error| {
                    anyhow!(
                        "{}: {error}. Wait, or pass --force if caches may miss the new key.",
                        alg.as_str()
                    )
                })?;
            }
            print(app.key_ring(&tenant.id).await?.keys(), output.json);
        }
        Key::Revoke { kid, tenant, yes } => {
            let (app, tenant) = context::open(cli, &tenant.tenant).await?;
            let id = KeyId::parse(kid).map_err(|error| anyhow!("KID: {error}"))?;
            let question = format!(
                "Revoke key {kid}? Every token it signed stops working at once, and it cannot come back."
            );
            ui::confirm(&question, *yes)?;
            app.revoke_key(&tenant, &id).await?;
            ui::result(&format!("Key {kid} is revoked."));
        }
    }
    Ok(())
}

fn print(keys: &[KeyInfo], as_json: bool) {
    if as_json {
        ui::json(&keys.iter().map(view).collect());
        return;
    }
    let row = |key: &KeyInfo| {
        let since = key.changed_at.to_string();
        vec![
            key.id.to_string(),
            key.alg.as_str().to_owned(),
            key.state.as_str().to_owned(),
            since,
        ]
    };
    ui::table(
        &["KID", "ALG", "STATE", "SINCE"],
        &keys.iter().map(row).collect::<Vec<_>>(),
    );
}

fn view(key: &KeyInfo) -> Value {
    json!({
        "kid": key.id,
        "alg": key.alg.as_str(),
        "state": key.state.as_str(),
        "created_at": key.created_at.iso8601(),
        "since": key.changed_at.iso8601(),
    })
}
