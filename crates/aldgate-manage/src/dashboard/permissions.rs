//! Permissions of a role or a user: the list by API, choosing more of them, taking some away.
//! Users and roles hold permissions by operations of the same shape.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::api::Refused;
use super::applications::text;
use super::confirm::Confirm;
use super::fault::Fault;
use super::path::at;
use super::visit::{Link, Sheet, href};
use super::{Visit, lookup};

/// A group of more rows than this is shown closed.
const OPEN_MAX: usize = 20;

/// Who holds permissions.
pub(super) struct Holder {
    /// What it is called.
    pub(super) name: String,
    /// The path of its permissions below `/dashboard`.
    pub(super) page: String,
    /// The path of the operations.
    pub(super) operation: String,
    /// Whether permissions may be given and taken here.
    pub(super) may_change: bool,
}

/// What the list shows, as `page` of `dashboard/permissions.html`.
#[derive(Serialize)]
pub(super) struct View {
    groups: Vec<Group>,
    /// Where more are chosen; empty when that is not permitted.
    add: String,
    /// Whether some come from roles.
    with_sources: bool,
}

#[derive(Serialize)]
struct Group {
    api: String,
    identifier: String,
    rows: Vec<Row>,
    open: bool,
    /// Where all of them are taken away; empty when none can be.
    remove: String,
}

#[derive(Serialize)]
struct Row {
    name: String,
    description: String,
    /// Roles that permit it.
    roles: Vec<Link>,
    direct: bool,
    /// Where it is taken away; empty when it comes from roles alone.
    remove: String,
}

/// The permissions of a holder, by API.
///
/// # Errors
/// What the operation refused.
pub(super) async fn list(visit: &Visit, holder: &Holder) -> Result<View, Refused> {
    let items = lookup::all(visit, &holder.operation).await?;
    let with_sources = items.iter().any(|item| item["sources"].is_array());
    let mut groups: Vec<Group> = Vec::new();
    for item in &items {
        let identifier = text(item, "resource_server_identifier");
        let row = row(holder, item, &identifier);
        match groups
            .last_mut()
            .filter(|last| last.identifier == identifier)
        {
            Some(group) => group.rows.push(row),
            None => groups.push(Group {
                api: text(item, "resource_server_name"),
                identifier,
                rows: vec![row],
                open: true,
                remove: String::new(),
            }),
        }
    }
    for group in &mut groups {
        group.open = group.rows.len() <= OPEN_MAX;
        let direct = group.rows.iter().filter(|row| !row.remove.is_empty());
        if direct.count() > 1 {
            let path = at("/remove?api={}", &[&group.identifier]);
            group.remove = href(&(holder.page.clone() + &path));
        }
    }
    let may_choose = holder.may_change && visit.can("GET /resource-servers");
    let add = may_choose.then(|| href(&(holder.page.clone() + "/add")));
    Ok(View {
        groups,
        add: add.unwrap_or_default(),
        with_sources,
    })
}

fn row(holder: &Holder, item: &Value, identifier: &str) -> Row {
    let sources = item["sources"].as_array();
    let of_roles = sources.into_iter().flatten();
    let of_roles = of_roles.filter(|source| source["source_type"] == "ROLE");
    let roles = of_roles.map(|source| {
        let path = at("/roles/{}", &[&text(source, "source_id")]);
        Link::to(text(source, "source_name"), &path)
    });
    let is_direct = |source: &Value| source["source_type"] == "DIRECT";
    let direct = sources.is_none_or(|all| all.iter().any(is_direct));
    let name = text(item, "permission_name");
    let remove = at("/remove?api={}&name={}", &[identifier, &name]);
    Row {
        description: text(item, "description"),
        roles: roles.collect(),
        direct,
        remove: match direct && holder.may_change {
            true => href(&(holder.page.clone() + &remove)),
            false => String::new(),
        },
        name,
    }
}

/// What the page that chooses shows.
#[derive(Serialize)]
struct Picker {
    action: String,
    back: String,
    apis: Vec<Link>,
    /// The API whose scopes are shown.
    api: String,
    identifier: String,
    scopes: Vec<Scope>,
    /// Whether one of them can be chosen.
    any: bool,
    problem: String,
}

#[derive(Serialize)]
struct Scope {
    value: String,
    description: String,
    held: bool,
    /// Nobody gives what she lacks herself (ADM-04).
    beyond: bool,
}

/// The page on which an API and then its scopes are chosen; `sheet` is begun by the caller.
///
/// # Errors
/// What an operation refused.
pub(super) async fn choose(
    visit: &Visit,
    holder: &Holder,
    sheet: Sheet<'_>,
    refused: Option<&Refused>,
) -> Result<Response, Fault> {
    let apis = lookup::all(visit, "/resource-servers").await?;
    let wanted = match visit.query.get("api") {
        "" => visit.form.get("api"),
        wanted => wanted,
    };
    let own = holder.page.clone() + "/add";
    let links = apis.iter().map(|api| {
        let identifier = text(api, "identifier");
        let path = own.clone() + &at("?api={}", &[&identifier]);
        Link {
            current: identifier == wanted,
            ..Link::to(text(api, "name"), &path)
        }
    });
    let api = apis.iter().find(|api| api["identifier"] == wanted);
    let scopes = match api {
        Some(api) => scopes(visit, holder, api).await?,
        None => Vec::new(),
    };
    let view = Picker {
        action: href(&own),
        back: href(&holder.page),
        api: api.map(|api| text(api, "name")).unwrap_or_default(),
        identifier: wanted.to_owned(),
        any: scopes.iter().any(|scope| !scope.held && !scope.beyond),
        apis: links.collect(),
        scopes,
        problem: refused.map(sentence).unwrap_or_default(),
    };
    let status = refused.map_or(StatusCode::OK, |refused| refused.status);
    Ok(sheet.status(status).show(&view))
}

