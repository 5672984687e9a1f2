//! Accepts or refuses a token, and says why.

mod builder;
pub(crate) mod checks;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aldgate_jose::jws::{self, Unverified};
use aldgate_jose::jwt::Claims;
use aldgate_jose::{Alg, JoseError, VerifyingKey};

pub use builder::{BuildError, VerifierBuilder};

use crate::cache::TokenCache;
use crate::clock::Clock;
use crate::counters::Counters;
use crate::dpop::{Dpop, DpopFault};
use crate::introspect::Introspect;
use crate::kind::{Look, TokenKind};
use crate::provider::{Found, JwkProvider, Snapshot};
use crate::reason::Reason;
use crate::token::{Accepted, AccessToken, Presented, Scheme};

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
    counters: Counters,
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
    Secret(VerifyingKey),
}

impl Verifier {
    /// Starts with the two things that every verifier needs: who issues the tokens, exactly as in
    /// their `iss`, and what this API is called in their `aud`.
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
        if let Some(cache) = &self.inner.cache {
            cache.forget(Some(&TokenCache::name(token)));
        }
    }

    /// Forgets every accepted token.
    pub fn forget_all(&self) {
        if let Some(cache) = &self.inner.cache {
            cache.forget(None);
        }
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
    pub(crate) fn count(&self, reason: &Reason) {
        self.inner.counters.refused(reason);
    }
}

impl Inner {
    /// A token that was accepted before, if its keys are still the same.
    fn remembered(&self, token: &str, now: Duration) -> Option<AccessToken> {
        let found = self.cache.as_ref()?.get(&TokenCache::name(token), now)?;
        let accepted = found.accepted();
        let same_keys = match &self.issuers.get(accepted.issuer_index)?.keys {
            Keys::Secret(_) => true,
            Keys::Public(provider) => provider
                .ready(accepted.kid.as_deref())
                .is_some_and(|snapshot| snapshot.generation == accepted.generation),
        };
        if same_keys {
            self.counters.accepted_from_cache();
        }
        same_keys.then_some(found)
    }

    async fn judge(&self, token: &str, now: Duration) -> Result<AccessToken, Reason> {
        let unverified = match self.read(token) {
            Ok(unverified) => unverified,
            Err(reason) => return self.introspect(token, reason, now).await,
        };
        let (index, trusted) = self.trusted(&unverified)?;
        let Keys::Public(provider) = &trusted.keys else {
            return self.judge_with(token, &unverified, (index, None), now);
        };
        let kid = unverified.header().kid();
        let snapshot = match provider.ready(kid) {
            Some(snapshot) => snapshot,
            None => provider
                .keys(kid)
                .await
                .map_err(|error| Reason::KeysUnavailable {
                    issuer: trusted.issuer.clone(),
                    cause: error.cause,
                })?,
        };
        self.judge_with(token, &unverified, (index, Some(&snapshot)), now)
    }

    fn judge_now(&self, token: &str, now: Duration) -> Result<AccessToken, Reason> {
        let unverified = self.read(token)?;
        let (index, trusted) = self.trusted(&unverified)?;
        let Keys::Public(provider) = &trusted.keys else {
            return self.judge_with(token, &unverified, (index, None), now);
        };
        let kid = unverified.header().kid();
        let snapshot = provider.ready(kid).or_else(|| provider.last_known());
        let snapshot = snapshot.ok_or_else(|| Reason::KeysUnavailable {
            issuer: trusted.issuer.clone(),
            cause: "no keys were fetched yet".into(),
        })?;
        self.judge_with(token, &unverified, (index, Some(&snapshot)), now)
    }

