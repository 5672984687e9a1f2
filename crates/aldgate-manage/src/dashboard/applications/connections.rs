//! Which connections an application may use.

use axum::response::Response;
use http::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::{load, sheet, side, text};
use crate::dashboard::Visit;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

const PATH: &str = "/applications/{id}/connections";

pub(super) fn pages() -> Vec<Page> {
    vec![
        show(PATH, "Connections", connections).needs("GET /connections"),
        act(PATH, "Change the connections of an application", save)
            .needs("PATCH /connections/{id}/clients"),
    ]
}

#[derive(Serialize)]
struct View {
    action: String,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: String,
    name: String,
    strategy: String,
    enabled: bool,
    /// Every application may use it.
    for_all: bool,
}

async fn connections(visit: Visit) -> Result<Response, Fault> {
    let application = load(&visit).await?;
    let view = View {
        action: href(&side(&visit, "/connections")),
        rows: rows(&visit).await?,
    };
    let sheet = sheet(
        &visit,
        "application_connections",
        &application,
        "/connections",
    );
    Ok(sheet.show(&view))
}

async fn rows(visit: &Visit) -> Result<Vec<Row>, Fault> {
    let all = visit.get("/connections?per_page=100").await?;
    let client = visit.segment("id");
    let is_enabled = |connection: &Value| {
        let clients = connection["enabled_clients"].as_array();
        clients.is_some_and(|clients| clients.iter().any(|one| one == client))
    };
    let row = |connection: &Value| Row {
        id: text(connection, "id"),
        name: text(connection, "name"),
        strategy: text(connection, "strategy"),
        enabled: is_enabled(connection),
        for_all: connection["is_domain_connection"] == true,
    };
    Ok(all
        .as_array()
        .map(|all| all.iter().map(row).collect())
        .unwrap_or_default())
}

async fn save(visit: Visit) -> Result<Response, Fault> {
    let client = visit.segment("id").to_owned();
    let mut count = 0;
    for row in rows(&visit).await? {
        let wanted = visit.form.all("connection").any(|id| id == row.id);
        if row.for_all || wanted == row.enabled {
            continue;
        }
        let path = at("/connections/{}/clients", &[&row.id]);
        let change = json!([{"client_id": client, "status": wanted}]);
        visit.send(Method::PATCH, &path, &change).await?;
        count += 1;
    }
    let said = match count {
        0 => "Nothing was different, so nothing was changed.".to_owned(),
        1 => "One connection was changed. It counts at once.".to_owned(),
        many => format!("{many} connections were changed. It counts at once."),
    };
    Ok(visit.go(&side(&visit, "/connections"), &said))
}
