//! What `aldgate dev` puts into an empty tenant, and `dev.json`, which tells scripts of it.

use std::path::Path;

use aldgate_app::App;
use aldgate_app::seal::create_private;
use aldgate_core::id::ClientId;
use aldgate_core::provision::management_scopes;
use aldgate_core::random::{Entropy, alphanumeric};
use aldgate_core::role::ADMINISTRATOR;
use aldgate_core::scope::Scopes;
use aldgate_core::secret::TokenKind;
use aldgate_core::tenant::Tenant;
use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::Addresses;
use crate::apply::{self, Mode, Rules, Sections};
use crate::cmd::credentials;

/// The identifier of the demo API. A logical name: it need not resolve.
const DEMO_API: &str = "https://orders.example/";

/// Ports that popular front-end tools use, so that a first experiment needs no registration.
const USUAL_PORTS: [u16; 4] = [3000, 4200, 5173, 8080];

/// What the seed depends on.
pub(super) struct Place<'a> {
    /// The data directory.
    pub(super) data: &'a Path,
    /// Where the demo is.
    pub(super) addresses: &'a Addresses,
    /// The local authority, with `--https`.
    pub(super) ca: Option<&'a Path>,
    /// Which Google.
    pub(super) google: Google,
}

/// Which Google the login page offers.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Google {
    /// None.
    None,
    /// The one of the demo.
    Fake,
    /// The real one.
    Real {
        /// From Google's console.
        client_id: String,
        /// Beside it.
        client_secret: String,
    },
}

/// Seeds the tenant once and writes `dev.json`; later starts read it back and follow the port.
pub(super) async fn seed(app: &App, tenant: &Tenant, place: &Place<'_>) -> Result<Value> {
    let (addresses, ca) = (place.addresses, place.ca);
    let file = place.data.join("dev.json");
    let known: Option<Value> = std::fs::read(&file)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let known = known.filter(|dev| dev["spa"]["client_id"].is_string());
    let mut dev = match known {
        Some(dev) => dev,
        None => fresh(app, tenant).await?,
    };
    let ca = ca.map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    dev["issuer"] = json!(tenant.issuer);
    dev["domain"] = json!(tenant.issuer.authority());
    dev["management"]["audience"] = json!(tenant.issuer.management());
    dev["management"]["domain"] = json!(tenant.issuer.authority());
    for confidential in ["web", "m2m", "management"] {
        dev[confidential]["token_endpoint_auth_method"] = json!("client_secret_post");
    }
    dev["demo_api_url"] = json!(addresses.api());
    dev["demo_spa_url"] = json!(addresses.spa());
    dev["ca"] = json!(ca);
    dev["google"] = google(app, place, &dev["google"]);
    demo(app, tenant, place, &dev).await?;
    let text = serde_json::to_vec_pretty(&dev)?;
    // It holds secrets: only its owner may read it.
    drop(std::fs::remove_file(&file));
    create_private(&file, &text).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(dev)
}

/// What `dev.json` says of Google. The fake one keeps its ids; the secret of the real one stays
/// where it is.
fn google(app: &App, place: &Place<'_>, known: &Value) -> Value {
    match &place.google {
        Google::None => Value::Null,
        Google::Real { client_id, .. } => json!({"fake": false, "client_id": client_id}),
        Google::Fake => {
            let mut google = match known["fake"] == true {
                true => known.clone(),
                false => json!({
                    "fake": true,
                    "client_id": format!("{}.apps.fake-google.example", alphanumeric(&mut app.rng(), 24)),
                    "client_secret": alphanumeric(&mut app.rng(), 32),
                }),
            };
            google["issuer"] = json!(place.addresses.google());
            google
        }
    }
}

/// The connection to Google, for every application.
fn google_connection(place: &Place<'_>, dev: &Value) -> Option<Value> {
    let (label, options) = match &place.google {
        Google::None => return None,
        Google::Real {
            client_id,
            client_secret,
        } => (
            "Google",
            json!({"client_id": client_id, "client_secret": client_secret}),
        ),
        Google::Fake => {
            let issuer = dev["google"]["issuer"].as_str().unwrap_or_default();
            let options = json!({
                "client_id": dev["google"]["client_id"],
                "client_secret": dev["google"]["client_secret"],
                "discovery_url": format!("{issuer}/.well-known/openid-configuration"),
            });
            ("Google (fake)", options)
        }
    };
    Some(json!({
        "name": "google-oauth2",
        "strategy": "google-oauth2",
        "display_name": label,
        "is_domain_connection": true,
        "options": options,
    }))
}

