//! `axum`: [`AccessToken`] as an extractor, and the metadata route.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::StatusCode;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::layer::Guard;
use crate::metadata::ResourceMetadata;
use crate::reason::Reason;
use crate::token::AccessToken;

/// The token that the [`VerifyLayer`](crate::VerifyLayer) accepted.
impl<S: Send + Sync> FromRequestParts<S> for AccessToken {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Refused::of(parts))
    }
}

/// For routes behind a layer that is `optional`.
impl<S: Send + Sync> OptionalFromRequestParts<S> for AccessToken {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Refused> {
        match parts.extensions.get::<Arc<Guard>>() {
            Some(_) => Ok(parts.extensions.get::<Self>().cloned()),
            None => Err(Refused(None)),
        }
    }
}

/// There is no token to extract: a challenge, or status 500 when no layer is in front.
pub struct Refused(Option<Arc<Guard>>);

impl Refused {
    fn of(parts: &Parts) -> Self {
        Self(parts.extensions.get::<Arc<Guard>>().cloned())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        if let Some(guard) = self.0 {
            return guard.refuse(&Reason::NoToken);
        }
        tracing::error!("an AccessToken was extracted outside of VerifyLayer");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

/// A router with the API's description of itself (RFC 9728), for an API at this path. Merge it
/// outside of the [`VerifyLayer`](crate::VerifyLayer): clients read it before they have a token.
pub fn metadata_router<S>(metadata: &ResourceMetadata, resource_path: &str) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let json = metadata.to_json();
    let answer = move || {
        let headers = [
            (CONTENT_TYPE, "application/json"),
            (CACHE_CONTROL, "public, max-age=3600"),
            (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        ];
        let json = json.clone();
        async move { (headers, json) }
    };
    Router::new().route(&ResourceMetadata::path_for(resource_path), get(answer))
}
