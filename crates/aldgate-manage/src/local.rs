//! The Management API without a network: the command line calls the same operations as the
//! operator of the machine, the dashboard as the user who is logged in, through the same router.

use std::sync::Arc;

use aldgate_app::App;
use aldgate_app::extract::{Caller, Tenant};
use aldgate_core::tenant;
use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::CONTENT_TYPE;
use http::{Method, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::op::Actor;

/// The longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// The Management API of one tenant, in this process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Local {
    router: Router,
    tenant: Tenant,
    actor: Actor,
    caller: Option<Caller>,
}

/// What an operation answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The body; `null` when there is none.
    pub body: Value,
}

impl Local {
    /// Opens the API of `tenant` for the operator of the machine, who holds every scope.
    #[must_use]
    pub fn new(app: &App, tenant: tenant::Tenant) -> Self {
        Self {
            router: crate::routes().with_state(app.clone()),
            tenant: Tenant::of(Arc::new(tenant)),
            actor: Actor::operator(),
            caller: None,
        }
    }

    /// Opens the API behind `router` for a caller who was identified, with what the log says of
    /// her browser.
    pub(crate) const fn of(router: Router, tenant: Tenant, actor: Actor, caller: Caller) -> Self {
        Self {
            router,
            tenant,
            actor,
            caller: Some(caller),
        }
    }

    /// Does one operation. `path` begins after `/api/v2` and may carry a query.
    ///
    /// # Errors
    /// When `path` is no path of a URL. A refusal is an [`Answer`].
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, http::Error> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v2{path}"))
            .header(CONTENT_TYPE, "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))?;
        let extensions = request.extensions_mut();
        extensions.insert(self.tenant.clone());
        extensions.insert(self.actor.clone());
        if let Some(caller) = &self.caller {
            extensions.insert(caller.clone());
        }
        let answered = self.router.clone().oneshot(request).await;
        let response = answered.unwrap_or_else(|never| match never {});
        let status = response.status();
        let bytes = to_bytes(response.into_body(), ANSWER_BYTES_MAX).await;
        let body = serde_json::from_slice(&bytes.unwrap_or_default()).unwrap_or_default();
        Ok(Answer { status, body })
    }
}
