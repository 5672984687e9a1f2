//! Proof of possession: checks a DPoP proof against request, token and time (RFC 9449).

mod replay;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aldgate_jose::jwt::Claims;
use aldgate_jose::{Alg, Jwk, VerifyingKey, b64, digest, jws};
use url::Url;

pub use replay::{MemoryReplayStore, ReplayStore, ReplayStoreFull};

use crate::token::Proof;

/// Longest proof, in bytes.
const PROOF_BYTES_MAX: usize = 8 * 1024;

/// How proofs are checked.
#[derive(Clone)]
pub struct Dpop {
    required: bool,
    age_max: Duration,
    ahead_max: Duration,
    replay: Arc<dyn ReplayStore>,
    nonce: Option<Arc<dyn NoncePolicy>>,
}

/// Decides about nonces that proofs must carry (RFC 9449 section 9).
pub trait NoncePolicy: Send + Sync + 'static {
    /// A nonce for the next proof; sent as `DPoP-Nonce`.
    fn current(&self) -> String;
    /// Whether a proof's nonce is one of ours and recent.
    fn accepts(&self, nonce: &str) -> bool;
}

impl Default for Dpop {
    /// Proofs up to 300 s old and 30 s ahead, each once, remembered in memory; bearer tokens
    /// that are not bound still pass.
    fn default() -> Self {
        Self {
            required: false,
            age_max: Duration::from_secs(300),
            ahead_max: Duration::from_secs(30),
            replay: Arc::new(MemoryReplayStore::default()),
            nonce: None,
        }
    }
}

impl Dpop {
    /// Refuses tokens that are not bound to a key.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// How old a proof may be and how far ahead of this clock.
    #[must_use]
    pub const fn proof_age(mut self, age_max: Duration, ahead_max: Duration) -> Self {
        self.age_max = age_max;
        self.ahead_max = ahead_max;
        self
    }

    /// Remembers proofs elsewhere, for instance where several nodes share it.
    #[must_use]
    pub fn replay_store(mut self, store: impl ReplayStore) -> Self {
        self.replay = Arc::new(store);
        self
    }

    /// Wants nonces.
    #[must_use]
    pub fn nonce(mut self, policy: impl NoncePolicy) -> Self {
        self.nonce = Some(Arc::new(policy));
        self
    }

    pub(crate) const fn is_required(&self) -> bool {
        self.required
    }

    /// A nonce for the `DPoP-Nonce` header of answers, if nonces are wanted.
    #[must_use]
    pub fn next_nonce(&self) -> Option<String> {
        self.nonce.as_ref().map(|policy| policy.current())
    }

    /// Checks a proof for a token that is bound to the key with this thumbprint.
    pub(crate) fn check(
        &self,
        proof: Proof<'_>,
        token: &str,
        thumbprint: &str,
        now: Duration,
    ) -> Result<(), DpopFault> {
        let (claims, key) = read(proof.jwt)?;
        if key != thumbprint {
            return Err(DpopFault::OtherKey);
        }
        let text = |name| {
            claims
                .string(name)
                .ok()
                .flatten()
                .ok_or(DpopFault::Malformed)
        };
        if text("htm")? != proof.method {
            return Err(DpopFault::Method);
        }
        if !same_target(&text("htu")?, proof.url) {
            return Err(DpopFault::Url);
        }
        let hash = b64::encode(&digest::sha256(token.as_bytes()));
        if !digest::constant_time_eq(text("ath")?.as_bytes(), hash.as_bytes()) {
            return Err(DpopFault::OtherToken);
        }
        let issued = claims.issued_at().ok_or(DpopFault::Malformed)?.micros();
        let now_micros = i64::try_from(now.as_micros()).unwrap_or(i64::MAX);
        let micros = |time: Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        if issued < now_micros.saturating_sub(micros(self.age_max))
            || issued > now_micros.saturating_add(micros(self.ahead_max))
        {
            return Err(DpopFault::Time);
        }
        if let Some(policy) = &self.nonce {
            let nonce = claims.string("nonce").ok().flatten();
            if !nonce.is_some_and(|nonce| policy.accepts(&nonce)) {
                return Err(DpopFault::NonceWanted);
            }
        }
        let jti = claims
            .jwt_id()
            .filter(|jti| !jti.is_empty() && jti.len() <= 256);
        let jti = jti.ok_or(DpopFault::Malformed)?;
        let name = digest::sha256(format!("{thumbprint}.{jti}").as_bytes());
        match self
            .replay
            .first_use(name, now, self.age_max + self.ahead_max)
        {
            Ok(true) => Ok(()),
            Ok(false) => Err(DpopFault::Replayed),
            Err(ReplayStoreFull) => Err(DpopFault::ReplayStoreFull),
        }
    }
}

