//! How an API checks the tokens that are made for it, per stack.

use axum::response::Response;
use serde::Serialize;

use super::{load, sheet, side};
use crate::dashboard::Visit;
use crate::dashboard::applications::text;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, show};
use crate::dashboard::snippets::{self, APIS, Names, Snippet};
use crate::dashboard::visit::{Link, href};

pub(super) fn pages() -> Vec<Page> {
    vec![
        show(
            "/apis/{id}/quick-start",
            "Quick start of an API",
            quick_start,
        )
        .needs("GET /resource-servers/{id}"),
    ]
}

#[derive(Serialize)]
struct View {
    identifier: String,
    stacks: Vec<Link>,
    snippet: Snippet,
}

async fn quick_start(visit: Visit) -> Result<Response, Fault> {
    let api = load(&visit).await?;
    let chosen = snippets::choose(&APIS, visit.query.get("stack"));
    let own = href(&side(&visit, "/quick-start"));
    let stacks = APIS.iter().map(|stack| Link {
        label: stack.label.to_owned(),
        href: format!("{own}?stack={}", stack.id),
        current: stack.id == chosen.id,
    });
    let identifier = text(&api, "identifier");
    let names = Names {
        issuer: visit.tenant.issuer.to_string(),
        domain: visit.tenant.issuer.authority().to_owned(),
        client_id: "YOUR_CLIENT_ID".to_owned(),
        callback: "http://localhost:3000/".to_owned(),
        audience: identifier.clone(),
        scope: String::new(),
    };
    let view = View {
        identifier,
        stacks: stacks.collect(),
        snippet: chosen.fill(&names),
    };
    Ok(sheet(&visit, "api_quick_start", &api, "/quick-start").show(&view))
}
