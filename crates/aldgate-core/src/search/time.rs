//! Times in queries: a year, a month, a day or a moment.

use crate::time::{Seconds, Timestamp};

/// The span that a text names: from, and until before.
pub(super) fn period(text: &str) -> Option<(Timestamp, Timestamp)> {
    let at = |text: &str| Timestamp::parse_iso8601(text).ok();
    let number = |text: &str| text.parse::<u16>().ok();
    match (text.len(), text.as_bytes().get(4)) {
        (4, None) => {
            let year = number(text)?;
            let next = year.checked_add(1)?;
            let start = at(&format!("{year:04}-01-01T00:00:00Z"))?;
            Some((start, at(&format!("{next:04}-01-01T00:00:00Z"))?))
        }
        (7, Some(b'-')) => {
            let (year, month) = (number(text.get(..4)?)?, number(text.get(5..)?)?);
            let next = match month {
                12 => (year.checked_add(1)?, 1),
                month => (year, month.checked_add(1)?),
            };
            let start = at(&format!("{year:04}-{month:02}-01T00:00:00Z"))?;
            Some((
                start,
                at(&format!("{:04}-{:02}-01T00:00:00Z", next.0, next.1))?,
            ))
        }
        (10, Some(b'-')) => {
            let start = at(&format!("{text}T00:00:00Z"))?;
            Some((start, start + Seconds::days(1)))
        }
        // A moment is shown in milliseconds; what is stored has microseconds.
        _ => {
            let start = at(text).or_else(|| at(&format!("{text}Z")))?;
            let start = Timestamp::from_micros(start.micros() - start.micros().rem_euclid(1000));
            Some((start, Timestamp::from_micros(start.micros() + 1000)))
        }
    }
}
