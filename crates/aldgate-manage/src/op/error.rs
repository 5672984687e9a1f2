//! Refusals of the Management API in Auth0's envelope, and the one place that turns them into HTTP.

use aldgate_app::hashing::HashingError;
use aldgate_app::respond;
use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::id::IdError;
use aldgate_store::StoreError;
use axum::response::{IntoResponse, Response};
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value};

/// Why an operation was refused: `{statusCode, error, message, errorCode}` on the wire, and beside
/// Auth0's members `expected`, `actual` and `remedy` where they are known.
#[derive(Clone, Debug)]
pub(crate) struct ApiError(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    status: StatusCode,
    code: Option<&'static str>,
    refusal: Refusal,
    challenge: Option<HeaderValue>,
    more: Option<(&'static str, Value)>,
}

impl ApiError {
    /// A refusal; `code` is the wire's `errorCode`.
    #[must_use]
    pub(crate) fn new(status: StatusCode, code: Option<&'static str>, refusal: Refusal) -> Self {
        Self(Box::new(Parts {
            status,
            code,
            refusal,
            challenge: None,
            more: None,
        }))
    }

    /// 400: the request is at fault.
    #[must_use]
    pub(crate) fn bad_request(code: &'static str, refusal: Refusal) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Some(code), refusal)
    }

    /// 400 `invalid_body`: a member of the body is at fault.
    pub(crate) fn invalid_body(problem: impl Into<String>) -> Self {
        Self::from(Refusal::new("invalid_body", problem.into()))
    }

    /// 401: no usable token.
    #[must_use]
    pub(crate) fn unauthorized(refusal: Refusal, challenge: Option<HeaderValue>) -> Self {
        let mut error = Self::new(StatusCode::UNAUTHORIZED, None, refusal);
        error.0.challenge = challenge;
        error
    }

    /// 403: the caller may not do this.
    #[must_use]
    pub(crate) fn forbidden(code: &'static str, refusal: Refusal) -> Self {
        Self::new(StatusCode::FORBIDDEN, Some(code), refusal)
    }

    /// 404 with Auth0's message and code.
    #[must_use]
    pub(crate) fn not_found(code: &'static str, message: &'static str) -> Self {
        let refusal = Refusal::new(code, message);
        Self::new(StatusCode::NOT_FOUND, Some(code), refusal)
    }

    /// 409: it exists already, or is in use.
    #[must_use]
    pub(crate) fn conflict(code: Option<&'static str>, refusal: Refusal) -> Self {
        Self::new(StatusCode::CONFLICT, code, refusal)
    }

    /// 409: something with the same unique name is there already.
    #[must_use]
    pub(crate) fn already(code: &'static str, message: &'static str) -> Self {
        let refusal = Refusal::new(code, message)
            .remedy("Choose another one, or change the one that exists.");
        Self::conflict(Some(code), refusal)
    }

    /// Adds a member to the envelope, such as a list of all that is wrong.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: Value) -> Self {
        self.0.more = Some((name, value));
        self
    }

    /// The status.
    #[must_use]
    pub(crate) fn status(&self) -> StatusCode {
        self.0.status
    }

    /// `errorCode`.
    #[cfg(test)]
    pub(crate) fn code(&self) -> Option<&'static str> {
        self.0.code
    }

    /// The full story.
    #[must_use]
    pub(crate) fn refusal(&self) -> &Refusal {
        &self.0.refusal
    }

    /// The envelope.
    #[must_use]
    pub(crate) fn envelope(&self) -> Value {
        let Parts {
            status,
            code,
            refusal,
            more: list,
            ..
        } = &*self.0;
        let mut body = Map::new();
        body.insert("statusCode".into(), status.as_u16().into());
        let reason = status.canonical_reason().unwrap_or("Error");
        body.insert("error".into(), reason.into());
        body.insert("message".into(), refusal.cause.clone().into());
        if let Some(code) = code {
            body.insert("errorCode".into(), (*code).into());
        }
        let more = [
            ("expected", refusal.expected.clone()),
            ("actual", refusal.actual.clone()),
            ("remedy", refusal.remedy.clone().map(String::from)),
        ];
        for (name, value) in more {
            if let Some(value) = value {
                body.insert(name.into(), value.into());
            }
        }
        if let Some((name, value)) = list {
            body.insert((*name).into(), value.clone());
        }
        Value::Object(body)
    }
}

/// A body that the domain refuses: 400 `invalid_body`, in Auth0's words.
impl From<Refusal> for ApiError {
    fn from(mut refusal: Refusal) -> Self {
        if !refusal.cause.starts_with("Payload validation error") {
            refusal.cause = format!("Payload validation error: '{}'.", refusal.cause).into();
        }
        Self::bad_request("invalid_body", refusal)
    }
}

/// A path segment that is no identifier: 400 `invalid_uri`.
impl From<IdError> for ApiError {
    fn from(error: IdError) -> Self {
        let cause = "Path validation error: 'Object didn't pass validation for format' \
                     on property id.";
        let refusal = Refusal::new("invalid_uri", cause)
            .expected(error.expected)
            .actual(&error.actual);
        Self::bad_request("invalid_uri", refusal)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let (status, code, cause) = match &error {
            StoreError::Conflict(_) => (
                StatusCode::CONFLICT,
                "conflict",
                "This was changed, or made, by another request at the same moment.",
            ),
            StoreError::Corrupt { .. } => {
                tracing::error!(%error, "a stored row cannot be read");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal_error",
                    "Something is wrong with what is stored; the server's log says what.",
                )
            }
            StoreError::Unavailable(_) => {
                tracing::error!(%error, "the database does not answer");
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "temporarily_unavailable",
                    "The database does not answer.",
                )
            }
        };
        let refusal = Refusal::new(code, cause).remedy("Try again in a moment.");
        Self::new(status, Some(code), refusal)
    }
}

impl From<HashingError> for ApiError {
    fn from(error: HashingError) -> Self {
        tracing::warn!(%error, "a password could not be hashed");
        let refusal = Refusal::new("overload", "Too many passwords wait to be hashed.")
            .remedy("Try again in a moment.");
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::new(status, Some("temporarily_unavailable"), refusal)
    }
}

/// Faults of shared code that speaks OAuth: only their private half is of use here.
impl From<OAuthError> for ApiError {
    fn from(error: OAuthError) -> Self {
        let status = aldgate_app::error::status_of(error.code);
        let code = error.code.as_str();
        let refusal = match error.refusal {
            Some(refusal) if status.is_client_error() => *refusal,
            _ => Refusal::new(code, error.description),
        };
        Self::new(status, Some(code), refusal)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = respond::json(self.0.status, &self.envelope());
        let again = [
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::TOO_MANY_REQUESTS,
        ];
        if again.contains(&self.0.status) {
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(challenge) = self.0.challenge {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
