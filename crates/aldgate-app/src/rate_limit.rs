//! How many requests somebody may make: a token bucket for each key, in bounded memory.
//!
//! A bucket is one number, the time at which it is full again (the generic cell rate algorithm), so
//! nothing runs in the background. The clock is the caller's.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use aldgate_core::time::{Seconds, Timestamp};
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// So many requests in a span, and how many of them at once.
///
/// Written `30/s`, `100/min` or `500/h`, with `30/s burst 60` where more may come at once than in
/// one span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Microseconds until one more is allowed.
    interval: i64,
    burst: NonZeroU32,
}

/// A bucket for each key. The `keys_max` keys that asked last are remembered; one that is forgotten
/// begins with a full bucket again.
#[derive(Debug)]
pub struct RateLimiter<K> {
    rate: Rate,
    keys_max: usize,
    buckets: Mutex<Generations<K>>,
}

/// Two generations of buckets: when the young one is half of what may be remembered, the old one
/// is dropped. So forgetting costs nothing extra, however many keys there are.
#[derive(Debug)]
struct Generations<K> {
    young: HashMap<K, Timestamp>,
    old: HashMap<K, Timestamp>,
}

/// Whether a request may be made, and what its answer tells of the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Whether it may.
    pub is_allowed: bool,
    /// Requests at once.
    pub limit: u32,
    /// Requests that could follow at once.
    pub remaining: u32,
    /// When the bucket is full again; after a refusal, when the next request is allowed.
    pub reset: Timestamp,
    /// How long to wait after a refusal, rounded up to seconds; else 0.
    pub retry_after: Seconds,
}

impl Rate {
    /// `count` requests in `span`, at most `burst` at once; `None` where there would be none.
    #[must_use]
    pub fn new(count: u32, span: Seconds, burst: u32) -> Option<Self> {
        let micros = i64::try_from(span.0).ok()?.checked_mul(1_000_000)?;
        let interval = micros.checked_div(count.into())?;
        Some(Self {
            interval: (interval > 0).then_some(interval)?,
            burst: NonZeroU32::new(burst)?,
        })
    }

    /// How long an empty bucket takes to fill, in microseconds.
    fn depth(self) -> i64 {
        self.interval.saturating_mul(self.burst.get().into())
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str = "a rate as 30/s, 100/min, 500/h or 30/s burst 60";
        let (rate, burst) = match text.split_once("burst") {
            Some((rate, burst)) => (rate.trim(), Some(burst.trim())),
            None => (text.trim(), None),
        };
        let (count, span) = rate.split_once('/').ok_or(FORM)?;
        let count: u32 = count.parse().map_err(|_| FORM)?;
        let span = match span {
            "s" => Seconds(1),
            "min" => Seconds::minutes(1),
            "h" => Seconds::hours(1),
            _ => return Err(FORM.into()),
        };
        let burst = burst.map_or(Ok(count), |burst| burst.parse().map_err(|_| FORM))?;
        Self::new(count, span, burst).ok_or_else(|| FORM.into())
    }
}

impl<K: Eq + Hash> RateLimiter<K> {
    /// A limiter that remembers at most `keys_max` keys.
    #[must_use]
    pub fn new(rate: Rate, keys_max: usize) -> Self {
        let buckets = Generations {
            young: HashMap::new(),
            old: HashMap::new(),
        };
        Self {
            rate,
            keys_max,
            buckets: Mutex::new(buckets),
        }
    }

    /// Takes a token from the bucket of `key`, if there is one.
    pub fn take(&self, key: K, now: Timestamp) -> Allowance {
        let depth = self.rate.depth();
        let latest = after(now, depth);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let known = buckets.of(&key).unwrap_or(now);
        // A clock that was set back must not keep anybody out for longer than an empty bucket.
        let full_at = known.clamp(now, latest);
        let taken = after(full_at, self.rate.interval);
        let is_allowed = taken <= latest;
        let kept = if is_allowed { taken } else { full_at };
        buckets.keep(key, kept, self.keys_max);
        drop(buckets);
        let waits = taken.micros().saturating_sub(latest.micros()).max(0);
        let left = latest.micros().saturating_sub(kept.micros()) / self.rate.interval;
        Allowance {
            is_allowed,
            limit: self.rate.burst.get(),
            remaining: u32::try_from(left).unwrap_or(0),
            reset: if is_allowed { kept } else { after(now, waits) },
            retry_after: Seconds(waits.unsigned_abs().div_ceil(1_000_000)),
        }
    }
}

