//! The token doctor: takes whatever a developer has at hand and says what it is, what an API
//! would say to it, and what to change. Pure: no network, no clock, nothing is kept.
//!
//! ```
//! use aldgate_verify::explain::{Context, explain, render};
//!
//! let context = Context {
//!     now_seconds: 1_800_000_000,
//!     issuer: Some("https://tenant.example/".into()),
//!     audience: Some("https://my-api".into()),
//!     ..Context::default()
//! };
//! let explanation = explain("Authorization: Bearer alda_kZ0M3vUq1x7c", &context);
//! assert_eq!(explanation.verdict.reason.as_ref().map(|reason| reason.code), Some("opaque"));
//! println!("{}", render::text(&explanation, render::Style::Plain));
//! ```

mod catalogue;
mod change;
mod checks;
mod claims;
mod input;
pub mod render;

use aldgate_jose::jwt::Claims;
use aldgate_jose::{Alg, JwkSet, b64};
use serde::Serialize;
use serde_json::{Map, Value};

pub use catalogue::{Catalogue, Entry, catalogue};
pub use change::{Change, Snippet};
pub use checks::{CheckRow, Outcome};
pub use claims::ClaimRow;
pub use input::{Input, Source};

use crate::foreign::Platform;
use crate::kind::{self, Look, TokenKind};
use crate::reason::Report;
use crate::token;

/// What the doctor may know about the API that the token is meant for. Everything is optional;
/// a check that lacks its fact is skipped and says so.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The time of the diagnosis, seconds since 1970.
    pub now_seconds: u64,
    /// The issuer that the API trusts.
    pub issuer: Option<String>,
    /// The API's identifier.
    pub audience: Option<String>,
    /// Scopes that the API wants.
    pub scopes: Vec<String>,
    /// The issuer's keys, to check the signature.
    pub keys: Option<JwkSet>,
    /// Algorithms that the API allows; all with public keys when empty.
    pub algorithms: Vec<Alg>,
    /// Address of the issuer's dashboard, for links.
    pub dashboard: Option<String>,
    /// The API's own id there, which is not its identifier.
    pub api_id: Option<String>,
}

/// The diagnosis. It holds no token and no signature, so it may be logged where claims may.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// What was given.
    pub input: Input,
    /// What kind of token it is.
    pub kind: TokenKind,
    /// The kind in words.
    pub kind_text: String,
    /// The platform that issued it, if it is a well-known other one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// `iss`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// `aud`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audience: Vec<String>,
    /// The application that got it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// How it was got, as far as it tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
    /// The header.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub header: Map<String, Value>,
    /// The claims, with where each comes from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimRow>,
    /// Every check, whether or not an earlier one failed.
    pub checks: Vec<CheckRow>,
    /// The first decisive failure, if any.
    pub verdict: Verdict,
    /// What to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
}

/// What the API would say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether every check passed and none was skipped that decides.
    pub accepted: bool,
    /// In a sentence.
    pub summary: String,
    /// The first failure in the order of the verifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Report>,
}

/// Explains a token, an `Authorization` header, a token response or a whole `curl -v` output.
#[must_use]
pub fn explain(text: &str, context: &Context) -> Explanation {
    let (input, token) = input::find(text);
    let look = Look::of(token);
    let decoded = Decoded::read(token);
    let kind = match (&decoded.claims, look) {
        (Ok(claims), _) => kind::of_jwt(decoded.typ(), claims),
        (Err(_), look) => look.kind(),
    };
    let claims = decoded.claims.as_ref().ok();
    let (checks, reason) = checks::run(token, &decoded, context, input.scheme);
    let application = claims.and_then(|claims| application_of(claims, kind));
    let issuer = claims
        .and_then(Claims::issuer)
        .map(str::to_owned)
        .or_else(|| {
            decoded
                .header
                .get("iss")
                .and_then(Value::as_str)
                .map(str::to_owned)
        });
    let skipped = checks
        .iter()
        .any(|row| row.decides && row.outcome == Outcome::Skipped);
    let change = reason.as_ref().map(|reason| {
        change::advise(
            reason,
            &change::Names::new(context, issuer.as_deref(), &application),
        )
    });
    Explanation {
        kind_text: describe(kind, look),
        platform: claims.and_then(Platform::of).or(match look {
            Look::Auth0Opaque | Look::Auth0Refresh => Some(Platform::Auth0),
            _ => None,
        }),
        audience: claims.map_or_else(Vec::new, |c| c.audience().map(str::to_owned).collect()),
        grant: claims.and_then(|claims| claims::grant(claims, kind)),
        claims: claims.map_or_else(Vec::new, |c| claims::rows(c, kind, context.now_seconds)),
        verdict: Verdict {
            accepted: reason.is_none() && !skipped,
            summary: match (&reason, skipped) {
                (Some(reason), _) => reason.summary(),
                (None, true) => {
                    "Nothing is wrong so far, but not everything could be checked.".into()
                }
                (None, false) => "The API accepts this token.".into(),
            },
            reason: reason.as_ref().map(crate::Reason::report),
        },
        input,
        kind,
        issuer,
        application,
        header: decoded.header,
        checks,
        change,
    }
}

/// A token taken apart as far as possible, however wrong it is.
pub(crate) struct Decoded {
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Result<Claims, aldgate_jose::JoseError>,
}

impl Decoded {
    fn read(token: &str) -> Self {
        let mut segments = token.split('.');
        let mut json = || {
            let segment = segments.next().ok_or(aldgate_jose::JoseError::Segments)?;
            b64::decode(segment.trim_end_matches('='))
        };
        let header = json()
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self {
            header: header.unwrap_or_default(),
            claims: json().and_then(Claims::parse),
        }
    }

    pub(crate) fn typ(&self) -> Option<&str> {
        self.header.get("typ").and_then(Value::as_str)
    }
}

fn application_of(claims: &Claims, kind: TokenKind) -> Option<String> {
    let named = token::application(claims).map(std::borrow::Cow::into_owned);
    let by_kind = match kind {
        TokenKind::IdToken | TokenKind::LogoutToken => claims.audience().next(),
        TokenKind::ClientAssertion => claims.subject(),
        _ => None,
    };
    named.or_else(|| by_kind.map(str::to_owned))
}

fn describe(kind: TokenKind, look: Look) -> String {
    match (kind, look) {
        (TokenKind::IdToken, _) => {
            "An ID token: it tells one application who logged in. It is not for APIs.".into()
        }
        (TokenKind::AccessToken, _) => "An access token: a JWT made for an API.".into(),
        (TokenKind::Opaque, Look::Auth0Opaque) => {
            "An opaque access token of Auth0, encrypted for Auth0 itself. It comes when no \
             audience was asked for."
                .into()
        }
        (TokenKind::Opaque, Look::AldgateAccess) => {
            "An opaque access token of Aldgate. It comes when no audience was asked for.".into()
        }
        (TokenKind::Opaque, _) => "An opaque token: only its issuer can say what it means.".into(),
        (TokenKind::RefreshToken, _) => {
            "A refresh token: a secret between an application and the issuer. If it was sent \
             anywhere else, revoke it."
                .into()
        }
        (TokenKind::Unknown, _) => "This is not a token.".into(),
        (kind, _) => {
            let name = kind.name();
            let (first, rest) = name.split_at(1);
            format!("{}{rest}.", first.to_uppercase())
        }
    }
}

#[cfg(test)]
mod tests;
