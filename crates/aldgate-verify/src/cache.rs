//! Tokens that were verified a moment ago, by their digest.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aldgate_jose::digest;

use crate::token::AccessToken;

/// A bounded memory of accepted tokens. It belongs to one verifier, because another one may
/// check more; it holds digests, never tokens. Two halves: when the young one is full, it
/// becomes the old one, and what was in that is forgotten.
pub(crate) struct TokenCache {
    half_max: usize,
    ttl: Duration,
    halves: Mutex<Halves>,
}

#[derive(Default)]
struct Halves {
    young: HashMap<[u8; 32], Entry>,
    old: HashMap<[u8; 32], Entry>,
}

#[derive(Clone)]
struct Entry {
    token: AccessToken,
    until: Duration,
}

impl TokenCache {
    pub(crate) fn new(tokens_max: usize, ttl: Duration) -> Self {
        Self {
            half_max: (tokens_max / 2).max(1),
            ttl,
            halves: Mutex::default(),
        }
    }

    pub(crate) fn name(token: &str) -> [u8; 32] {
        digest::sha256(token.as_bytes())
    }

    /// The token of this name, while it is valid.
    pub(crate) fn get(&self, name: &[u8; 32], now: Duration) -> Option<AccessToken> {
        let halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = halves.young.get(name).or_else(|| halves.old.get(name))?;
        (now < entry.until).then(|| entry.token.clone())
    }

    /// Remembers a token until `exp` or for the cache's own time, whichever is shorter.
    pub(crate) fn insert(&self, name: [u8; 32], token: AccessToken, now: Duration) {
        let expires = Duration::from_secs(token.expires_at());
        let until = expires.min(now.saturating_add(self.ttl));
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        if halves.young.len() >= self.half_max {
            halves.old = std::mem::take(&mut halves.young);
        }
        halves.young.insert(name, Entry { token, until });
    }

    /// Forgets one token, or all.
    pub(crate) fn forget(&self, name: Option<&[u8; 32]>) {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        match name {
            Some(name) => {
                halves.young.remove(name);
                halves.old.remove(name);
            }
            None => *halves = Halves::default(),
        }
    }
}
