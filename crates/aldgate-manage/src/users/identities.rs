//! `/users/{id}/identities`: two users become one, and one becomes two again.

use aldgate_app::accounts::{Linked, link_users};
use aldgate_core::error::Refusal;
use aldgate_core::hint::Hint;
use aldgate_core::id::{ClientId, ConnectionId, UserId};
use aldgate_core::user::link;
use aldgate_store::{Saved, Tx};
use serde::Deserialize;
use serde_json::{Value, json};

use super::create::exists;
use super::{missing, picture};
use crate::op::{ApiError, Call, Reply, ceiling};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    provider: Option<String>,
    user_id: Option<Value>,
    connection_id: Option<ConnectionId>,
    link_with: Option<String>,
}

pub(super) async fn link(call: Call) -> Result<Reply, ApiError> {
    let id: UserId = call.id("id")?;
    let body: Body = call.parse()?;
    let connection = body.connection_id.clone();
    let secondary = secondary(&call, body).await?;
    let (audit, actor, now) = (call.audit().about_user(&id), call.actor.clone(), call.now);
    let management = call.tenant.issuer.management();
    let work = move |tx: &mut Tx<'_>| {
        let other = tx.users().by_id(&secondary)?.ok_or_else(missing)?;
        let elsewhere = |wanted: &ConnectionId| {
            !other
                .identities
                .iter()
                .any(|identity| identity.connection_id == *wanted)
        };
        if connection.as_ref().is_some_and(elsewhere) {
            return Err(missing());
        }
        ceiling::user(tx, &actor, &management, &id)?;
        ceiling::user(tx, &actor, &management, &secondary)?;
        ceiling::not_the_last_administrator(tx, &secondary)?;
        match link_users(tx, &id, &secondary, now)? {
            Linked::Done { user, before } => {
                audit.record(tx, &picture(&before), &picture(&user))?;
                Ok(user.identities_to_wire())
            }
            Linked::Missing => Err(missing()),
            Linked::Refused(refusal) if refusal.code == "identity_conflict" => Err(exists()),
            Linked::Refused(refusal) => Err(refusal.into()),
        }
    };
    Ok(Reply::ok(
        call.app.store.write(&call.tenant.id, work).await?,
    ))
}

pub(super) async fn unlink(call: Call) -> Result<Reply, ApiError> {
    let id: UserId = call.id("id")?;
    let (provider, subject) = (
        call.segment("provider").to_owned(),
        call.segment("user_id").to_owned(),
    );
    let (audit, actor, now) = (call.audit().about_user(&id), call.actor.clone(), call.now);
    let management = call.tenant.issuer.management();
    let work = move |tx: &mut Tx<'_>| {
        let before = tx.users().by_id_to_change(&id)?.ok_or_else(missing)?;
        ceiling::user(tx, &actor, &management, &id)?;
        let (rest, again) = link::unlink(&before, &provider, &subject, now)?;
        for saved in [tx.users().update(&rest)?, tx.users().create(&again)?] {
            if saved != Saved::Done {
                return Err(exists());
            }
        }
        let after = json!({"user": picture(&rest), "unlinked": again.id});
        audit.record(tx, &picture(&before), &after)?;
        Ok(rest.identities_to_wire())
    };
    Ok(Reply::ok(
        call.app.store.write(&call.tenant.id, work).await?,
    ))
}

/// The user whose accounts are to be linked: named, or proved by an ID token.
async fn secondary(call: &Call, body: Body) -> Result<UserId, ApiError> {
    match body {
        Body {
            link_with: Some(token),
            provider: None,
            user_id: None,
            connection_id: None,
        } => proved(call, &token).await,
        Body {
            link_with: None,
            provider: Some(provider),
            user_id: Some(subject),
            ..
        } => {
            let subject = match subject {
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                _ => {
                    return Err(ApiError::invalid_body(
                        "Expected type string on property user_id",
                    ));
                }
            };
            // Auth0 takes the whole user id here as well.
            let id = match subject.contains('|') {
                true => UserId::parse(&subject),
                false => UserId::parse(&format!("{provider}|{subject}")),
            };
            id.map_err(|error| ApiError::invalid_body(error.to_string()))
        }
        _ => Err(Refusal::new(
            "invalid_body",
            "Expected provider and user_id, or link_with alone",
        )
        .expected("{provider, user_id, connection_id?} or {link_with}")
        .into()),
    }
}

/// Who an ID token of this tenant is about. It is a proof, so it must be signed by a key that
/// counts, not expired, and issued to an application that is still there.
async fn proved(call: &Call, token: &str) -> Result<UserId, ApiError> {
    let ring = call.app.key_ring(&call.tenant.id).await;
    let ring = ring.map_err(aldgate_core::error::OAuthError::from)?;
    let hint = Hint::assertion(token, &call.tenant.issuer, |unverified| {
        unverified.header().kid().and_then(|kid| ring.verifier(kid))
    });
    let refused = |cause: String| -> ApiError {
        Refusal::new("invalid_body", format!("link_with is not usable: {cause}"))
            .expected("an ID token of this tenant that has not expired")
            .remedy("Let the user log in with the other account, and send that ID token.")
            .into()
    };
    let hint = hint.map_err(|refusal| refused(refusal.cause.replace("id_token_hint", "token")))?;
    if !hint.is_live(call.now) {
        return Err(refused("it has expired".into()));
    }
    let client = hint.client_id().and_then(|id| ClientId::parse(id).ok());
    let application = match &client {
        Some(id) => call.app.application(&call.tenant.id, id).await?,
        None => None,
    };
    match application.filter(|application| !application.disabled) {
        Some(_) => Ok(hint.user_id),
        None => Err(refused("its aud is no application of this tenant".into())),
    }
}
