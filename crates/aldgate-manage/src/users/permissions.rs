//! `/users/{id}/permissions`.

use aldgate_core::id::UserId;
use aldgate_core::role::Permission;
use aldgate_store::{HeldPermission, StoreError, Tx};
use serde_json::{Value, json};

use super::missing;
use crate::op::{ApiError, Call, Paging, Reply, ceiling};
use crate::rbac::{self, Apis};

pub(super) async fn list(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?;
    let items = held(&call).await?;
    Ok(paging.reply_part(&call, "permissions", items))
}

/// `GET /users/{id}/effective-permissions`.
pub(super) async fn effective(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?.into_keyset();
    let api = call.query.get("resource_server_identifier");
    let mut items = held(&call).await?;
    if let Some(api) = api {
        items.retain(|(_, item)| item["resource_server_identifier"] == api);
    }
    Ok(paging.reply_part(&call, "permissions", items))
}

pub(super) async fn give(call: Call) -> Result<Reply, ApiError> {
    let now = call.now;
    change(call, move |tx, user, permissions| {
        rbac::defined(tx, permissions, now)?;
        Ok(tx.permissions().give(user, permissions)?)
    })
    .await?;
    Ok(Reply::ok(json!({})))
}

pub(super) async fn withdraw(call: Call) -> Result<Reply, ApiError> {
    change(call, |tx, user, permissions| {
        Ok(tx.permissions().withdraw(user, permissions)?)
    })
    .await?;
    Ok(Reply::empty())
}

/// Every permission of a user, with where she has it from.
async fn held(call: &Call) -> Result<Vec<(String, Value)>, ApiError> {
    let id: UserId = call.id("id")?;
    let now = call.now;
    let load = move |tx: &mut Tx<'_>| {
        if tx.users().by_id(&id)?.is_none() {
            return Ok::<_, StoreError>(None);
        }
        let roles = tx.roles().of_user(&id)?;
        let held = tx.permissions().held(&id)?;
        let (mut apis, mut items) = (Apis::default(), Vec::new());
        for same in held.chunk_by(|a, b| a.permission == b.permission) {
            let permission = &same[0].permission;
            let mut item = apis.view(tx, permission, now)?;
            let sources = same.iter().map(|one| source(one, &roles));
            item.insert("sources".into(), sources.collect());
            items.push((rbac::key(permission), Value::Object(item)));
        }
        Ok(Some(items))
    };
    let items = call.app.store.read(&call.tenant.id, load).await?;
    items.ok_or_else(missing)
}

fn source(held: &HeldPermission, roles: &[aldgate_core::role::Role]) -> Value {
    let Some(id) = &held.role else {
        return json!({"source_id": "", "source_name": "", "source_type": "DIRECT"});
    };
    let name = roles.iter().find(|role| role.id == *id);
    let name = name.map_or("", |role| role.name.as_str());
    json!({"source_id": id, "source_name": name, "source_type": "ROLE"})
}

/// Changes what a user holds directly, within what the caller may give or take (ADM-04).
async fn change(
    call: Call,
    apply: impl Fn(&mut Tx<'_>, &UserId, &[Permission]) -> Result<(), ApiError> + Send + 'static,
) -> Result<(), ApiError> {
    let id: UserId = call.id("id")?;
    let permissions = rbac::permissions_of(&call)?;
    let (audit, actor) = (call.audit().about_user(&id), call.actor.clone());
    let management = call.tenant.issuer.management();
    let change = move |tx: &mut Tx<'_>| {
        if tx.users().by_id_to_change(&id)?.is_none() {
            return Err(missing());
        }
        ceiling::permissions(&actor, &management, &permissions)?;
        let before = tx.permissions().direct(&id)?;
        apply(tx, &id, &permissions)?;
        let after = tx.permissions().direct(&id)?;
        let (before, after) = (
            json!({"permissions": before}),
            json!({"permissions": after}),
        );
        Ok(audit.record(tx, &before, &after)?)
    };
    call.app.store.write(&call.tenant.id, change).await
}
