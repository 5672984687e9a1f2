//! `/users/{id}/roles`.

use aldgate_core::id::{RoleId, UserId};
use aldgate_core::role::Role;
use aldgate_store::{StoreError, Tx};
use serde_json::{Value, json};

use super::missing;
use crate::op::{ApiError, Call, Paging, Reply, ceiling};
use crate::{rbac, roles};

pub(super) async fn list(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?;
    let items = held(&call).await?.into_iter();
    let items = items.map(|role| (role.name.clone(), roles::view(&role)));
    Ok(paging.reply_part(&call, "roles", items.collect()))
}

/// `GET /users/{id}/effective-roles`: all are held directly, because there are no groups.
pub(super) async fn effective(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?.into_keyset();
    let items = held(&call).await?.into_iter().map(|role| {
        let mut item = roles::view(&role);
        item["sources"] = json!([{"source_type": "DIRECT", "source_id": "", "source_name": ""}]);
        (role.name, item)
    });
    Ok(paging.reply_part(&call, "roles", items.collect()))
}

pub(super) async fn give(call: Call) -> Result<Reply, ApiError> {
    let now = call.now;
    change(call, move |tx, role, user| {
        Ok(tx.roles().give(role, user, now)?)
    })
    .await
}

pub(super) async fn withdraw(call: Call) -> Result<Reply, ApiError> {
    change(call, |tx, role, user| {
        let found = tx.roles().by_id(role)?;
        if found.is_some_and(|role| role.is_administrator()) {
            ceiling::not_the_last_administrator(tx, user)?;
        }
        Ok(tx.roles().withdraw(role, user)?)
    })
    .await
}

async fn held(call: &Call) -> Result<Vec<Role>, ApiError> {
    let id: UserId = call.id("id")?;
    let load = move |tx: &mut Tx<'_>| {
        if tx.users().by_id(&id)?.is_none() {
            return Ok::<_, StoreError>(None);
        }
        tx.roles().of_user(&id).map(Some)
    };
    let roles = call.app.store.read(&call.tenant.id, load).await?;
    roles.ok_or_else(missing)
}

/// Changes which roles a user holds, within what the caller may give or take (ADM-04).
async fn change(
    call: Call,
    apply: impl Fn(&mut Tx<'_>, &RoleId, &UserId) -> Result<(), ApiError> + Send + 'static,
) -> Result<Reply, ApiError> {
    let id: UserId = call.id("id")?;
    let named = rbac::roles_of(&call)?;
    let (audit, actor) = (call.audit().about_user(&id), call.actor.clone());
    let management = call.tenant.issuer.management();
    let change = move |tx: &mut Tx<'_>| {
        if tx.users().by_id_to_change(&id)?.is_none() {
            return Err(missing());
        }
        let before = names(tx, &id)?;
        for role in &named {
            if tx.roles().by_id(role)?.is_none() {
                return Err(roles::missing());
            }
            ceiling::role(tx, &actor, &management, role)?;
            apply(tx, role, &id)?;
        }
        let after = names(tx, &id)?;
        Ok(audit.record(tx, &before, &after)?)
    };
    call.app.store.write(&call.tenant.id, change).await?;
    Ok(Reply::empty())
}

fn names(tx: &mut Tx<'_>, user: &UserId) -> Result<Value, StoreError> {
    let held = tx.roles().of_user(user)?;
    let names: Vec<_> = held.iter().map(|role| &role.name).collect();
    Ok(json!({"roles": names}))
}
