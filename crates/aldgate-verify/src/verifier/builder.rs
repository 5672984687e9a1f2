//! How a verifier is set up. Issuer and audience come first, because nothing works without them.

use std::sync::Arc;
use std::time::Duration;

use aldgate_jose::{Alg, VerifyingKey};

use super::{Inner, Keys, Settings, Trusted, TypPolicy, Verifier};
use crate::cache::TokenCache;
use crate::clock::{Clock, SystemClock};
use crate::counters::Counters;
use crate::dpop::Dpop;
use crate::introspect::Introspect;
use crate::observe::Observe;
use crate::provider::{JwkProvider, ProviderError};
use crate::verifier::ClaimCheck;

/// Longest leeway that can be set.
const LEEWAY_MAX: Duration = Duration::from_secs(60);

/// Longest time for which an answer about an opaque token is remembered.
const INTROSPECTION_TTL_MAX: Duration = Duration::from_secs(300);

/// Sets up a [`Verifier`].
#[must_use]
pub struct VerifierBuilder {
    settings: Settings,
    issuers: Vec<(String, Option<Keys>)>,
    clock: Arc<dyn Clock>,
    cache: Option<TokenCache>,
    dpop: Option<Dpop>,
    introspect: Option<Arc<dyn Introspect>>,
    introspected: Option<TokenCache>,
    observer: Option<Arc<dyn Observe>>,
}