impl<K: Eq + Hash> Generations<K> {
    fn of(&self, key: &K) -> Option<Timestamp> {
        self.young.get(key).or_else(|| self.old.get(key)).copied()
    }

    fn keep(&mut self, key: K, full_at: Timestamp, keys_max: usize) {
        if let Some(known) = self.young.get_mut(&key) {
            *known = full_at;
            return;
        }
        if self.young.len() >= (keys_max / 2).max(1) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, full_at);
    }
}

impl Allowance {
    /// Writes `x-ratelimit-limit`, `-remaining`, `-reset` (in UNIX seconds, rounded up) and, for a
    /// refusal, `Retry-After`.
    pub fn apply(&self, headers: &mut HeaderMap) {
        let reset = (self.reset.micros() + 999_999).div_euclid(1_000_000);
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(reset));
        if !self.is_allowed {
            headers.insert(RETRY_AFTER, HeaderValue::from(self.retry_after.0.max(1)));
        }
    }
}

fn after(moment: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_micros(moment.micros().saturating_add(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    fn limiter(rate: &str) -> RateLimiter<u32> {
        RateLimiter::new(rate.parse().expect("a rate"), 100)
    }

    #[test]
    fn a_burst_is_allowed_and_then_the_rate() {
        let limiter = limiter("2/s burst 3");
        let taken: Vec<_> = (0..4).map(|_| limiter.take(1, NOW)).collect();
        let remaining: Vec<u32> = taken.iter().map(|one| one.remaining).collect();
        assert_eq!(remaining, [2, 1, 0, 0]);
        assert!(taken[2].is_allowed && !taken[3].is_allowed);
        assert_eq!(
            taken[0].reset,
            Timestamp::from_micros(NOW.micros() + 500_000)
        );
        assert_eq!(taken[3].reset, taken[0].reset);
        assert_eq!(taken[3].retry_after, Seconds(1));
        assert!(limiter.take(2, NOW).is_allowed, "another key");
        let half = Timestamp::from_micros(NOW.micros() + 500_000);
        assert!(limiter.take(1, half).is_allowed);
        assert!(!limiter.take(1, half).is_allowed);
        assert_eq!(limiter.take(1, NOW + Seconds(60)).remaining, 2);
    }

    #[test]
    fn never_more_than_the_budget_whatever_the_schedule() {
        let limiter = limiter("10/s");
        let allowed = (0..10_000).filter(|n| {
            let now = Timestamp::from_micros(NOW.micros() + n * 1_000);
            limiter.take(7, now).is_allowed
        });
        assert_eq!(allowed.count(), 10 + 99);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_lock_out() {
        let limiter = limiter("1/s burst 5");
        assert!(limiter.take(1, NOW + Seconds::days(1)).is_allowed);
        assert!(!limiter.take(1, NOW).is_allowed);
        assert!(limiter.take(1, NOW + Seconds(1)).is_allowed);
    }

    #[test]
    fn ops_03_memory_is_bounded() {
        let limiter = limiter("1/h");
        for key in 0..10_000 {
            assert!(limiter.take(key, NOW).is_allowed);
        }
        let buckets = limiter.buckets.lock().expect("not poisoned");
        assert!(buckets.young.len() + buckets.old.len() <= 100);
        assert!(buckets.of(&9_999).is_some());
    }

    #[test]
    fn headers_say_when_to_come_back() {
        let limiter = limiter("1/min");
        let headers = |allowance: Allowance| {
            let mut headers = HeaderMap::new();
            allowance.apply(&mut headers);
            ["x-ratelimit-remaining", "x-ratelimit-reset", "retry-after"].map(|name| {
                let value = headers.get(name)?.to_str().expect("digits");
                Some(value.to_owned())
            })
        };
        let text = |text: &str| Some(text.to_owned());
        let first = headers(limiter.take(1, NOW));
        assert_eq!(first, [text("0"), text("1060"), None]);
        let second = headers(limiter.take(1, NOW + Seconds(10)));
        assert_eq!(second, [text("0"), text("1060"), text("50")]);
    }

    #[test]
    fn nonsense_is_no_rate() {
        for text in [
            "",
            "0/s",
            "5",
            "5/day",
            "-1/s",
            "5/s burst 0",
            "5/s burst",
            "x/s",
        ] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}
