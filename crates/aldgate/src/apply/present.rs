//! Reads what a tenant has, through the Management API, in the form that files have.

use aldgate_core::provision::DASHBOARD;
use aldgate_core::role::ADMINISTRATOR;
use aldgate_manage::Local;
use anyhow::{Context as _, Result, bail};
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::actions::{ACTIONS, TRIGGERS, action_of_files, bindings_of_files};
use super::kind::{Access, KINDS, Kind, Names, PROMPTS, Route};
use super::place::key_of;
use super::schema::{Schema, address, encoded};
use crate::cmd::api;

/// The most things of a kind that are compared.
const THINGS_MAX: usize = 100_000;

/// One thing that there is.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// What names it.
    pub(crate) key: String,
    /// Its id, where it has one.
    pub(crate) id: Option<String>,
    /// Its members, as files have them.
    pub(crate) body: Map<String, Value>,
    /// Whether it is the tenant's own: neither changed, exported nor deleted.
    pub(crate) fixed: bool,
}

/// What a tenant has.
#[derive(Debug, Clone)]
pub(crate) struct Present {
    /// For each of [`KINDS`] what there is; `None` where nobody asked.
    pub(crate) kinds: Vec<Option<Vec<Found>>>,
    /// What the API takes.
    pub(crate) schema: Schema,
    /// Every application: id, name.
    pub(crate) applications: Vec<(String, String)>,
}

impl Present {
    /// What files call an application: its name, or its id where the name is not its alone.
    pub(crate) fn application_name<'a>(&'a self, id: &'a str) -> &'a str {
        let Some((_, name)) = self.applications.iter().find(|(known, _)| known == id) else {
            return id;
        };
        let namesakes = self.applications.iter().filter(|(_, other)| other == name);
        if namesakes.count() == 1 { name } else { id }
    }

    /// The things of one kind.
    pub(crate) fn of(&self, index: usize) -> &[Found] {
        self.kinds
            .get(index)
            .and_then(Option::as_deref)
            .unwrap_or(&[])
    }
}

/// Reads the kinds that `wanted` names, by their index.
pub(crate) async fn load(
    local: &Local,
    locales: &[String],
    wanted: impl Fn(usize, &Kind) -> bool,
) -> Result<Present> {
    let document = get(local, "/openapi.json").await?;
    let schema = Schema::new(document.context("the API does not describe itself")?);
    let clients = list(local, &schema, "/clients", "clients").await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut present = Present {
        kinds: Vec::new(),
        schema,
        applications: clients
            .iter()
            .map(|client| (text(&client["client_id"]), text(&client["name"])))
            .collect(),
    };
    for (index, kind) in KINDS.iter().enumerate() {
        let mut found = None;
        if wanted(index, kind) && present.schema.supports(kind) {
            found = Some(load_kind(local, &present, kind, locales).await?);
        }
        present.kinds.push(found);
    }
    Ok(present)
}

async fn load_kind(
    local: &Local,
    present: &Present,
    kind: &Kind,
    locales: &[String],
) -> Result<Vec<Found>> {
    let mut all = Vec::new();
    match kind.access {
        Access::Collection {
            list: at,
            plural,
            id,
            ..
        } => {
            all = collected(local, present, kind, (at, plural, id)).await?;
        }
        Access::One(route) => {
            if let Some(body) = read(local, route, route.path).await? {
                all.push(found(present, kind, None, String::new(), body));
            }
        }
        Access::Each(Names::Listed(at), _) => {
            for body in list(local, &present.schema, at, "").await? {
                if let Value::Object(body) = body {
                    all.push(found(present, kind, None, String::new(), body));
                }
            }
        }
        Access::Each(names, route) => {
            for key in named(names, locales) {
                let Some(mut body) = read(local, route, &address(route.path, &key)).await? else {
                    continue;
                };
                if body.is_empty() {
                    continue;
                }
                if kind.section == TRIGGERS {
                    bindings_of_files(&mut body);
                }
                for (member, part) in kind.key.iter().zip(key.split('/')) {
                    body.insert((*member).to_owned(), part.into());
                }
                all.push(found(present, kind, None, key, body));
            }
        }
    }
    all.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(all)
}

/// What a list shows, one by one.
async fn collected(
    local: &Local,
    present: &Present,
    kind: &Kind,
    (at, plural, id): (&str, &str, &str),
) -> Result<Vec<Found>> {
    let mut all = Vec::new();
    for body in list(local, &present.schema, at, plural).await? {
        let Value::Object(mut body) = body else {
            continue;
        };
        let database = body.get("strategy").is_some_and(|s| s == "auth0");
        match kind.section {
            "databases" if !database => continue,
            "connections" if database => continue,
            _ => {}
        }
        let id = body
            .remove(id)
            .and_then(|id| id.as_str().map(str::to_owned));
        if kind.section == "roles" {
            let held = permissions(local, id.as_deref().unwrap_or_default()).await?;
            body.insert("permissions".into(), held);
        }
        if kind.section == ACTIONS {
            action_of_files(&mut body);
        }
        all.push(found(present, kind, id, String::new(), body));
    }
    Ok(all)
}

