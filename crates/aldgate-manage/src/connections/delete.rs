//! `DELETE /connections/{id}`: with its users. They go first, a few hundred in each unit of work: a
//! connection may have millions. When the call is cut off, another one goes on where it ended.

use aldgate_core::error::Refusal;
use aldgate_core::id::{ConnectionId, UserId};
use aldgate_core::logout::backchannel::Initiator;
use aldgate_core::role::ADMINISTRATOR;
use aldgate_core::time::Timestamp;
use aldgate_store::{StoreError, Tx};
use serde_json::{Value, json};

use super::{missing, view};
use crate::op::{ApiError, Call, Reply, ceiling, everything};

/// How many users go in one unit of work.
const AT_ONCE: u32 = 200;

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: ConnectionId = call.id("id")?;
    let audit = call.audit().about("connection", id.as_str());
    let found = call.app.connection(&call.tenant.id, &id).await?;
    let before = view(&*found.ok_or_else(missing)?);
    let (actor, management) = (call.actor.clone(), call.tenant.issuer.management());
    let (now, wanted) = (call.now, id.clone());
    let permit = move |tx: &mut Tx<'_>| {
        ceiling::connection(tx, &actor, &management, &wanted)?;
        keeps_an_administrator(tx, &wanted)
    };
    call.app.store.read(&call.tenant.id, permit).await?;
    loop {
        let id = id.clone();
        let empty = move |tx: &mut Tx<'_>| {
            let users = tx.connections().users(&id, AT_ONCE)?;
            for user in &users {
                remove(tx, &id, user, now)?;
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
    Ok(Reply::ok(json!({"deleted_at": now.iso8601()})))
}

/// A user whose account is elsewhere and only linked to this connection loses the link.
fn remove(
    tx: &mut Tx<'_>,
    id: &ConnectionId,
    user: &UserId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(mut found) = tx.users().by_id_to_change(user)? else {
        return Ok(());
    };
    let primary = found.identities.first();
    if primary.is_none_or(|identity| identity.connection_id == *id) {
        tx.logouts()
            .of_user(user, None, Initiator::AccountDeleted, now)?;
        return tx.users().delete(user).map(drop);
    }
    found
        .identities
        .retain(|identity| identity.connection_id != *id);
    found.updated_at = now;
    tx.users().update(&found).map(drop)
}

/// Somebody must stay who can give rights back.
fn keeps_an_administrator(tx: &mut Tx<'_>, id: &ConnectionId) -> Result<(), ApiError> {
    let Some(role) = tx.roles().by_name(ADMINISTRATOR)? else {
        return Ok(());
    };
    let holders = everything(UserId::to_string, |page| tx.roles().holders(&role.id, page))?;
    let known = holders.len();
    for holder in holders {
        let user = tx.users().by_id(&holder)?;
        let primary = user.as_ref().and_then(|user| user.identities.first());
        if primary.is_some_and(|identity| identity.connection_id != *id) {
            return Ok(());
        }
    }
    if known == 0 {
        return Ok(());
    }
    let cause = "All administrators of the tenant are users of this connection.";
    let refusal = Refusal::new("last_administrator", cause)
        .expected("a user of another connection with the role Administrator")
        .remedy("Make somebody of another connection an administrator first.");
    Err(ApiError::forbidden("last_administrator", refusal))
}
