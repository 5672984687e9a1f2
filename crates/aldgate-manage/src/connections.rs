//! `/connections`: sources of users.

mod clients;

use aldgate_app::App;
use aldgate_app::seal::Place;
use aldgate_core::connection::Connection;
use aldgate_core::connection::rules::{self, CREATABLE, WRITABLE};
use aldgate_core::error::Refusal;
use aldgate_core::id::{ClientId, ConnectionId, TenantId};
use aldgate_core::secret::Secret;
use aldgate_core::time::Timestamp;
use aldgate_store::{LoginName, StoreError, Tx};
use serde_json::{Map, Value, json};

use crate::op::schema::{array, flag, free, open, page, string, time, writable};
use crate::op::{
    ApiError, Call, FIELDS, KEYSET, Operation, PAGES, Paging, Reply, delete, everything, get, list,
    patch, post, text,
};

/// How many users of a connection go in one unit of work.
const DELETED_AT_ONCE: u32 = 200;

/// Options that are secrets: sealed, never shown.
const SECRET_OPTIONS: &[&str] = &["client_secret", "app_secret", "twilio_token", "token"];

pub(crate) fn operations() -> Vec<Operation> {
    let path = "/connections/{id}";
    let mut all = vec![
        get("/connections", "List connections", list_all)
            .scopes(&["read:connections"])
            .query(PAGES)
            .query(KEYSET)
            .query(FIELDS)
            .query([list("strategy"), text("name"), text("domain_alias")])
            .answers(page("connections", shape())),
        post("/connections", "Create a connection", create)
            .scopes(&["create:connections"])
            .body(writable(CREATABLE, &["name", "strategy"]))
            .answers(shape()),
        get(path, "Get a connection", read)
            .scopes(&["read:connections"])
            .query(FIELDS)
            .answers(shape()),
        patch(path, "Update a connection", update)
            .scopes(&["update:connections"])
            .body(writable(WRITABLE, &[]))
            .answers(shape()),
        delete(path, "Delete a connection", remove)
            .scopes(&["delete:connections"])
            .status(202)
            .answers(open([("deleted_at", time())], &[])),
        get("/connections/{id}/status", "Check a connection", status).scopes(&["read:connections"]),
        delete(
            "/connections/{id}/users",
            "Delete a user of a connection",
            remove_user,
        )
        .scopes(&["delete:users"])
        .query([text("email")]),
    ];
    all.extend(clients::operations());
    all
}

async fn list_all(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?;
    let all = call.app.connections(&call.tenant.id).await?;
    let strategies = call.query.all("strategy");
    let name = call.query.get("name");
    let wanted = all.iter().filter(|connection| {
        (strategies.is_empty() || strategies.contains(&connection.strategy))
            && name.is_none_or(|name| name == connection.name)
    });
    let views = wanted.map(|connection| (connection.name.clone(), view(connection)));
    Ok(paging.reply_part(&call, "connections", views.collect()))
}

async fn create(call: Call) -> Result<Reply, ApiError> {
    let mut body = call.object()?;
    let id = ConnectionId::generate(&mut call.app.rng());
    seal_options(&call.app, &call.tenant.id, &id, &mut body);
    let connection = rules::create(body, id, call.now)?;
    let (audit, shown) = (call.audit(), view(&connection));
    let after = shown.clone();
    let save = move |tx: &mut Tx<'_>| {
        if tx.connections().by_name(&connection.name)?.is_some() {
            let cause = "A connection with the same name already exists";
            let refusal = Refusal::new("connection_conflict", cause).actual(&connection.name);
            return Err(ApiError::conflict(Some("connection_conflict"), refusal));
        }
        tx.connections().create(&connection)?;
        Ok(audit.record(tx, &Value::Null, &after)?)
    };
    call.app.store.write(&call.tenant.id, save).await?;
    Ok(Reply::ok(shown))
}

async fn read(call: Call) -> Result<Reply, ApiError> {
    let id: ConnectionId = call.id("id")?;
    let found = call.app.connection(&call.tenant.id, &id).await?;
    let found = found.ok_or_else(missing)?;
    Ok(Reply::ok(call.chosen(view(&found))))
}

async fn update(call: Call) -> Result<Reply, ApiError> {
    let (id, mut body): (ConnectionId, _) = (call.id("id")?, call.object()?);
    seal_options(&call.app, &call.tenant.id, &id, &mut body);
    let (audit, now) = (call.audit(), call.now);
    let change = move |tx: &mut Tx<'_>| {
        let before = tx.connections().by_id_to_change(&id)?.ok_or_else(missing)?;
        let mut after = rules::update(&before, body.clone(), now)?;
        keep_secrets(&before, &mut after);
        tx.connections().update(&after)?;
        let shown = view(&after);
        audit.record(tx, &view(&before), &shown)?;
        Ok::<_, ApiError>(shown)
    };
    let shown = call.app.store.write(&call.tenant.id, change).await?;
    Ok(Reply::ok(shown))
}

