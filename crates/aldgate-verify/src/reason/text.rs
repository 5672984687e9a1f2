//! What each reason says to people: summary, expected, actual, remedy.

use std::fmt::Display;

use super::{AudienceHint, IssuerHint, Reason, RequestFault};
use crate::kind::{Look, TokenKind};

impl Reason {
    /// One sentence: what is wrong.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::AlgorithmNotAllowed { alg, .. } => {
                format!("The token is signed with {alg}, which this API does not allow.")
            }
            Self::ApplicationNotAllowed { .. } => {
                "The application that got this token may not call this API.".into()
            }
            Self::BadSignature { .. } => "The signature is not valid.".into(),
            Self::Certificate { presented: true } => {
                "The token is bound to another client certificate.".into()
            }
            Self::Certificate { presented: false } => {
                "The token is bound to a client certificate, and none was presented.".into()
            }
            Self::ClaimMismatch { claim, .. } => format!("Claim {claim} is not acceptable."),
            Self::ClaimMissing { claim } => format!("Claim {claim} is missing."),
            Self::Claims(error) => format!("The claims cannot be read: {error}."),
            Self::Dpop(fault) => format!("The DPoP proof is not acceptable: {fault}."),
            Self::DpopBound => "The token is bound to a DPoP key but was sent as Bearer.".into(),
            Self::Expired { expired_at, now } => {
                format!(
                    "The token expired {} ago.",
                    seconds(now.saturating_sub(*expired_at))
                )
            }
            _ => self.summary_continued(),
        }
    }

    /// The second half of the table; what is in neither half is [`Reason::Inactive`].
    fn summary_continued(&self) -> String {
        match self {
            Self::IdToken {
                application: Some(application),
                ..
            } => {
                format!("This is an ID token of application {application}, not an access token.")
            }
            Self::IdToken {
                application: None, ..
            } => "This is an ID token, not an access token.".into(),
            Self::IssuedInFuture { ahead } => {
                format!("The token was issued {} in the future.", seconds(*ahead))
            }
            Self::KeyAmbiguous { .. } => "The token does not name its key.".into(),
            Self::KeyUnknown { kid, .. } => format!("The issuer has no key named {kid:?}."),
            Self::KeysUnavailable { issuer, .. } => format!("The keys of {issuer} cannot be had."),
            Self::Malformed(error) => format!("This is not a JWT: {error}."),
            Self::NoToken => "The request has no access token.".into(),
            Self::NotDpopBound => "The token was sent as DPoP but is not bound to a key.".into(),
            Self::NotYetValid { ahead } => {
                format!("The token becomes valid in {}.", seconds(*ahead))
            }
            Self::Opaque {
                look: Look::AldgateRefresh | Look::Auth0Refresh,
                ..
            } => "This is a refresh token, not an access token.".into(),
            Self::Opaque { .. } => "This is an opaque token: only its issuer can read it.".into(),
            Self::PermissionMissing { .. } => "The token lacks a permission.".into(),
            Self::Request(RequestFault::Header) => "The Authorization header is malformed.".into(),
            Self::Request(RequestFault::MoreThanOne) => "The request has several tokens.".into(),
            Self::Request(RequestFault::Scheme) => {
                "The Authorization header has an unknown scheme.".into()
            }
            Self::ScopeMissing { .. } => "The token lacks a scope.".into(),
            Self::StepUp { .. } => "The user must log in again, or more strongly.".into(),
            Self::Symmetric { alg } => {
                format!("The token is signed with {alg}: with a secret, not with the issuer's key.")
            }
            Self::TooOld { age, .. } => format!("The token was issued {} ago.", seconds(*age)),
            Self::WrongAudience { .. } => "The token was made for another API.".into(),
            Self::WrongIssuer {
                hint: Some(IssuerHint::Foreign(platform)),
                ..
            } => {
                format!(
                    "The token was issued by {}, not by this API's issuer.",
                    platform.name()
                )
            }
            Self::WrongIssuer { .. } => "The token was issued by somebody else.".into(),
            Self::WrongKind { kind, .. } => format!("This is {kind}, not an access token."),
            Self::WrongTyp { .. } => {
                "The token's typ does not say that it is an access token.".into()
            }
            _ => "The issuer says that this token is not valid.".into(),
        }
    }

    /// What the verifier wants.
    #[must_use]
    pub fn expected(&self) -> String {
        match self {
            Self::AlgorithmNotAllowed { allowed, .. } => one_of(allowed),
            Self::ApplicationNotAllowed { allowed, .. } => one_of(allowed),
            Self::BadSignature { .. } => "a signature by the issuer's key".into(),
            Self::Certificate { .. } => "the certificate in cnf.x5t#S256".into(),
            Self::ClaimMismatch { expected, .. } => expected.clone(),
            Self::ClaimMissing { claim } => format!("claim {claim}"),
            Self::Claims(_) => "claims as RFC 7519 has them".into(),
            Self::Dpop(fault) => fault.expected().into(),
            Self::DpopBound => "Authorization: DPoP, and a DPoP header".into(),
            Self::Expired { now, .. } => format!("exp after {now}"),
            Self::IdToken { audience, .. }
            | Self::Opaque { audience, .. }
            | Self::WrongKind { audience, .. } => {
                format!("a JWT access token with audience {audience}")
            }
            Self::Inactive => "a valid token".into(),
            Self::IssuedInFuture { .. } => "iat not after this API's clock".into(),
            Self::KeyAmbiguous { .. } => "a kid in the header".into(),
            Self::KeyUnknown { known, .. } if known.is_empty() => "a key of the issuer".into(),
            Self::KeyUnknown { known, .. } => one_of(known),
            Self::KeysUnavailable { .. } => "a JSON Web Key Set".into(),
            Self::Malformed(_) => "three base64url segments with dots between".into(),
            Self::NoToken => "Authorization: Bearer TOKEN".into(),
            Self::NotDpopBound => "claim cnf.jkt, or Authorization: Bearer".into(),
            Self::NotYetValid { .. } => "nbf not after this API's clock".into(),
            Self::PermissionMissing { required, .. } => required.join(" "),
            Self::Request(_) => "one header, Authorization: Bearer TOKEN".into(),
            Self::ScopeMissing { required, .. } => required.join(" "),
            Self::StepUp {
                acr_values,
                max_age,
                ..
            } => {
                let mut wanted = Vec::new();
                if !acr_values.is_empty() {
                    wanted.push(format!("acr {}", one_of(acr_values)));
                }
                wanted.extend(max_age.map(|age| format!("a login within {}", seconds(age))));
                wanted.join(", ")
            }
            Self::Symmetric { .. } => "RS256 or another algorithm with a public key".into(),
            Self::TooOld { max_age, .. } => format!("issued within {}", seconds(*max_age)),
            Self::WrongAudience { expected, .. } => one_of(expected),
            Self::WrongIssuer { expected, .. } => one_of(expected),
            Self::WrongTyp { .. } => "typ at+jwt".into(),
        }
    }

    /// What came.
    #[must_use]
    pub fn actual(&self) -> String {
        match self {
            Self::AlgorithmNotAllowed { alg, .. } | Self::Symmetric { alg } => alg.to_string(),
            Self::ApplicationNotAllowed { actual, .. } => or_none(actual.as_deref()),
            Self::BadSignature { kid } => {
                format!(
                    "a signature that key {} did not make",
                    or_none(kid.as_deref())
                )
            }
            Self::Certificate { presented: true } => "another certificate".into(),
            Self::Certificate { presented: false } => "no certificate".into(),
            Self::ClaimMismatch { actual, .. } => actual.clone(),
            Self::ClaimMissing { .. } => "no such claim".into(),
            Self::Claims(error) | Self::Malformed(error) => error.to_string(),
            Self::Dpop(fault) => fault.to_string(),
            Self::DpopBound => "Authorization: Bearer".into(),
            Self::Expired { expired_at, .. } => format!("exp {expired_at}"),
            Self::IdToken { application, .. } => match application {
                Some(application) => format!("an ID token with audience {application}"),
                None => "an ID token".into(),
            },
            Self::Inactive => "active: false".into(),
            Self::IssuedInFuture { ahead } => format!("iat {} ahead", seconds(*ahead)),
            Self::KeyAmbiguous { candidates } => format!("no kid, and {candidates} keys to choose"),
            Self::KeyUnknown { kid, .. } => kid.clone(),
            Self::KeysUnavailable { cause, .. } => cause.clone(),
            Self::NoToken => "no Authorization header".into(),
            Self::NotDpopBound => "no cnf.jkt".into(),
            Self::NotYetValid { ahead } => format!("nbf {} ahead", seconds(*ahead)),
            Self::Opaque { look, .. } => describe(*look).into(),
            Self::PermissionMissing { granted, .. } | Self::ScopeMissing { granted, .. } => {
                if granted.is_empty() {
                    "none".into()
                } else {
                    granted.join(" ")
                }
            }
            Self::Request(RequestFault::Header) => "something else".into(),
            Self::Request(RequestFault::MoreThanOne) => "more than one".into(),
            Self::Request(RequestFault::Scheme) => "another scheme".into(),
            Self::StepUp { actual, .. } => actual.clone(),
            Self::TooOld { age, .. } => format!("issued {} ago", seconds(*age)),
            Self::WrongAudience { actual, .. } => {
                if actual.is_empty() {
                    "no audience".into()
                } else {
                    actual.join(", ")
                }
            }
            Self::WrongIssuer { actual, .. } => or_none(actual.as_deref()),
            Self::WrongKind { kind, .. } => kind.to_string(),
            Self::WrongTyp { actual } => or_none(actual.as_deref()),
        }
    }

    /// What to change, and where.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::AlgorithmNotAllowed { alg, .. } => format!(
                "Set the API's signing algorithm at the issuer to one that is allowed, or allow \
                 {alg} in the verifier."
            ),
            Self::ApplicationNotAllowed { .. } => {
                "Call with an allowed application, or add this one to the verifier's list.".into()
            }
            Self::BadSignature { .. } => {
                "Send the token exactly as the issuer gave it: it was cut, changed or forged. If \
                 the issuer was set up anew, log in again."
                    .into()
            }
            Self::Certificate { .. } => {
                "Call with the TLS client certificate that the token was issued to.".into()
            }
            Self::ClaimMismatch { claim, .. } | Self::ClaimMissing { claim } => format!(
                "Let the issuer put an acceptable {claim} into the access token: a user's details \
                 arrive there only as custom claims (api.accessToken.setCustomClaim)."
            ),
            Self::Claims(_) => "The issuer must send claims of the registered types.".into(),
            Self::Dpop(fault) => fault.remedy().into(),
            Self::DpopBound => {
                "Send `Authorization: DPoP TOKEN` with a fresh proof in the `DPoP` header.".into()
            }
            Self::Expired { now, expired_at } => expired(now.saturating_sub(*expired_at)),
            Self::IdToken { audience, .. } => format!(
                "Send the access token instead. Ask for it with audience {audience}, so that it \
                 is a JWT made for this API; an ID token is for the application alone."
            ),
            Self::IssuedInFuture { .. } | Self::NotYetValid { .. } => {
                "Set the clocks of issuer and API by NTP; a leeway of up to 60 s can be allowed."
                    .into()
            }
            _ => self.remedy_continued(),
        }
    }

    /// The second half of the table; what is in neither half is [`Reason::Inactive`].
    fn remedy_continued(&self) -> String {
        match self {
            Self::KeyAmbiguous { .. } => "The issuer must put kid into the token's header.".into(),
            Self::KeyUnknown { issuer, .. } => format!(
                "Check that the token comes from {issuer}: an unknown key means another tenant, or \
                 a key that was rotated away; then log in again."
            ),
            Self::KeysUnavailable { .. } => {
                "Check that this API can reach the issuer's jwks_uri; it tries again by itself."
                    .into()
            }
            Self::Malformed(_) => {
                "Send the access token alone after `Bearer `, without quotes or line breaks.".into()
            }
            Self::NoToken => "Send `Authorization: Bearer ACCESS_TOKEN`.".into(),
            Self::NotDpopBound => {
                "Send it as `Authorization: Bearer`, or ask for a DPoP-bound token.".into()
            }
            Self::Opaque { look, audience } => opaque(*look, audience),
            Self::PermissionMissing { required, .. } => format!(
                "Give the user a role with {} and set the API to add permissions to the token.",
                required.join(" ")
            ),
            Self::Request(_) => "Send exactly one `Authorization: Bearer TOKEN` header.".into(),
            Self::ScopeMissing { required, .. } => format!(
                "Ask for scope {} when logging in, and see that the API defines it and the user \
                 or application is granted it.",
                required.join(" ")
            ),
            Self::StepUp { .. } => {
                "Start a new login with the acr_values and max_age of the challenge.".into()
            }
            Self::Symmetric { alg } => format!(
                "The application or API is set to {alg} at the issuer: set its signing algorithm \
                 to RS256, so that the token can be checked with the public key."
            ),
            Self::TooOld { .. } => "Get a new token, or raise the verifier's max_token_age.".into(),
            Self::WrongAudience { expected, hint, .. } => audience(expected, *hint),
            Self::WrongIssuer { actual, hint, .. } => issuer(actual.as_deref(), *hint),
            Self::WrongKind {
                kind: TokenKind::Encrypted,
                ..
            } => "Switch token encryption off for this API at the issuer.".into(),
            Self::WrongKind { audience, .. } => {
                format!("Send the access token that was issued for audience {audience}.")
            }
            Self::WrongTyp { .. } => {
                "Set the API's token dialect at the issuer to the RFC 9068 profile.".into()
            }
            _ => "Get a new token: this one expired, was revoked, or is not known.".into(),
        }
    }
}

