//! Accepts or refuses a token, and says why.

mod binding;
mod builder;
pub(crate) mod checks;
mod judge;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aldgate_jose::{Alg, VerifyingKey};

pub use builder::{BuildError, VerifierBuilder};

use crate::cache::TokenCache;
use crate::clock::Clock;
use crate::counters::Counters;
use crate::dpop::Dpop;
use crate::introspect::Introspect;
use crate::observe::Observe;
use crate::provider::JwkProvider;
use crate::reason::Reason;
use crate::token::{AccessToken, Presented};

/// Checks access tokens for one API. Cheap to clone; clones share keys, cache and counters.
///
/// The order of the checks is the order in which a failure says most: form, issuer, key,
/// signature, kind, audience, times, application, claims, scopes, permissions, binding.
#[derive(Clone)]
pub struct Verifier {
    inner: Arc<Inner>,
}

/// Which kinds of JWT pass as access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TypPolicy {
    /// `typ` absent, `JWT` or `at+jwt`, and nothing that only ID tokens have (`nonce`,
    /// `at_hash`, …). Fits Auth0's dialects and RFC 9068.
    AccessToken,
    /// Anything with the right issuer and audience. Only for issuers that put `nonce` into access
    /// tokens, such as old versions of Keycloak.
    Any,
    /// Only `at+jwt` with the claims that RFC 9068 section 2.2 requires.
    Rfc9068,
}

struct Inner {
    settings: Settings,
    issuers: Vec<Trusted>,
    clock: Arc<dyn Clock>,
    cache: Option<TokenCache>,
    dpop: Option<Dpop>,
    introspect: Option<Arc<dyn Introspect>>,
    introspected: Option<TokenCache>,
    observer: Option<Arc<dyn Observe>>,
    counters: Counters,
}

/// A refusal, and the application that got the token where the signature vouches for it.
struct Failed {
    reason: Reason,
    application: Option<String>,
}

impl From<Reason> for Failed {
    fn from(reason: Reason) -> Self {
        Self {
            reason,
            application: None,
        }
    }
}

/// What a token is measured by.
pub(crate) struct Settings {
    pub(crate) audiences: Vec<String>,
    pub(crate) wanted_audience: Arc<str>,
    pub(crate) algorithms: Vec<Alg>,
    pub(crate) leeway: Duration,
    pub(crate) typ: TypPolicy,
    pub(crate) max_age: Option<Duration>,
    pub(crate) scopes: Vec<String>,
    pub(crate) permissions: Vec<String>,
    pub(crate) claims: Vec<ClaimCheck>,
    pub(crate) applications: Option<Vec<String>>,
}

/// A demand on one claim.
pub(crate) struct ClaimCheck {
    claim: String,
    expected: String,
    test: Box<checks::ClaimTest>,
}

impl Settings {
    /// The audience to recommend; shared, so that refusing garbage allocates nothing.
    pub(crate) fn wanted_audience(&self) -> Arc<str> {
        Arc::clone(&self.wanted_audience)
    }
}

struct Trusted {
    issuer: String,
    keys: Keys,
}

enum Keys {
    Public(JwkProvider),
    Secret(Arc<VerifyingKey>),
}

impl Verifier {
    /// Starts with the two things that every verifier needs: who issues the tokens, exactly as in
    /// their `iss`, and what this API is called in their `aud`.
    ///
    /// One cannot be had without both:
    ///
    /// ```compile_fail,E0061
    /// // Any token of the issuer, whatever it was made for?
    /// aldgate_verify::Verifier::builder("https://tenant.example/");
    /// ```
    ///
    /// ```compile_fail,E0061
    /// aldgate_verify::Verifier::builder();
    /// ```
    ///
    /// ```compile_fail,E0599
    /// aldgate_verify::Verifier::default();
    /// ```
    ///
    /// Nor can an accepted token be had without a verifier:
    ///
    /// ```compile_fail,E0599
    /// aldgate_verify::AccessToken::default();
    /// ```
    pub fn builder(issuer: &str, audience: &str) -> VerifierBuilder {
        VerifierBuilder::new(issuer, audience)
    }

    /// Checks a token that came as `Bearer`, fetching keys where needed.
    ///
    /// # Errors
    /// The [`Reason`].
    pub async fn verify(&self, token: &str) -> Result<AccessToken, Reason> {
        self.verify_presented(&Presented::bearer(token)).await
    }

    /// Checks a token together with its proof or certificate.
    ///
    /// # Errors
    /// The [`Reason`].
    pub async fn verify_presented(&self, presented: &Presented<'_>) -> Result<AccessToken, Reason> {
        let now = self.inner.clock.now();
        let result = match self.inner.remembered(presented.token, now) {
            Some(token) => Ok(token),
            None => self.inner.judge(presented.token, now).await,
        };
        self.inner.conclude(result, presented, now)
    }

    /// Checks a token with the keys that are here, without waiting for any: for synchronous
    /// callers, with [`JwkProvider::fixed`] or after a first fetch.
    ///
    /// # Errors
    /// The [`Reason`].
    pub fn verify_now(&self, token: &str) -> Result<AccessToken, Reason> {
        let now = self.inner.clock.now();
        let result = match self.inner.remembered(token, now) {
            Some(token) => Ok(token),
            None => self.inner.judge_now(token, now),
        };
        self.inner.conclude(result, &Presented::bearer(token), now)
    }

    /// Forgets that a token was accepted, for instance because it was revoked.
    pub fn forget(&self, token: &str) {
        self.inner
            .caches()
            .for_each(|cache| cache.forget(Some(&TokenCache::name(token))));
    }

    /// Forgets every accepted token.
    pub fn forget_all(&self) {
        self.inner.caches().for_each(|cache| cache.forget(None));
    }

    /// What happened so far.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.inner.counters
    }

    /// The issuers that are trusted.
    pub fn issuers(&self) -> impl Iterator<Item = &str> {
        self.inner
            .issuers
            .iter()
            .map(|trusted| trusted.issuer.as_str())
    }

    /// The names of this API.
    #[must_use]
    pub fn audiences(&self) -> &[String] {
        &self.inner.settings.audiences
    }

    /// How proofs of possession are checked, if they are.
    #[must_use]
    pub fn dpop(&self) -> Option<&Dpop> {
        self.inner.dpop.as_ref()
    }

    /// The verifier's time, seconds since 1970.
    #[must_use]
    pub fn now_seconds(&self) -> u64 {
        self.inner.clock.now().as_secs()
    }

    /// Counts a refusal that was made before or after the verifier's own checks.
    #[cfg(feature = "tower")]
    pub(crate) fn count(&self, reason: &Reason, application: Option<&str>) {
        self.inner.note(reason, application);
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("issuers", &self.issuers().collect::<Vec<_>>())
            .field("audiences", &self.audiences())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
