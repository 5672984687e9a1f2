//! Roles: the list, and one page for each side of a role.

mod delete;
mod members;
mod permissions;
mod settings;

use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::api::Refused;
use super::applications::text;
use super::confirm::Confirm;
use super::fault::Fault;
use super::listing::{self, Pager};
use super::page::{Group, Page, show};
use super::path::at;
use super::visit::{Link, Sheet, href};
use super::{Visit, lookup};

pub(super) fn pages() -> Vec<Page> {
    let list = show("/roles", "Roles", list)
        .needs("GET /roles")
        .nav(Group::People);
    let mut all = vec![list];
    all.extend(settings::pages());
    all.extend(permissions::pages());
    all.extend(members::pages());
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
    description: String,
    href: String,
}

async fn list(visit: Visit) -> Result<Response, Fault> {
    let path = at("/roles?name_filter={}&", &[visit.query.get("q")]) + &listing::window(&visit);
    let answer = visit.get(&path).await?;
    let (items, pager) = listing::read(&visit, &answer, "roles");
    let row = |item: &Value| Row {
        name: text(item, "name"),
        description: text(item, "description"),
        href: href(&at("/roles/{}", &[&text(item, "id")])),
    };
    let view = List {
        rows: items.iter().map(row).collect(),
        pager,
    };
    Ok(visit.page("roles", "Roles").show(&view))
}

/// The role of a page's path.
async fn load(visit: &Visit) -> Result<Value, Refused> {
    lookup::one(visit, &operation(visit, "")).await
}

/// The path of an operation on the role of a page; `template` begins after its id.
fn operation(visit: &Visit, template: &str) -> String {
    at("/roles/{}", &[visit.segment("id")]) + template
}

/// The path of a side of the role below `/dashboard`.
fn side(visit: &Visit, side: &str) -> String {
    at("/roles/{}", &[visit.segment("id")]) + side
}

/// Whether it is the role of administrators, which nobody can rename or delete.
fn is_administrator(role: &Value) -> bool {
    role["name"] == aldgate_core::role::ADMINISTRATOR
}

/// Begins a page about a role, with its tabs.
fn sheet<'v>(visit: &'v Visit, template: &'static str, role: &Value, tab: &str) -> Sheet<'v> {
    let tabs = [
        ("Settings", "", "GET /roles/{id}"),
        ("Permissions", "/permissions", "GET /roles/{id}/permissions"),
        ("Members", "/members", "GET /roles/{id}/users"),
    ];
    let tabs = tabs
        .into_iter()
        .filter(|(_, _, operation)| visit.can(operation))
        .map(|(label, path, _)| Link::to(label, &side(visit, path)));
    visit
        .page(template, text(role, "name"))
        .under("Roles", "/roles")
        .tabs(tabs.collect(), &side(visit, tab))
}

/// Begins a page below a role that is none of its tabs.
fn inner<'v>(
    visit: &'v Visit,
    template: &'static str,
    heading: &'static str,
    role: &Value,
) -> Sheet<'v> {
    visit
        .page(template, heading)
        .under("Roles", "/roles")
        .under(text(role, "name"), &side(visit, ""))
}

/// The page that asks before something is done to a role.
fn ask(visit: &Visit, heading: &'static str, role: &Value, confirm: &Confirm) -> Response {
    inner(visit, "confirm", heading, role).show(confirm)
}
