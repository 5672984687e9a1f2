//! The one place that reads the time.

use std::time::Duration;
#[cfg(not(target_os = "linux"))]
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time. Give a verifier your own to test expiry without waiting.
pub trait Clock: Send + Sync + 'static {
    /// Time since 1970-01-01 UTC.
    fn now(&self) -> Duration;
}

/// The operating system's clock. On Linux it is the one that moves every few milliseconds: tokens
/// count seconds, and reading it costs a tenth.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[cfg(target_os = "linux")]
impl Clock for SystemClock {
    fn now(&self) -> Duration {
        use rustix::time::{ClockId, clock_gettime};
        let now = clock_gettime(ClockId::RealtimeCoarse);
        // A clock before 1970 reads as 1970: every token is then "issued in the future".
        Duration::try_from(now).unwrap_or_default()
    }
}

#[cfg(not(target_os = "linux"))]
impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that others are handed"
    )]
    fn now(&self) -> Duration {
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
