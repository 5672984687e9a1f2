//! What happens to one token, from its form to its binding.

use std::sync::Arc;
use std::time::Duration;

use aldgate_jose::jws::{self, Unverified};
use aldgate_jose::jwt::Claims;
use aldgate_jose::{JoseError, VerifyingKey};

use super::{Failed, Inner, Keys, Trusted, binding, checks};
use crate::cache::TokenCache;
use crate::kind::{Look, TokenKind};
use crate::observe::{self, Refused};
use crate::provider::{Found, JwkProvider, Snapshot};
use crate::reason::Reason;
use crate::token::{self, Accepted, AccessToken, Presented};

impl Inner {
    pub(super) fn caches(&self) -> impl Iterator<Item = &TokenCache> {
        self.cache.iter().chain(&self.introspected)
    }

    /// A token that was accepted before, if its keys are still the same.
    pub(super) fn remembered(&self, token: &str, now: Duration) -> Option<AccessToken> {
        let found = self.cache.as_ref()?.get(&TokenCache::name(token), now)?;
        let accepted = found.accepted();
        let same_keys = match &self.issuers.get(accepted.issuer_index)?.keys {
            Keys::Secret(_) => true,
            Keys::Public(provider) => provider
                .ready(accepted.kid())
                .is_some_and(|snapshot| snapshot.generation == accepted.generation),
        };
        if same_keys {
            self.counters.accepted_from_cache();
        }
        same_keys.then_some(found)
    }

