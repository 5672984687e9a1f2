//! The only place that reads the time. `now` is read once a request and handed down.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use aldgate_core::time::{Seconds, Timestamp};

/// Tells the time.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Moves the clock forward, if it is one that can be moved; says whether it was.
    fn advance(&self, span: Seconds) -> bool;
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this file owns the clock")]
    fn now(&self) -> Timestamp {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let micros = now.map(|span| i64::try_from(span.as_micros()).unwrap_or(i64::MAX));
        Timestamp::from_micros(micros.unwrap_or_default())
    }

    fn advance(&self, _span: Seconds) -> bool {
        false
    }
}

/// A clock that can be moved forward. It stands still in tests, and runs on from the operating
/// system's time in `aldgate dev`.
#[derive(Debug)]
pub struct ManualClock {
    base: Base,
    offset_micros: AtomicI64,
}

#[derive(Debug)]
enum Base {
    Fixed(Timestamp),
    Running(SystemClock),
}

impl ManualClock {
    /// A clock that stands still at `start`.
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self {
            base: Base::Fixed(start),
            offset_micros: AtomicI64::new(0),
        }
    }

    /// A clock that runs with the operating system's.
    #[must_use]
    pub fn running() -> Self {
        Self {
            base: Base::Running(SystemClock),
            offset_micros: AtomicI64::new(0),
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let base = match &self.base {
            Base::Fixed(start) => *start,
            Base::Running(clock) => clock.now(),
        };
        let offset = self.offset_micros.load(Ordering::SeqCst);
        Timestamp::from_micros(base.micros().saturating_add(offset))
    }

    fn advance(&self, span: Seconds) -> bool {
        let before = self.now();
        let micros = (before + span).micros() - before.micros();
        self.offset_micros.fetch_add(micros, Ordering::SeqCst);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::at(Timestamp::from_seconds(100));
        assert_eq!(clock.now(), Timestamp::from_seconds(100));
        assert!(clock.advance(Seconds(5)));
        assert_eq!(clock.now(), Timestamp::from_seconds(105));
    }

    #[test]
    fn the_systems_clock_cannot_be_moved() {
        assert!(!SystemClock.advance(Seconds(5)));
        assert!(SystemClock.now() > Timestamp::from_seconds(1_700_000_000));
    }
}
