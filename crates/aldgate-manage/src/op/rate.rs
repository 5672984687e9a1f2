//! The rate limit of the Management API: for each tenant and caller (ADM-10).

use std::sync::OnceLock;

use aldgate_app::App;
use aldgate_app::extract::{Caller, Tenant};
use aldgate_app::rate_limit::{Allowance, RateLimiter};
use aldgate_core::attempts::Address;
use aldgate_core::error::Refusal;
use aldgate_core::event::EventType;
use aldgate_core::id::{ClientId, TenantId, UserId};
use http::StatusCode;

use super::{Actor, ApiError, Who};

/// Callers that are remembered.
const KEYS_MAX: usize = 100_000;

/// The buckets of all callers.
#[derive(Default)]
pub(super) struct Rates(OnceLock<Option<RateLimiter<(TenantId, Key)>>>);

/// Who is counted: an application by itself, a user, or an address without a token that counts.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Application(ClientId),
    User(UserId),
    Stranger(Address),
}

impl Rates {
    /// Takes a request from what its caller may make; `None` where nothing is limited.
    pub(super) fn take(
        &self,
        app: &App,
        tenant: &Tenant,
        caller: &Caller,
        actor: Option<&Actor>,
    ) -> Option<Allowance> {
        let limiter = self.0.get_or_init(|| {
            let rate = app.config.server.management_rate?;
            Some(RateLimiter::new(rate, KEYS_MAX))
        });
        let key = match actor.map(Actor::who) {
            Some(Who::Application { id, .. }) => Key::Application(id.clone()),
            Some(Who::User { id, .. }) => Key::User(id.clone()),
            Some(Who::Operator) => return None,
            None => Key::Stranger(Address::of(caller.address())),
        };
        let limiter = limiter.as_ref()?;
        Some(limiter.take((tenant.id.clone(), key), app.now()))
    }

    /// 429 in Auth0's words, and an event in the tenant log, once a minute.
    pub(super) fn refuse(
        app: &App,
        tenant: &Tenant,
        caller: &Caller,
        allowance: &Allowance,
    ) -> ApiError {
        let cause = "Too many requests. Check the X-RateLimit-Limit, X-RateLimit-Remaining and \
                     X-RateLimit-Reset headers.";
        let refusal = Refusal::new("rate_limit", cause)
            .expected(format!("at most {} at once", allowance.limit))
            .remedy("Wait as long as Retry-After says, or raise server.management_rate.");
        let mut event = app.event(EventType::RateLimit, caller, app.now());
        event.description = "Too many requests to the Management API".to_owned();
        event.audience = Some(tenant.issuer.management());
        event.refusal = Some(refusal.clone());
        let key = format!("management rate limit {}", event.ip);
        app.events.once_a_minute(tenant, &key, event);
        let status = StatusCode::TOO_MANY_REQUESTS;
        ApiError::new(status, Some("too_many_requests"), refusal)
    }
}
