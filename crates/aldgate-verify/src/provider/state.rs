//! When to fetch, and what a fetch changes. Pure: times come in as arguments.

use std::sync::Arc;
use std::time::Duration;

use aldgate_jose::JwkSet;

use super::builder::Settings;
use super::fetch::{FetchError, Landed};
use super::flight::Flight;
use super::limits::{Unknown, Window};
use super::{KeysUnavailable, Snapshot};

/// Shortest time between two attempts while there are no keys at all.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// Shortest time for which a set is kept, whatever its `Cache-Control` says.
const TTL_MIN: Duration = Duration::from_secs(60);

/// What a provider remembers between fetches.
pub(super) struct State {
    flight: Option<Arc<Flight>>,
    window: Window,
    unknown: Unknown,
    cooldown: Duration,
    last_attempt: Option<Duration>,
    failure: Option<FetchError>,
    etag: Option<String>,
    jwks_uri: Option<String>,
    generation: u64,
}

impl State {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            flight: None,
            window: Window::new(settings.fetches_max, settings.fetches_per),
            unknown: Unknown::new(),
            cooldown: settings.cooldown,
            last_attempt: None,
            failure: None,
            etag: None,
            jwks_uri: None,
            generation: 0,
        }
    }

    pub(super) fn in_flight(&self) -> Option<Arc<Flight>> {
        self.flight.clone()
    }

    /// For a name that a fresh set does not have. Paced three ways, so that a flood of made-up
    /// names costs the issuer one fetch per cool-down.
    pub(super) fn may_fetch_for_unknown(&mut self, kid: &str, now: Duration) -> bool {
        if self.cools_down(now) || self.unknown.contains(kid, now) || !self.window.take(now) {
            return false;
        }
        self.unknown.insert(kid, now);
        true
    }

    /// For a set that is due or over. Not counted in the window: made-up names must not be able
    /// to use it up and so delay a rotation.
    pub(super) fn may_refresh(&self, now: Duration) -> bool {
        !self.cools_down(now)
    }

    /// For the first set.
    pub(super) fn may_fetch_first(&mut self, now: Duration) -> bool {
        let pause = self.last_attempt.is_some_and(|at| now < at + FIRST_RETRY);
        !pause && self.window.take(now)
    }

    fn cools_down(&self, now: Duration) -> bool {
        self.last_attempt.is_some_and(|at| now < at + self.cooldown)
    }

    pub(super) fn began(&mut self, now: Duration) {
        self.last_attempt = Some(now);
    }

    pub(super) fn fly(&mut self, flight: Arc<Flight>) {
        self.flight = Some(flight);
    }

    pub(super) fn ended(&mut self, failure: Option<FetchError>) {
        self.flight = None;
        self.failure = failure;
    }

    pub(super) fn etag(&self) -> Option<String> {
        self.etag.clone()
    }

    pub(super) fn jwks_uri(&self) -> Option<String> {
        self.jwks_uri.clone()
    }

    pub(super) fn next_generation(&mut self) -> u64 {
        self.generation += 1;
        self.generation
    }

    pub(super) fn last_failure(&self) -> Option<KeysUnavailable> {
        self.failure.as_ref().map(|error| KeysUnavailable {
            cause: error.to_string(),
        })
    }

    /// Why there are no keys.
    pub(super) fn failure(&self) -> KeysUnavailable {
        self.last_failure().unwrap_or_else(|| KeysUnavailable {
            cause: "the limit on fetches is reached, or no key was ever given".into(),
        })
    }

    /// Makes the next snapshot of what came.
    pub(super) fn apply(
        &mut self,
        landed: Landed,
        current: Option<&Snapshot>,
        settings: &Settings,
        now: Duration,
    ) -> Result<Snapshot, FetchError> {
        let ttl = landed
            .max_age
            .unwrap_or(settings.ttl)
            .max(TTL_MIN)
            .min(settings.ttl);
        self.jwks_uri = landed.jwks_uri;
        let Some(body) = landed.body else {
            let current = current.ok_or_else(|| FetchError::new("304 without a request for it"))?;
            return Ok(current.renewed().valid_from(now, ttl, settings.stale));
        };
        let set = JwkSet::parse(&body).map_err(|error| FetchError::new(error.to_string()))?;
        if set.keys().is_empty() {
            return Err(FetchError::new(
                "the key set has no key that is usable here",
            ));
        }
        for skipped in set.skipped() {
            tracing::debug!(kid = skipped.kid, error = %skipped.error, "key not used");
        }
        let generation = self.next_generation();
        let snapshot = Snapshot::new(&set, settings.keys_max, generation)
            .map_err(|error| FetchError::new(error.to_string()))?;
        self.etag = landed.etag;
        self.unknown.clear();
        Ok(snapshot.valid_from(now, ttl, settings.stale))
    }
}
