//! Applications: the list, and one page for each side of an application.

mod access;
mod connections;
mod credentials;
mod delete;
mod history;
mod new;
mod settings;

use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::Visit;
use super::api::Refused;
use super::fault::Fault;
use super::listing::{self, Pager};
use super::page::{Group, Page, show};
use super::path::at;
use super::visit::{Link, Sheet, href};

pub(super) use new::{SecretView, TEMPLATES};

pub(super) fn pages() -> Vec<Page> {
    let list = show("/applications", "Applications", list)
        .needs("GET /clients")
        .nav(Group::Build);
    let mut all = vec![list];
    all.extend(new::pages());
    all.extend(settings::pages());
    all.extend(credentials::pages());
    all.extend(access::pages());
    all.extend(connections::pages());
    all.extend(history::pages());
    all.extend(delete::pages());
    all
}

#[derive(Serialize)]
struct List {
    rows: Vec<Row>,
    pager: Pager,
    kinds: Vec<Kind>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    description: String,
    href: String,
    client_id: String,
    kind: &'static str,
    disabled: bool,
    third_party: bool,
}

#[derive(Serialize)]
struct Kind {
    value: &'static str,
    label: &'static str,
    chosen: bool,
}

async fn list(visit: Visit) -> Result<Response, Fault> {
    let (q, kind) = (visit.query.get("q"), visit.query.get("kind"));
    let mut path = format!("/clients?{}", listing::window(&visit));
    for (name, value) in [("q", q), ("app_type", kind)] {
        if !value.is_empty() {
            path.push_str(&at(&format!("&{name}={{}}"), &[value]));
        }
    }
    let answer = visit.get(&path).await?;
    let (items, pager) = listing::read(&visit, &answer, "clients");
    let kinds = TEMPLATES.iter().map(|template| Kind {
        value: template.app_type,
        label: template.label,
        chosen: template.app_type == kind,
    });
    let view = List {
        rows: items.iter().map(row).collect(),
        kinds: kinds.collect(),
        pager,
    };
    Ok(visit.page("applications", "Applications").show(&view))
}

fn row(item: &Value) -> Row {
    let id = text(item, "client_id");
    Row {
        href: href(&at("/applications/{}", &[&id])),
        name: text(item, "name"),
        description: text(item, "description"),
        kind: kind_label(&text(item, "app_type")),
        disabled: item["disabled"] == true,
        third_party: item["is_first_party"] == false,
        client_id: id,
    }
}

/// A member that is a text; empty when there is none.
pub(super) fn text(item: &Value, name: &str) -> String {
    item[name].as_str().unwrap_or_default().to_owned()
}

/// What people call an `app_type`.
pub(super) fn kind_label(app_type: &str) -> &'static str {
    let known = TEMPLATES.iter().find(|one| one.app_type == app_type);
    known.map_or("Not set", |one| one.label)
}

/// The application of a page's path.
async fn load(visit: &Visit) -> Result<Value, Refused> {
    visit.get(&at("/clients/{}", &[visit.segment("id")])).await
}

/// The path of a side of the application below `/dashboard`.
fn side(visit: &Visit, side: &str) -> String {
    at("/applications/{}", &[visit.segment("id")]) + side
}

/// Begins a page about an application, with its tabs.
fn sheet<'v>(
    visit: &'v Visit,
    template: &'static str,
    application: &Value,
    tab: &str,
) -> Sheet<'v> {
    let tabs = [
        ("Settings", "", "GET /clients/{id}"),
        ("Credentials", "/credentials", "GET /clients/{id}"),
        ("APIs", "/apis", "GET /client-grants"),
        ("Connections", "/connections", "GET /connections"),
        ("Logs", "/logs", "GET /logs"),
        ("Mistakes", "/mistakes", "GET /logs"),
    ];
    let tabs = tabs
        .into_iter()
        .filter(|(_, _, operation)| visit.can(operation))
        .map(|(label, path, _)| Link::to(label, &side(visit, path)));
    visit
        .page(template, text(application, "name"))
        .under("Applications", "/applications")
        .tabs(tabs.collect(), &side(visit, tab))
}
