//! The first page: where somebody arrives after logging in.

use axum::response::Response;
use serde::Serialize;

use super::Visit;
use super::fault::Fault;
use super::page::{Page, show};

pub(super) fn pages() -> Vec<Page> {
    vec![show("/", "Home", run)]
}

#[derive(Serialize)]
struct View {
    /// Whether her roles permit anything here.
    permitted: bool,
}

async fn run(visit: Visit) -> Result<Response, Fault> {
    let view = View {
        permitted: !visit.actor.scopes().is_empty(),
    };
    Ok(visit.page("home", "Welcome").show(&view))
}