fn expired(ago: u64) -> String {
    if ago <= 120 {
        "Get a new token, by refresh or silent login. So soon after its end, also compare the \
         clocks of issuer and API."
            .into()
    } else {
        "Get a new token, by refresh or silent login, before the old one ends.".into()
    }
}

fn opaque(look: Look, audience: &str) -> String {
    match look {
        Look::AldgateRefresh | Look::Auth0Refresh => {
            "Keep the refresh token to the issuer's token endpoint and send the access token. \
             Treat this one as leaked: revoke it."
                .into()
        }
        _ => format!(
            "Ask for the token with audience {audience}: without an audience the issuer gives an \
             opaque token that is good for /userinfo alone."
        ),
    }
}

fn audience(expected: &[String], hint: Option<AudienceHint>) -> String {
    let wanted = one_of(expected);
    match hint {
        Some(AudienceHint::Application) => format!(
            "The token is made for the application itself. Ask for audience {wanted} when logging \
             in; do not let the API accept the client id."
        ),
        Some(AudienceHint::Case) => {
            format!(
                "Identifiers are compared exactly: write the audience as {wanted}, case included."
            )
        }
        Some(AudienceHint::Space) => format!(
            "The audience has white space at its ends, as from a line end in an .env file; write \
             {wanted} exactly."
        ),
        Some(AudienceHint::Slash) => format!(
            "They differ only by the slash at the end. Use {wanted} exactly as registered on both \
             sides."
        ),
        Some(AudienceHint::ManagementApi) => {
            format!("The token is for the management API. Ask for one with audience {wanted}.")
        }
        Some(AudienceHint::UserInfo) => {
            format!("The token is good for /userinfo alone. Ask for one with audience {wanted}.")
        }
        None => format!("Ask for the token with audience {wanted}."),
    }
}

