//! Trying a connection: links that begin a login with it, at an application that may use it.

use aldgate_core::random::alphanumeric;
use aldgate_jose::{b64, digest};
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::applications::is_enabled;
use super::{load, sheet, side, text};
use crate::dashboard::Visit;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, show};
use crate::dashboard::visit::href;

pub(super) fn pages() -> Vec<Page> {
    let path = "/connections/{id}/try";
    vec![
        show(path, "Try a connection", trial)
            .needs("GET /connections/{id}")
            .needs("GET /clients"),
    ]
}

#[derive(Serialize)]
struct View {
    links: Vec<Trial>,
    /// Where to choose applications.
    applications: String,
    logs: String,
    is_federated: bool,
}

#[derive(Serialize)]
struct Trial {
    application: String,
    href: String,
}

async fn trial(visit: Visit) -> Result<Response, Fault> {
    let connection = load(&visit).await?;
    let fields = "fields=client_id,name,callbacks,grant_types&include_fields=true";
    let all = visit
        .get(&format!("/clients?per_page=100&{fields}"))
        .await?;
    let for_all = connection["is_domain_connection"] == true;
    let permitted =
        |client: &&Value| for_all || is_enabled(&connection, &text(client, "client_id"));
    let clients = all.as_array().map(Vec::as_slice).unwrap_or_default();
    let links = clients.iter().filter(permitted);
    let view = View {
        links: links
            .filter_map(|client| link(&visit, &connection, client))
            .collect(),
        applications: href(&side(&visit, "/applications")),
        logs: href("/logs"),
        is_federated: super::Kind::of(&connection).is_some_and(super::Kind::is_federated),
    };
    let sheet = sheet(&visit, "connection_try", &connection, "/try");
    Ok(sheet.show(&view))
}

/// What begins a login of this application with this connection; `None` where it has no address to
/// come back to, or where nobody logs in. The application did not begin this login, so nobody
/// redeems the code: the verifier of the challenge is forgotten.
fn link(visit: &Visit, connection: &Value, client: &Value) -> Option<Trial> {
    let id = text(client, "client_id");
    if id == aldgate_core::provision::DASHBOARD {
        return None;
    }
    let callback = client["callbacks"].as_array()?.first()?.as_str()?;
    let grants = client["grant_types"].as_array()?;
    let has = |grant: &str| grants.iter().any(|one| one == grant);
    let verifier = alphanumeric(&mut visit.app.rng(), 43);
    let challenge = b64::encode(&digest::sha256(verifier.as_bytes()));
    let proof = match (has("authorization_code"), has("implicit")) {
        (true, _) => [
            ("response_type", "code"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ],
        (false, true) => [
            ("response_type", "id_token"),
            ("nonce", verifier.as_str()),
            ("response_mode", "fragment"),
        ],
        (false, false) => return None,
    };
    let query = Serializer::new(String::new())
        .append_pair("client_id", &id)
        .append_pair("redirect_uri", callback)
        .append_pair("scope", "openid profile email")
        .append_pair("connection", &text(connection, "name"))
        .append_pair("prompt", "login")
        .append_pair("state", "trial-from-the-dashboard")
        .extend_pairs(proof)
        .finish();
    Some(Trial {
        application: text(client, "name"),
        href: visit.tenant.issuer.join(&format!("authorize?{query}")),
    })
}
