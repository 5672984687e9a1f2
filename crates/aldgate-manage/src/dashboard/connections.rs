//! Connections: the list by kind, and one page for each side of a connection.

mod applications;
mod delete;
mod kinds;
mod new;
mod options;
mod settings;
mod trial;

use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::Visit;
use super::api::Refused;
use super::applications::text;
use super::fault::Fault;
use super::page::{Group, Page, show};
use super::path::at;
use super::visit::{Link, Sheet, href};

use kinds::{Kind, Sort};

/// Connections that the operation gives at once.
const AT_ONCE: usize = 100;

/// Connections that the list shows; whoever has more looks for them by name.
const SHOWN_MAX: usize = 1000;

pub(super) fn pages() -> Vec<Page> {
    let list = show("/connections", "Connections", list)
        .needs("GET /connections")
        .nav(Group::People);
    let mut all = vec![list];
    all.extend(new::pages());
    all.extend(settings::pages());
    all.extend(applications::pages());
    all.extend(trial::pages());
    all.extend(delete::pages());
    all
}

#[derive(Serialize)]
struct List {
    q: String,
    groups: Vec<Rows>,
    /// There are more than the list shows.
    is_cut: bool,
}

#[derive(Serialize)]
struct Rows {
    label: &'static str,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    /// What its button says, if that is another name.
    display_name: String,
    href: String,
    kind: String,
    applications: String,
    closed: bool,
    inactive: bool,
    stored_only: bool,
}

async fn list(visit: Visit) -> Result<Response, Fault> {
    let all = all(&visit).await?;
    let q = visit.query.get("q").to_lowercase();
    let wanted = |item: &&Value| {
        let names = ["name", "display_name", "strategy"];
        names
            .iter()
            .any(|name| text(item, name).to_lowercase().contains(&q))
    };
    let of_sort = |sort: Option<Sort>| {
        let items = all.iter().filter(wanted);
        let items = items.filter(|item| Kind::of(item).map(|kind| kind.sort) == sort);
        items.map(row).collect::<Vec<Row>>()
    };
    let sorts = Sort::ALL.map(|sort| Rows {
        label: sort.label(),
        rows: of_sort(Some(sort)),
    });
    let others = Rows {
        label: "Stored, not used",
        rows: of_sort(None),
    };
    let groups = sorts.into_iter().chain([others]);
    let view = List {
        q: visit.query.get("q").to_owned(),
        groups: groups.filter(|group| !group.rows.is_empty()).collect(),
        is_cut: all.len() >= SHOWN_MAX,
    };
    Ok(visit.page("connections", "Connections").show(&view))
}

/// Every connection, up to the most that are shown.
async fn all(visit: &Visit) -> Result<Vec<Value>, Refused> {
    let mut all = Vec::new();
    for page in 0..SHOWN_MAX / AT_ONCE {
        let path = format!("/connections?page={page}&per_page={AT_ONCE}");
        let part = visit.get(&path).await?;
        let part = part.as_array().cloned().unwrap_or_default();
        let is_last = part.len() < AT_ONCE;
        all.extend(part);
        if is_last {
            break;
        }
    }
    Ok(all)
}

fn row(item: &Value) -> Row {
    let (id, name) = (text(item, "id"), text(item, "name"));
    let clients = item["enabled_clients"].as_array().map_or(0, Vec::len);
    let display_name = text(item, "display_name");
    Row {
        href: href(&at("/connections/{}", &[&id])),
        display_name: if display_name == name {
            String::new()
        } else {
            display_name
        },
        kind: kind_label(item),
        applications: match (item["is_domain_connection"] == true, clients) {
            (true, _) => "every application".to_owned(),
            (false, 0) => "none".to_owned(),
            (false, 1) => "1 application".to_owned(),
            (false, many) => format!("{many} applications"),
        },
        closed: item["options"]["disable_signup"] == true,
        inactive: item["authentication"]["active"] == false,
        stored_only: Kind::of(item).is_none(),
        name,
    }
}

/// What people call the kind of a connection.
fn kind_label(connection: &Value) -> String {
    let known = Kind::of(connection).map(|kind| kind.label.to_owned());
    known.unwrap_or_else(|| text(connection, "strategy"))
}

/// The connection of a page's path.
async fn load(visit: &Visit) -> Result<Value, Refused> {
    let path = at("/connections/{}", &[visit.segment("id")]);
    visit.get(&path).await
}

/// The path of a side of the connection below `/dashboard`.
fn side(visit: &Visit, side: &str) -> String {
    at("/connections/{}", &[visit.segment("id")]) + side
}

/// Begins a page about a connection, with its tabs.
fn sheet<'v>(visit: &'v Visit, template: &'static str, connection: &Value, tab: &str) -> Sheet<'v> {
    let tabs = [
        ("Settings", "", "GET /connections/{id}"),
        ("Applications", "/applications", "GET /clients"),
        ("Try it", "/try", "GET /clients"),
    ];
    let used = Kind::of(connection).is_some();
    let tabs = tabs
        .into_iter()
        .filter(|(_, path, operation)| visit.can(operation) && (used || *path != "/try"))
        .map(|(label, path, _)| Link::to(label, &side(visit, path)));
    visit
        .page(template, text(connection, "name"))
        .under("Connections", "/connections")
        .tabs(tabs.collect(), &side(visit, tab))
}
