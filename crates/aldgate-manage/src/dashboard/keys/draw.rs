//! The timeline of a ring as SVG: for each key when it is published, and when it signs. The list
//! below it tells the same in words.

use std::fmt::Write as _;

use aldgate_core::time::{Seconds, Timestamp};

use super::{Key, short};

const WIDTH: u64 = 720;
/// Where the bars begin, behind the names.
const LEFT: u64 = 110;
const ROW: u64 = 34;
const TOP: u64 = 26;

/// The picture; empty when there is nothing to draw.
pub(super) fn timeline(alg: &str, keys: &[Key], now: Timestamp) -> String {
    let starts = keys.iter().filter_map(|key| key.times.published);
    let ends = keys.iter().filter_map(|key| key.times.published_until);
    let Some(first) = starts.min() else {
        return String::new();
    };
    let last = ends.max().unwrap_or(now).max(now + Seconds::days(10));
    let scale = Scale {
        first,
        span: last.micros().saturating_sub(first.micros()).max(1),
    };
    let height = TOP + ROW * keys.len() as u64 + 8;
    let label = minijinja::HtmlEscape(alg);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"When the {label} keys are published and sign; the list below says it in \
         words\">"
    );
    let x = scale.x(now);
    // Writing into a String cannot fail.
    let _ = write!(
        svg,
        "<text x=\"{x}\" y=\"14\" text-anchor=\"middle\">now</text>\
         <path class=\"keys-now\" d=\"M{x} 20V{height}\"/>"
    );
    for (index, key) in keys.iter().enumerate() {
        row(&mut svg, key, TOP + ROW * index as u64, (&scale, now));
    }
    svg.push_str("</svg>");
    svg
}

/// From times to places.
struct Scale {
    first: Timestamp,
    span: i64,
}

impl Scale {
    fn x(&self, at: Timestamp) -> u64 {
        let part = at
            .micros()
            .saturating_sub(self.first.micros())
            .clamp(0, self.span);
        let place = i128::from(part) * i128::from(WIDTH - LEFT - 10) / i128::from(self.span);
        LEFT + u64::try_from(place).unwrap_or(0)
    }
}

fn row(svg: &mut String, key: &Key, y: u64, (scale, now): (&Scale, Timestamp)) {
    let times = key.times;
    let name = short(&key.kid);
    let name = minijinja::HtmlEscape(&name);
    let _ = write!(svg, "<text x=\"0\" y=\"{}\">{name}</text>", y + 18);
    let mut bar = |class: &str, from: Timestamp, until: Timestamp| {
        let (from, until) = (scale.x(from), scale.x(until));
        let width = until.saturating_sub(from).max(3);
        let _ = write!(
            svg,
            "<rect class=\"{class}\" x=\"{from}\" y=\"{}\" width=\"{width}\" height=\"20\" \
             rx=\"3\"/>",
            y + 4
        );
    };
    let Some(published) = times.published else {
        return;
    };
    let until = times.published_until.unwrap_or(now);
    let class = match key.state {
        "revoked" => "keys-revoked",
        _ => "keys-published",
    };
    bar(class, published, until);
    match key.state {
        "current" => bar("keys-signs", times.signs.unwrap_or(published), now),
        "previous" => {
            // When it began to sign is not kept: it was at the earliest when it was published.
            bar(
                "keys-signed",
                published,
                times.signed_until.unwrap_or(published),
            );
        }
        _ => {}
    }
}