fn sentence(refused: &Refused) -> String {
    let remedy = refused.remedy.as_deref().unwrap_or_default();
    format!("{} {remedy}", refused.cause).trim_end().to_owned()
}

async fn scopes(visit: &Visit, holder: &Holder, api: &Value) -> Result<Vec<Scope>, Refused> {
    let identifier = text(api, "identifier");
    let is_management = identifier == visit.tenant.issuer.management();
    let items = lookup::all(visit, &holder.operation).await?;
    let held = items.iter().filter(|item| {
        let sources = item["sources"].as_array();
        let direct = |all: &Vec<Value>| all.iter().any(|one| one["source_type"] == "DIRECT");
        item["resource_server_identifier"] == identifier.as_str() && sources.is_none_or(direct)
    });
    let held: Vec<String> = held.map(|item| text(item, "permission_name")).collect();
    let scopes = api["scopes"].as_array().into_iter().flatten();
    let scope = |scope: &Value| {
        let value = text(scope, "value");
        Scope {
            description: text(scope, "description"),
            held: held.contains(&value),
            beyond: is_management && !visit.actor.holds(&value),
            value,
        }
    };
    Ok(scopes.map(scope).collect())
}

/// Gives the scopes that were chosen; the count of them, or `None` for none.
///
/// # Errors
/// What an operation refused.
pub(super) async fn add(visit: &Visit, holder: &Holder) -> Result<usize, Refused> {
    let api = visit.form.get("api").to_owned();
    let chosen: Vec<String> = match visit.form.has("all") {
        true => {
            let apis = lookup::all(visit, "/resource-servers").await?;
            let found = apis.iter().find(|one| one["identifier"] == api.as_str());
            let all = match found {
                Some(api) => scopes(visit, holder, api).await?,
                None => Vec::new(),
            };
            let free = all.into_iter().filter(|one| !one.held && !one.beyond);
            free.map(|scope| scope.value).collect()
        }
        false => visit.form.all("scope").map(str::to_owned).collect(),
    };
    if chosen.is_empty() {
        return Err(Refused::new(
            StatusCode::BAD_REQUEST,
            "No permission was chosen.",
        ));
    }
    let body = body(&api, &chosen);
    visit.send(Method::POST, &holder.operation, &body).await?;
    Ok(chosen.len())
}

fn body(api: &str, names: &[String]) -> Value {
    let one = |name: &String| json!({"resource_server_identifier": api, "permission_name": name});
    json!({"permissions": names.iter().map(one).collect::<Vec<_>>()})
}

/// Which ones are meant by `api` and perhaps `name`: those held directly.
async fn meant(
    visit: &Visit,
    holder: &Holder,
    (api, name): (&str, &str),
) -> Result<Vec<String>, Fault> {
    let items = lookup::all(visit, &holder.operation).await?;
    let own = items.iter().filter(|item| {
        let of_api = item["resource_server_identifier"] == api;
        of_api && row(holder, item, api).direct
    });
    let names = own.map(|item| text(item, "permission_name"));
    let names: Vec<String> = names.filter(|own| name.is_empty() || own == name).collect();
    match names.is_empty() {
        true => Err(Fault::NotFound),
        false => Ok(names),
    }
}

/// What the page that asks before taking away shows.
///
/// # Errors
/// [`Fault::NotFound`] when there is no such permission; what the operation refused.
pub(super) async fn question(visit: &Visit, holder: &Holder) -> Result<Confirm, Fault> {
    let (api, name) = (visit.query.get("api"), visit.query.get("name"));
    let names = meant(visit, holder, (api, name)).await?;
    let what = match names.as_slice() {
        [one] => one.clone(),
        several => format!("{} permissions", several.len()),
    };
    Ok(Confirm {
        action: href(&(holder.page.clone() + "/remove")),
        question: format!("Take {what} at {api} from {}?", holder.name),
        consequences: vec![
            "Tokens that are issued from now on lack it, unless a role permits it.".to_owned(),
            "Tokens that were issued keep what they say until they expire.".to_owned(),
            "At the Management API and in the dashboard it counts at once.".to_owned(),
        ],
        button: format!("Take {what} away"),
        back: href(&holder.page),
        is_final: false,
        hidden: vec![("api", api.to_owned()), ("name", name.to_owned())],
    })
}

/// Takes away what was asked about; says what was done.
///
/// # Errors
/// As [`question`].
pub(super) async fn remove(visit: &Visit, holder: &Holder) -> Result<String, Fault> {
    let (api, name) = (visit.form.get("api"), visit.form.get("name"));
    let names = meant(visit, holder, (api, name)).await?;
    let body = body(api, &names);
    visit.send(Method::DELETE, &holder.operation, &body).await?;
    Ok(match names.as_slice() {
        [one] => format!("{one} was taken away."),
        several => format!("{} permissions were taken away.", several.len()),
    })
}
