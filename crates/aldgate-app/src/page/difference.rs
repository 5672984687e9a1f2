//! Marks where two values differ, so that nobody has to look for the missing slash.

use serde::Serialize;

/// A value that was refused beside the values that would have been accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What was compared, such as `redirect_uri`.
    pub name: String,
    /// What would have been accepted, the closest first, differences marked.
    pub expected: Vec<Vec<Segment>>,
    /// How many more there are than `expected` shows.
    pub more: usize,
    /// What came, differences to the closest marked; empty if nothing came.
    pub actual: Vec<Segment>,
}

/// A piece of a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Segment {
    /// The text.
    pub text: String,
    /// Whether the other side has something else here.
    pub differs: bool,
}

/// Longer values are cut: an address bar shows less, and the page stays small.
const MAX_CHARS: usize = 512;
/// At most this many accepted values are shown.
const MAX_EXPECTED: usize = 8;

impl Difference {
    /// Compares `actual` with each of `expected`.
    pub fn new(name: &str, expected: &[String], actual: &str) -> Self {
        let actual = cut(actual);
        let mut candidates: Vec<Vec<char>> = expected.iter().map(|value| cut(value)).collect();
        candidates.sort_by_key(|candidate| distance(candidate, &actual));
        let more = candidates.len().saturating_sub(MAX_EXPECTED);
        candidates.truncate(MAX_EXPECTED);
        let plain = |value: &[char]| segments(value, value.len(), value.len());
        let (mut marked, mut actual_marked) = (Vec::new(), plain(&actual));
        for (index, candidate) in candidates.iter().enumerate() {
            if index > 0 || actual.is_empty() {
                marked.push(plain(candidate));
                continue;
            }
            let (start, tail) = common(candidate, &actual);
            marked.push(segments(candidate, start, candidate.len() - tail));
            actual_marked = segments(&actual, start, actual.len() - tail);
        }
        Self {
            name: name.to_owned(),
            expected: marked,
            more,
            actual: actual_marked,
        }
    }
}

fn cut(value: &str) -> Vec<char> {
    let mut chars: Vec<char> = value.chars().take(MAX_CHARS).collect();
    if value.chars().nth(MAX_CHARS).is_some() {
        chars.push('…');
    }
    chars
}

/// Lengths of the common beginning and of the common end after it.
fn common(a: &[char], b: &[char]) -> (usize, usize) {
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let ends = a[start..].iter().rev().zip(b[start..].iter().rev());
    (start, ends.take_while(|(a, b)| a == b).count())
}

/// How many characters are not common, of both together.
fn distance(a: &[char], b: &[char]) -> usize {
    let (start, tail) = common(a, b);
    a.len() + b.len() - 2 * (start + tail)
}

/// Splits a value into what is common, what differs (`from..to`), what is common again.
fn segments(value: &[char], from: usize, to: usize) -> Vec<Segment> {
    let parts = [
        (&value[..from], false),
        (&value[from..to], true),
        (&value[to..], false),
    ];
    parts
        .into_iter()
        .filter(|(chars, _)| !chars.is_empty())
        .map(|(chars, differs)| Segment {
            text: chars.iter().collect(),
            differs,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Difference, Segment};

    fn show(segments: &[Segment]) -> String {
        let mark = |s: &Segment| {
            if s.differs {
                format!("[{}]", s.text)
            } else {
                s.text.clone()
            }
        };
        segments.iter().map(mark).collect()
    }

    #[test]
    fn the_difference_to_the_closest_value_is_marked() {
        let table: &[(&[&str], &str, &[&str], &str)] = &[
            (
                &["http://a/cb"],
                "http://a/cb/",
                &["http://a/cb"],
                "http://a/cb[/]",
            ),
            (
                &["http://a/cb/"],
                "http://a/cb",
                &["http://a/cb[/]"],
                "http://a/cb",
            ),
            (
                &["http://a:1/cb"],
                "http://a:2/cb",
                &["http://a:[1]/cb"],
                "http://a:[2]/cb",
            ),
            (
                &["x", "https://b"],
                "http://b",
                &["http[s]://b", "x"],
                "http://b",
            ),
            (&["http://a"], "", &["http://a"], ""),
            (&[], "http://a", &[], "http://a"),
            (&["aa"], "aaa", &["aa"], "aa[a]"),
        ];
        for (expected, actual, shown, shown_actual) in table {
            let expected: Vec<String> = expected.iter().map(|&e| e.to_owned()).collect();
            let difference = Difference::new("redirect_uri", &expected, actual);
            let lines: Vec<String> = difference.expected.iter().map(|line| show(line)).collect();
            assert_eq!(lines, *shown);
            assert_eq!(show(&difference.actual), *shown_actual);
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_invented(
            expected in proptest::collection::vec(".{0,20}", 0..4),
            actual in ".{0,20}",
        ) {
            let difference = Difference::new("x", &expected, &actual);
            let join = |line: &[Segment]| line.iter().map(|s| s.text.as_str()).collect::<String>();
            prop_assert_eq!(join(&difference.actual), actual);
            let mut lines: Vec<String> = difference.expected.iter().map(|l| join(l)).collect();
            let mut wanted = expected;
            lines.sort();
            wanted.sort();
            prop_assert_eq!(lines, wanted);
        }
    }
}
