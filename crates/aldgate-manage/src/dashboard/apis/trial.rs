//! Trying an API: a token as a machine gets it, explained, and a call with it.
//!
//! The token belongs to a test application of the API's own, which is made the first time. Nobody
//! knows its secret: it is made anew for each token, used in this process, and forgotten.

use aldgate_jose::JwkSet;
use aldgate_verify::explain::{Context, Explanation, explain};
use axum::response::Response;
use http::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::call::{self, Called, Wanted};
use super::{load, sheet, side};
use crate::dashboard::Visit;
use crate::dashboard::applications::text;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

/// The member of `client_metadata` that says which API an application tests.
const TESTS: &str = "aldgate_tests";

const PATH: &str = "/apis/{id}/test";

pub(super) fn pages() -> Vec<Page> {
    vec![
        show(PATH, "Test an API", blank).needs("GET /client-grants"),
        act(PATH, "Get a token for a test", token)
            .needs("POST /clients")
            .needs("POST /client-grants")
            .needs("POST /clients/{id}/rotate-secret"),
    ]
}

#[derive(Serialize)]
struct View {
    action: String,
    identifier: String,
    name: String,
    is_system: bool,
    token: Option<Token>,
    methods: [&'static str; 5],
    /// What was filled in.
    wanted: Wanted,
    called: Option<Called>,
}

#[derive(Serialize)]
struct Token {
    value: String,
    curl: String,
    explanation: Explanation,
}

async fn blank(visit: Visit) -> Result<Response, Fault> {
    let api = load(&visit).await?;
    Ok(page(&visit, &api, None, None))
}

fn page(visit: &Visit, api: &Value, token: Option<Token>, called: Option<Called>) -> Response {
    let view = View {
        action: href(&side(visit, "/test")),
        identifier: text(api, "identifier"),
        name: test_name(api),
        is_system: api["is_system"] == true,
        token,
        methods: call::METHODS,
        wanted: Wanted::read(&visit.form),
        called,
    };
    sheet(visit, "api_test", api, "/test").show(&view)
}

fn test_name(api: &Value) -> String {
    let name: String = text(api, "name").chars().take(150).collect();
    format!("Test of {name}")
}

async fn token(visit: Visit) -> Result<Response, Fault> {
    let api = load(&visit).await?;
    let (client_id, secret) = test_application(&visit, &api).await?;
    let audience = text(&api, "identifier");
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", client_id.as_str()),
        ("client_secret", secret.as_str()),
        ("audience", audience.as_str()),
    ];
    let answer = visit.token(&fields).await?;
    let value = text(&answer, "access_token");
    let explanation = explain(&value, &facts(&visit, &audience).await?);
    let wanted = Wanted::read(&visit.form);
    let called = match wanted.address.is_empty() {
        true => None,
        false => Some(call::call(&visit.app.outbound, &wanted, &value).await),
    };
    let token = Token {
        curl: wanted.curl(&value),
        value,
        explanation,
    };
    Ok(page(&visit, &api, Some(token), called))
}

/// What the doctor may know.
async fn facts(visit: &Visit, audience: &str) -> Result<Context, Fault> {
    let ring = visit.app.key_ring(&visit.tenant.id).await;
    let keys = ring
        .ok()
        .and_then(|ring| JwkSet::parse(ring.key_set().body()).ok());
    Ok(Context {
        now_seconds: u64::try_from(visit.now.seconds()).unwrap_or(0),
        issuer: Some(visit.tenant.issuer.to_string()),
        audience: Some(audience.to_owned()),
        keys,
        ..Context::default()
    })
}

/// The API's test application with access to all of its scopes, and a secret of this moment.
async fn test_application(visit: &Visit, api: &Value) -> Result<(String, String), Fault> {
    let id = text(api, "id");
    let found = visit
        .get(&at(
            "/clients?per_page=100&app_type=non_interactive&q={}",
            &[&test_name(api)],
        ))
        .await?;
    let known = found.as_array().into_iter().flatten();
    let known = known
        .into_iter()
        .find(|client| client["client_metadata"][TESTS] == id.as_str());
    let (client_id, secret) = match known {
        Some(client) => {
            let client_id = text(client, "client_id");
            let path = at("/clients/{}/rotate-secret", &[&client_id]);
            let rotated = visit.send(Method::POST, &path, &json!({})).await?;
            (client_id, text(&rotated, "client_secret"))
        }
        None => {
            let body = json!({
                "name": test_name(api),
                "description": "Made by the Test tab of the API; its secret is new for every test.",
                "app_type": "non_interactive",
                "client_metadata": {TESTS: id},
            });
            let made = visit.send(Method::POST, "/clients", &body).await?;
            (text(&made, "client_id"), text(&made, "client_secret"))
        }
    };
    allow(visit, &client_id, &text(api, "identifier")).await?;
    Ok((client_id, secret))
}

/// Gives the test application access to everything of the API, if it has none.
async fn allow(visit: &Visit, client_id: &str, audience: &str) -> Result<(), Fault> {
    let path = at(
        "/client-grants?client_id={}&audience={}",
        &[client_id, audience],
    );
    let grants = visit.get(&path).await?;
    if grants.as_array().is_some_and(|grants| !grants.is_empty()) {
        return Ok(());
    }
    let grant = json!({
        "client_id": client_id,
        "audience": audience,
        "scope": [],
        "allow_all_scopes": true,
    });
    visit.send(Method::POST, "/client-grants", &grant).await?;
    Ok(())
}
