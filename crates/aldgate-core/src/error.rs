//! Refusals as data: what the caller is told, and what the tenant log keeps.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The full story of a refusal. It goes to the tenant log under a support code, and to the page or
/// the wire where that is safe.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Refusal {
    /// A stable name for this refusal: `redirect_uri_mismatch`.
    pub code: Cow<'static, str>,
    /// What went wrong, one sentence.
    pub cause: Cow<'static, str>,
    /// What would have been accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was sent. Never a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// What to change, and where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Cow<'static, str>>,
}

impl Refusal {
    /// Starts a refusal with its stable code and cause.
    pub fn new(code: &'static str, cause: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code: code.into(),
            cause: cause.into(),
            ..Self::default()
        }
    }

    /// Adds what would have been accepted.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Adds what was sent, cut to 500 characters. Never pass a secret.
    #[must_use]
    pub fn actual(mut self, actual: &str) -> Self {
        self.actual = Some(actual.chars().take(500).collect());
        self
    }

    /// Adds what to change, and where.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<Cow<'static, str>>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        /// The `error` values of OAuth 2.0, OpenID Connect and Auth0 that Aldgate answers with.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($(#[$doc])* $variant,)+ }

        impl ErrorCode {
            /// The text on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

error_codes! {
    /// The user, an action or a policy said no (RFC 6749 section 4.1.2.1).
    AccessDenied = "access_denied",
    /// The user has to agree first (OpenID Connect Core section 3.1.2.6).
    ConsentRequired = "consent_required",
    /// The page cannot be shown without the user (OpenID Connect Core section 3.1.2.6).
    InteractionRequired = "interaction_required",
    /// Client authentication failed (RFC 6749 section 5.2).
    InvalidClient = "invalid_client",
    /// The code or refresh token is not usable (RFC 6749 section 5.2).
    InvalidGrant = "invalid_grant",
    /// A parameter is missing, repeated or malformed.
    InvalidRequest = "invalid_request",
    /// A scope is malformed, unknown or beyond what was granted.
    InvalidScope = "invalid_scope",
    /// The audience or resource is unknown or not allowed (RFC 8707 section 2).
    InvalidTarget = "invalid_target",
    /// The bearer token is not usable (RFC 6750 section 3.1).
    InvalidToken = "invalid_token",
    /// The token lacks a scope (RFC 6750 section 3.1).
    InsufficientScope = "insufficient_scope",
    /// Nobody is logged in (OpenID Connect Core section 3.1.2.6).
    LoginRequired = "login_required",
    /// A second factor is needed (Auth0).
    MfaRequired = "mfa_required",
    /// JAR by value is not supported (OpenID Connect Core section 6).
    RequestNotSupported = "request_not_supported",
    /// JAR by reference is not supported (OpenID Connect Core section 6).
    RequestUriNotSupported = "request_uri_not_supported",
    /// Our fault.
    ServerError = "server_error",
    /// Overload: try again later.
    TemporarilyUnavailable = "temporarily_unavailable",
    /// Too many failures for this account or address (Auth0).
    TooManyAttempts = "too_many_attempts",
    /// The rate limit is reached (Auth0).
    TooManyRequests = "too_many_requests",
    /// The user is blocked (Auth0).
    Unauthorized = "unauthorized",
    /// The application may not use this grant or response type.
    UnauthorizedClient = "unauthorized_client",
    /// An essential `acr` cannot be met (OpenID Connect Core Error Code
    /// `unmet_authentication_requirements` 1.0).
    UnmetAuthenticationRequirements = "unmet_authentication_requirements",
    /// Unknown `grant_type` (RFC 6749 section 5.2).
    UnsupportedGrantType = "unsupported_grant_type",
    /// Unknown `response_type` (RFC 6749 section 4.1.2.1).
    UnsupportedResponseType = "unsupported_response_type",
}

/// A refusal of the OAuth and OpenID Connect endpoints: a public half for the wire, a private half
/// ([`Refusal`]) for the log. Below HTTP nobody knows a status code: `aldgate-app` maps it.
#[derive(Debug, Clone, PartialEq)]
pub struct OAuthError {
    /// `error`.
    pub code: ErrorCode,
    /// `error_description`: safe to show to anyone; printable ASCII (RFC 6749 section 5.2).
    pub description: Cow<'static, str>,
    /// The full story, for the tenant log.
    pub refusal: Option<Box<Refusal>>,
    /// Further members of the answer, such as `mfa_token`.
    pub extra: Option<Box<serde_json::Map<String, Value>>>,
}

impl OAuthError {
    /// A refusal with its public half.
    pub fn new(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            description: printable(description.into()),
            refusal: None,
            extra: None,
        }
    }

    /// Adds the private half.
    #[must_use]
    pub fn because(mut self, refusal: Refusal) -> Self {
        self.refusal = Some(Box::new(refusal));
        self
    }

    /// `invalid_request`.
    pub fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidRequest, description)
    }

    /// `invalid_request` in Auth0's words for an absent parameter.
    #[must_use]
    pub fn missing(parameter: &str) -> Self {
        Self::invalid_request(format!("Missing required parameter: {parameter}"))
    }

    /// `invalid_grant`.
    pub fn invalid_grant(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidGrant, description)
    }

    /// `access_denied`.
    pub fn access_denied(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::AccessDenied, description)
    }

    /// `unauthorized_client`.
    pub fn unauthorized_client(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::UnauthorizedClient, description)
    }
}

/// RFC 6749 section 5.2 allows printable ASCII without `"` and `\`; the rest becomes `?` or `'`.
fn printable(text: Cow<'static, str>) -> Cow<'static, str> {
    let allowed = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
    if text.chars().all(allowed) {
        return text;
    }
    let clean = |c: char| match c {
        '"' => '\'',
        '\n' | '\r' | '\t' => ' ',
        c if allowed(c) => c,
        _ => '?',
    };
    Cow::Owned(text.chars().map(clean).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_stay_within_the_grammar() {
        let error = OAuthError::invalid_request("bad \"x\"\r\nü \\");
        assert_eq!(error.description, "bad 'x'  ? ?");
        assert_eq!(
            OAuthError::missing("code").description,
            "Missing required parameter: code"
        );
    }
}
