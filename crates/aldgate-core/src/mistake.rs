//! Wrong tokens at APIs, as their verifiers report them: read, joined, told in the tenant log, and
//! added up for the dashboard. "Application *Shop* sent 12 ID tokens to *Orders*".

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::{OAuthError, Refusal};
use crate::event::{Event, EventType};
use crate::time::{Seconds, Timestamp};

/// Lines that one report may have.
pub const LINES_MAX: usize = 50;

/// The same mistake is told of at most once in this time.
pub const INTERVAL: Seconds = Seconds(60);

/// Different mistakes that a [`Tally`] remembers.
const KEYS_MAX: usize = 10_000;

const CODE_CHARS_MAX: usize = 40;
const COUNT_MAX: u64 = 1_000_000_000;

/// A line of a report: what one API refused, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The verifier's reason code.
    pub code: String,
    /// The application that got the tokens, where the verifier is sure of it.
    #[serde(default)]
    pub application: Option<String>,
    /// The API's identifier.
    pub audience: String,
    /// How many.
    pub count: u64,
}

/// Reads a report, a JSON array of lines.
///
/// # Errors
/// `invalid_request` when it is no such array, has too many lines or an impossible one.
pub fn parse(text: &str) -> Result<Vec<Line>, OAuthError> {
    let lines: Vec<Line> = serde_json::from_str(text)
        .map_err(|_| OAuthError::invalid_request("Parameter report is not a list of refusals"))?;
    if lines.len() > LINES_MAX {
        let text = format!("Parameter report has more than {LINES_MAX} lines");
        return Err(OAuthError::invalid_request(text));
    }
    let is_code = |code: &str| {
        (1..=CODE_CHARS_MAX).contains(&code.len())
            && code
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    let possible = |line: &Line| is_code(&line.code) && (1..=COUNT_MAX).contains(&line.count);
    match lines.iter().all(possible) {
        true => Ok(lines),
        false => Err(OAuthError::invalid_request(
            "Parameter report has a line with an impossible code or count",
        )),
    }
}

/// Joins reports, so that the log tells of each mistake at most once in [`INTERVAL`], or another
/// time. What is not told at once is told with the next report. Bounded; it forgets everything
/// when it is full.
#[derive(Debug)]
pub struct Tally<K> {
    known: HashMap<K, Told>,
    interval: Seconds,
}

#[derive(Debug, Clone, Copy)]
struct Told {
    at: Timestamp,
    untold: u64,
}

impl<K> Default for Tally<K> {
    fn default() -> Self {
        Self::every(INTERVAL)
    }
}

impl<K> Tally<K> {
    /// One that tells of the same at most once in `interval`.
    #[must_use]
    pub fn every(interval: Seconds) -> Self {
        Self {
            known: HashMap::new(),
            interval,
        }
    }
}

impl<K: Eq + Hash> Tally<K> {
    /// Adds a count; gives the whole count that the log should tell of now, if any.
    pub fn add(&mut self, key: K, count: u64, now: Timestamp) -> Option<u64> {
        if let Some(told) = self.known.get_mut(&key) {
            told.untold = told.untold.saturating_add(count);
            if now < told.at + self.interval {
                return None;
            }
            told.at = now;
            return Some(std::mem::take(&mut told.untold));
        }
        if self.known.len() >= KEYS_MAX {
            self.known.clear();
        }
        self.known.insert(key, Told { at: now, untold: 0 });
        Some(count)
    }
}

/// A mistake with the names of those who make it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mistake {
    /// The verifier's reason code.
    pub code: String,
    /// The application's id, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// The API's identifier.
    pub audience: String,
    /// The API's name.
    pub api_name: String,
    /// How many tokens.
    pub count: u64,
}

impl Mistake {
    /// In a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let what = what(&self.code, self.count);
        let api = if self.api_name.is_empty() {
            &self.audience
        } else {
            &self.api_name
        };
        match self.client_name.as_ref().or(self.client_id.as_ref()) {
            Some(application) => format!("Application {application} sent {what} to {api}"),
            None if self.count == 1 => format!("{what} was sent to {api}"),
            None => format!("{what} were sent to {api}"),
        }
    }

    /// What to change, and where.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        remedy(&self.code)
    }

    /// Fills in the event that tells of it.
    pub fn describe(&self, event: &mut Event) {
        debug_assert_eq!(event.kind, EventType::Warning);
        event.description = self.sentence();
        event.client_name.clone_from(&self.client_name);
        event.audience = Some(self.audience.clone());
        event.refusal = Some(
            Refusal::new("token_mistake", self.sentence())
                .expected(format!("an access token with audience {}", self.audience))
                .actual(&what(&self.code, self.count))
                .remedy(remedy(&self.code)),
        );
        event.detail = json!({ "mistake": self });
    }
}

/// Adds up mistakes: one for each application, API and code, the most frequent first.
#[must_use]
pub fn summarize(mistakes: impl IntoIterator<Item = Mistake>) -> Vec<Mistake> {
    let mut sums: BTreeMap<(String, Option<String>, String), Mistake> = BTreeMap::new();
    for mistake in mistakes {
        let key = (
            mistake.audience.clone(),
            mistake.client_id.clone(),
            mistake.code.clone(),
        );
        match sums.get_mut(&key) {
            Some(sum) => sum.count = sum.count.saturating_add(mistake.count),
            None => drop(sums.insert(key, mistake)),
        }
    }
    let mut mistakes: Vec<Mistake> = sums.into_values().collect();
    mistakes.sort_by_key(|mistake| std::cmp::Reverse(mistake.count));
    mistakes
}

