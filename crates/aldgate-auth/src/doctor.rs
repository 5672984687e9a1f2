//! `/token-doctor`: the page that explains tokens. What is pasted there is read by the page's own
//! script and stays in the browser. Only on request does the browser ask the server for the state
//! behind a `jti`, and then it sends the `jti` alone.

use std::sync::{Arc, OnceLock};

use aldgate_app::App;
use aldgate_app::error::OAuthRejection;
use aldgate_app::extract::{Caller, RequestParams, Tenant};
use aldgate_app::page::{Policy, TokenDoctor, reply};
use aldgate_app::rate_limit::{Rate, RateLimiter};
use aldgate_app::respond::{self, Rendered};
use aldgate_core::attempts::Address;
use aldgate_core::error::{ErrorCode, OAuthError};
use aldgate_core::id::TenantId;
use aldgate_core::time::Seconds;
use aldgate_core::token::TokenId;
use aldgate_store::Tx;
use aldgate_verify::explain::catalogue;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::client::down;

/// Seconds for which the texts may be kept.
const MAX_AGE: u32 = 300;
/// Questions of one address: 10 at once, then 20 in a minute.
const QUESTIONS: u32 = 20;
const QUESTIONS_AT_ONCE: u32 = 10;
/// Addresses that are remembered.
const ADDRESSES_MAX: usize = 10_000;
const JTI_BYTES_MAX: usize = 256;

type Limiter = RateLimiter<(TenantId, Address)>;

/// The page, its texts, and the question about a `jti`.
pub(crate) fn routes() -> Router<App> {
    let rate = Rate::new(QUESTIONS, Seconds::minutes(1), QUESTIONS_AT_ONCE);
    let rate = rate.expect("invariant: the constants are a rate");
    let limiter = Arc::new(Limiter::new(rate, ADDRESSES_MAX));
    let ask = move |State(app): State<App>,
                    tenant: Tenant,
                    caller: Caller,
                    RequestParams(params): RequestParams| {
        let limiter = Arc::clone(&limiter);
        async move {
            let jti = params.get("jti").unwrap_or_default().to_owned();
            look_up((&app, &tenant), &caller, &limiter, jti).await
        }
    };
    Router::new()
        .route("/token-doctor", get(page))
        .route("/token-doctor/texts.json", get(texts))
        .route("/token-doctor/lookup", post(ask))
}

async fn page(State(app): State<App>, tenant: Tenant, headers: HeaderMap) -> Response {
    if !app.config.server.token_doctor {
        return switched_off();
    }
    let page = TokenDoctor {
        issuer: tenant.issuer.to_string(),
        texts_url: tenant.issuer.join("token-doctor/texts.json"),
        lookup_url: tenant.issuer.join("token-doctor/lookup"),
        keys_url: tenant.issuer.join(".well-known/jwks.json"),
        dashboard_url: tenant.issuer.join("dashboard"),
    };
    let chrome = app.chrome(&tenant, &headers, "").await;
    reply(StatusCode::OK, &page, &chrome, &Policy::scripted())
}

async fn texts(State(app): State<App>, headers: HeaderMap) -> Response {
    static TEXTS: OnceLock<Rendered> = OnceLock::new();
    if !app.config.server.token_doctor {
        return switched_off();
    }
    let texts = TEXTS.get_or_init(|| {
        let text = serde_json::to_string(&catalogue());
        Rendered::json(text.expect("invariant: text is JSON"), MAX_AGE)
    });
    texts.respond(&headers)
}

fn switched_off() -> Response {
    let text = "The token doctor is switched off (server.token_doctor).";
    respond::json(StatusCode::NOT_FOUND, &json!({"error": text}))
}

/// Who knows a `jti` of ours holds the token or a log with it: it cannot be guessed. The answer
/// names the application, the API and the actions that set its claims, and says nothing of the
/// user.
async fn look_up(
    (app, tenant): (&App, &Tenant),
    caller: &Caller,
    limiter: &Limiter,
    jti: String,
) -> Result<Response, OAuthRejection> {
    if !app.config.server.token_doctor {
        return Ok(switched_off());
    }
    let key = (tenant.id.clone(), Address::of(caller.address()));
    let allowance = limiter.take(key, app.now());
    if !allowance.is_allowed {
        let error = OAuthError::new(ErrorCode::TooManyRequests, "Too many questions");
        let mut response = axum::response::IntoResponse::into_response(OAuthRejection::new(error));
        allowance.apply(response.headers_mut());
        return Ok(response);
    }
    let grant = Some(jti).filter(|jti| jti.len() <= JTI_BYTES_MAX);
    let grant = grant.and_then(|jti| TokenId::grant_of(&jti));
    let answer = match grant {
        Some(grant) => {
            let find = move |tx: &mut Tx<'_>| tx.grants().by_id(&grant);
            let found = app.store.read(&tenant.id, find).await.map_err(down)?;
            match found {
                Some(stored) => told(app, tenant, &stored).await?,
                None => json!({"found": false}),
            }
        }
        None => json!({"found": false}),
    };
    Ok(respond::json(StatusCode::OK, &answer))
}

async fn told(
    app: &App,
    tenant: &Tenant,
    stored: &aldgate_store::StoredGrant,
) -> Result<Value, OAuthRejection> {
    let grant = &stored.grant;
    let application = app.application(&tenant.id, &grant.client_id);
    let application = application.await.map_err(down)?;
    Ok(json!({
        "found": true,
        "application": application.map(|application| application.name.clone()),
        "client_id": grant.client_id,
        "api": grant.audience,
        "actions": grant.custom.set_by,
        "granted_at": grant.created_at.iso8601(),
        "revoked_at": stored.revoked_at.map(|at| at.iso8601()),
    }))
}
