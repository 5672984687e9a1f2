//! APIs: the list, and one page for each side of an API.

mod applications;
mod call;
mod delete;
mod identifier;
mod new;
mod quick_start;
mod scopes;
mod settings;
mod trial;

use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::Visit;
use super::api::Refused;
use super::applications::text;
use super::fault::Fault;
use super::listing::{self, Pager};
use super::page::{Group, Page, show};
use super::path::at;
use super::visit::{Link, Sheet, href};

pub(super) use new::IDENTIFIER_HINT;

pub(super) fn pages() -> Vec<Page> {
    let list = show("/apis", "APIs", list)
        .needs("GET /resource-servers")
        .nav(Group::Build);
    let mut all = vec![list];
    all.extend(new::pages());
    all.extend(settings::pages());
    all.extend(scopes::pages());
    all.extend(applications::pages());
    all.extend(quick_start::pages());
    all.extend(trial::pages());
    all.extend(identifier::pages());
    all.extend(delete::pages());
    all
}

#[derive(Serialize)]
struct List {
    rows: Vec<Row>,
    pager: Pager,
}

#[derive(Serialize)]
struct Row {
    name: String,
    identifier: String,
    href: String,
    scopes: usize,
    alg: String,
    rbac: bool,
    is_system: bool,
}

async fn list(visit: Visit) -> Result<Response, Fault> {
    let path = format!("/resource-servers?{}", listing::window(&visit));
    let answer = visit.get(&path).await?;
    let (items, pager) = listing::read(&visit, &answer, "resource_servers");
    let row = |item: &Value| Row {
        name: text(item, "name"),
        identifier: text(item, "identifier"),
        href: href(&at("/apis/{}", &[&text(item, "id")])),
        scopes: item["scopes"].as_array().map_or(0, Vec::len),
        alg: text(item, "signing_alg"),
        rbac: item["enforce_policies"] == true,
        is_system: item["is_system"] == true,
    };
    let view = List {
        rows: items.iter().map(row).collect(),
        pager,
    };
    Ok(visit.page("apis", "APIs").show(&view))
}

/// The API of a page's path.
async fn load(visit: &Visit) -> Result<Value, Refused> {
    let path = at("/resource-servers/{}", &[visit.segment("id")]);
    visit.get(&path).await
}

/// The path of a side of the API below `/dashboard`.
fn side(visit: &Visit, side: &str) -> String {
    at("/apis/{}", &[visit.segment("id")]) + side
}

/// Begins a page about an API, with its tabs.
fn sheet<'v>(visit: &'v Visit, template: &'static str, api: &Value, tab: &str) -> Sheet<'v> {
    let tabs = [
        ("Settings", "", "GET /resource-servers/{id}"),
        ("Scopes", "/scopes", "GET /resource-servers/{id}"),
        ("Applications", "/applications", "GET /client-grants"),
        ("Quick start", "/quick-start", "GET /resource-servers/{id}"),
        ("Test", "/test", "GET /client-grants"),
    ];
    let tabs = tabs
        .into_iter()
        .filter(|(_, _, operation)| visit.can(operation))
        .map(|(label, path, _)| Link::to(label, &side(visit, path)));
    visit
        .page(template, text(api, "name"))
        .under("APIs", "/apis")
        .tabs(tabs.collect(), &side(visit, tab))
}
