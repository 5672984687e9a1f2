//! `private_key_jwt`: a signed assertion instead of a secret (RFC 7523 section 3, OpenID Connect
//! Core section 9, and the audience rule of draft-ietf-oauth-rfc7523bis).

use std::sync::Arc;

use aldgate_jose::jws::{self, Unverified};
use aldgate_jose::jwt::Claims;
use aldgate_jose::{Alg, JoseError, Jwk, VerifyingKey};

use super::{AuthenticatedClient, failed};
use crate::application::{Application, ClientCredential};
use crate::error::{OAuthError, Refusal};
use crate::id::ClientId;
use crate::secret::TokenHash;
use crate::tenant::Issuer;
use crate::time::{Seconds, Timestamp};

/// Longest assertion, in bytes (Auth0: 2048).
const BYTES_MAX: usize = 2048;

/// How far ahead `exp` may be.
const LIFETIME_MAX: Seconds = Seconds::minutes(5);

/// By how much the application's clock may be ahead of ours, for `iat` and `nbf`.
const SKEW: Seconds = Seconds(30);

/// Longest `jti`, in bytes.
const JTI_BYTES_MAX: usize = 256;

/// What assertions may be signed with.
const ALGS: [Alg; 8] = [
    Alg::RS256,
    Alg::RS384,
    Alg::RS512,
    Alg::PS256,
    Alg::PS384,
    Alg::ES256,
    Alg::ES384,
    Alg::EdDSA,
];

/// An assertion as sent. Nothing in it is believed yet except whose it claims to be.
#[derive(Debug, Clone)]
pub(super) struct Assertion {
    text: String,
    client_id: ClientId,
}

/// An assertion that is good, once.
#[derive(Debug)]
pub struct AssertionUse {
    /// Hash of its `jti`: the key of its single use, with the client id.
    pub jti_hash: TokenHash,
    /// Until when the use must be remembered.
    pub expires_at: Timestamp,
    application: Arc<Application>,
}

impl AssertionUse {
    /// Whose assertion it is.
    #[must_use]
    pub fn client_id(&self) -> &ClientId {
        &self.application.id
    }

    /// Settles the authentication once the store knows whether this was the first use.
    ///
    /// # Errors
    /// `invalid_client` for a replay.
    pub fn settle(self, first_use: bool) -> Result<AuthenticatedClient, OAuthError> {
        if first_use {
            let application = self.application;
            return Ok(AuthenticatedClient { application });
        }
        let cause = "The client assertion was used before: its jti must be new each time.";
        Err(failed(Refusal::new("assertion_replayed", cause)))
    }
}

impl Assertion {
    /// Reads the form and whose it claims to be.
    pub(super) fn read(text: &str) -> Result<Self, OAuthError> {
        let claims = parse(text)?.dangerous_claims().map_err(malformed)?;
        let subject = claims.subject().ok_or_else(|| absent("sub"))?;
        Ok(Self {
            text: text.to_owned(),
            client_id: ClientId::parse(subject)
                .map_err(|_| failed(super::impossible_name(subject)))?,
        })
    }

    pub(super) const fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// Checks signature and claims against `application`.
    pub(super) fn check(
        &self,
        application: &Arc<Application>,
        issuer: &Issuer,
        now: Timestamp,
    ) -> Result<AssertionUse, OAuthError> {
        let token = parse(&self.text)?;
        let key = choose_key(application, &token, now)?;
        let verified = token.verify(&key).map_err(|error| {
            let cause = "The assertion's signature does not fit the application's key.";
            failed(Refusal::new("assertion_signature", cause).actual(error.code()))
        })?;
        let claims = Claims::from_verified(verified)
            .map_err(malformed)?
            .into_inner();
        let expires_at = check_claims(&claims, &application.id, issuer, now)?;
        let jti = claims
            .jwt_id()
            .filter(|jti| !jti.is_empty() && jti.len() <= JTI_BYTES_MAX);
        Ok(AssertionUse {
            jti_hash: TokenHash::of(jti.ok_or_else(|| absent("jti"))?),
            expires_at,
            application: Arc::clone(application),
        })
    }
}

