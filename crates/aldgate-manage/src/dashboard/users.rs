//! Users: the list, and one page for each side of a user.

mod access;
mod addresses;
mod block;
mod consents;
mod delete;
mod history;
mod identities;
mod new;
mod password;
mod permissions;
mod profile;
mod roles;
mod search;
mod sign_in;
mod verification;

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::api::Refused;
use super::applications::text;
use super::confirm::Confirm;
use super::events::when;
use super::fault::Fault;
use super::form::Filled;
use super::listing::{self, Pager};
use super::page::{Group, Page, show};
use super::path::at;
use super::visit::{Link, Sheet, href};
use super::{Visit, lookup};

/// An operation that wants the whole of `update:users`. `PATCH /users/{id}` also lets in who may
/// change metadata only, so it does not tell who may block somebody or set her password.
const UPDATE_WHOLLY: &str = "DELETE /user-blocks/{id}";

/// Searches give no more than this by page.
const SEARCHED_MAX: u64 = 1000;

pub(super) fn pages() -> Vec<Page> {
    let list = show("/users", "Users", list)
        .needs("GET /users")
        .nav(Group::People);
    let mut all = vec![list];
    all.extend(new::pages());
    all.extend(profile::pages());
    all.extend(block::pages());
    all.extend(sign_in::pages());
    all.extend(addresses::pages());
    all.extend(verification::pages());
    all.extend(password::pages());
    all.extend(access::pages());
    all.extend(identities::pages());
    all.extend(roles::pages());
    all.extend(permissions::pages());
    all.extend(consents::pages());
    all.extend(history::pages());
    all.extend(delete::pages());
    all
}

#[derive(Serialize)]
struct List {
    rows: Vec<Row>,
    pager: Pager,
    orders: Vec<Order>,
    /// Why the search was refused.
    problem: String,
    /// Whether there are more than a search shows.
    is_cut: bool,
}

#[derive(Serialize)]
struct Row {
    name: String,
    /// What tells her from others of the name.
    detail: String,
    href: String,
    connections: String,
    last_login: String,
    logins: u64,
    blocked: bool,
    unverified: bool,
}

#[derive(Serialize)]
struct Order {
    value: &'static str,
    label: &'static str,
    chosen: bool,
}

const ORDERS: [(&str, &str); 5] = [
    ("created_at:-1", "Newest first"),
    ("created_at:1", "Oldest first"),
    ("last_login:-1", "Last login"),
    ("name:1", "Name"),
    ("email:1", "E-mail address"),
];

async fn list(visit: Visit) -> Result<Response, Fault> {
    let sort = visit.query.get("sort");
    let (sort, _) = ORDERS
        .iter()
        .find(|(value, _)| *value == sort)
        .unwrap_or(&ORDERS[0]);
    let query = search::query(visit.query.get("q"));
    let path = at("/users?sort={}&q={}&", &[sort, &query]) + &listing::window(&visit);
    let (answer, problem) = match visit.get(&path).await {
        Ok(answer) => (answer, String::new()),
        // The search is the person's own: the page says what is wrong with it.
        Err(refused) if refused.status.is_client_error() => {
            let remedy = refused.remedy.unwrap_or_default();
            (Value::Null, format!("{} {remedy}", refused.cause))
        }
        Err(refused) => return Err(refused.into()),
    };
    let (items, mut pager) = listing::read(&visit, &answer, "users");
    let is_cut = pager.end_at(SEARCHED_MAX);
    let orders = ORDERS.iter().map(|(value, label)| Order {
        value,
        label,
        chosen: value == sort,
    });
    let view = List {
        rows: items.iter().map(row).collect(),
        orders: orders.collect(),
        pager,
        problem,
        is_cut,
    };
    Ok(visit.page("users", "Users").show(&view))
}

fn row(user: &Value) -> Row {
    let identities = user["identities"].as_array().into_iter().flatten();
    let mut connections: Vec<String> = identities.map(|one| text(one, "connection")).collect();
    connections.dedup();
    let name = title(user);
    Row {
        href: href(&at("/users/{}", &[&text(user, "user_id")])),
        detail: detail(user, &name),
        name,
        connections: connections.join(", "),
        last_login: when(&text(user, "last_login")),
        logins: user["logins_count"].as_u64().unwrap_or_default(),
        blocked: user["blocked"] == true,
        unverified: user["email"].is_string() && user["email_verified"] != true,
    }
}

/// What a user is called: name, else address, username or phone number, else the id.
pub(super) fn title(user: &Value) -> String {
    let names = ["name", "email", "username", "phone_number", "user_id"];
    let names = names.iter().map(|name| text(user, name));
    let mut filled = names.filter(|name| !name.is_empty());
    filled.next().unwrap_or_default()
}

