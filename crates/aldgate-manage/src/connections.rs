//! `/connections`: sources of users.

mod clients;
mod create;
mod delete;
mod list;
mod read;
mod secrets;
mod unbuilt;
mod update;
mod users;

use aldgate_core::connection::Connection;
use aldgate_core::connection::rules::{self, CREATABLE, WRITABLE};
use aldgate_core::id::{ClientId, ConnectionId};
use aldgate_core::time::Timestamp;
use aldgate_store::{StoreError, Tx};
use serde_json::Value;

use crate::op::schema::{array, flag, free, open, page, string, time, writable};
use crate::op::{
    ApiError, Call, FIELDS, KEYSET, Operation, PAGES, Reply, delete, everything, get, list, patch,
    post, text,
};

/// Auth0 gives the id of a connection also where `fields` leaves it out; terraform counts on it.
const ALWAYS: &[&str] = &["id"];

pub(crate) fn operations() -> Vec<Operation> {
    let path = "/connections/{id}";
    let mut all = vec![
        get("/connections", "List connections", list::run)
            .scopes(&["read:connections"])
            .query(PAGES)
            .query(KEYSET)
            .query(FIELDS)
            .query([list("strategy"), text("name"), text("domain_alias")])
            .always(ALWAYS)
            .answers(page("connections", shape())),
        post("/connections", "Create a connection", create::run)
            .scopes(&["create:connections"])
            .body(writable(CREATABLE, &["name", "strategy"]))
            .answers(shape()),
        get(path, "Get a connection", read::run)
            .scopes(&["read:connections"])
            .query(FIELDS)
            .always(ALWAYS)
            .answers(shape()),
        patch(path, "Update a connection", update::run)
            .scopes(&["update:connections"])
            .body(writable(WRITABLE, &[]))
            .answers(shape()),
        delete(path, "Delete a connection", delete::run)
            .scopes(&["delete:connections"])
            .status(202)
            .answers(open([("deleted_at", time())], &[])),
        get("/connections/{id}/status", "Check a connection", status).scopes(&["read:connections"]),
        delete(
            "/connections/{id}/users",
            "Delete a user of a connection",
            users::remove,
        )
        .scopes(&["delete:users"])
        .query([text("email")]),
    ];
    all.extend(clients::operations());
    all.extend(unbuilt::operations());
    all
}

async fn status(call: Call) -> Result<Reply, ApiError> {
    let id: ConnectionId = call.id("id")?;
    let found = call.app.connection(&call.tenant.id, &id).await?;
    found.ok_or_else(missing)?;
    Ok(Reply::empty().status(200))
}

/// The connection on the wire, without secrets.
fn view(connection: &Connection) -> Value {
    Value::Object(rules::public_view(connection))
}

fn taken() -> ApiError {
    ApiError::already(
        "connection_conflict",
        "A connection with the same name already exists",
    )
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
