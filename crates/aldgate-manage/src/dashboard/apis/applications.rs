//! Which applications use an API.

use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::{load, sheet};
use crate::dashboard::Visit;
use crate::dashboard::applications::{kind_label, text};
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/apis/{id}/applications", "Applications of an API", list)
            .needs("GET /client-grants")
            .needs("GET /clients"),
    ]
}

#[derive(Serialize)]
struct View {
    rows: Vec<Row>,
    open_to_all: bool,
}

#[derive(Serialize)]
struct Row {
    name: String,
    kind: &'static str,
    subject: &'static str,
    scopes: Vec<String>,
    all: bool,
    href: String,
}

async fn list(visit: Visit) -> Result<Response, Fault> {
    let api = load(&visit).await?;
    let path = at(
        "/client-grants?per_page=100&audience={}",
        &[&text(&api, "identifier")],
    );
    let grants = visit.get(&path).await?;
    let clients = visit
        .get("/clients?per_page=100&fields=client_id,name,app_type")
        .await?;
    let rows = grants.as_array().cloned().unwrap_or_default();
    let view = View {
        rows: rows
            .iter()
            .map(|grant| row(&api, grant, &clients))
            .collect(),
        open_to_all: api["subject_type_authorization"]["user"]["policy"] == "allow_all",
    };
    Ok(sheet(&visit, "api_applications", &api, "/applications").show(&view))
}

fn row(api: &Value, grant: &Value, clients: &Value) -> Row {
    let id = text(grant, "client_id");
    let known = clients.as_array().into_iter().flatten();
    let client = known
        .into_iter()
        .find(|client| client["client_id"] == id.as_str());
    let subject = match grant["subject_type"].as_str() {
        Some("user") => "user",
        _ => "client",
    };
    let scopes = grant["scope"].as_array().cloned().unwrap_or_default();
    Row {
        name: client.map_or_else(|| id.clone(), |client| text(client, "name")),
        kind: client.map_or("", |client| kind_label(&text(client, "app_type"))),
        subject: if subject == "user" {
            "For its users"
        } else {
            "By itself"
        },
        scopes: scopes
            .iter()
            .filter_map(|scope| scope.as_str().map(str::to_owned))
            .collect(),
        all: grant["allow_all_scopes"] == true,
        href: href(&at(
            "/applications/{}/apis/{}/{}",
            &[&id, &text(api, "id"), subject],
        )),
    }
}
