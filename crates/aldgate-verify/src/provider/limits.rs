//! Bounds on how often a provider fetches.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// At most so many events in any window of this length.
pub(crate) struct Window {
    events_max: usize,
    length: Duration,
    events: VecDeque<Duration>,
}

impl Window {
    pub(crate) fn new(events_max: usize, length: Duration) -> Self {
        Self {
            events_max,
            length,
            events: VecDeque::new(),
        }
    }

    /// Whether one more event fits now; if so it is counted.
    pub(crate) fn take(&mut self, now: Duration) -> bool {
        while self
            .events
            .front()
            .is_some_and(|at| *at + self.length <= now)
        {
            self.events.pop_front();
        }
        if self.events.len() >= self.events_max {
            return false;
        }
        self.events.push_back(now);
        true
    }
}

/// Remembers names that the issuer did not have. Bounded: names are kept as hashes, and when the
/// table is full new ones are not remembered, which costs at most one fetch per cool-down.
pub(crate) struct Unknown {
    hasher: RandomState,
    until: HashMap<u64, Duration>,
}

/// How long an unknown name is not asked for again.
const UNKNOWN_FOR: Duration = Duration::from_secs(60);

/// How many unknown names are remembered.
const UNKNOWN_MAX: usize = 256;

impl Unknown {
    pub(crate) fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            until: HashMap::new(),
        }
    }

    pub(crate) fn contains(&self, kid: &str, now: Duration) -> bool {
        self.until
            .get(&self.hasher.hash_one(kid))
            .is_some_and(|until| now < *until)
    }

    pub(crate) fn insert(&mut self, kid: &str, now: Duration) {
        if self.until.len() >= UNKNOWN_MAX {
            self.until.retain(|_, until| now < *until);
        }
        if self.until.len() < UNKNOWN_MAX {
            self.until
                .insert(self.hasher.hash_one(kid), now + UNKNOWN_FOR);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.until.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jwk_01_n_per_window_means_n_per_window() {
        let at = Duration::from_secs;
        let mut window = Window::new(2, at(60));
        assert!(window.take(at(0)) && window.take(at(30)));
        assert!(!window.take(at(59)));
        assert!(window.take(at(60)));
        assert!(!window.take(at(89)));
        assert!(window.take(at(90)));
        assert!(window.events.len() <= 2);
    }

    #[test]
    fn jwk_03_memory_for_unknown_names_is_bounded() {
        let mut unknown = Unknown::new();
        for i in 0..100_000 {
            unknown.insert(&i.to_string(), Duration::ZERO);
        }
        assert!(unknown.until.len() <= UNKNOWN_MAX);
        assert!(unknown.contains("0", Duration::ZERO));
        assert!(!unknown.contains("0", UNKNOWN_FOR));
        unknown.insert("later", UNKNOWN_FOR);
        assert!(unknown.contains("later", UNKNOWN_FOR));
    }
}