/// Its users go first, a few hundred in each unit of work: a connection may have millions.
async fn remove(call: Call) -> Result<Reply, ApiError> {
    let (id, audit): (ConnectionId, _) = (call.id("id")?, call.audit());
    let found = call.app.connection(&call.tenant.id, &id).await?;
    let found = found.ok_or_else(missing)?;
    let before = view(&found);
    loop {
        let id = id.clone();
        let empty = move |tx: &mut Tx<'_>| {
            let users = tx.connections().users(&id, DELETED_AT_ONCE)?;
            for user in &users {
                crate::op::ceiling::not_the_last_administrator(tx, user)?;
                tx.users().delete(user)?;
            }
            Ok::<_, ApiError>(users.is_empty())
        };
        if call.app.store.write(&call.tenant.id, empty).await? {
            break;
        }
    }
    let remove = move |tx: &mut Tx<'_>| {
        if tx.connections().delete(&id)? {
            audit.record(tx, &before, &Value::Null)?;
        }
        Ok::<_, StoreError>(())
    };
    call.app.store.write(&call.tenant.id, remove).await?;
    Ok(Reply::ok(json!({"deleted_at": call.now.iso8601()})))
}

async fn status(call: Call) -> Result<Reply, ApiError> {
    let id: ConnectionId = call.id("id")?;
    let found = call.app.connection(&call.tenant.id, &id).await?;
    found.ok_or_else(missing)?;
    Ok(Reply::empty().status(200))
}

async fn remove_user(call: Call) -> Result<Reply, ApiError> {
    let (id, audit): (ConnectionId, _) = (call.id("id")?, call.audit());
    let Some(email) = call.query.get("email").map(ToOwned::to_owned) else {
        let problem = "Missing required property: email";
        return Err(ApiError::bad_request(
            "invalid_query_string",
            Refusal::new("query", format!("Query validation error: '{problem}'.")),
        ));
    };
    let (actor, management) = (call.actor.clone(), call.tenant.issuer.management());
    let remove = move |tx: &mut Tx<'_>| {
        tx.connections().by_id(&id)?.ok_or_else(missing)?;
        let Some(user) = tx.users().by_login(&id, LoginName::Email, &email)? else {
            return Ok::<_, ApiError>(());
        };
        crate::op::ceiling::user(tx, &actor, &management, &user.id)?;
        crate::op::ceiling::not_the_last_administrator(tx, &user.id)?;
        tx.users().delete(&user.id)?;
        let audit = audit.clone().about_user(&user.id);
        Ok(audit.record(tx, &json!({"email": email}), &Value::Null)?)
    };
    call.app.store.write(&call.tenant.id, remove).await?;
    Ok(Reply::empty())
}

/// Where a secret option of a connection is sealed.
fn place<'a>(tenant: &'a TenantId, id: &'a ConnectionId, option: &'static str) -> Place<'a> {
    Place {
        tenant,
        table: "connections",
        row: id.as_str(),
        column: option,
    }
}

/// Seals the secrets among the options of a body: `client_secret` is kept as
/// `client_secret_sealed`.
fn seal_options(app: &App, tenant: &TenantId, id: &ConnectionId, body: &mut Map<String, Value>) {
    let Some(Value::Object(options)) = body.get_mut("options") else {
        return;
    };
    for option in SECRET_OPTIONS {
        if let Some(Value::String(secret)) = options.get(*option) {
            let sealed = app.seal_text(&place(tenant, id, option), &Secret::new(secret.clone()));
            options.remove(*option);
            options.insert(format!("{option}_sealed"), sealed.into());
        }
    }
}

/// `options` are replaced whole, but secrets are write-only: one that is not sent again stays.
fn keep_secrets(before: &Connection, after: &mut Connection) {
    for option in SECRET_OPTIONS {
        let name = format!("{option}_sealed");
        if let Some(sealed) = before.options.get(&name)
            && !after.options.contains_key(&name)
        {
            after.options.insert(name, sealed.clone());
        }
    }
}

/// The connection on the wire, without secrets.
fn view(connection: &Connection) -> Value {
    let mut view = serde_json::to_value(connection).unwrap_or_default();
    if let Some(members) = view.as_object_mut() {
        members.remove("created_at");
        members.remove("updated_at");
        members
            .entry("authentication")
            .or_insert_with(|| json!({"active": true}));
        if let Some(Value::Object(options)) = members.get_mut("options") {
            for option in SECRET_OPTIONS {
                options.remove(&format!("{option}_sealed"));
            }
        }
    }
    view
}

fn shape() -> Value {
    open(
        [
            ("id", string()),
            ("name", string()),
            ("strategy", string()),
            ("options", free()),
            ("enabled_clients", array(string())),
            ("is_domain_connection", flag()),
        ],
        &[],
    )
}

/// An application that is gone uses no connection.
pub(crate) fn forget_application(
    tx: &mut Tx<'_>,
    id: &ClientId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let key = |connection: &Connection| connection.id.to_string();
    for connection in everything(key, |page| tx.connections().list(None, page))? {
        if !connection.enabled_clients.contains(id) {
            continue;
        }
        if let Some(mut connection) = tx.connections().by_id_to_change(&connection.id)? {
            connection.enabled_clients.retain(|client| client != id);
            connection.updated_at = now;
            tx.connections().update(&connection)?;
        }
    }
    Ok(())
}

fn missing() -> ApiError {
    ApiError::not_found("inexistent_connection", "The connection does not exist")
}