    pub(super) async fn judge(&self, token: &str, now: Duration) -> Result<AccessToken, Failed> {
        let last = self.last_keys();
        let unverified = match self.read(token, last.as_deref()) {
            Ok(unverified) => unverified,
            Err(reason) => return self.introspect(token, reason, now).await,
        };
        let (index, trusted) = self.trusted(&unverified)?;
        let Keys::Public(provider) = &trusted.keys else {
            return self.judge_with(token, &unverified, (index, None), now);
        };
        let kid = unverified.header().kid();
        let snapshot = match ready(provider, last.as_ref(), kid) {
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

    pub(super) fn judge_now(&self, token: &str, now: Duration) -> Result<AccessToken, Failed> {
        let last = self.last_keys();
        let unverified = self.read(token, last.as_deref())?;
        let (index, trusted) = self.trusted(&unverified)?;
        let Keys::Public(provider) = &trusted.keys else {
            return self.judge_with(token, &unverified, (index, None), now);
        };
        let kid = unverified.header().kid();
        let snapshot = ready(provider, last.as_ref(), kid).or_else(|| provider.last_known());
        let snapshot = snapshot.ok_or_else(|| Reason::KeysUnavailable {
            issuer: trusted.issuer.clone(),
            cause: "no keys were fetched yet".into(),
        })?;
        self.judge_with(token, &unverified, (index, Some(&snapshot)), now)
    }

    /// The keys of the only issuer as they are, for what they know of earlier tokens.
    fn last_keys(&self) -> Option<Arc<Snapshot>> {
        match &self.issuers[..] {
            [
                Trusted {
                    keys: Keys::Public(provider),
                    ..
                },
            ] => provider.last_known(),
            _ => None,
        }
    }

    /// Form and algorithm: what needs no key.
    fn read<'a>(
        &self,
        token: &'a str,
        last: Option<&'a Snapshot>,
    ) -> Result<Unverified<'a>, Reason> {
        let audience = || self.settings.wanted_audience();
        let known = last.and_then(Snapshot::header);
        let unverified =
            jws::parse_knowing(token, known).map_err(|error| match (Look::of(token), error) {
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
    ) -> Result<AccessToken, Failed> {
        let trusted = &self.issuers[issuer_index];
        let key = match (&trusted.keys, snapshot) {
            (Keys::Secret(key), _) => key,
            (Keys::Public(_), Some(snapshot)) => self.choose(unverified, snapshot, trusted)?,
            (Keys::Public(_), None) => unreachable!("invariant: callers bring the snapshot"),
        };
        let verified = match unverified.verify_payload(key) {
            Ok(verified) => verified,
            Err(JoseError::AlgorithmMismatch) => {
                let reason = || Reason::AlgorithmNotAllowed {
                    alg: unverified.header().alg(),
                    allowed: key.algs().collect(),
                };
                return Err(self.better(unverified, reason).into());
            }
            Err(JoseError::Base64) => return Err(Reason::Malformed(JoseError::Base64).into()),
            Err(_) => {
                let kid = || unverified.header().kid().map(str::to_owned);
                let reason = || Reason::BadSignature { kid: kid() };
                return Err(self.better(unverified, reason).into());
            }
        };
        let header = unverified.header();
        let claims = Claims::from_payload(verified)
            .map_err(Reason::Claims)?
            .into_inner();
        checks::issuer(&[&trusted.issuer], &claims)
            .and_then(|()| checks::check(&self.settings, header.typ(), &claims, now))
            .map_err(|reason| self.attribute(reason, &claims))?;
        let accepted = AccessToken::new(Accepted {
            claims,
            key: Some(Arc::clone(key)),
            issuer_index,
            generation: snapshot.map_or(0, |snapshot| snapshot.generation),
        });
        if let Some(snapshot) = snapshot {
            snapshot.remember(unverified);
        }
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
    ) -> Result<&'k Arc<VerifyingKey>, Reason> {
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
    ) -> Result<AccessToken, Failed> {
        let (Some(introspect), Reason::Opaque { look, .. }) = (&self.introspect, &reason) else {
            return Err(reason.into());
        };
        if look.kind() != TokenKind::Opaque {
            return Err(reason.into());
        }
        let cache = self.introspected.as_ref();
        let known = cache.and_then(|cache| cache.get(&TokenCache::name(token), now));
        if let Some(known) = known {
            self.counters.accepted_from_cache();
            return Ok(known);
        }
        let claims = introspect
            .introspect(token.to_owned())
            .await
            .map_err(|cause| Reason::KeysUnavailable {
                issuer: self.issuers[0].issuer.clone(),
                cause,
            })?;
        let claims = claims.ok_or(Reason::Inactive)?;
        let named = claims.issuer().is_some();
        let issuer = || match named {
            true => checks::issuer(&self.issuer_names(), &claims),
            false => Ok(()),
        };
        checks::check(&self.settings, None, &claims, now)
            .and_then(|()| issuer())
            .map_err(|reason| self.attribute(reason, &claims))?;
        let accepted = AccessToken::new(Accepted {
            claims,
            key: None,
            issuer_index: 0,
            generation: 0,
        });
        if let Some(cache) = cache {
            cache.insert(TokenCache::name(token), accepted.clone(), now);
        }
        Ok(accepted)
    }

    /// Adds the application to a refusal of claims that somebody vouches for, if anybody listens.
    fn attribute(&self, reason: Reason, claims: &Claims) -> Failed {
        let application = match (&self.observer, &reason) {
            (None, _) => None,
            (Some(_), Reason::IdToken { application, .. }) => application.clone(),
            (Some(_), _) => token::application(claims).map(std::borrow::Cow::into_owned),
        };
        Failed {
            reason,
            application,
        }
    }

    /// Counts a refusal and tells the observer.
    pub(super) fn note(&self, reason: &Reason, application: Option<&str>) {
        self.counters.refused(reason);
        if let Some(observer) = &self.observer {
            observer.refused(&Refused {
                reason,
                application,
                audience: &self.settings.wanted_audience,
            });
        }
    }

    /// Binding and counting, which every request needs, remembered token or not.
    pub(super) fn conclude(
        &self,
        result: Result<AccessToken, Failed>,
        presented: &Presented<'_>,
        now: Duration,
    ) -> Result<AccessToken, Reason> {
        let result = result.and_then(|token| {
            match binding::check(self.dpop.as_ref(), &token, presented, now) {
                Ok(()) => Ok(token),
                Err(reason) => Err(self.attribute(reason, &token.accepted().claims)),
            }
        });
        match result {
            Ok(token) => {
                self.counters.accepted();
                if let Some(observer) = &self.observer {
                    let application = token.application();
                    observer.accepted(&observe::Accepted {
                        application: application.as_deref(),
                        audience: &self.settings.wanted_audience,
                        now,
                    });
                }
                Ok(token)
            }
            Err(failed) => {
                self.note(&failed.reason, failed.application.as_deref());
                Err(failed.reason)
            }
        }
    }

    fn issuer_names(&self) -> Vec<&str> {
        self.issuers
            .iter()
            .map(|trusted| trusted.issuer.as_str())
            .collect()
    }
}

/// Keys that need no wait: those that were looked at already, if they are of this provider.
fn ready(
    provider: &JwkProvider,
    last: Option<&Arc<Snapshot>>,
    kid: Option<&str>,
) -> Option<Arc<Snapshot>> {
    match last {
        Some(last) => provider.is_ready(last, kid).then(|| Arc::clone(last)),
        None => provider.ready(kid),
    }
}
