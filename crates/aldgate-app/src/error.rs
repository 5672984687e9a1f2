//! Refusals on the wire: one mapping from [`OAuthError`] to status, headers and body.

use aldgate_core::error::{ErrorCode, OAuthError, Refusal};
use aldgate_store::StoreError;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value};

use crate::hashing::HashingError;
use crate::respond::no_store;

/// How a refusal asks for credentials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Challenge {
    /// `WWW-Authenticate: Basic`, because the request used it (RFC 6749 section 5.2).
    Basic,
    /// `WWW-Authenticate: Bearer` with the error (RFC 6750 section 3).
    Bearer,
    /// `WWW-Authenticate: Bearer` alone: the request had no token (RFC 6750 section 3.1).
    BearerMissing,
    /// Not at all: a browser would ask its user for a password.
    #[default]
    None,
}

/// A refusal with what HTTP adds to it. Turns into the JSON of RFC 6749 section 5.2.
#[derive(Clone, Debug)]
pub struct OAuthRejection {
    error: Box<OAuthError>,
    challenge: Challenge,
    status: Option<StatusCode>,
}

impl OAuthRejection {
    /// A refusal with the usual status of its code.
    #[must_use]
    pub fn new(error: OAuthError) -> Self {
        Self {
            error: Box::new(error),
            challenge: Challenge::None,
            status: None,
        }
    }

    /// Sets how it asks for credentials.
    #[must_use]
    pub const fn challenge(mut self, challenge: Challenge) -> Self {
        self.challenge = challenge;
        self
    }

    /// Sets another status than the usual one.
    #[must_use]
    pub const fn status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// The refusal itself, for the tenant log.
    #[must_use]
    pub fn error(&self) -> &OAuthError {
        &self.error
    }
}

impl From<OAuthError> for OAuthRejection {
    fn from(error: OAuthError) -> Self {
        Self::new(error)
    }
}

impl From<StoreError> for OAuthRejection {
    fn from(error: StoreError) -> Self {
        Self::new(store_failed(&error))
    }
}

impl From<HashingError> for OAuthRejection {
    fn from(error: HashingError) -> Self {
        Self::new(hashing_failed(error))
    }
}

impl IntoResponse for OAuthRejection {
    fn into_response(self) -> Response {
        let status = self.status.unwrap_or_else(|| status_of(self.error.code));
        if status.is_server_error() {
            tracing::error!(refusal = ?self.error.refusal, "a request failed on our side");
        }
        let mut response = (status, body(&self.error)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        no_store(headers);
        if let Some(challenge) = challenge_header(self.challenge, &self.error) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        let again = [
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::TOO_MANY_REQUESTS,
        ];
        if again.contains(&status) {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// The HTTP status of a code. RFC 6749 where it says one; Auth0's otherwise (ruling R1).
#[must_use]
pub const fn status_of(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::InvalidClient | ErrorCode::InvalidToken => StatusCode::UNAUTHORIZED,
        ErrorCode::AccessDenied
        | ErrorCode::InsufficientScope
        | ErrorCode::MfaRequired
        | ErrorCode::Unauthorized => StatusCode::FORBIDDEN,
        ErrorCode::TooManyAttempts | ErrorCode::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// What a failure of the store becomes. The cause goes to the log only.
#[must_use]
pub fn store_failed(error: &StoreError) -> OAuthError {
    let refusal = Refusal::new("store", error.to_string());
    match error {
        StoreError::Unavailable(_) => {
            OAuthError::new(ErrorCode::TemporarilyUnavailable, "Try again in a moment")
        }
        StoreError::Conflict(_) | StoreError::Corrupt { .. } => OAuthError::new(
            ErrorCode::ServerError,
            "The server could not finish the request",
        ),
    }
    .because(refusal)
}

/// What a refusal of the hashing threads becomes.
#[must_use]
pub fn hashing_failed(error: HashingError) -> OAuthError {
    let (code, name) = match error {
        HashingError::Overloaded => (ErrorCode::TemporarilyUnavailable, "hashing_overloaded"),
        HashingError::TooLong => (ErrorCode::InvalidRequest, "password_too_long"),
    };
    OAuthError::new(code, error.to_string()).because(Refusal::new(name, error.to_string()))
}

fn body(error: &OAuthError) -> String {
    let mut body = Map::new();
    body.insert("error".into(), error.code.as_str().into());
    body.insert(
        "error_description".into(),
        error.description.as_ref().into(),
    );
    for (name, value) in error.extra.iter().flat_map(|extra| extra.iter()) {
        body.insert(name.clone(), value.clone());
    }
    Value::Object(body).to_string()
}

fn challenge_header(challenge: Challenge, error: &OAuthError) -> Option<HeaderValue> {
    let text = match challenge {
        Challenge::None => return None,
        Challenge::Basic => "Basic realm=\"aldgate\", charset=\"UTF-8\"".to_owned(),
        Challenge::BearerMissing => "Bearer realm=\"aldgate\"".to_owned(),
        // Descriptions have neither quotes nor backslashes: see `OAuthError::new`.
        Challenge::Bearer => format!(
            "Bearer realm=\"aldgate\", error=\"{}\", error_description=\"{}\"",
            error.code.as_str(),
            error.description
        ),
    };
    HeaderValue::try_from(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(rejection: OAuthRejection) -> (u16, Vec<(String, String)>) {
        let response = rejection.into_response();
        let mut headers: Vec<(String, String)> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()))
            .collect();
        headers.sort();
        (response.status().as_u16(), headers)
    }

    #[test]
    fn r1_invalid_grant_is_400_and_never_cached() {
        let (status, headers) = response(OAuthError::invalid_grant("no").into());
        assert_eq!(status, 400);
        assert!(headers.contains(&("cache-control".into(), "no-store".into())));
        assert!(headers.contains(&("content-type".into(), "application/json".into())));
    }

    #[test]
    fn oau_06_basic_is_asked_for_only_when_it_was_tried() {
        let refused = || OAuthRejection::new(OAuthError::new(ErrorCode::InvalidClient, "no"));
        let has_challenge = |rejection| {
            let (status, headers) = response(rejection);
            assert_eq!(status, 401);
            headers.iter().any(|(name, _)| name == "www-authenticate")
        };
        assert!(has_challenge(refused().challenge(Challenge::Basic)));
        assert!(!has_challenge(refused()));
    }

    #[test]
    fn rel_03_overload_says_when_to_come_back() {
        let (status, headers) = response(HashingError::Overloaded.into());
        assert_eq!(status, 503);
        assert!(headers.contains(&("retry-after".into(), "1".into())));
    }

    #[test]
    fn log_01_the_cause_of_a_failed_store_stays_inside() {
        let error = store_failed(&StoreError::unavailable("password=hunter2"));
        assert!(!body(&error).contains("hunter2"));
    }
}