/// Chooses ids, secrets and passwords: fresh ones for every data directory (ADM-02).
async fn fresh(app: &App, tenant: &Tenant) -> Result<Value> {
    let rng: &mut dyn Entropy = &mut app.rng();
    let client = |rng: &mut dyn Entropy| ClientId::generate(rng).to_string();
    let secret = |rng: &mut dyn Entropy| TokenKind::ClientSecret.generate(rng).expose().clone();
    let mut dev = json!({
        "spa": {"client_id": client(rng)},
        "second_spa": {"client_id": client(rng)},
        "web": {"client_id": client(rng), "client_secret": secret(rng)},
        "m2m": {"client_id": client(rng), "client_secret": secret(rng)},
        "api": {"identifier": DEMO_API, "scopes": ["read:orders", "write:orders"]},
        "user": {"email": "ada@example.com", "password": alphanumeric(rng, 16)},
        "admin": {"email": "admin@example.com", "password": alphanumeric(rng, 16)},
    });
    let all: Vec<String> = management_scopes().collect();
    let scopes = Scopes::collect(all.iter().map(String::as_str));
    dev["management"] = credentials::create(app, tenant, "Demo management", scopes).await?;
    Ok(dev)
}

/// Brings the demo's applications, API and people to what `dev.json` says.
async fn demo(app: &App, tenant: &Tenant, place: &Place<'_>, dev: &Value) -> Result<()> {
    let spa = dev["demo_spa_url"].as_str().unwrap_or_default();
    let mut origins = vec![spa.to_owned()];
    origins.extend(USUAL_PORTS.map(|port| format!("http://localhost:{port}")));
    let urls: Vec<String> = origins
        .iter()
        .flat_map(|origin| ["", "/", "/callback"].map(|path| format!("{origin}{path}")))
        .collect();
    let browser = |key: &str, name: &str| {
        json!({
            "client_id": dev[key]["client_id"],
            "name": name,
            "app_type": "spa",
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token", "implicit"],
            "callbacks": urls,
            "allowed_logout_urls": urls,
            "web_origins": origins,
            "cross_origin_authentication": true,
        })
    };
    let (machine, scope) = (&dev["m2m"]["client_id"], ["read:orders", "write:orders"]);
    let grant = json!({"client_id": machine, "audience": DEMO_API, "scope": scope});
    let connections: Vec<Value> = google_connection(place, dev).into_iter().collect();
    let document = json!({
        "connections": connections,
        "clients": [
            browser("spa", "Demo SPA"),
            browser("second_spa", "Demo second application"),
            {
                "client_id": dev["web"]["client_id"],
                "client_secret": dev["web"]["client_secret"],
                "name": "Demo web application",
                "app_type": "regular_web",
                "grant_types": ["authorization_code", "refresh_token"],
                "callbacks": urls,
                "allowed_logout_urls": urls,
            },
            {
                "client_id": dev["m2m"]["client_id"],
                "client_secret": dev["m2m"]["client_secret"],
                "name": "Demo machine",
                "app_type": "non_interactive",
            },
        ],
        "resourceServers": [api()],
        "clientGrants": [grant],
        "users": people(dev),
    });
    let sections: Sections = serde_json::from_value(document)?;
    apply::apply(app, tenant, sections, Mode::Commit, Rules::default()).await?;
    Ok(())
}

fn api() -> Value {
    json!({
        "identifier": DEMO_API,
        "name": "Demo Orders API",
        "scopes": [
            {"value": "read:orders", "description": "See your orders"},
            {"value": "write:orders", "description": "Place and cancel orders"},
        ],
        "allow_offline_access": true,
        "skip_consent_for_verifiable_first_party_clients": true,
    })
}

fn people(dev: &Value) -> Value {
    json!([
        {
            "email": dev["user"]["email"],
            "password": dev["user"]["password"],
            "email_verified": true,
            "name": "Ada Example",
            "given_name": "Ada",
            "family_name": "Example",
        },
        {
            "email": dev["admin"]["email"],
            "password": dev["admin"]["password"],
            "email_verified": true,
            "name": "Demo Administrator",
            "roles": [ADMINISTRATOR],
        },
    ])
}
