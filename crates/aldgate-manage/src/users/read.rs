//! `GET /users/{id}`, and the organizations of a user.

use aldgate_core::attempts::Account;
use aldgate_core::id::UserId;
use aldgate_core::user::User;
use aldgate_store::{SealedTokens, StoreError, Tx};
use serde_json::{Map, Value, json};

use super::{missing, view};
use crate::op::{ApiError, Call, Paging, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: UserId = call.id("id")?;
    let now = call.now;
    let shows_tokens = call.actor.holds("read:user_idp_tokens");
    let load = move |tx: &mut Tx<'_>| {
        let Some(user) = tx.users().by_id(&id)? else {
            return Ok::<_, StoreError>(None);
        };
        let account = Account::Known(id.clone());
        let blocked = tx.attempts().blocked_addresses(&account, now)?;
        let tokens = match shows_tokens {
            true => tx.upstream_tokens().of_user(&id)?,
            false => Vec::new(),
        };
        Ok(Some((user, blocked, tokens)))
    };
    let found = call.app.store.read(&call.tenant.id, load).await?;
    let (user, blocked, tokens) = found.ok_or_else(missing)?;
    let mut shown = view(&call, &user);
    add_tokens(&call, &user, &tokens, &mut shown);
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

/// Shows what providers gave, with the identity it was given for.
fn add_tokens(call: &Call, user: &User, tokens: &[SealedTokens], shown: &mut Map<String, Value>) {
    let Some(Value::Array(identities)) = shown.get_mut("identities") else {
        return;
    };
    for (identity, wire) in user.identities.iter().zip(identities) {
        let same = |kept: &&SealedTokens| {
            kept.connection_id == identity.connection_id && kept.subject == identity.user_id
        };
        let opened = tokens
            .iter()
            .find(same)
            .and_then(|kept| call.app.open_upstream_tokens(&call.tenant.id, kept));
        if let (Some(tokens), Some(members)) = (opened, wire.as_object_mut()) {
            members.extend(tokens.to_wire(call.now));
        }
    }
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
