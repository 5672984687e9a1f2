//! What lets a user in: `/users/{id}/sessions`, `/users/{id}/refresh-tokens`, and taking it away.

use aldgate_core::id::{SessionId, UserId};
use aldgate_core::logout::backchannel::Initiator;
use aldgate_core::time::Timestamp;
use aldgate_store::{Page, StoreError, Tx};
use serde::Deserialize;
use serde_json::json;

use super::missing;
use super::read::exists;
use crate::op::{ApiError, Call, Paging, Reply, ceiling};
use crate::{refresh_tokens, sessions};

pub(super) async fn sessions(call: Call) -> Result<Reply, ApiError> {
    let id = exists(&call).await?;
    let (paging, now) = (Paging::of(&call)?.into_keyset(), call.now);
    let load = move |tx: &mut Tx<'_>| tx.sessions().of_user(&id, &Page::largest());
    let found = call.app.store.read(&call.tenant.id, load).await?;
    let live = found.iter().filter(|session| session.is_live(now));
    let mut items: Vec<_> = live
        .map(|session| (session.id.to_string(), sessions::view(session)))
        .collect();
    items.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(paging.reply_part(&call, "sessions", items))
}

pub(super) async fn tokens(call: Call) -> Result<Reply, ApiError> {
    let id = exists(&call).await?;
    let (paging, now) = (Paging::of(&call)?.into_keyset(), call.now);
    let load = move |tx: &mut Tx<'_>| tx.refresh_tokens().of_user(&id, now, &Page::largest());
    let found = call.app.store.read(&call.tenant.id, load).await?;
    let mut items = Vec::new();
    for family in &found {
        let item = refresh_tokens::view(&call, family).await?;
        items.push((family.grant.id.to_string(), item));
    }
    Ok(paging.reply_part(&call, "tokens", items))
}

pub(super) async fn end_sessions(call: Call) -> Result<Reply, ApiError> {
    take(call, |tx, user, now| {
        tx.logouts()
            .of_user(user, None, Initiator::SessionRevoked, now)?;
        tx.sessions().end_of_user(user).map(drop)
    })
    .await
}

pub(super) async fn revoke_tokens(call: Call) -> Result<Reply, ApiError> {
    take(call, |tx, user, now| {
        tx.grants().revoke_of_user(user, now).map(drop)
    })
    .await
}

#[derive(Deserialize, Clone, Default)]
#[serde(deny_unknown_fields, default)]
struct Revoke {
    session_id: Option<SessionId>,
    preserve_refresh_tokens: bool,
}

/// `POST /users/{id}/revoke-access`: one session, or all of them, with the tokens that came from
/// them unless they shall stay.
pub(super) async fn revoke(call: Call) -> Result<Reply, ApiError> {
    let body = call.object_or_nothing()?;
    let wanted: Revoke = crate::op::parse(serde_json::Value::Object(body))?;
    take(call, move |tx, user, now| {
        let keep = wanted.preserve_refresh_tokens;
        match &wanted.session_id {
            Some(id) => {
                // Another user's session is none of hers.
                let hers = tx
                    .sessions()
                    .by_id(id)?
                    .is_some_and(|own| own.user_id == *user);
                if hers {
                    tx.logouts()
                        .of_session(id, Initiator::SessionRevoked, now)?;
                    tx.sessions().end_by_id(id)?;
                    if !keep {
                        tx.grants().revoke_of_session(id, now)?;
                    }
                }
            }
            None => {
                tx.logouts()
                    .of_user(user, None, Initiator::SessionRevoked, now)?;
                tx.sessions().end_of_user(user)?;
                if !keep {
                    tx.grants().revoke_of_user(user, now)?;
                }
            }
        }
        Ok(())
    })
    .await
}

/// Takes something from the user of the path.
async fn take(
    call: Call,
    apply: impl Fn(&mut Tx<'_>, &UserId, Timestamp) -> Result<(), StoreError> + Send + 'static,
) -> Result<Reply, ApiError> {
    let id: UserId = call.id("id")?;
    let (audit, actor, now) = (call.audit().about_user(&id), call.actor.clone(), call.now);
    let management = call.tenant.issuer.management();
    let work = move |tx: &mut Tx<'_>| {
        if tx.users().by_id(&id)?.is_none() {
            return Err(missing());
        }
        ceiling::user(tx, &actor, &management, &id)?;
        apply(tx, &id, now)?;
        Ok(audit.record(tx, &json!({}), &json!({}))?)
    };
    call.app.store.write(&call.tenant.id, work).await?;
    Ok(Reply::empty())
}