/// Why a verifier cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Issuer, audience or the list of algorithms is empty.
    #[error("{0} must not be empty")]
    Empty(&'static str),
    /// HMAC algorithms need a secret, see [`VerifierBuilder::shared_secret`].
    #[error("{0} needs a shared secret")]
    NoSecret(Alg),
    /// The leeway is larger than 60 s.
    #[error("the leeway must not be larger than 60 s")]
    Leeway,
    /// The shared secret is too short, or not for this algorithm.
    #[error("the shared secret: {0}")]
    Secret(#[from] aldgate_jose::JoseError),
    /// The provider of keys cannot be built.
    #[error("the keys of {issuer}: {error}")]
    Keys {
        /// Whose keys.
        issuer: String,
        /// Why.
        error: ProviderError,
    },
    /// The same issuer was named twice.
    #[error("issuer {0} is named twice")]
    IssuerTwice(String),
}

impl VerifierBuilder {
    pub(super) fn new(issuer: &str, audience: &str) -> Self {
        Self {
            settings: Settings {
                audiences: vec![audience.to_owned()],
                wanted_audience: audience.into(),
                algorithms: vec![Alg::RS256, Alg::PS256, Alg::ES256, Alg::EdDSA],
                leeway: Duration::from_secs(5),
                typ: TypPolicy::AccessToken,
                max_age: None,
                scopes: Vec::new(),
                permissions: Vec::new(),
                claims: Vec::new(),
                applications: None,
            },
            issuers: vec![(issuer.to_owned(), None)],
            clock: Arc::new(SystemClock),
            cache: None,
            dpop: None,
            introspect: None,
            introspected: None,
            observer: None,
        }
    }

    /// Where the keys of the issuer named last come from. Without this they are found by the
    /// issuer's discovery document.
    pub fn keys(mut self, keys: JwkProvider) -> Self {
        if let Some((_, slot)) = self.issuers.last_mut() {
            *slot = Some(Keys::Public(keys));
        }
        self
    }

    /// Checks tokens of the issuer named last with a secret that it shares with this API, and
    /// with nothing else. Prefer public keys: whoever can check such tokens can also forge them.
    ///
    /// # Errors
    /// [`BuildError::Secret`].
    pub fn shared_secret(mut self, alg: Alg, secret: &[u8]) -> Result<Self, BuildError> {
        let key = VerifyingKey::hmac(alg, secret)?;
        if let Some((_, slot)) = self.issuers.last_mut() {
            *slot = Some(Keys::Secret(Arc::new(key)));
        }
        self.settings.algorithms.push(alg);
        Ok(self)
    }

    /// Trusts one more issuer; its keys never verify tokens of another. `keys` and
    /// `shared_secret` after this are about this one.
    pub fn also_issuer(mut self, issuer: &str) -> Self {
        self.issuers.push((issuer.to_owned(), None));
        self
    }

    /// Accepts one more audience: an alias of this API.
    pub fn also_audience(mut self, audience: &str) -> Self {
        self.settings.audiences.push(audience.to_owned());
        self
    }

    /// The algorithms to allow; RS256, PS256, ES256 and EdDSA by default.
    pub fn algorithms(mut self, algorithms: &[Alg]) -> Self {
        self.settings.algorithms = algorithms.to_vec();
        self
    }

    /// How far the clocks may differ: 5 s by default, 60 s at most.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.settings.leeway = leeway;
        self
    }

    /// Which kinds of JWT pass.
    pub fn typ(mut self, policy: TypPolicy) -> Self {
        self.settings.typ = policy;
        self
    }

    /// Refuses tokens issued longer ago than this, whatever their `exp`.
    pub fn max_token_age(mut self, age: Duration) -> Self {
        self.settings.max_age = Some(age);
        self
    }

    /// Scopes that every token must have.
    pub fn require_scopes<I: IntoIterator<Item = S>, S: Into<String>>(mut self, scopes: I) -> Self {
        self.settings
            .scopes
            .extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Permissions that every token must have.
    pub fn require_permissions<I, S>(mut self, permissions: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        self.settings
            .permissions
            .extend(permissions.into_iter().map(Into::into));
        self
    }

    /// Applications that may call, by `client_id` or `azp`. Without this, any that gets a token.
    pub fn allow_applications<I, S>(mut self, applications: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        let list = self.settings.applications.get_or_insert_default();
        list.extend(applications.into_iter().map(Into::into));
        self
    }

    /// A claim that must be there and equal to a value.
    pub fn claim_equals(self, claim: &str, value: impl Into<serde_json::Value>) -> Self {
        let value = value.into();
        let expected = value.to_string();
        self.claim(claim, &expected, move |actual| *actual == value)
    }

    /// A claim that must be there and pass a test; `expected` describes it in refusals.
    pub fn claim(
        mut self,
        claim: &str,
        expected: &str,
        test: impl Fn(&serde_json::Value) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.settings.claims.push(ClaimCheck {
            claim: claim.to_owned(),
            expected: expected.to_owned(),
            test: Box::new(test),
        });
        self
    }

    /// Remembers up to `tokens` accepted tokens by their digest, each for at most `ttl` and never
    /// beyond its `exp` or a change of the keys.
    pub fn token_cache(mut self, tokens: usize, ttl: Duration) -> Self {
        self.cache = Some(TokenCache::new(tokens, ttl));
        self
    }

    /// Checks proofs of possession (RFC 9449).
    pub fn dpop(mut self, dpop: Dpop) -> Self {
        self.dpop = Some(dpop);
        self
    }

    /// Asks the issuer about opaque tokens (RFC 7662).
    pub fn introspection(mut self, introspect: impl Introspect) -> Self {
        self.introspect = Some(Arc::new(introspect));
        self
    }

    /// Remembers the issuer's answers about up to `tokens` opaque tokens by their digest, each for
    /// at most `ttl` (5 minutes at most) and never beyond its `exp`. Only answers that a token is
    /// good are remembered; one without `exp` is not. For so long a revocation goes unnoticed.
    pub fn introspection_cache(mut self, tokens: usize, ttl: Duration) -> Self {
        self.introspected = Some(TokenCache::new(tokens, ttl.min(INTROSPECTION_TTL_MAX)));
        self
    }

    /// Tells somebody of each refusal, for instance a
    /// [`Reporter`](crate::report::Reporter).
    pub fn observer(mut self, observer: impl Observe) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Another clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Checks the settings. Nothing is fetched yet.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn build(self) -> Result<Verifier, BuildError> {
        if self.settings.audiences.iter().any(String::is_empty) {
            return Err(BuildError::Empty("audience"));
        }
        if self.settings.algorithms.is_empty() {
            return Err(BuildError::Empty("algorithms"));
        }
        if self.settings.leeway > LEEWAY_MAX {
            return Err(BuildError::Leeway);
        }
        let mut issuers: Vec<Trusted> = Vec::with_capacity(self.issuers.len());
        for (issuer, keys) in self.issuers {
            if issuer.is_empty() {
                return Err(BuildError::Empty("issuer"));
            }
            if issuers.iter().any(|known| known.issuer == issuer) {
                return Err(BuildError::IssuerTwice(issuer));
            }
            let keys = match keys {
                Some(keys) => keys,
                None => Keys::Public(JwkProvider::discover(&issuer).build().map_err(|error| {
                    BuildError::Keys {
                        issuer: issuer.clone(),
                        error,
                    }
                })?),
            };
            issuers.push(Trusted { issuer, keys });
        }
        let secret = issuers
            .iter()
            .any(|issuer| matches!(issuer.keys, Keys::Secret(_)));
        let symmetric = self
            .settings
            .algorithms
            .iter()
            .find(|alg| alg.is_symmetric());
        if let (Some(alg), false) = (symmetric, secret) {
            return Err(BuildError::NoSecret(*alg));
        }
        Ok(Verifier {
            inner: Arc::new(Inner {
                settings: self.settings,
                issuers,
                clock: self.clock,
                cache: self.cache,
                dpop: self.dpop,
                introspect: self.introspect,
                introspected: self.introspected,
                observer: self.observer,
                counters: Counters::default(),
            }),
        })
    }
}
