//! `GET|POST /userinfo`: who the token's user is (OpenID Connect Core section 5.3).

use aldgate_app::App;
use aldgate_app::error::{Challenge, OAuthRejection};
use aldgate_app::extract::{Caller, QueryParams, RequestParams, Tenant};
use aldgate_app::respond;
use aldgate_core::error::{ErrorCode, OAuthError, Refusal};
use aldgate_core::event::EventType;
use aldgate_core::params::Params;
use aldgate_core::userinfo;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};

use crate::bearer::{self, Bearer};

/// The userinfo endpoint.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/userinfo", get(by_get).post(by_post))
}

async fn by_get(
    State(app): State<App>,
    tenant: Tenant,
    caller: Caller,
    QueryParams(query): QueryParams,
    headers: HeaderMap,
) -> Result<Response, OAuthRejection> {
    answer(
        (&app, &tenant, &caller),
        &headers,
        [&query, &Params::default()],
    )
    .await
}

async fn by_post(
    State(app): State<App>,
    tenant: Tenant,
    caller: Caller,
    QueryParams(query): QueryParams,
    headers: HeaderMap,
    RequestParams(body): RequestParams,
) -> Result<Response, OAuthRejection> {
    answer((&app, &tenant, &caller), &headers, [&query, &body]).await
}

async fn answer(
    (app, tenant, caller): (&App, &Tenant, &Caller),
    headers: &HeaderMap,
    params: [&Params; 2],
) -> Result<Response, OAuthRejection> {
    let token = find_token(headers, params)?;
    let checked = bearer::check(app, tenant, &token, app.now()).await?;
    let bearer = checked
        .and_then(|bearer| for_userinfo(bearer, tenant))
        .map_err(|refusal| {
            note(app, tenant, caller, &refusal);
            let text = refusal.cause.clone();
            let error = OAuthError::new(ErrorCode::InvalidToken, text).because(refusal);
            OAuthRejection::new(error).challenge(Challenge::Bearer)
        })?;
    let Some((grant, user)) = bearer.on_behalf.filter(|_| bearer.scope.contains("openid")) else {
        let text = "The access token lacks the scope openid";
        let error = OAuthError::new(ErrorCode::InsufficientScope, text);
        return Err(OAuthRejection::new(error).challenge(Challenge::Bearer));
    };
    let application = &bearer.application;
    let custom = grant.custom.id_token.namespaced();
    let claims = userinfo::answer(&user, &bearer.scope, &grant, application, &custom);
    Ok(respond::json(StatusCode::OK, &claims))
}

/// A token of ours in the wrong place is worth a line in the tenant log: somebody takes an ID token
/// or another API's token for one that opens this. What strangers make up is not.
fn note(app: &App, tenant: &Tenant, caller: &Caller, refusal: &Refusal) {
    if !matches!(
        &*refusal.code,
        "access_token_kind" | "access_token_audience"
    ) {
        return;
    }
    let mut event = app.event(EventType::Warning, caller, app.now());
    event.description = format!("/userinfo: {}", refusal.cause);
    event.support_code = Some(caller.request_id().to_owned());
    event.refusal = Some(refusal.clone());
    app.events.record(&tenant.id, event);
}

/// A JWT must name `/userinfo` in its audience; an opaque token is for nothing else.
fn for_userinfo(bearer: Bearer, tenant: &Tenant) -> Result<Bearer, Refusal> {
    let userinfo = tenant.issuer.userinfo();
    if bearer.jti.is_none() || bearer.audience.contains(&userinfo) {
        return Ok(bearer);
    }
    let cause = "The access token is not for /userinfo: its audience is another API.";
    Err(Refusal::new("access_token_audience", cause)
        .expected(userinfo)
        .actual(&bearer.audience.join(" "))
        .remedy("Ask for the scope openid when the user logs in; HS256 APIs never open /userinfo."))
}

/// Finds the token in the header, the body or the query: exactly one of them (RFC 6750 section 2).
fn find_token(headers: &HeaderMap, params: [&Params; 2]) -> Result<String, OAuthRejection> {
    let mut found = Vec::new();
    for header in headers.get_all(AUTHORIZATION) {
        let text = header.to_str().unwrap_or_default();
        let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
        if scheme.eq_ignore_ascii_case("bearer") {
            found.push(token.trim().to_owned());
        }
    }
    let named = params
        .iter()
        .filter_map(|params| params.get("access_token"));
    found.extend(named.map(ToOwned::to_owned));
    match (found.pop(), found.is_empty()) {
        (Some(token), true) => Ok(token),
        (Some(_), false) => {
            let text = "Send the access token once: header, form or query";
            let error = OAuthError::invalid_request(text);
            Err(OAuthRejection::new(error).challenge(Challenge::Bearer))
        }
        (None, _) => {
            let text = "Send an access token: Authorization: Bearer …";
            let error = OAuthError::new(ErrorCode::InvalidToken, text);
            Err(OAuthRejection::new(error).challenge(Challenge::BearerMissing))
        }
    }
}
