//! The rate limit of the Authentication API, where the operator set one.

use aldgate_core::attempts::Address;
use aldgate_core::error::{ErrorCode, OAuthError, Refusal};
use aldgate_core::event::EventType;
use aldgate_core::id::TenantId;
use axum::response::{IntoResponse as _, Response};

use crate::app::App;
use crate::error::OAuthRejection;
use crate::extract::{Caller, Tenant};
use crate::rate_limit::{Allowance, Rate, RateLimiter};

/// Addresses that are remembered.
const KEYS_MAX: usize = 100_000;

/// What is limited: endpoints that applications call, not the pages that people look at.
const LIMITED: &[&str] = &[
    "/co/authenticate",
    "/dbconnections/",
    "/login/callback",
    "/mfa/",
    "/oauth/",
    "/passwordless/",
    "/u/login/connection",
    "/userinfo",
    "/usernamepassword/",
];

/// Limits the requests of one address to one tenant.
pub(crate) struct AuthenticationRate(RateLimiter<(TenantId, Address)>);

impl AuthenticationRate {
    pub(crate) fn new(rate: Rate) -> Self {
        Self(RateLimiter::new(rate, KEYS_MAX))
    }
}

/// Takes a request from what its caller may make; `None` where nothing is limited.
pub(super) fn take(app: &App, tenant: &Tenant, caller: &Caller, path: &str) -> Option<Allowance> {
    let rate = app.authentication_rate.as_ref()?;
    let is_limited = LIMITED.iter().any(|prefix| path.starts_with(prefix));
    is_limited.then(|| {
        let key = (tenant.id.clone(), Address::of(caller.address()));
        rate.0.take(key, app.now())
    })
}

/// The answer to a request too many, and the event in the tenant log.
pub(super) fn refuse(
    app: &App,
    tenant: &Tenant,
    caller: &Caller,
    allowance: &Allowance,
) -> Response {
    let text = "Global limit has been reached";
    let refusal = Refusal::new("rate_limit", "One address made too many requests.")
        .expected(format!("at most {} at once", allowance.limit))
        .remedy("Wait as long as Retry-After says, or raise server.authentication_rate.");
    let mut event = app.event(EventType::RateLimit, caller, app.now());
    event.description = text.to_owned();
    event.refusal = Some(refusal.clone());
    let key = format!("rate limit {}", event.ip);
    app.events.once_a_minute(tenant, &key, event);
    let error = OAuthError::new(ErrorCode::TooManyRequests, text).because(refusal);
    OAuthRejection::new(error).into_response()
}
