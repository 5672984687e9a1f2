//! What happened to a user lately.

use axum::response::Response;
use serde::Serialize;

use super::{load, operation, sheet};
use crate::dashboard::Visit;
use crate::dashboard::events::{self, Row};
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/users/{id}/logs", "Logs of a user", logs)
            .needs("GET /users/{id}")
            .needs("GET /users/{id}/logs"),
    ]
}

#[derive(Serialize)]
struct Logs {
    rows: Vec<Row>,
    /// All of them; empty for who may not read the tenant log.
    more: String,
}

async fn logs(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let answer = visit.get(&operation(&visit, "/logs?per_page=50")).await?;
    let more = at("/logs?user={}", &[visit.segment("id")]);
    let view = Logs {
        rows: events::rows(&answer),
        more: match visit.can("GET /logs") {
            true => href(&more),
            false => String::new(),
        },
    };
    Ok(sheet(&visit, "user_logs", &user, "/logs").show(&view))
}
