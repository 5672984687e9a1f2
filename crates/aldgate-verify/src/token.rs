//! A token that was accepted, and how requests present one.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use aldgate_jose::VerifyingKey;
use aldgate_jose::jwt::{Claim, Claims};
use serde::de::DeserializeOwned;

use crate::reason::{Reason, RequestFault};

/// An access token that passed every check of a [`Verifier`](crate::Verifier). Only a verifier
/// makes one, so a function that takes an `AccessToken` cannot be called without verification.
/// Cheap to clone.
#[derive(Clone)]
pub struct AccessToken {
    inner: Arc<Accepted>,
}

pub(crate) struct Accepted {
    pub(crate) claims: Claims,
    /// The key that vouches for it; none for what the issuer was asked about.
    pub(crate) key: Option<Arc<VerifyingKey>>,
    /// Which of the verifier's issuers, and which version of its keys.
    pub(crate) issuer_index: usize,
    pub(crate) generation: u64,
}

impl Accepted {
    pub(crate) fn kid(&self) -> Option<&str> {
        self.key.as_ref()?.kid()
    }
}

impl AccessToken {
    pub(crate) fn new(accepted: Accepted) -> Self {
        Self {
            inner: Arc::new(accepted),
        }
    }

    pub(crate) fn accepted(&self) -> &Accepted {
        &self.inner
    }

    /// Who issued it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.inner.claims.issuer().unwrap_or_default()
    }

    /// Whom it is about: a user, or an application (`CLIENT_ID@clients`).
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.inner.claims.subject()
    }

    /// The application that got it: `client_id`, or `azp`, or Okta's `cid`.
    #[must_use]
    pub fn application(&self) -> Option<Cow<'_, str>> {
        application(&self.inner.claims)
    }

    /// Whether it has a scope, compared whole.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        grants_scope(&self.inner.claims, scope)
    }

    /// Its scopes.
    #[must_use]
    pub fn scopes(&self) -> Vec<String> {
        scopes(&self.inner.claims)
    }

    /// Whether it has a permission (Auth0: `permissions`, from the user's roles).
    #[must_use]
    pub fn has_permission(&self, permission: &str) -> bool {
        grants_permission(&self.inner.claims, permission)
    }

    /// Its permissions.
    #[must_use]
    pub fn permissions(&self) -> Vec<String> {
        permissions(&self.inner.claims)
    }

    /// When it ends, seconds since 1970.
    #[must_use]
    pub fn expires_at(&self) -> u64 {
        self.inner.claims.expires_at().map_or(0, |at| at.seconds())
    }

    /// Its own identifier, if it has one.
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        self.inner.claims.jwt_id()
    }

    /// The name of the key that signed it.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.inner.kid()
    }

    /// Any claim.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<Claim<'_>> {
        self.inner.claims.get(name)
    }

    /// All claims as a type of the caller's.
    ///
    /// # Errors
    /// What `serde_json` says.
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        self.inner.claims.deserialize()
    }

    /// Whether `acr` is one of these, and the login is recent enough. The error is the challenge
    /// for a new login (RFC 9470).
    ///
    /// # Errors
    /// [`Reason::StepUp`].
    pub fn require_login(
        &self,
        acr_values: &[&str],
        max_age: Option<u64>,
        now_seconds: u64,
    ) -> Result<(), Reason> {
        let claims = &self.inner.claims;
        let acr = claims.string("acr").ok().flatten();
        let strong =
            acr_values.is_empty() || acr.as_deref().is_some_and(|acr| acr_values.contains(&acr));
        let login = claims.time("auth_time").ok().flatten();
        let recent = max_age.is_none_or(|age| {
            login.is_some_and(|at| now_seconds.saturating_sub(at.seconds()) <= age)
        });
        if strong && recent {
            return Ok(());
        }
        let login = login.map_or_else(|| "(none)".into(), |at| at.seconds().to_string());
        Err(Reason::StepUp {
            acr_values: acr_values.iter().map(|acr| (*acr).to_owned()).collect(),
            max_age,
            actual: format!(
                "acr {}, auth_time {login}",
                acr.as_deref().unwrap_or("(none)")
            ),
        })
    }
}

impl fmt::Debug for AccessToken {
    /// Names the parties, not the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("issuer", &self.issuer())
            .field("subject", &self.subject())
            .field("application", &self.application())
            .finish()
    }
}

/// How a token is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `Authorization: Bearer` (RFC 6750).
    Bearer,
    /// `Authorization: DPoP` (RFC 9449).
    Dpop,
}

/// A token with what the request says around it.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// How it was sent.
    pub scheme: Scheme,
    /// The token.
    pub token: &'a str,
    /// The proof that came with it.
    pub proof: Option<Proof<'a>>,
    /// SHA-256 of the DER of the TLS client certificate, if there was one.
    pub certificate: Option<[u8; 32]>,
}

/// A DPoP proof and the request that it must fit.
#[derive(Clone, Copy, Debug)]
pub struct Proof<'a> {
    /// The `DPoP` header.
    pub jwt: &'a str,
    /// The method of the request.
    pub method: &'a str,
    /// The address of the request as the caller sees it.
    pub url: &'a str,
}