fn issuer(actual: Option<&str>, hint: Option<IssuerHint>) -> String {
    let actual = actual.unwrap_or("(none)");
    match hint {
        Some(IssuerHint::Slash) => format!(
            "They differ only by the slash at the end: set the verifier's issuer to \
             {actual} exactly."
        ),
        Some(IssuerHint::Case) => {
            format!(
                "They differ only in case: set the verifier's issuer to \
             {actual} exactly."
            )
        }
        Some(IssuerHint::Scheme) => {
            "They differ only in http and https: make both say the same.".into()
        }
        Some(IssuerHint::Path) => {
            "The same host, another tenant or realm: log in at the right one.".into()
        }
        Some(IssuerHint::Foreign(platform)) => format!(
            "Log in at this API's own issuer, or let the verifier trust {actual} ({}) as well.",
            platform.name()
        ),
        None => {
            "Log in at this API's own issuer, or let the verifier trust this one as well.".into()
        }
    }
}

fn describe(look: Look) -> &'static str {
    match look {
        Look::AldgateAccess => "an opaque access token of Aldgate (alda_…)",
        Look::AldgateRefresh => "a refresh token of Aldgate (aldr_…)",
        Look::Auth0Opaque => "an opaque access token of Auth0 (encrypted, alg dir)",
        Look::Auth0Refresh => "a refresh token of Auth0 (v1.…)",
        Look::Encrypted => "an encrypted token (JWE)",
        Look::Garbage => "no token",
        Look::Jwt => "a JWT",
        Look::Opaque => "a token without structure",
    }
}

fn one_of<T: Display>(values: &[T]) -> String {
    values
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" or ")
}

fn or_none(value: Option<&str>) -> String {
    value.unwrap_or("(none)").to_owned()
}

/// A length of time that people can read.
pub(crate) fn seconds(count: u64) -> String {
    match count {
        0..=119 => format!("{count} s"),
        120..=7199 => format!("{} min", count / 60),
        7200..=172_799 => format!("{} h", count / 3600),
        _ => format!("{} days", count / 86_400),
    }
}