    /// Form and algorithm: what needs no key.
    fn read<'a>(&self, token: &'a str) -> Result<Unverified<'a>, Reason> {
        let audience = || self.settings.wanted_audience();
        let unverified = jws::parse(token).map_err(|error| match (Look::of(token), error) {
            (Look::Garbage | Look::Jwt, error) => Reason::Malformed(error),
            (Look::Encrypted, _) => Reason::WrongKind {
                kind: TokenKind::Encrypted,
                audience: audience(),
            },
            (look, _) => Reason::Opaque {
                look,
                audience: audience(),
            },
        })?;
        let alg = unverified.header().alg();
        if self.settings.algorithms.contains(&alg) {
            return Ok(unverified);
        }
        Err(self.better(&unverified, || match alg.is_symmetric() {
            true => Reason::Symmetric { alg },
            false => Reason::AlgorithmNotAllowed {
                alg,
                allowed: self.settings.algorithms.clone(),
            },
        }))
    }

    /// The issuer whose keys to use. With one it is that one; with several the token must say,
    /// which is safe because the keys of each verify its own tokens only (JWK-07).
    fn trusted(&self, unverified: &Unverified<'_>) -> Result<(usize, &Trusted), Reason> {
        if let [only] = &self.issuers[..] {
            return Ok((0, only));
        }
        let claims = unverified.dangerous_claims().map_err(Reason::Claims)?;
        let position = self
            .issuers
            .iter()
            .position(|trusted| claims.issuer() == Some(&trusted.issuer));
        match position {
            Some(index) => Ok((index, &self.issuers[index])),
            None => Err(checks::wrong_issuer(&self.issuer_names(), claims.issuer())),
        }
    }

    /// Signature and content, with the keys at hand.
    fn judge_with(
        &self,
        token: &str,
        unverified: &Unverified<'_>,
        (issuer_index, snapshot): (usize, Option<&Snapshot>),
        now: Duration,
    ) -> Result<AccessToken, Reason> {
        let trusted = &self.issuers[issuer_index];
        let key = match (&trusted.keys, snapshot) {
            (Keys::Secret(key), _) => key,
            (Keys::Public(_), Some(snapshot)) => self.choose(unverified, snapshot, trusted)?,
            (Keys::Public(_), None) => unreachable!("invariant: callers bring the snapshot"),
        };
        let verified = match unverified.verify(key) {
            Ok(verified) => verified,
            Err(JoseError::AlgorithmMismatch) => {
                return Err(self.better(unverified, || Reason::AlgorithmNotAllowed {
                    alg: unverified.header().alg(),
                    allowed: key.algs().collect(),
                }));
            }
            Err(JoseError::Base64) => return Err(Reason::Malformed(JoseError::Base64)),
            Err(_) => {
                return Err(self.better(unverified, || Reason::BadSignature {
                    kid: unverified.header().kid().map(str::to_owned),
                }));
            }
        };
        let header = unverified.header();
        let claims = Claims::from_verified(verified)
            .map_err(Reason::Claims)?
            .into_inner();
        checks::issuer(&[&trusted.issuer], &claims)?;
        checks::check(&self.settings, header.typ(), &claims, now)?;
        let accepted = AccessToken::new(Accepted {
            claims,
            kid: header.kid().map(str::to_owned),
            issuer_index,
            generation: snapshot.map_or(0, |snapshot| snapshot.generation),
        });
        if let Some(cache) = &self.cache {
            cache.insert(TokenCache::name(token), accepted.clone(), now);
        }
        Ok(accepted)
    }

    fn choose<'k>(
        &self,
        unverified: &Unverified<'_>,
        snapshot: &'k Snapshot,
        trusted: &Trusted,
    ) -> Result<&'k VerifyingKey, Reason> {
        let header = unverified.header();
        match snapshot.find(header.kid(), header.alg()) {
            Found::Key(key) => Ok(key),
            Found::Ambiguous(candidates) => Err(Reason::KeyAmbiguous { candidates }),
            Found::Nothing => Err(self.better(unverified, || {
                let mut known = snapshot.kids();
                if snapshot.dropped > 0 {
                    known.push(format!(
                        "{} more beyond the cache's limit",
                        snapshot.dropped
                    ));
                }
                Reason::KeyUnknown {
                    kid: header.kid().unwrap_or("(none)").to_owned(),
                    issuer: trusted.issuer.clone(),
                    known,
                }
            })),
        }
    }

    /// A token that cannot be trusted may still say plainly that it is not for us.
    fn better(&self, unverified: &Unverified<'_>, otherwise: impl FnOnce() -> Reason) -> Reason {
        let claims = unverified.dangerous_claims();
        match claims
            .as_ref()
            .map(|claims| checks::issuer(&self.issuer_names(), claims))
        {
            Ok(Err(
                wrong_issuer @ Reason::WrongIssuer {
                    actual: Some(_), ..
                },
            )) => wrong_issuer,
            _ => otherwise(),
        }
    }

    async fn introspect(
        &self,
        token: &str,
        reason: Reason,
        now: Duration,
    ) -> Result<AccessToken, Reason> {
        let (Some(introspect), Reason::Opaque { look, .. }) = (&self.introspect, &reason) else {
            return Err(reason);
        };
        if look.kind() != TokenKind::Opaque {
            return Err(reason);
        }
        let claims = introspect
            .introspect(token.to_owned())
            .await
            .map_err(|cause| Reason::KeysUnavailable {
                issuer: self.issuers[0].issuer.clone(),
                cause,
            })?;
        let claims = claims.ok_or(Reason::Inactive)?;
        checks::check(&self.settings, None, &claims, now)?;
        if claims.issuer().is_some() {
            checks::issuer(&self.issuer_names(), &claims)?;
        }
        Ok(AccessToken::new(Accepted {
            claims,
            kid: None,
            issuer_index: 0,
            generation: 0,
        }))
    }

    /// Binding and counting, which every request needs, remembered token or not.
    fn conclude(
        &self,
        result: Result<AccessToken, Reason>,
        presented: &Presented<'_>,
        now: Duration,
    ) -> Result<AccessToken, Reason> {
        let result = result.and_then(|token| {
            self.check_binding(&token, presented, now)?;
            Ok(token)
        });
        match &result {
            Ok(_) => self.counters.accepted(),
            Err(reason) => self.counters.refused(reason),
        }
        result
    }

    /// `cnf` (RFC 7800): a bound token works only with its key or its certificate.
    fn check_binding(
        &self,
        token: &AccessToken,
        presented: &Presented<'_>,
        now: Duration,
    ) -> Result<(), Reason> {
        let required = self.dpop.as_ref().is_some_and(Dpop::is_required);
        let Some(cnf) = token.claim("cnf") else {
            return match presented.scheme {
                Scheme::Dpop => Err(Reason::NotDpopBound),
                Scheme::Bearer if required => Err(Reason::Dpop(DpopFault::Missing)),
                Scheme::Bearer => Ok(()),
            };
        };
        let cnf = cnf.to_value();
        let (jkt, x5t) = (cnf["jkt"].as_str(), cnf["x5t#S256"].as_str());
        if let Some(expected) = x5t {
            let actual = presented
                .certificate
                .map(|hash| aldgate_jose::b64::encode(&hash));
            if actual.as_deref() != Some(expected) {
                return Err(Reason::Certificate {
                    presented: actual.is_some(),
                });
            }
        }
        match (jkt, presented.scheme) {
            (Some(_), Scheme::Bearer) => Err(Reason::DpopBound),
            (Some(jkt), Scheme::Dpop) => {
                let (Some(dpop), Some(proof)) = (&self.dpop, presented.proof) else {
                    return Err(Reason::Dpop(DpopFault::Missing));
                };
                dpop.check(proof, presented.token, jkt, now)
                    .map_err(Reason::Dpop)
            }
            (None, Scheme::Dpop) => Err(Reason::NotDpopBound),
            (None, Scheme::Bearer) if x5t.is_some() => Ok(()),
            (None, Scheme::Bearer) => Err(Reason::ClaimMismatch {
                claim: "cnf".into(),
                expected: "jkt or x5t#S256".into(),
                actual: cnf.to_string().chars().take(200).collect(),
            }),
        }
    }

    fn issuer_names(&self) -> Vec<&str> {
        self.issuers
            .iter()
            .map(|trusted| trusted.issuer.as_str())
            .collect()
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