/// The first of her names that is not `shown` already.
fn detail(user: &Value, shown: &str) -> String {
    let names = ["email", "username", "phone_number", "user_id"];
    let names = names.iter().map(|name| text(user, name));
    let mut others = names.filter(|name| !name.is_empty() && name != shown);
    others.next().unwrap_or_default()
}

/// The user of a page's path.
async fn load(visit: &Visit) -> Result<Value, Refused> {
    lookup::one(visit, &operation(visit, "")).await
}

/// The path of an operation on the user of a page; `template` begins after her id.
fn operation(visit: &Visit, template: &str) -> String {
    at("/users/{}", &[visit.segment("id")]) + template
}

/// The path of a side of the user below `/dashboard`.
fn side(visit: &Visit, side: &str) -> String {
    at("/users/{}", &[visit.segment("id")]) + side
}

/// Whether this is the person who looks at the page.
fn is_self(visit: &Visit) -> bool {
    match visit.actor.who() {
        crate::op::Who::User { id, .. } => id.as_str() == visit.segment("id"),
        _ => false,
    }
}

/// Begins a page about a user, with her tabs.
fn sheet<'v>(visit: &'v Visit, template: &'static str, user: &Value, tab: &str) -> Sheet<'v> {
    let tabs: [(&str, &str, &[&str]); 8] = [
        ("Profile", "", &["GET /users/{id}"]),
        ("Sign-in", "/sign-in", &["GET /users/{id}"]),
        ("Sessions and devices", "/sessions", &access::LISTS),
        ("Identities", "/identities", &["GET /users/{id}"]),
        ("Roles", "/roles", &["GET /users/{id}/roles"]),
        (
            "Permissions",
            "/permissions",
            &["GET /users/{id}/permissions"],
        ),
        ("Consents", "/consents", &["GET /grants"]),
        ("Logs", "/logs", &["GET /users/{id}/logs"]),
    ];
    let tabs = tabs
        .into_iter()
        .filter(|(_, _, operations)| operations.iter().any(|one| visit.can(one)))
        .map(|(label, path, _)| Link::to(label, &side(visit, path)));
    visit
        .page(template, title(user))
        .under("Users", "/users")
        .tabs(tabs.collect(), &side(visit, tab))
}

/// Begins a page below a user that is none of her tabs.
fn inner<'v>(
    visit: &'v Visit,
    template: &'static str,
    heading: impl Into<String>,
    user: &Value,
) -> Sheet<'v> {
    visit
        .page(template, heading)
        .under("Users", "/users")
        .under(title(user), &side(visit, ""))
}

/// The page that asks before something is done to a user.
fn ask(visit: &Visit, heading: &'static str, user: &Value, confirm: &Confirm) -> Response {
    inner(visit, "confirm", heading, user).show(confirm)
}

/// What a form says that changes one thing about how a user signs in, on a page of its own.
struct Change {
    heading: &'static str,
    /// The side of the user that the form is, and is sent to.
    path: &'static str,
    /// What happens when it is sent, one sentence each.
    notes: &'static [&'static str],
    button: &'static str,
}

#[derive(Serialize)]
struct ChangeView {
    form: Filled,
    action: String,
    notes: &'static [&'static str],
    button: &'static str,
    back: String,
}

impl Change {
    fn page(&self, visit: &Visit, user: &Value, form: Filled, status: StatusCode) -> Response {
        let back = side(visit, "/sign-in");
        let view = ChangeView {
            form,
            action: href(&side(visit, self.path)),
            notes: self.notes,
            button: self.button,
            back: href(&back),
        };
        inner(visit, "user_form", self.heading, user)
            .under("Sign-in", &back)
            .status(status)
            .show(&view)
    }
}

/// Sends a change of the user of the page.
async fn patch(visit: &Visit, body: Map<String, Value>) -> Result<Value, Refused> {
    let body = Value::Object(body);
    visit
        .send(http::Method::PATCH, &operation(visit, ""), &body)
        .await
}

/// Whether a refusal says that there is no such user (any more).
fn is_gone(refused: &Refused) -> bool {
    refused.status == StatusCode::NOT_FOUND
}

/// The name of her connection that is a database, if she has one.
fn database(user: &Value) -> Option<String> {
    let mut identities = user["identities"].as_array().into_iter().flatten();
    let own = identities.find(|identity| identity["provider"] == "auth0")?;
    Some(text(own, "connection"))
}

/// A body with the connection whose account is meant.
fn account(user: &Value) -> Map<String, Value> {
    let mut body = Map::new();
    if let Some(connection) = database(user) {
        body.insert("connection".to_owned(), json!(connection));
    }
    body
}