/// "12 ID tokens".
fn what(code: &str, count: u64) -> String {
    let (one, many) = match code {
        "id_token" => ("ID token", "ID tokens"),
        "opaque" => ("opaque token", "opaque tokens"),
        "wrong_audience" => ("token for another API", "tokens for another API"),
        "wrong_issuer" => ("token of another issuer", "tokens of another issuer"),
        "scope_missing" => ("token without the scope", "tokens without the scope"),
        "permission_missing" => (
            "token without the permission",
            "tokens without the permission",
        ),
        "symmetric" => ("token signed with a secret", "tokens signed with a secret"),
        _ => {
            let tokens = if count == 1 { "token" } else { "tokens" };
            return format!("{count} {tokens} that were refused ({code})");
        }
    };
    format!("{count} {}", if count == 1 { one } else { many })
}

fn remedy(code: &str) -> &'static str {
    match code {
        "id_token" => {
            "Let the application ask for the API's identifier as audience, and send the access \
             token instead of the ID token."
        }
        "opaque" | "wrong_audience" => {
            "Let the application ask for the API's identifier as audience when it logs in."
        }
        "scope_missing" => "Let the application ask for the scope, and see that it is granted.",
        "permission_missing" => "Give the user a role with the permission.",
        "symmetric" => "Set the signing algorithm of the application and the API to RS256.",
        _ => "The token doctor and `aldgate token explain` tell more about such a token.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::EventId;

    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    fn mistake(code: &str, client: Option<&str>, count: u64) -> Mistake {
        Mistake {
            code: code.into(),
            client_id: client.map(Into::into),
            client_name: client.map(|name| format!("Demo {name}")),
            audience: "https://orders.example/".into(),
            api_name: "Orders".into(),
            count,
        }
    }

    #[test]
    fn a_sentence_names_application_api_and_count() {
        let sentence = |code, client, count| mistake(code, client, count).sentence();
        assert_eq!(
            sentence("id_token", Some("SPA"), 12),
            "Application Demo SPA sent 12 ID tokens to Orders"
        );
        assert_eq!(
            sentence("opaque", None, 1),
            "1 opaque token was sent to Orders"
        );
        assert_eq!(
            sentence("dpop_proof", None, 2),
            "2 tokens that were refused (dpop_proof) were sent to Orders"
        );
    }

    #[test]
    fn a_mistake_is_told_once_in_the_interval_and_nothing_is_lost() {
        let mut tally = Tally::default();
        assert_eq!(tally.add("a", 1, NOW), Some(1));
        assert_eq!(tally.add("a", 2, NOW + Seconds(1)), None);
        assert_eq!(tally.add("b", 5, NOW + Seconds(1)), Some(5));
        assert_eq!(tally.add("a", 3, NOW + Seconds(59)), None);
        assert_eq!(tally.add("a", 4, NOW + Seconds(60)), Some(9));
        assert_eq!(tally.add("a", 1, NOW + Seconds(61)), None);
    }

    #[test]
    fn ops_03_the_tally_is_bounded() {
        let mut tally = Tally::default();
        for key in 0..KEYS_MAX + 10 {
            assert_eq!(tally.add(key, 1, NOW), Some(1));
        }
        assert!(tally.known.len() <= KEYS_MAX);
    }

    #[test]
    fn reports_are_read_strictly() {
        let line = |code: &str, count: u64| {
            format!(r#"{{"code":"{code}","audience":"a","count":{count}}}"#)
        };
        assert_eq!(
            parse(&format!("[{}]", line("id_token", 3))).unwrap().len(),
            1
        );
        assert!(parse("[]").unwrap().is_empty());
        let many = vec![line("opaque", 1); LINES_MAX + 1].join(",");
        for wrong in [
            String::new(),
            "{}".into(),
            format!("[{}]", line("ID token", 1)),
            format!("[{}]", line("", 1)),
            format!("[{}]", line("opaque", 0)),
            format!("[{}]", line("opaque", COUNT_MAX + 1)),
            format!("[{many}]"),
        ] {
            assert!(parse(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn events_add_up_for_the_dashboard() {
        let told = [
            mistake("id_token", Some("SPA"), 12),
            mistake("opaque", None, 20),
            mistake("id_token", Some("SPA"), 30),
        ];
        let id = || EventId::parse("00000000000000010000").expect("an id");
        let mut events: Vec<Event> = told
            .iter()
            .map(|mistake| {
                let mut event = Event::new(id(), EventType::Warning, NOW);
                mistake.describe(&mut event);
                event
            })
            .collect();
        events.push(Event::new(id(), EventType::Warning, NOW));
        let told = events.iter().map(|event| event.detail["mistake"].clone());
        let told = told.filter_map(|told| serde_json::from_value(told).ok());
        let sums = summarize(told.collect::<Vec<Mistake>>());
        assert_eq!(
            sums,
            [
                mistake("id_token", Some("SPA"), 42),
                mistake("opaque", None, 20)
            ]
        );
    }
}