impl fmt::Debug for Dpop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dpop")
            .field("required", &self.required)
            .finish_non_exhaustive()
    }
}

/// What is wrong with a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DpopFault {
    /// Not a DPoP proof by its form, its header or its claims.
    #[error("it is not a DPoP proof")]
    Malformed,
    /// `htm` is not the method.
    #[error("htm is not the request's method")]
    Method,
    /// There is none.
    #[error("it is missing")]
    Missing,
    /// There are several.
    #[error("there is more than one")]
    MoreThanOne,
    /// The nonce is missing or too old.
    #[error("it needs the nonce of the DPoP-Nonce header")]
    NonceWanted,
    /// Signed with a key other than the token's.
    #[error("it is signed with another key than the token is bound to")]
    OtherKey,
    /// `ath` is not the hash of the token.
    #[error("ath is not the hash of the token")]
    OtherToken,
    /// Seen before.
    #[error("it was used before")]
    Replayed,
    /// No room to remember more proofs.
    #[error("no more proofs can be remembered for now")]
    ReplayStoreFull,
    /// The signature is wrong.
    #[error("its signature is not valid")]
    Signature,
    /// `iat` is too old or ahead.
    #[error("iat is too old or in the future")]
    Time,
    /// `htu` is not the address.
    #[error("htu is not the request's address")]
    Url,
}

impl DpopFault {
    pub(crate) const fn expected(self) -> &'static str {
        match self {
            Self::Malformed => "typ dpop+jwt, a public jwk, and htm, htu, iat, jti, ath",
            Self::Method => "htm equal to the request's method",
            Self::Missing | Self::MoreThanOne => "exactly one DPoP header",
            Self::NonceWanted => "the latest nonce",
            Self::OtherKey => "a proof by the key in cnf.jkt",
            Self::OtherToken => "ath: base64url of the SHA-256 of the access token",
            Self::Replayed => "a new jti in every proof",
            Self::ReplayStoreFull => "room in the replay store",
            Self::Signature => "a signature by the key in its header",
            Self::Time => "an iat close to this API's clock",
            Self::Url => "htu equal to the request's address without query",
        }
    }

    pub(crate) const fn remedy(self) -> &'static str {
        match self {
            Self::NonceWanted => "Repeat the request with the nonce of the DPoP-Nonce header.",
            Self::ReplayStoreFull => "Try again shortly; the API should enlarge its replay store.",
            Self::Time => "Make a fresh proof for each request, and set the clocks by NTP.",
            Self::Url => {
                "Sign the address that is called; behind a proxy, tell the verifier its public URL."
            }
            _ => "Make a fresh proof for each request with the key that the token was asked with.",
        }
    }
}

/// Verifies a proof with the key that it brings, and names that key.
fn read(jwt: &str) -> Result<(Claims, String), DpopFault> {
    let unverified =
        jws::parse_with_limit(jwt, PROOF_BYTES_MAX).map_err(|_| DpopFault::Malformed)?;
    let header = unverified.header();
    if !header.is_typ("dpop+jwt") || !Alg::ASYMMETRIC.contains(&header.alg()) {
        return Err(DpopFault::Malformed);
    }
    let jwk = header.raw("jwk").ok_or(DpopFault::Malformed)?;
    let jwk = Jwk::parse(jwk.as_bytes()).map_err(|_| DpopFault::Malformed)?;
    let key = VerifyingKey::from_jwk(&jwk).map_err(|_| DpopFault::Malformed)?;
    let verified = unverified.verify(&key).map_err(|_| DpopFault::Signature)?;
    let claims = Claims::from_verified(verified).map_err(|_| DpopFault::Malformed)?;
    Ok((claims.into_inner(), jwk.thumbprint()))
}

/// Compares without query and fragment, after the normalisation of RFC 3986 section 6.2.
fn same_target(htu: &str, url: &str) -> bool {
    let normal = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    match (normal(htu), normal(url)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
