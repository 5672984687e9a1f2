//! `/connections/{id}/clients`: which applications may use a connection.

use aldgate_core::connection::{Connection, rules};
use aldgate_core::error::Refusal;
use aldgate_core::id::{ClientId, ConnectionId};
use aldgate_store::{StoreError, Tx};
use serde::Deserialize;
use serde_json::{Value, json};

use super::missing;
use crate::op::schema::{array, closed, flag, open, page, short, string};
use crate::op::{ApiError, Call, KEYSET, Operation, PAGES, Paging, Reply, everything, get, patch};

/// The most changes of one request.
const CHANGES_MAX: usize = 50;

pub(super) fn operations() -> Vec<Operation> {
    let path = "/connections/{id}/clients";
    let one = closed(
        [("client_id", short(64)), ("status", flag())],
        &["client_id", "status"],
    );
    vec![
        get(path, "List the applications of a connection", list)
            .scopes(&["read:connections"])
            .query(PAGES)
            .query(KEYSET)
            .answers(page(
                "clients",
                open([("client_id", string())], &["client_id"]),
            )),
        patch(path, "Change the applications of a connection", change)
            .scopes(&["update:connections"])
            .body(array(one))
            .status(204),
        get(
            "/clients/{id}/connections",
            "List the connections of an application",
            of_client,
        )
        .scopes(&["read:connections"])
        .query(PAGES)
        .query(KEYSET)
        .query(crate::op::FIELDS)
        .query([crate::op::list("strategy")])
        .answers(page("connections", super::shape())),
    ]
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    client_id: ClientId,
    status: bool,
}

async fn list(call: Call) -> Result<Reply, ApiError> {
    let (id, paging): (ConnectionId, _) = (call.id("id")?, Paging::of(&call)?);
    let found = call.app.connection(&call.tenant.id, &id).await?;
    let clients = &found.ok_or_else(missing)?.enabled_clients;
    let views = clients
        .iter()
        .map(|client| (client.to_string(), json!({"client_id": client})));
    let mut views: Vec<(String, Value)> = views.collect();
    views.sort_by(|(a, _), (b, _)| a.cmp(b));
    // Auth0 answers in the form of a checkpoint here, asked for or not.
    let numbered = ["page", "per_page"]
        .iter()
        .find_map(|name| call.query.number(name));
    let paging = match numbered {
        None => paging.into_keyset(),
        Some(_) => paging,
    };
    Ok(paging.reply_part(&call, "clients", views))
}

async fn change(call: Call) -> Result<Reply, ApiError> {
    let id: ConnectionId = call.id("id")?;
    let switches: Vec<Switch> = call.parse_list()?;
    if switches.is_empty() || switches.len() > CHANGES_MAX {
        let cause = format!("expected 1 to {CHANGES_MAX} items in the list");
        return Err(ApiError::invalid_body(cause));
    }
    let audit = call.audit().about("connection", id.as_str());
    let now = call.now;
    let change = move |tx: &mut Tx<'_>| {
        let before = tx.connections().by_id_to_change(&id)?.ok_or_else(missing)?;
        let mut after = before.clone();
        for switch in &switches {
            if switch.status && tx.applications().by_id(&switch.client_id)?.is_none() {
                let refusal = Refusal::new("inexistent_client", "The client does not exist");
                let refusal = refusal.actual(switch.client_id.as_str());
                return Err(ApiError::bad_request("inexistent_client", refusal));
            }
            after
                .enabled_clients
                .retain(|client| *client != switch.client_id);
            if switch.status {
                after.enabled_clients.push(switch.client_id.clone());
            }
        }
        after.updated_at = now;
        rules::validate(&after)?;
        tx.connections().update(&after)?;
        let (before, after) = (&before.enabled_clients, &after.enabled_clients);
        Ok(audit.record(tx, &json!({"clients": before}), &json!({"clients": after}))?)
    };
    call.app.store.write(&call.tenant.id, change).await?;
    Ok(Reply::empty())
}

async fn of_client(call: Call) -> Result<Reply, ApiError> {
    let (id, paging): (ClientId, _) = (call.id("id")?, Paging::of(&call)?);
    if call.app.application(&call.tenant.id, &id).await?.is_none() {
        let message = "The client does not exist";
        return Err(ApiError::not_found("inexistent_client", message));
    }
    let strategies = call.query.all("strategy").to_vec();
    let load = move |tx: &mut Tx<'_>| {
        let key = |connection: &Connection| connection.id.to_string();
        let mut all = everything(key, |page| tx.connections().list(None, page))?;
        all.retain(|connection| {
            connection.enabled_clients.contains(&id)
                && (strategies.is_empty() || strategies.contains(&connection.strategy))
        });
        Ok::<_, StoreError>(all)
    };
    let enabled = call.app.store.read(&call.tenant.id, load).await?;
    let views = enabled
        .iter()
        .map(|one| (one.id.to_string(), super::view(one)));
    Ok(paging
        .into_keyset()
        .reply_part(&call, "connections", views.collect()))
}
