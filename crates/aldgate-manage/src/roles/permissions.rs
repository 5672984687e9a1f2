//! `/roles/{id}/permissions`.

use aldgate_core::id::RoleId;
use aldgate_core::role::Permission;
use aldgate_store::{StoreError, Tx};
use serde_json::{Value, json};

use super::delete::keeps;
use super::missing;
use crate::op::{ApiError, Call, Paging, Reply, ceiling};
use crate::rbac::{self, Apis};

pub(super) async fn list(call: Call) -> Result<Reply, ApiError> {
    let id: RoleId = call.id("id")?;
    let (paging, now) = (Paging::of(&call)?, call.now);
    let load = move |tx: &mut Tx<'_>| {
        if tx.roles().by_id(&id)?.is_none() {
            return Ok::<_, StoreError>(None);
        }
        let (mut apis, mut items) = (Apis::default(), Vec::new());
        for one in tx.roles().permissions(&id)? {
            let item = apis.view(tx, &one, now)?;
            items.push((rbac::key(&one), Value::Object(item)));
        }
        Ok(Some(items))
    };
    let items = call.app.store.read(&call.tenant.id, load).await?;
    Ok(paging.reply_part(&call, "permissions", items.ok_or_else(missing)?))
}

pub(super) async fn add(call: Call) -> Result<Reply, ApiError> {
    let now = call.now;
    change(call, move |tx, id, permissions| {
        rbac::defined(tx, permissions, now)?;
        Ok(tx.roles().permit(id, permissions)?)
    })
    .await?;
    Ok(Reply::ok(json!({})))
}

pub(super) async fn remove(call: Call) -> Result<Reply, ApiError> {
    let management = call.tenant.issuer.management();
    change(call, move |tx, id, permissions| {
        let role = tx.roles().by_id(id)?;
        let administrator = role.is_some_and(|role| role.is_administrator());
        if administrator && permissions.iter().any(|one| one.api == management) {
            return Err(keeps(
                "The role of administrators keeps every permission of the Management API.",
            ));
        }
        Ok(tx.roles().forbid(id, permissions)?)
    })
    .await?;
    Ok(Reply::empty())
}

/// Changes what a role permits, within what the caller may give (ADM-04).
async fn change(
    call: Call,
    apply: impl Fn(&mut Tx<'_>, &RoleId, &[Permission]) -> Result<(), ApiError> + Send + 'static,
) -> Result<(), ApiError> {
    let id: RoleId = call.id("id")?;
    let permissions = rbac::permissions_of(&call)?;
    let (audit, actor) = (call.audit(), call.actor.clone());
    let management = call.tenant.issuer.management();
    let change = move |tx: &mut Tx<'_>| {
        if tx.roles().by_id(&id)?.is_none() {
            return Err(missing());
        }
        ceiling::permissions(&actor, &management, &permissions)?;
        let before = tx.roles().permissions(&id)?;
        apply(tx, &id, &permissions)?;
        let after = tx.roles().permissions(&id)?;
        let (before, after) = (
            json!({"permissions": before}),
            json!({"permissions": after}),
        );
        Ok(audit.record(tx, &before, &after)?)
    };
    call.app.store.write(&call.tenant.id, change).await
}
