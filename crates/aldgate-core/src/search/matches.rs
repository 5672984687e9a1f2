//! Whether a document has what a query asks for.

use std::borrow::Cow;

use serde_json::Value;
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfkc_quick};

use super::{Field, Kind, Query, Range, Test, time};
use crate::time::Timestamp;

/// The most values of one field that are looked at.
const VALUES_MAX: usize = 1000;

impl Query {
    /// Whether `document` has what the query asks for. Lists on the way to a field are looked
    /// through; `null` is nothing.
    #[must_use]
    pub fn matches(&self, document: &Value) -> bool {
        match self {
            Self::All => true,
            Self::Not(inner) => !inner.matches(document),
            Self::And(all) => all.iter().all(|one| one.matches(document)),
            Self::Or(all) => all.iter().any(|one| one.matches(document)),
            Self::Term(field, test) => {
                if field.path == "email.domain" {
                    let email = document.get("email").and_then(Value::as_str);
                    let domain = email.and_then(|email| email.rsplit_once('@'));
                    return domain.is_some_and(|(_, domain)| test.text(field.kind, domain));
                }
                let mut values = Vec::new();
                collect(document, &field.path, &mut values);
                // Members that are false or nothing are left out of stored documents.
                if values.is_empty() && field.kind == Kind::Flag {
                    return test.value(field, &Value::Bool(false));
                }
                if values.is_empty() && field.kind == Kind::Number {
                    return test.value(field, &Value::from(0));
                }
                values.into_iter().any(|value| test.value(field, value))
            }
        }
    }
}

impl Test {
    fn value(&self, field: &Field, value: &Value) -> bool {
        match value {
            Value::Null => false,
            _ if *self == Self::Exists => true,
            Value::Bool(flag) => self.text(Kind::Text, if *flag { "true" } else { "false" }),
            Value::Number(number) if field.kind == Kind::Time => {
                let micros = number.as_i64().map(Timestamp::from_micros);
                micros.is_some_and(|at| self.time(at))
            }
            Value::Number(number) => self.number(number.as_f64().unwrap_or(f64::NAN)),
            Value::String(text) if field.kind == Kind::Time => {
                Timestamp::parse_iso8601(text).is_ok_and(|at| self.time(at))
            }
            Value::String(text) => self.text(field.kind, text),
            Value::Array(_) | Value::Object(_) => false,
        }
    }

    fn text(&self, kind: Kind, text: &str) -> bool {
        let text = match is_folded(kind) {
            true => fold(text),
            false => Cow::Borrowed(text),
        };
        let same = |asked: &str, text: &str| match is_folded(kind) {
            true => fold(asked) == text,
            false => asked == text,
        };
        match self {
            Self::Exists => true,
            Self::Phrase(asked) => same(asked, &text),
            Self::Word(asked) => {
                same(asked, &text)
                    || kind == Kind::Name && text.split_whitespace().any(|word| same(asked, word))
            }
            Self::Wildcard(pattern) => pattern.matches(&text),
            Self::Range(range) => range.has(|bound| {
                let bound = match is_folded(kind) {
                    true => fold(bound),
                    false => Cow::Borrowed(bound),
                };
                Some(text.as_ref().cmp(bound.as_ref()))
            }),
        }
    }

    fn number(&self, number: f64) -> bool {
        match self {
            Self::Exists => true,
            Self::Word(asked) | Self::Phrase(asked) => {
                asked.parse::<f64>().is_ok_and(|asked| asked == number)
            }
            Self::Wildcard(pattern) => pattern.matches(&number.to_string()),
            Self::Range(range) => {
                range.has(|bound| number.partial_cmp(&bound.parse::<f64>().ok()?))
            }
        }
    }

    fn time(&self, at: Timestamp) -> bool {
        match self {
            Self::Exists => true,
            Self::Word(asked) | Self::Phrase(asked) => {
                time::period(asked).is_some_and(|(from, until)| (from..until).contains(&at))
            }
            Self::Wildcard(_) => false,
            Self::Range(range) => range
                .span()
                .is_some_and(|(from, until)| at >= from && at < until),
        }
    }
}

impl Range {
    /// Whether a value lies within; `compare` orders it against a bound.
    fn has(&self, compare: impl Fn(&str) -> Option<std::cmp::Ordering>) -> bool {
        let low = self.low.as_ref().is_none_or(|(bound, inclusive)| {
            compare(bound).is_some_and(|order| order.is_gt() || *inclusive && order.is_eq())
        });
        let high = self.high.as_ref().is_none_or(|(bound, inclusive)| {
            compare(bound).is_some_and(|order| order.is_lt() || *inclusive && order.is_eq())
        });
        low && high
    }

    /// The range as times: from, and until before.
    pub(super) fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let mut span = (
            Timestamp::from_micros(i64::MIN),
            Timestamp::from_micros(i64::MAX),
        );
        if let Some((bound, inclusive)) = &self.low {
            let (from, until) = time::period(bound)?;
            span.0 = if *inclusive { from } else { until };
        }
        if let Some((bound, inclusive)) = &self.high {
            let (from, until) = time::period(bound)?;
            span.1 = if *inclusive { until } else { from };
        }
        Some(span)
    }
}

/// Whether texts of this kind are compared in any case.
pub(super) const fn is_folded(kind: Kind) -> bool {
    matches!(kind, Kind::Name | Kind::Folded)
}

/// The form in which names and addresses are compared: that of [`crate::user::login_key`], which
/// the indexes hold.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii() && !c.is_ascii_uppercase();
    let text = text.trim();
    if text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    match is_nfkc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Owned(text.to_lowercase()),
        _ => Cow::Owned(text.nfkc().collect::<String>().trim().to_lowercase()),
    }
}

/// The values at a path; lists on the way are looked through.
fn collect<'v>(value: &'v Value, path: &str, found: &mut Vec<&'v Value>) {
    if found.len() >= VALUES_MAX {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, path, found)),
        Value::Object(_) if path.is_empty() => found.push(value),
        Value::Object(members) => {
            let (name, rest) = path.split_once('.').unwrap_or((path, ""));
            if let Some(member) = members.get(name) {
                collect(member, rest, found);
            }
        }
        _ if path.is_empty() => found.push(value),
        _ => {}
    }
}