impl<'a> Presented<'a> {
    /// A token and nothing else.
    #[must_use]
    pub const fn bearer(token: &'a str) -> Self {
        Self {
            scheme: Scheme::Bearer,
            token,
            proof: None,
            certificate: None,
        }
    }

    /// Reads the value of an `Authorization` header.
    ///
    /// # Errors
    /// [`Reason::Request`].
    pub fn from_authorization(value: &'a str) -> Result<Self, Reason> {
        let (scheme, token) = value
            .split_once(' ')
            .ok_or(Reason::Request(RequestFault::Header))?;
        let scheme = if scheme.eq_ignore_ascii_case("bearer") {
            Scheme::Bearer
        } else if scheme.eq_ignore_ascii_case("dpop") {
            Scheme::Dpop
        } else {
            return Err(Reason::Request(RequestFault::Scheme));
        };
        let token = token.trim_start_matches(' ');
        if token.is_empty() || token.contains(char::is_whitespace) || token.contains(',') {
            return Err(Reason::Request(RequestFault::Header));
        }
        Ok(Self {
            scheme,
            token,
            proof: None,
            certificate: None,
        })
    }
}

/// `client_id`, `azp` or `cid`.
pub(crate) fn application(claims: &Claims) -> Option<Cow<'_, str>> {
    ["client_id", "azp", "cid"]
        .iter()
        .find_map(|name| claims.string(name).ok().flatten())
}

/// Scopes of `scope` (RFC 9068) or `scp` (Okta, Entra): a string with single spaces, or strings.
/// Anything else grants nothing (JWT-11).
pub(crate) fn scopes(claims: &Claims) -> Vec<String> {
    let Some(claim) = claims.get("scope").or_else(|| claims.get("scp")) else {
        return Vec::new();
    };
    if let Some(text) = claim.as_str() {
        return text
            .split(' ')
            .filter(|scope| !scope.is_empty())
            .map(str::to_owned)
            .collect();
    }
    claim
        .as_strings()
        .unwrap_or_default()
        .into_iter()
        .map(Cow::into_owned)
        .collect()
}

/// Whether [`scopes`] has this one, without a copy of all.
pub(crate) fn grants_scope(claims: &Claims, scope: &str) -> bool {
    let Some(claim) = claims.get("scope").or_else(|| claims.get("scp")) else {
        return false;
    };
    !scope.is_empty()
        && match claim.as_str() {
            Some(text) => text.split(' ').any(|own| own == scope),
            None => has_string(claim, scope),
        }
}

/// Whether [`permissions`] has this one.
pub(crate) fn grants_permission(claims: &Claims, permission: &str) -> bool {
    let claim = claims.get("permissions");
    claim.is_some_and(|claim| has_string(claim, permission))
}

/// Whether a claim is an array of strings, and one of them is this.
fn has_string(claim: Claim<'_>, wanted: &str) -> bool {
    let strings = claim.as_strings().unwrap_or_default();
    strings.iter().any(|own| own == wanted)
}

/// `permissions`: strings, or nothing.
pub(crate) fn permissions(claims: &Claims) -> Vec<String> {
    let strings = claims.get("permissions").and_then(Claim::as_strings);
    strings
        .unwrap_or_default()
        .into_iter()
        .map(Cow::into_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorization_headers_are_read_strictly() {
        let scheme = |value| Presented::from_authorization(value).map(|p| (p.scheme, p.token));
        assert_eq!(scheme("Bearer abc"), Ok((Scheme::Bearer, "abc")));
        assert_eq!(scheme("bEARER  abc"), Ok((Scheme::Bearer, "abc")));
        assert_eq!(scheme("DPoP abc"), Ok((Scheme::Dpop, "abc")));
        for (value, fault) in [
            ("", RequestFault::Header),
            ("abc", RequestFault::Header),
            ("Bearer ", RequestFault::Header),
            ("Bearer a b", RequestFault::Header),
            ("Bearer a, Bearer b", RequestFault::Header),
            ("Basic abc", RequestFault::Scheme),
        ] {
            assert_eq!(scheme(value), Err(Reason::Request(fault)), "{value:?}");
        }
    }

    #[test]
    fn jwt_11_scopes_are_exact() {
        let of = |json: &str| scopes(&Claims::parse(json.as_bytes().to_vec()).unwrap());
        assert_eq!(
            of(r#"{"scope":"read:users  write"}"#),
            ["read:users", "write"]
        );
        assert_eq!(of(r#"{"scp":["a","b"]}"#), ["a", "b"]);
        assert_eq!(of(r#"{"scp":"a b"}"#), ["a", "b"]);
        for none in [
            r#"{}"#,
            r#"{"scope":7}"#,
            r#"{"scope":["a",1]}"#,
            r#"{"scope":{"a":1}}"#,
        ] {
            assert!(of(none).is_empty(), "{none}");
        }
    }
}
