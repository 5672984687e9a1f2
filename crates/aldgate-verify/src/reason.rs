//! Every way in which a request can be refused, with the remedy.

mod hint;
mod text;

use std::sync::Arc;

use aldgate_jose::{Alg, JoseError};
use serde::Serialize;

pub use hint::{AudienceHint, IssuerHint};
pub(crate) use text::seconds as span;

use crate::dpop::DpopFault;
use crate::kind::{Look, TokenKind};

/// Where each code is explained; the code is the anchor.
const DOCUMENTATION: &str =
    "https://docs.rs/aldgate-verify/latest/aldgate_verify/reasons/index.html#";

/// Why a request was refused.
///
/// [`Reason::code`] is stable across versions. The rest is text for people: what was expected,
/// what came, and what to change. Texts may quote claims of a token that nobody vouches for, so
/// show them to developers, not to users.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The algorithm is not in the allow-list (RFC 8725 section 3.1).
    AlgorithmNotAllowed {
        /// What the token says.
        alg: Alg,
        /// What the verifier allows.
        allowed: Vec<Alg>,
    },
    /// The application that got the token may not call this API.
    ApplicationNotAllowed {
        /// `client_id` or `azp`.
        actual: Option<String>,
        /// What the verifier allows.
        allowed: Vec<String>,
    },
    /// The signature does not fit the key.
    BadSignature {
        /// The key that was used.
        kid: Option<String>,
    },
    /// The token is bound to a client certificate and another, or none, was presented.
    Certificate {
        /// Whether a certificate was presented at all.
        presented: bool,
    },
    /// A claim has an unacceptable value.
    ClaimMismatch {
        /// Its name.
        claim: String,
        /// What the verifier wants.
        expected: String,
        /// What the token has.
        actual: String,
    },
    /// A claim is missing.
    ClaimMissing {
        /// Its name.
        claim: String,
    },
    /// The claims cannot be read.
    Claims(JoseError),
    /// The DPoP proof is missing or wrong (RFC 9449 section 4.3).
    Dpop(DpopFault),
    /// The token is bound to a key and was sent as `Bearer` (RFC 9449 section 7.2).
    DpopBound,
    /// Too old.
    Expired {
        /// `exp`, seconds since 1970.
        expired_at: u64,
        /// The verifier's time.
        now: u64,
    },
    /// An ID token: made for the application, not for this API.
    IdToken {
        /// The application it was made for.
        application: Option<String>,
        /// The audience to ask for instead.
        audience: Arc<str>,
    },
    /// The issuer says that the token is not valid (RFC 7662).
    Inactive,
    /// `iat` is ahead of the verifier's clock.
    IssuedInFuture {
        /// By how many seconds.
        ahead: u64,
    },
    /// No key can be chosen: the token names none and the issuer has several.
    KeyAmbiguous {
        /// How many could be meant.
        candidates: usize,
    },
    /// The issuer has no key of this name.
    KeyUnknown {
        /// The name in the token.
        kid: String,
        /// The issuer whose keys were searched.
        issuer: String,
        /// The names of the keys it has, or had when last asked.
        known: Vec<String>,
    },
    /// The issuer's keys could not be fetched.
    KeysUnavailable {
        /// The issuer.
        issuer: String,
        /// What happened.
        cause: String,
    },
    /// Not a token by its form.
    Malformed(JoseError),
    /// Nothing to verify.
    NoToken,
    /// The token is not bound to a key but was sent as `DPoP`.
    NotDpopBound,
    /// `nbf` is ahead of the verifier's clock.
    NotYetValid {
        /// By how many seconds.
        ahead: u64,
    },
    /// An opaque token: only its issuer can read it.
    Opaque {
        /// What it looks like.
        look: Look,
        /// The audience to ask for instead.
        audience: Arc<str>,
    },
    /// A permission is missing.
    PermissionMissing {
        /// What is required.
        required: Vec<String>,
        /// What the token has.
        granted: Vec<String>,
    },
    /// The request itself is wrong, for instance two tokens at once (RFC 6750 section 2).
    Request(RequestFault),
    /// A scope is missing.
    ScopeMissing {
        /// What is required.
        required: Vec<String>,
        /// What the token has.
        granted: Vec<String>,
    },
    /// The user must log in again, or more strongly (RFC 9470).
    StepUp {
        /// Acceptable authentication contexts.
        acr_values: Vec<String>,
        /// Longest time since the login, in seconds.
        max_age: Option<u64>,
        /// What the token says.
        actual: String,
    },
    /// Signed with a shared secret, which this API does not have.
    Symmetric {
        /// What the token says.
        alg: Alg,
    },
    /// Older than the verifier's own limit on age.
    TooOld {
        /// Its age in seconds.
        age: u64,
        /// The limit in seconds.
        max_age: u64,
    },
    /// Made for another API.
    WrongAudience {
        /// What the verifier accepts.
        expected: Vec<String>,
        /// `aud`.
        actual: Vec<String>,
        /// What the difference looks like.
        hint: Option<AudienceHint>,
    },
    /// Made by somebody else.
    WrongIssuer {
        /// What the verifier trusts.
        expected: Vec<String>,
        /// `iss`.
        actual: Option<String>,
        /// What the difference looks like.
        hint: Option<IssuerHint>,
    },
    /// A token of another kind.
    WrongKind {
        /// Which.
        kind: TokenKind,
        /// The audience to ask for instead.
        audience: Arc<str>,
    },
    /// The strict policy wants `typ` `at+jwt` (RFC 9068 section 4).
    WrongTyp {
        /// What the token has.
        actual: Option<String>,
    },
}

