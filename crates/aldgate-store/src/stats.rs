//! How much work was done, for metrics and for the tests of group commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a store did since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreStats {
    /// How many units of work were committed.
    pub units: u64,
    /// How many commits that took: with group commit, fewer.
    pub commits: u64,
    /// How many units of work wait now.
    pub waiting: usize,
}

/// The counters behind [`StoreStats`], shared by the threads.
#[derive(Clone, Default)]
pub(crate) struct Counters {
    units: Arc<AtomicU64>,
    commits: Arc<AtomicU64>,
}

impl Counters {
    /// Counts one commit of `units` units of work.
    pub(crate) fn committed(&self, units: u64) {
        self.units.fetch_add(units, Ordering::Relaxed);
        self.commits.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self, waiting: usize) -> StoreStats {
        StoreStats {
            units: self.units.load(Ordering::Relaxed),
            commits: self.commits.load(Ordering::Relaxed),
            waiting,
        }
    }
}
