//! The one place that reads the time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tells the time. Give a verifier your own to test expiry without waiting.
pub trait Clock: Send + Sync + 'static {
    /// Time since 1970-01-01 UTC.
    fn now(&self) -> Duration;
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that others are handed"
    )]
    fn now(&self) -> Duration {
        // A clock before 1970 reads as 1970: every token is then "issued in the future".
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
    }
}

impl<F: Fn() -> Duration + Send + Sync + 'static> Clock for F {
    fn now(&self) -> Duration {
        self()
    }
}
