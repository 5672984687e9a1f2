//! `POST /oauth/revoke` (RFC 7009): a refresh token takes its whole family and their
//! opaque access tokens along; an opaque access token goes alone. JWT access tokens end by
//! themselves.

use aldgate_app::App;
use aldgate_app::error::OAuthRejection;
use aldgate_app::extract::{Caller, ClientRequest, Tenant};
use aldgate_app::respond::no_store;
use aldgate_core::error::{ErrorCode, OAuthError, Refusal};
use aldgate_core::event::{Event, EventType};
use aldgate_core::id::ClientId;
use aldgate_core::secret::TokenKind;
use aldgate_core::time::Timestamp;
use aldgate_store::{StoreError, Tx};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::StatusCode;

use crate::client::{self, down};

/// The revocation endpoint.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/oauth/revoke", post(revoke))
}

/// What became of the token.
enum Outcome {
    /// It is gone, or never was.
    Gone,
    /// It belongs to another application; nothing changed.
    Foreign,
}

async fn revoke(
    State(app): State<App>,
    tenant: Tenant,
    caller: Caller,
    request: ClientRequest,
) -> Result<Response, OAuthRejection> {
    let now = app.now();
    let reject = |error| OAuthRejection::new(error).challenge(request.challenge);
    let client = client::authenticate(&app, &tenant, &request.presented, now).await;
    let client = client.map_err(reject)?;
    let token = request
        .params
        .get("token")
        .ok_or_else(|| OAuthError::missing("token"))?
        .to_owned();
    let mut event = app.event(EventType::RevokeRefreshToken, &caller, now);
    event.client_id = Some(client.id().clone());
    event.client_name = Some(client.application().name.clone());
    let id = client.id().clone();
    let work = move |tx: &mut Tx<'_>| match refresh_token(tx, &token, &id, &event, now)? {
        Some(outcome) => Ok(outcome),
        None => access_token(tx, &token, &id),
    };
    match app.store.write(&tenant.id, work).await.map_err(down)? {
        Outcome::Gone => {
            let mut response = StatusCode::OK.into_response();
            no_store(response.headers_mut());
            Ok(response)
        }
        Outcome::Foreign => Err(reject(
            OAuthError::new(
                ErrorCode::InvalidClient,
                "The token belongs to another application",
            )
            .because(Refusal::new(
                "token_of_other_client",
                "Nothing was revoked.",
            )),
        )),
    }
}

fn refresh_token(
    tx: &mut Tx<'_>,
    token: &str,
    client: &ClientId,
    event: &Event,
    now: Timestamp,
) -> Result<Option<Outcome>, StoreError> {
    let Some(hash) = TokenKind::Refresh.hash(token) else {
        return Ok(None);
    };
    let Some(found) = tx.refresh_tokens().find(&hash)? else {
        return Ok(Some(Outcome::Gone));
    };
    let grant = found.grant.grant;
    if grant.client_id != *client {
        return Ok(Some(Outcome::Foreign));
    }
    if tx.grants().revoke(&grant.id, now)? {
        let mut event = event.clone();
        event.user_id = grant.user_id;
        event.audience = grant.audience;
        tx.events().record(&[event])?;
    }
    Ok(Some(Outcome::Gone))
}

fn access_token(tx: &mut Tx<'_>, token: &str, client: &ClientId) -> Result<Outcome, StoreError> {
    let Some(hash) = TokenKind::Access.hash(token) else {
        return Ok(Outcome::Gone);
    };
    match tx.access_tokens().find(&hash)? {
        Some((_, stored)) if stored.grant.client_id != *client => Ok(Outcome::Foreign),
        Some(_) => tx.access_tokens().delete(&hash).map(|_| Outcome::Gone),
        None => Ok(Outcome::Gone),
    }
}
