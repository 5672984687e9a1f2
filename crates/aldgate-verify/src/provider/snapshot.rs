//! One version of an issuer's keys, parsed.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aldgate_jose::jws::{KnownHeader, Unverified};
use aldgate_jose::{Alg, JoseError, JwkSet, VerifyingKey};

/// Parsed keys and how long they may serve.
pub(crate) struct Snapshot {
    keys: Vec<Arc<VerifyingKey>>,
    /// The header of the first token that was accepted with these keys.
    header: OnceLock<KnownHeader>,
    /// Counts the versions; a cached token remembers the one it was checked with.
    pub(crate) generation: u64,
    /// Keys of the set beyond the limit, which are not here.
    pub(crate) dropped: usize,
    /// From here on a refresh is due.
    pub(crate) refresh_at: Duration,
    /// From here on a fetch comes first.
    pub(crate) fresh_until: Duration,
    /// From here on not usable even when the issuer is down.
    pub(crate) stale_until: Duration,
}

/// How a key was found, or not.
pub(crate) enum Found<'a> {
    Key(&'a Arc<VerifyingKey>),
    Ambiguous(usize),
    Nothing,
}

impl Snapshot {
    /// Parses the keys of a set, at most `keys_max` of them.
    pub(crate) fn new(set: &JwkSet, keys_max: usize, generation: u64) -> Result<Self, JoseError> {
        let kept = &set.keys()[..set.keys().len().min(keys_max)];
        let keys = kept
            .iter()
            .map(|jwk| VerifyingKey::from_jwk(jwk).map(Arc::new))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            keys,
            header: OnceLock::new(),
            generation,
            dropped: set.keys().len() - kept.len(),
            refresh_at: Duration::ZERO,
            fresh_until: Duration::ZERO,
            stale_until: Duration::ZERO,
        })
    }

    /// Sets the times from a moment on.
    pub(crate) fn valid_from(mut self, now: Duration, ttl: Duration, stale: Duration) -> Self {
        self.refresh_at = now.saturating_add(ttl / 5 * 4);
        self.fresh_until = now.saturating_add(ttl);
        self.stale_until = self.fresh_until.saturating_add(stale);
        self
    }

    /// Keys that nobody fetches never age.
    pub(crate) fn valid_forever(mut self) -> Self {
        self.refresh_at = Duration::MAX;
        self.fresh_until = Duration::MAX;
        self.stale_until = Duration::MAX;
        self
    }

    /// The same keys, for a longer time.
    pub(crate) fn renewed(&self) -> Self {
        Self {
            keys: self.keys.clone(),
            header: OnceLock::new(),
            ..*self
        }
    }

    /// All but one key.
    pub(crate) fn without(&self, kid: &str, generation: u64) -> Self {
        let keys = self
            .keys
            .iter()
            .filter(|key| key.kid() != Some(kid))
            .cloned()
            .collect();
        Self {
            keys,
            header: OnceLock::new(),
            generation,
            ..*self
        }
    }

    /// A header that need not be read again.
    pub(crate) fn header(&self) -> Option<&KnownHeader> {
        self.header.get()
    }

    /// Remembers the header of an accepted token, if it is the first one.
    pub(crate) fn remember(&self, token: &Unverified<'_>) {
        self.header.get_or_init(|| token.known_header());
    }

    /// Whether it gets older at all.
    pub(crate) fn ages(&self) -> bool {
        self.refresh_at != Duration::MAX
    }

    /// Whether a token with this `kid` needs no fetch.
    pub(crate) fn has(&self, kid: Option<&str>) -> bool {
        kid.is_none_or(|kid| self.keys.iter().any(|key| key.kid() == Some(kid)))
    }

    /// The key for a token: by name, or the only one that fits when the token names none.
    pub(crate) fn find(&self, kid: Option<&str>, alg: Alg) -> Found<'_> {
        let mut candidates = self.keys.iter().filter(|key| match kid {
            Some(_) => key.kid() == kid,
            None => key.algs().any(|own| own == alg),
        });
        match (candidates.next(), candidates.count()) {
            (Some(key), 0) => Found::Key(key),
            (Some(_), more) => Found::Ambiguous(more + 1),
            (None, _) => Found::Nothing,
        }
    }

    /// The names of all keys.
    pub(crate) fn kids(&self) -> Vec<String> {
        self.keys
            .iter()
            .filter_map(|key| key.kid())
            .map(str::to_owned)
            .collect()
    }
}
