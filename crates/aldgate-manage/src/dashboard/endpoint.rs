//! The public side of the tenant, asked in this process as any application asks it.

use aldgate_app::App;
use aldgate_app::extract::{Caller, Tenant};
use axum::body::{Body, to_bytes};
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt as _;

use super::api::Refused;
use super::shell::Desk;

/// The longest answer of an endpoint.
const ANSWER_MAX: usize = 256 << 10;

/// `POST path` with these fields; an answer that is no JSON is `null`.
///
/// # Errors
/// What the endpoint refused.
pub(super) async fn post(
    desk: &Desk,
    (app, tenant, caller): (&App, &Tenant, &Caller),
    path: &str,
    fields: &[(&str, &str)],
) -> Result<Value, Refused> {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let request = Request::post(path)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .extension(tenant.clone())
        .extension(caller.clone())
        .body(Body::from(body));
    let request = request.map_err(|error| {
        tracing::error!(%error, path, "an endpoint cannot be asked");
        Refused::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The request could not be made.",
        )
    })?;
    let answered = desk.routers(app).1.clone().oneshot(request).await;
    let response = answered.unwrap_or_else(|never| match never {});
    let status = response.status();
    let body = to_bytes(response.into_body(), ANSWER_MAX).await;
    let answer: Value = serde_json::from_slice(&body.unwrap_or_default()).unwrap_or_default();
    if status.is_success() {
        return Ok(answer);
    }
    let texts = ["error_description", "description", "error"].map(|name| answer[name].as_str());
    let cause = texts.into_iter().flatten().next();
    let cause = cause.unwrap_or("It did not say why.");
    Err(Refused::new(status, cause))
}
