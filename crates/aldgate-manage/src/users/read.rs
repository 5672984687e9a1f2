//! `GET /users/{id}`, and the organizations of a user.

use aldgate_core::attempts::Account;
use aldgate_core::id::UserId;
use aldgate_store::{StoreError, Tx};
use serde_json::{Value, json};

use super::{missing, view};
use crate::op::{ApiError, Call, Paging, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: UserId = call.id("id")?;
    let now = call.now;
    let load = move |tx: &mut Tx<'_>| {
        let Some(user) = tx.users().by_id(&id)? else {
            return Ok::<_, StoreError>(None);
        };
        let account = Account::Known(id.clone());
        let blocked = tx.attempts().blocked_addresses(&account, now)?;
        Ok(Some((user, blocked)))
    };
    let found = call.app.store.read(&call.tenant.id, load).await?;
    let (user, blocked) = found.ok_or_else(missing)?;
    let mut shown = view(&call, &user);
    if !blocked.is_empty() {
        let name = user
            .email
            .as_deref()
            .or(user.username.as_deref())
            .unwrap_or_default();
        let blocked = blocked
            .iter()
            .map(|ip| json!({"identifier": name, "ip": ip}));
        shown.insert("blocked_for".into(), blocked.collect());
    }
    Ok(Reply::ok(call.chosen(Value::Object(shown))))
}

/// `GET /users/{id}/organizations`: there are none yet.
pub(super) async fn organizations(call: Call) -> Result<Reply, ApiError> {
    exists(&call).await?;
    let paging = Paging::of(&call)?;
    Ok(paging.reply(&call, "organizations", Vec::new(), 0))
}

/// Refuses unless the user of the path is there.
pub(super) async fn exists(call: &Call) -> Result<UserId, ApiError> {
    let id: UserId = call.id("id")?;
    let wanted = id.clone();
    let load = move |tx: &mut Tx<'_>| tx.users().by_id(&wanted);
    let found = call.app.store.read(&call.tenant.id, load).await?;
    found.map(|_| id).ok_or_else(missing)
}
