//! Numbers about what a verifier did, without names or contents of tokens.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use crate::Reason;

/// Counts since the start. Read them with [`Counters::snapshot`] and export them as you like.
#[derive(Debug)]
pub struct Counters {
    accepted: AtomicU64,
    from_cache: AtomicU64,
    refused: [AtomicU64; Reason::CODES.len()],
}

/// The numbers at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CountersSnapshot {
    /// Tokens accepted, those from the cache included.
    pub accepted: u64,
    /// Tokens accepted without checking the signature again.
    pub from_cache: u64,
    /// Refusals by [`Reason::code`]; only codes that happened.
    pub refused: Vec<(&'static str, u64)>,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            accepted: AtomicU64::new(0),
            from_cache: AtomicU64::new(0),
            refused: [const { AtomicU64::new(0) }; Reason::CODES.len()],
        }
    }
}

impl Counters {
    /// The numbers now.
    #[must_use]
    pub fn snapshot(&self) -> CountersSnapshot {
        let refused = Reason::CODES.iter().zip(&self.refused);
        CountersSnapshot {
            accepted: self.accepted.load(Ordering::Relaxed),
            from_cache: self.from_cache.load(Ordering::Relaxed),
            refused: refused
                .map(|(code, count)| (*code, count.load(Ordering::Relaxed)))
                .filter(|(_, count)| *count > 0)
                .collect(),
        }
    }

    pub(crate) fn accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn accepted_from_cache(&self) {
        self.from_cache.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn refused(&self, reason: &Reason) {
        if let Ok(index) = Reason::CODES.binary_search(&reason.code()) {
            self.refused[index].fetch_add(1, Ordering::Relaxed);
        }
    }
}
