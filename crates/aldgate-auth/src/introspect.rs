//! `POST /oauth/introspect`: what a token is worth now (RFC 7662). For confidential applications: a
//! first-party one may ask about any access token, others only about their own.

use std::sync::Arc;

use aldgate_app::App;
use aldgate_app::error::OAuthRejection;
use aldgate_app::extract::{Caller, ClientRequest, Tenant};
use aldgate_app::respond;
use aldgate_core::acceptance::Evidence;
use aldgate_core::api::Api;
use aldgate_core::client_auth::AuthenticatedClient;
use aldgate_core::error::{ErrorCode, OAuthError, Refusal};
use aldgate_core::id::ClientId;
use aldgate_core::secret::{TokenHash, TokenKind};
use aldgate_core::time::Timestamp;
use aldgate_store::StoreError;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::StatusCode;
use serde_json::{Value, json};

use crate::acceptances::Acceptances;
use crate::bearer::{self, Bearer};
use crate::client::{self, down};

/// The introspection endpoint.
pub(crate) fn routes(acceptances: Acceptances) -> Router<App> {
    let answer =
        move |State(app): State<App>, tenant: Tenant, caller: Caller, request: ClientRequest| {
            let acceptances = acceptances.clone();
            async move { introspect((&app, &tenant, &caller), &acceptances, request).await }
        };
    Router::new().route("/oauth/introspect", post(answer))
}

async fn introspect(
    (app, tenant, caller): (&App, &Tenant, &Caller),
    acceptances: &Acceptances,
    request: ClientRequest,
) -> Result<Response, OAuthRejection> {
    let now = app.now();
    let client = client::authenticate(app, tenant, &request.presented, now).await;
    let client = client.and_then(confidential);
    let client = client.map_err(|e| OAuthRejection::new(e).challenge(request.challenge))?;
    let token = request
        .params
        .get("token")
        .ok_or_else(|| OAuthError::missing("token"))?;
    let answer = match TokenKind::Refresh.hash(token) {
        Some(hash) => refresh_token(app, tenant, client.id(), hash, now).await?,
        None => {
            let checked = bearer::check(app, tenant, token, now).await?.ok();
            let seen = checked.filter(|bearer| may_see(&client, bearer));
            if let Some(bearer) = &seen
                && bearer.application.id != *client.id()
            {
                // Somebody else's token: an API asks before it accepts it.
                let who = (app, tenant, caller);
                for api in apis_of(app, tenant, bearer, now).await.map_err(down)? {
                    let both = (&*bearer.application, &*api);
                    acceptances.note(who, both, Evidence::Introspection, now);
                }
            }
            seen.map(|bearer| access_token(tenant, &bearer))
        }
    };
    let answer = answer.unwrap_or_else(|| json!({"active": false}));
    Ok(respond::json(StatusCode::OK, &answer))
}

fn confidential(client: AuthenticatedClient) -> Result<AuthenticatedClient, OAuthError> {
    if client.is_confidential() {
        return Ok(client);
    }
    let text = "Client authentication failed";
    let cause = "A public application cannot introspect: anybody could ask in its name.";
    let refusal = Refusal::new("introspection_public", cause);
    Err(OAuthError::new(ErrorCode::InvalidClient, text).because(refusal))
}

fn may_see(client: &AuthenticatedClient, bearer: &Bearer) -> bool {
    client.application().is_first_party || bearer.application.id == *client.id()
}

/// The APIs that a token is for.
async fn apis_of(
    app: &App,
    tenant: &Tenant,
    bearer: &Bearer,
    now: Timestamp,
) -> Result<Vec<Arc<Api>>, StoreError> {
    let mut apis = Vec::new();
    for audience in &bearer.audience {
        apis.extend(app.api(&tenant.id, audience, now).await?);
    }
    Ok(apis)
}

fn access_token(tenant: &Tenant, bearer: &Bearer) -> Value {
    let mut answer = json!({
        "active": true,
        "iss": tenant.issuer,
        "sub": bearer.subject,
        "client_id": bearer.application.id,
        "token_type": "Bearer",
        "iat": bearer.issued_at.seconds(),
        "exp": bearer.expires_at.seconds(),
    });
    if !bearer.scope.is_empty() {
        answer["scope"] = json!(bearer.scope.to_string());
    }
    match bearer.audience.as_slice() {
        [] => answer["aud"] = json!(tenant.issuer.userinfo()),
        [one] => answer["aud"] = json!(one),
        many => answer["aud"] = json!(many),
    }
    if let Some(jti) = &bearer.jti {
        answer["jti"] = json!(jti);
    }
    answer
}

/// A refresh token is told about to its own application only.
async fn refresh_token(
    app: &App,
    tenant: &Tenant,
    client: &ClientId,
    hash: TokenHash,
    now: Timestamp,
) -> Result<Option<Value>, OAuthRejection> {
    let find = move |tx: &mut aldgate_store::Tx<'_>| {
        let Some(found) = tx.refresh_tokens().find(&hash)? else {
            return Ok::<_, StoreError>(None);
        };
        let user = match &found.grant.grant.user_id {
            Some(id) => tx.users().by_id(id)?,
            None => None,
        };
        Ok(Some((found, user)))
    };
    let found = app.store.look_up(&tenant.id, find).await.map_err(down)?;
    let live = found.filter(|(found, user)| {
        let token = &found.token;
        token.retired_at.is_none()
            && found.grant.revoked_at.is_none()
            && now < token.expires_at.min(token.idle_expires_at)
            && found.grant.grant.client_id == *client
            && user.as_ref().is_some_and(|user| !user.blocked)
    });
    Ok(live.map(|(found, _)| {
        let end = found.token.expires_at.min(found.token.idle_expires_at);
        json!({
            "active": true,
            "iss": tenant.issuer,
            "sub": found.grant.grant.user_id,
            "client_id": client,
            "token_type": "refresh_token",
            "scope": found.grant.grant.scope.to_string(),
            "exp": end.seconds(),
        })
    }))
}
