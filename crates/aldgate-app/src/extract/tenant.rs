//! The tenant of a request, chosen by its host.

use std::ops::Deref;
use std::sync::Arc;

use aldgate_core::tenant;
use axum::extract::FromRequestParts;
use http::header::HOST;
use http::request::Parts;

use crate::app::App;
use crate::error::OAuthRejection;

/// The tenant that a request is for.
///
/// The host only *chooses* among the tenants that exist; URLs always come from
/// [`tenant::Tenant::issuer`] (OPS-01). A host that belongs to nobody means the default tenant.
#[derive(Clone, Debug)]
pub struct Tenant(Arc<tenant::Tenant>);

impl Tenant {
    /// Finds the tenant of a request.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn resolve(app: &App, parts: &Parts) -> Result<Self, OAuthRejection> {
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        // HTTP/2 carries the authority in the URI.
        let host = parts
            .uri
            .authority()
            .map(|authority| authority.as_str())
            .or(host);
        let host = host.unwrap_or_default().to_ascii_lowercase();
        Ok(Self(app.tenant_by_host(&host).await?))
    }

    /// Wraps a tenant that was found some other way, as background jobs do.
    #[must_use]
    pub const fn of(tenant: Arc<tenant::Tenant>) -> Self {
        Self(tenant)
    }
}

impl Deref for Tenant {
    type Target = tenant::Tenant;

    fn deref(&self) -> &tenant::Tenant {
        &self.0
    }
}

impl FromRequestParts<App> for Tenant {
    type Rejection = OAuthRejection;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, OAuthRejection> {
        match parts.extensions.get::<Self>() {
            Some(tenant) => Ok(tenant.clone()),
            None => Self::resolve(app, parts).await,
        }
    }
}
