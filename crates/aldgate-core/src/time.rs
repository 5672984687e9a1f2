//! Points in time and spans, as distinct types that do not mix by accident.

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// A point in time: microseconds since 1970-01-01T00:00:00Z. Stored as `BIGINT`, column `…_at`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// A span of whole seconds, never negative.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seconds(pub u64);

/// Keeps arithmetic far from overflow and `jiff`'s range: the year 9000.
const MICROS_MAX: i64 = 221_845_392_000_000_000;

impl Timestamp {
    /// The moment `micros` microseconds after the epoch, clamped to a range that never overflows.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        if micros > MICROS_MAX {
            Self(MICROS_MAX)
        } else if micros < -MICROS_MAX {
            Self(-MICROS_MAX)
        } else {
            Self(micros)
        }
    }

    /// The moment `seconds` seconds after the epoch.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self::from_micros(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down: the `NumericDate` of RFC 7519 section 2.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The time that has passed since `earlier`, zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Seconds {
        let micros = self.0.saturating_sub(earlier.0);
        Seconds(if micros < 0 {
            0
        } else {
            micros.unsigned_abs() / 1_000_000
        })
    }

    /// ISO 8601 with milliseconds and `Z`, as Auth0 writes times: `2026-11-24T06:31:18.123Z`.
    #[must_use]
    pub fn iso8601(self) -> String {
        let instant = jiff::Timestamp::from_microsecond(self.0 - self.0.rem_euclid(1000))
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        format!("{instant:.3}")
    }

    /// Reads ISO 8601 with an offset.
    ///
    /// # Errors
    /// Returns a sentence that says what is wrong with `text`.
    pub fn parse_iso8601(text: &str) -> Result<Self, String> {
        let instant: jiff::Timestamp = text.parse().map_err(|e: jiff::Error| e.to_string())?;
        Ok(Self::from_micros(instant.as_microsecond()))
    }
}

impl Seconds {
    /// `minutes` minutes.
    #[must_use]
    pub const fn minutes(minutes: u64) -> Self {
        Self(minutes * 60)
    }

    /// `hours` hours.
    #[must_use]
    pub const fn hours(hours: u64) -> Self {
        Self(hours * 3600)
    }

    /// `days` days.
    #[must_use]
    pub const fn days(days: u64) -> Self {
        Self(days * 86_400)
    }

    fn micros(self) -> i64 {
        i64::try_from(self.0)
            .unwrap_or(i64::MAX)
            .saturating_mul(1_000_000)
    }
}

impl Add<Seconds> for Timestamp {
    type Output = Self;

    fn add(self, span: Seconds) -> Self {
        Self::from_micros(self.0.saturating_add(span.micros()))
    }
}

impl Sub<Seconds> for Timestamp {
    type Output = Self;

    fn sub(self, span: Seconds) -> Self {
        Self::from_micros(self.0.saturating_sub(span.micros()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso8601())
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso8601_has_milliseconds_and_reads_back() {
        let at = Timestamp::from_micros(1_795_502_478_123_456);
        assert_eq!(at.iso8601(), "2026-11-24T06:41:18.123Z");
        assert_eq!(
            Timestamp::parse_iso8601("2026-11-24T06:41:18.123456Z"),
            Ok(at)
        );
        assert!(Timestamp::parse_iso8601("yesterday").is_err());
    }

    #[test]
    fn arithmetic_saturates() {
        let end = Timestamp::from_micros(i64::MAX) + Seconds(u64::MAX);
        assert_eq!(end, Timestamp::from_micros(i64::MAX));
        assert!(!end.iso8601().is_empty());
        assert_eq!(
            Timestamp::from_seconds(5).since(Timestamp::from_seconds(9)),
            Seconds(0)
        );
        assert_eq!(Timestamp::from_micros(-1).seconds(), -1);
    }
}
