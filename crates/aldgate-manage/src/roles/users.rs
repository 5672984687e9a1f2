//! `/roles/{id}/users`.

use aldgate_core::id::{RoleId, UserId};
use aldgate_core::user::User;
use aldgate_store::{StoreError, Tx};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::missing;
use crate::op::{ApiError, Call, Paging, Reply, ceiling};
use crate::{rbac, users};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    users: Vec<UserId>,
}

pub(super) async fn list(call: Call) -> Result<Reply, ApiError> {
    let id: RoleId = call.id("id")?;
    let paging = Paging::of(&call)?.within(1000)?;
    let page = paging.page();
    let load = move |tx: &mut Tx<'_>| {
        if tx.roles().by_id(&id)?.is_none() {
            return Ok::<_, StoreError>(None);
        }
        let mut holders = Vec::new();
        for user in tx.roles().holders(&id, &page)? {
            holders.extend(tx.users().by_id(&user)?);
        }
        Ok(Some((holders, tx.roles().holders_count(&id)?)))
    };
    let found = call.app.store.read(&call.tenant.id, load).await?;
    let (holders, total) = found.ok_or_else(missing)?;
    let items = holders
        .iter()
        .map(|user| (user.id.to_string(), brief(user)));
    Ok(paging.reply(&call, "users", items.collect(), total))
}

pub(super) async fn give(call: Call) -> Result<Reply, ApiError> {
    let id: RoleId = call.id("id")?;
    let Body { users } = call.parse()?;
    let users = rbac::counted("users", users)?;
    let (audit, actor, now) = (call.audit(), call.actor.clone(), call.now);
    let management = call.tenant.issuer.management();
    let change = move |tx: &mut Tx<'_>| {
        if tx.roles().by_id(&id)?.is_none() {
            return Err(missing());
        }
        ceiling::role(tx, &actor, &management, &id)?;
        for user in &users {
            if tx.users().by_id(user)?.is_none() {
                return Err(users::missing());
            }
            tx.roles().give(&id, user, now)?;
        }
        Ok(audit.record(tx, &Value::Null, &json!({"role": id, "users": users}))?)
    };
    call.app.store.write(&call.tenant.id, change).await?;
    Ok(Reply::ok(json!({})))
}

/// The few members of a user that the list of a role's users has.
fn brief(user: &User) -> Value {
    let mut item = Map::new();
    item.insert("user_id".into(), user.id.as_str().into());
    let texts = [
        ("email", &user.email),
        ("name", &user.profile.name),
        ("picture", &user.profile.picture),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            item.insert(name.into(), text.clone().into());
        }
    }
    Value::Object(item)
}