fn parse(text: &str) -> Result<Unverified<'_>, OAuthError> {
    let token = jws::parse_with_limit(text, BYTES_MAX).map_err(malformed)?;
    let header = token.header();
    let kind_fits = header.typ().is_none()
        || header.is_typ("JWT")
        || header.is_typ("client-authentication+jwt");
    if !kind_fits {
        let cause = "The assertion's typ says that it is another kind of token.";
        return Err(failed(
            Refusal::new("assertion_typ", cause)
                .expected("typ JWT or client-authentication+jwt")
                .actual(header.typ().unwrap_or_default()),
        ));
    }
    Ok(token)
}

/// Picks the application's key by `kid`; without `kid`, the only one there is for the algorithm.
fn choose_key(
    application: &Application,
    token: &Unverified<'_>,
    now: Timestamp,
) -> Result<VerifyingKey, OAuthError> {
    let (alg, kid) = (token.header().alg(), token.header().kid());
    let live = |c: &&ClientCredential| c.in_use && c.expires_at.is_none_or(|end| now < end);
    let named = |c: &&ClientCredential| {
        kid.is_none_or(|kid| c.jwk.get("kid").and_then(|k| k.as_str()) == Some(kid))
    };
    let fits = |c: &&ClientCredential| c.alg == alg.name() && ALGS.contains(&alg);
    let mut found = application
        .credentials
        .iter()
        .filter(live)
        .filter(named)
        .filter(fits);
    let (Some(credential), None) = (found.next(), found.next()) else {
        let cause = "No single key of the application has this kid and algorithm.";
        let keys = application.credentials.iter().filter(live).map(|c| {
            let kid = c
                .jwk
                .get("kid")
                .and_then(|k| k.as_str())
                .unwrap_or("(none)");
            format!("kid {kid} with {}", c.alg)
        });
        return Err(failed(
            Refusal::new("assertion_key", cause)
                .expected(keys.collect::<Vec<_>>().join(", "))
                .actual(&format!("kid {} with {alg}", kid.unwrap_or("(none)")))
                .remedy("Register the public key among the application's credentials."),
        ));
    };
    let jwk = credential
        .jwk
        .as_object()
        .ok_or(JoseError::Json)
        .and_then(Jwk::from_map);
    jwk.and_then(|jwk| VerifyingKey::from_jwk_for(&jwk, &[alg]))
        .map_err(|error| {
            let cause = "The application's registered key is not usable.";
            failed(Refusal::new("assertion_key_invalid", cause).actual(error.code()))
        })
}

fn check_claims(
    claims: &Claims,
    client_id: &ClientId,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<Timestamp, OAuthError> {
    let wrong = |claim: &str, expected: &str, actual: &str| {
        let cause = format!("The assertion's {claim} is not right.");
        failed(
            Refusal::new("assertion_claim", cause)
                .expected(expected)
                .actual(actual),
        )
    };
    let id = client_id.as_str();
    for (claim, value) in [("iss", claims.issuer()), ("sub", claims.subject())] {
        if value != Some(id) {
            return Err(wrong(claim, id, value.unwrap_or("(absent)")));
        }
    }
    // One string and nothing else: an assertion made for another server must not work here.
    let audience = claims.get("aud").and_then(|claim| claim.as_str());
    if audience.as_deref() != Some(issuer.as_str()) {
        let actual = claims
            .get("aud")
            .map_or("(absent)", |claim| claim.as_json());
        return Err(wrong("aud", issuer.as_str(), actual));
    }
    let at = |date: aldgate_jose::jwt::NumericDate| Timestamp::from_micros(date.micros());
    let expires_at = claims.expires_at().map(at).ok_or_else(|| absent("exp"))?;
    if expires_at <= now {
        return Err(wrong("exp", "a time in the future", &expires_at.iso8601()));
    }
    if expires_at > now + LIFETIME_MAX {
        return Err(wrong(
            "exp",
            "at most 5 minutes ahead",
            &expires_at.iso8601(),
        ));
    }
    for (claim, time) in [("nbf", claims.not_before()), ("iat", claims.issued_at())] {
        if let Some(time) = time.map(at).filter(|time| *time > now + SKEW) {
            return Err(wrong(claim, "a time that has come", &time.iso8601()));
        }
    }
    Ok(expires_at)
}

fn malformed(error: JoseError) -> OAuthError {
    let cause = "The client assertion is not an acceptable JWT.";
    failed(Refusal::new("assertion_malformed", cause).actual(&error.to_string()))
}

fn absent(claim: &'static str) -> OAuthError {
    let cause = format!("The client assertion has no usable {claim} claim.");
    failed(Refusal::new("assertion_claim_missing", cause).expected(claim))
}
