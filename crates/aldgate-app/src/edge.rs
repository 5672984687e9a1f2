//! What surrounds every request: limits, id, tenant, CORS, headers, panics, metrics.
//!
//! The binary and the tests wrap their router in it, so both meet the same rules.

mod body;
mod rate;

use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, ORIGIN};
use http::{HeaderMap, StatusCode, Uri};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;

use aldgate_core::error::{ErrorCode, OAuthError};

use crate::app::App;
use crate::cors::{CorsClass, CorsDecision, Origins, is_preflight};
use crate::error::OAuthRejection;
use crate::extract::{Caller, Tenant};
use crate::metrics::Count;
use crate::{headers, support};

pub use crate::extract::REQUEST_ID;
use body::limited;
pub(crate) use rate::AuthenticationRate;

/// The longest URL, in bytes (OPS-03).
pub const URL_BYTES_MAX: usize = 16 << 10;

/// Puts the rules around `router` and gives it its state.
pub fn wrap(router: Router<App>, app: &App) -> Router {
    let panics = app.clone();
    let contained = move |panic: Box<dyn Any + Send + 'static>| contain(&panics, &*panic);
    router
        .layer(CatchPanicLayer::custom(contained))
        .layer(from_fn_with_state(app.clone(), around))
        .with_state(app.clone())
}

async fn around(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let caller = Caller::read(&parts, &app.config.server.trusted_proxies, &mut app.rng());
    let tenant = match Tenant::resolve(&app, &parts).await {
        Ok(tenant) => tenant,
        Err(rejection) => return rejection.into_response(),
    };
    parts.extensions.insert(caller.clone());
    parts.extensions.insert(tenant.clone());
    let route = parts.extensions.get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("(none)", MatchedPath::as_str);
    let span = tracing::info_span!(
        "request",
        method = %parts.method,
        route,
        request.id = caller.request_id(),
        tenant.id = %tenant.id,
    );
    let request = Request::from_parts(parts, body);
    #[expect(
        clippy::disallowed_methods,
        reason = "metrics measure how long an answer took"
    )]
    let began = Instant::now();
    app.metrics.request_began();
    let mut response = guarded(&app, &tenant, &caller, request, next)
        .instrument(span)
        .await;
    headers::apply(response.headers_mut(), &tenant.issuer, &caller);
    let seconds = began.elapsed().as_secs_f64();
    app.metrics
        .request_ended(route, response.status().as_u16(), seconds);
    response
}

/// Answers within the limits and with CORS.
async fn guarded(
    app: &App,
    tenant: &Tenant,
    caller: &Caller,
    request: Request,
    next: Next,
) -> Response {
    let cors = match decide_cors(app, tenant, caller, request.uri().path(), request.headers()).await
    {
        Ok(cors) => cors,
        Err(rejection) => return rejection.into_response(),
    };
    if cors != CorsDecision::NotApplicable && is_preflight(&request) {
        return cors.preflight();
    }
    let limit = body_limit(app, request.uri());
    let allowance = rate::take(app, tenant, caller, request.uri().path());
    let mut response = match (allowance, too_large(&request, limit)) {
        (Some(allowance), _) if !allowance.is_allowed => {
            rate::refuse(app, tenant, caller, &allowance)
        }
        (_, Some(refusal)) => refusal,
        (_, None) => {
            let limits = &app.config.server.limits;
            let request = request.map(|body| limited(body, limit, limits.request_timeout));
            let answer = tokio::time::timeout(limits.request_timeout, next.run(request));
            answer.await.unwrap_or_else(|_| {
                let text = "The server did not finish in time";
                let error = OAuthError::new(ErrorCode::TemporarilyUnavailable, text);
                OAuthRejection::new(error).into_response()
            })
        }
    };
    if let Some(allowance) = allowance {
        allowance.apply(response.headers_mut());
    }
    cors.apply(response.headers_mut());
    response
}

async fn decide_cors(
    app: &App,
    tenant: &Tenant,
    caller: &Caller,
    path: &str,
    headers: &HeaderMap,
) -> Result<CorsDecision, OAuthRejection> {
    let class = CorsClass::of(path);
    let own = tenant.issuer.origin().as_bytes();
    // Our own pages post to us with an origin too.
    if class == CorsClass::None || headers.get(ORIGIN).is_none_or(|origin| origin == own) {
        return Ok(CorsDecision::NotApplicable);
    }
    let origins = match class.needs_origins() {
        true => app.origins(&tenant.id).await?,
        false => Arc::new(Origins::default()),
    };
    let decision = class.decide(headers, &origins);
    if let CorsDecision::Denied { origin } = &decision {
        app.events.cors_denied(app, tenant, caller, origin);
    }
    Ok(decision)
}

fn body_limit(app: &App, uri: &Uri) -> usize {
    let limits = &app.config.server.limits;
    match uri.path() {
        "/api/v2/jobs/users-imports" => limits.import_bytes_max,
        path if path.starts_with("/api/v2/") => limits.management_body_bytes_max,
        _ => limits.body_bytes_max,
    }
}

/// Refuses by what the head says, before any body is read.
fn too_large(request: &Request, limit: usize) -> Option<Response> {
    let length = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok());
    let length = length
        .and_then(|length| length.parse::<u64>().ok())
        .unwrap_or_default();
    let url = request.uri().path().len() + request.uri().query().map_or(0, |query| query.len() + 1);
    let refuse = |status, text: String| {
        let error = OAuthError::invalid_request(text);
        Some(OAuthRejection::new(error).status(status).into_response())
    };
    if url > URL_BYTES_MAX {
        let text = format!("The URL is longer than {URL_BYTES_MAX} bytes");
        return refuse(StatusCode::URI_TOO_LONG, text);
    }
    if length > limit as u64 {
        let text = format!("The body is longer than {limit} bytes");
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, text);
    }
    None
}

/// Turns a panic into a 500 with a code that finds the log line; nothing of it reaches the wire.
fn contain(app: &App, panic: &(dyn Any + Send)) -> http::Response<Body> {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    let code = support::code(&mut app.rng());
    app.metrics.count(Count::Panic);
    tracing::error!(support_code = code, panic = text, "a handler panicked");
    let error = OAuthError::new(
        ErrorCode::ServerError,
        format!("Something went wrong on our side. Support code: {code}"),
    );
    OAuthRejection::new(error).into_response()
}