fn named(names: Names, locales: &[String]) -> Vec<String> {
    match names {
        Names::Fixed(names) => names.iter().map(|name| (*name).to_owned()).collect(),
        Names::Listed(_) => Vec::new(),
        Names::Prompts => PROMPTS.iter().map(|name| (*name).to_owned()).collect(),
        Names::LocalesAndPrompts => locales
            .iter()
            .flat_map(|locale| {
                PROMPTS
                    .iter()
                    .map(move |prompt| format!("{locale}/{prompt}"))
            })
            .collect(),
    }
}

/// A thing as files have it: without what only the server sets, applications by name.
fn found(
    present: &Present,
    kind: &Kind,
    id: Option<String>,
    key: String,
    mut body: Map<String, Value>,
) -> Found {
    let on = |member: &str| body.get(member) == Some(&Value::Bool(true));
    let administrator = kind.section == "roles" && body.get("name") == Some(&json!(ADMINISTRATOR));
    // The dashboard and its client grant follow from the tenant.
    let dashboard = body.get("client_id") == Some(&json!(DASHBOARD));
    let fixed = on("is_system") || on("global") || administrator || dashboard;
    if let Access::One(Route {
        wrapped: Some(_), ..
    })
    | Access::Each(..) = kind.access
    {
        // These come as they are.
    } else {
        body.retain(|_, value| !value.is_null());
    }
    for path in kind.read_only {
        remove(&mut body, path);
    }
    for member in kind.applications {
        match body.get_mut(*member) {
            Some(Value::String(id)) => *id = present.application_name(id).to_owned(),
            Some(Value::Array(ids)) => {
                let name = |id: &Value| id.as_str().map(|id| present.application_name(id).into());
                *ids = ids.iter().filter_map(name).collect();
            }
            _ => {}
        }
    }
    for set in kind.sets {
        if let Some(Value::Array(items)) = body.get_mut(*set) {
            items.sort_by_key(Value::to_string);
        }
    }
    let key = match key.as_str() {
        "" if !kind.single() => key_of(kind, &body).unwrap_or_default(),
        _ => key,
    };
    Found {
        key,
        id,
        body,
        fixed,
    }
}

/// Removes a member, which may be `outer.inner`.
pub(crate) fn remove(body: &mut Map<String, Value>, path: &str) {
    match path.split_once('.') {
        None => drop(body.remove(path)),
        Some((outer, inner)) => {
            if let Some(Value::Object(nested)) = body.get_mut(outer) {
                remove(nested, inner);
            }
        }
    }
}

/// What a role permits: pairs of API and permission, in order.
async fn permissions(local: &Local, role: &str) -> Result<Value> {
    let mut all = Vec::new();
    for page in 0.. {
        let path = format!(
            "/roles/{}/permissions?page={page}&per_page=100",
            encoded(role)
        );
        let answer = get(local, &path).await?.unwrap_or_default();
        let items = answer.as_array().cloned().unwrap_or_default();
        let last = items.len() < 100;
        for item in items {
            let member = |name: &str| item[name].clone();
            all.push(json!({
                "permission_name": member("permission_name"),
                "resource_server_identifier": member("resource_server_identifier"),
            }));
        }
        if last {
            break;
        }
        if all.len() > THINGS_MAX {
            bail!("a role with more than {THINGS_MAX} permissions");
        }
    }
    all.sort_by_key(Value::to_string);
    Ok(Value::Array(all))
}

async fn read(local: &Local, route: Route, path: &str) -> Result<Option<Map<String, Value>>> {
    let mut body = match get(local, path).await? {
        None | Some(Value::Null) => return Ok(None),
        Some(body) => body,
    };
    if let Some(member) = route.wrapped {
        body = json!({member: body});
    }
    match body {
        Value::Object(body) => Ok(Some(body)),
        other => bail!("{path} answered {other}, which is no object"),
    }
}

/// A list, all pages of it.
async fn list(local: &Local, schema: &Schema, path: &str, plural: &str) -> Result<Vec<Value>> {
    if plural.is_empty() {
        return Ok(match get(local, path).await? {
            Some(Value::Array(items)) => items,
            // A list of one at an address of its own.
            Some(only @ Value::Object(_)) => vec![only],
            _ => Vec::new(),
        });
    }
    let by_key = schema.takes(path, "take");
    let (mut all, mut from): (Vec<Value>, String) = (Vec::new(), String::new());
    for page in 0.. {
        let query = match (by_key, from.as_str()) {
            (true, "") => "take=100".to_owned(),
            (true, from) => format!("take=100&from={}", encoded(from)),
            (false, _) => format!("page={page}&per_page=100&include_totals=true"),
        };
        let mut answer = get(local, &format!("{path}?{query}"))
            .await?
            .unwrap_or_default();
        let Some(Value::Array(items)) = answer.get_mut(plural).map(Value::take) else {
            bail!("{path} answered without {plural}");
        };
        let count = items.len();
        all.extend(items);
        if all.len() > THINGS_MAX {
            bail!("more than {THINGS_MAX} {plural}");
        }
        match (by_key, answer["next"].as_str()) {
            (true, Some(next)) => next.clone_into(&mut from),
            (false, _) if count == 100 => {}
            _ => break,
        }
    }
    Ok(all)
}

/// `None`: there is no such thing.
pub(crate) async fn get(local: &Local, path: &str) -> Result<Option<Value>> {
    let answer = local.call(Method::GET, path, None).await?;
    match answer.status {
        StatusCode::NOT_FOUND => Ok(None),
        status if status.is_success() => Ok(Some(answer.body)),
        _ => Err(api::refusal(&answer).context(format!("GET {path}"))),
    }
}