/// What is wrong with the request that carries the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestFault {
    /// The `Authorization` header is not `SCHEME TOKEN`.
    Header,
    /// More than one `Authorization` header or more than one token.
    MoreThanOne,
    /// A scheme other than `Bearer` and `DPoP`.
    Scheme,
}

/// A refusal as data: for JSON answers, logs and pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Stable name of the reason.
    pub code: &'static str,
    /// One sentence.
    pub summary: String,
    /// What the verifier wants.
    pub expected: String,
    /// What came.
    pub actual: String,
    /// What to change.
    pub remedy: String,
    /// Where this is explained.
    pub documentation: String,
}

impl Reason {
    /// Every code there is, sorted.
    pub const CODES: [&'static str; 34] = [
        "algorithm_not_allowed",
        "application_not_allowed",
        "bad_signature",
        "certificate_mismatch",
        "certificate_missing",
        "claim_mismatch",
        "claim_missing",
        "claims_malformed",
        "dpop_bound",
        "dpop_proof",
        "expired",
        "id_token",
        "inactive",
        "issued_in_future",
        "key_ambiguous",
        "key_unknown",
        "keys_unavailable",
        "malformed",
        "no_token",
        "not_dpop_bound",
        "not_yet_valid",
        "opaque",
        "permission_missing",
        "request_header",
        "request_more_than_one",
        "request_scheme",
        "scope_missing",
        "step_up",
        "symmetric",
        "too_old",
        "wrong_audience",
        "wrong_issuer",
        "wrong_kind",
        "wrong_typ",
    ];

    /// A stable name for logs, metrics and tests.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AlgorithmNotAllowed { .. } => "algorithm_not_allowed",
            Self::ApplicationNotAllowed { .. } => "application_not_allowed",
            Self::BadSignature { .. } => "bad_signature",
            Self::Certificate { presented: true } => "certificate_mismatch",
            Self::Certificate { presented: false } => "certificate_missing",
            Self::ClaimMismatch { .. } => "claim_mismatch",
            Self::ClaimMissing { .. } => "claim_missing",
            Self::Claims(_) => "claims_malformed",
            Self::Dpop(_) => "dpop_proof",
            Self::DpopBound => "dpop_bound",
            Self::Expired { .. } => "expired",
            Self::IdToken { .. } => "id_token",
            Self::Inactive => "inactive",
            Self::IssuedInFuture { .. } => "issued_in_future",
            Self::KeyAmbiguous { .. } => "key_ambiguous",
            Self::KeyUnknown { .. } => "key_unknown",
            Self::KeysUnavailable { .. } => "keys_unavailable",
            Self::Malformed(_) => "malformed",
            Self::NoToken => "no_token",
            Self::NotDpopBound => "not_dpop_bound",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::Opaque { .. } => "opaque",
            Self::PermissionMissing { .. } => "permission_missing",
            Self::Request(RequestFault::Header) => "request_header",
            Self::Request(RequestFault::MoreThanOne) => "request_more_than_one",
            Self::Request(RequestFault::Scheme) => "request_scheme",
            Self::ScopeMissing { .. } => "scope_missing",
            Self::StepUp { .. } => "step_up",
            Self::Symmetric { .. } => "symmetric",
            Self::TooOld { .. } => "too_old",
            Self::WrongAudience { .. } => "wrong_audience",
            Self::WrongIssuer { .. } => "wrong_issuer",
            Self::WrongKind { .. } => "wrong_kind",
            Self::WrongTyp { .. } => "wrong_typ",
        }
    }

    /// The code that strangers may see: whether the key is unknown or the signature is wrong is
    /// nobody's business (JWT-10).
    #[must_use]
    pub const fn terse_code(&self) -> &'static str {
        match self {
            Self::BadSignature { .. }
            | Self::KeyAmbiguous { .. }
            | Self::KeyUnknown { .. }
            | Self::AlgorithmNotAllowed { .. }
            | Self::Symmetric { .. } => "not_trusted",
            _ => self.code(),
        }
    }

    /// The HTTP status of the answer: 400, 401, 403 or 503.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Request(_) => 400,
            Self::ApplicationNotAllowed { .. }
            | Self::PermissionMissing { .. }
            | Self::ScopeMissing { .. } => 403,
            Self::KeysUnavailable { .. } | Self::Dpop(DpopFault::ReplayStoreFull) => 503,
            _ => 401,
        }
    }

    /// `error` of the challenge (RFC 6750 section 3.1, RFC 9449 section 7.1, RFC 9470 section 3).
    /// A request without any token gets none.
    #[must_use]
    pub const fn oauth_error(&self) -> Option<&'static str> {
        match self {
            Self::NoToken | Self::KeysUnavailable { .. } => None,
            Self::Request(_) => Some("invalid_request"),
            Self::ApplicationNotAllowed { .. }
            | Self::PermissionMissing { .. }
            | Self::ScopeMissing { .. } => Some("insufficient_scope"),
            Self::StepUp { .. } => Some("insufficient_user_authentication"),
            Self::Dpop(DpopFault::NonceWanted) => Some("use_dpop_nonce"),
            Self::Dpop(_) => Some("invalid_dpop_proof"),
            _ => Some("invalid_token"),
        }
    }

    /// All of it as data.
    #[must_use]
    pub fn report(&self) -> Report {
        Report {
            code: self.code(),
            summary: self.summary(),
            expected: self.expected(),
            actual: self.actual(),
            remedy: self.remedy(),
            documentation: self.documentation(),
        }
    }

    /// Where this reason is explained.
    #[must_use]
    pub fn documentation(&self) -> String {
        format!("{DOCUMENTATION}{}", self.code())
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.summary(), self.code())
    }
}

impl std::error::Error for Reason {}

#[cfg(test)]
mod tests;
