//! Which applications may use a connection.

use axum::response::Response;
use http::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::{load, sheet, side, text};
use crate::dashboard::Visit;
use crate::dashboard::applications::kind_label;
use crate::dashboard::fault::Fault;
use crate::dashboard::listing::{self, Pager};
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

const PATH: &str = "/connections/{id}/applications";

pub(super) fn pages() -> Vec<Page> {
    vec![
        show(PATH, "Applications", applications)
            .needs("GET /connections/{id}")
            .needs("GET /clients"),
        act(PATH, "Change the applications of a connection", save)
            .needs("PATCH /connections/{id}/clients"),
    ]
}

#[derive(Serialize)]
struct View {
    action: String,
    rows: Vec<Row>,
    pager: Pager,
    /// Every application may use it.
    for_all: bool,
}

#[derive(Serialize)]
struct Row {
    id: String,
    name: String,
    kind: &'static str,
    enabled: bool,
}

/// Whether an application is among those that may use the connection.
pub(super) fn is_enabled(connection: &Value, client: &str) -> bool {
    let clients = connection["enabled_clients"].as_array();
    clients.is_some_and(|clients| clients.iter().any(|one| one == client))
}

async fn applications(visit: Visit) -> Result<Response, Fault> {
    let connection = load(&visit).await?;
    let mut path = format!("/clients?{}", listing::window(&visit));
    if !visit.query.get("q").is_empty() {
        path.push_str(&at("&q={}", &[visit.query.get("q")]));
    }
    let answer = visit.get(&path).await?;
    let (items, pager) = listing::read(&visit, &answer, "clients");
    let row = |item: &Value| {
        let id = text(item, "client_id");
        Row {
            name: text(item, "name"),
            kind: kind_label(&text(item, "app_type")),
            enabled: is_enabled(&connection, &id),
            id,
        }
    };
    let view = View {
        action: href(&side(&visit, "/applications")),
        rows: items.iter().map(row).collect(),
        pager,
        for_all: connection["is_domain_connection"] == true,
    };
    let sheet = sheet(
        &visit,
        "connection_applications",
        &connection,
        "/applications",
    );
    Ok(sheet.show(&view))
}

/// Only the applications that the page showed are changed: the list may have more pages.
async fn save(visit: Visit) -> Result<Response, Fault> {
    let connection = load(&visit).await?;
    let change = |id: &str| {
        let wanted = visit.form.all("application").any(|one| one == id);
        let differs = wanted != is_enabled(&connection, id);
        differs.then(|| json!({"client_id": id, "status": wanted}))
    };
    let changes: Vec<Value> = visit.form.all("shown").filter_map(change).collect();
    let own = side(&visit, "/applications");
    if changes.is_empty() {
        return Ok(visit.go(&own, "Nothing was different, so nothing was changed."));
    }
    let path = at("/connections/{}/clients", &[visit.segment("id")]);
    let count = changes.len();
    visit.send(Method::PATCH, &path, &json!(changes)).await?;
    let said = match count {
        1 => "One application was changed. It counts at once.".to_owned(),
        many => format!("{many} applications were changed. It counts at once."),
    };
    Ok(visit.go(&own, &said))
}
