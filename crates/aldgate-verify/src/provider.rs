//! The issuer's keys: fetched, cached, rate-limited, refreshed.

mod builder;
mod fetch;
mod flight;
#[cfg(feature = "http-client")]
mod http;
mod limits;
mod snapshot;
mod state;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use aldgate_jose::{JoseError, JwkSet};

pub use builder::{JwkProviderBuilder, ProviderError};
pub use fetch::{Fetch, FetchError, FetchRequest, Fetched, Fetching};
pub(crate) use flight::Spawn;
#[cfg(feature = "http-client")]
pub use http::HttpFetch;
#[cfg(feature = "http-client")]
pub(crate) use http::{client, read};
pub(crate) use snapshot::{Found, Snapshot};

use crate::clock::Clock;
use builder::{Settings, Source};
use flight::Flight;
use state::State;

/// The keys of one issuer. Cheap to clone; clones share the cache.
///
/// ```no_run
/// # #[cfg(feature = "http-client")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use aldgate_verify::JwkProvider;
///
/// let keys = JwkProvider::builder("https://tenant.example/")
///     .cached(10, Duration::from_secs(24 * 3600)) // at most 10 keys, for at most a day
///     .rate_limited(10, Duration::from_secs(60)) // at most 10 fetches a minute
///     .build()?;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "http-client"))]
/// # fn main() {}
/// ```
///
/// # What it promises
///
/// * One fetch is in flight at a time, however many wait for it; a waiter that is dropped does
///   not cancel it. No lock is held while fetching.
/// * A token with a known key never waits: an old set is refreshed in the background once 80 % of
///   its time has passed.
/// * An unknown `kid` causes at most one fetch per cool-down (30 s) and within the rate limit. So
///   a new key becomes known within the cool-down (or the rate limit's window, where that is
///   longer), whatever else is asked for; the same unknown `kid` is asked for again after a
///   minute.
/// * A revoked key is gone when the cache's time is over, at the latest. Only when the issuer
///   cannot be reached do old keys serve longer, for at most an hour
///   ([`JwkProviderBuilder::stale_for`]).
/// * Sets larger than 256 KiB or 100 keys, redirects and answers other than 200 and 304 are
///   refused.
#[derive(Clone)]
pub struct JwkProvider {
    inner: Arc<Inner>,
}

/// Why no keys can be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct KeysUnavailable {
    /// What happened.
    pub cause: String,
}

struct Inner {
    settings: Settings,
    clock: Arc<dyn Clock>,
    fetcher: Option<Arc<dyn Fetch>>,
    spawn: Option<Spawn>,
    current: RwLock<Option<Arc<Snapshot>>>,
    state: Mutex<State>,
}

/// What to do about a need for keys.
enum Decision {
    Use(Arc<Snapshot>),
    Wait(Arc<Flight>),
    Unavailable(KeysUnavailable),
}

impl JwkProvider {
    /// Keys of an issuer, found at `ISSUER/.well-known/jwks.json`; `https://` is added to a bare
    /// host name, and a slash at the end makes no difference.
    pub fn builder(issuer: &str) -> JwkProviderBuilder {
        JwkProviderBuilder::new(Source::WellKnown(issuer.to_owned()))
    }

    /// Keys of an issuer, found by its discovery document, whose `issuer` must be exactly this
    /// one (OpenID Connect Discovery section 4.3).
    pub fn discover(issuer: &str) -> JwkProviderBuilder {
        JwkProviderBuilder::new(Source::Discovery(issuer.to_owned()))
    }

    /// Keys at an address, taken as it is.
    pub fn at(url: &str) -> JwkProviderBuilder {
        JwkProviderBuilder::new(Source::Url(url.to_owned()))
    }

    /// Keys that are already here; see [`JwkProvider::replace`].
    ///
    /// # Errors
    /// A key that its library rejects.
    pub fn fixed(set: &JwkSet) -> Result<Self, JoseError> {
        let provider = Self::from_inner(Settings::fixed(), Arc::new(|| Duration::ZERO), None, None);
        provider.replace(set)?;
        Ok(provider)
    }

    /// Replaces all keys. Tokens in a verifier's cache are checked again.
    ///
    /// # Errors
    /// A key that its library rejects.
    pub fn replace(&self, set: &JwkSet) -> Result<(), JoseError> {
        let generation = self.inner.lock().next_generation();
        let snapshot = Snapshot::new(set, usize::MAX, generation)?;
        self.inner.store(snapshot.valid_forever());
        Ok(())
    }

    /// Drops a key at once, until the next fetch brings it back.
    pub fn forget(&self, kid: &str) {
        let generation = self.inner.lock().next_generation();
        if let Some(current) = self.inner.current() {
            self.inner.store(current.without(kid, generation));
        }
    }

    /// Fetches now, unless a fetch is already in flight; then waits for that one.
    ///
    /// # Errors
    /// Why it failed. Keys from before stay in use within their time.
    pub async fn refresh(&self) -> Result<(), KeysUnavailable> {
        let flight = Inner::start(&self.inner, &mut self.inner.lock());
        if let Some(flight) = flight {
            flight.wait().await;
        }
        self.inner.lock().last_failure().map_or(Ok(()), Err)
    }

    /// The keys, with one of this name if the issuer has it.
    pub(crate) async fn keys(&self, kid: Option<&str>) -> Result<Arc<Snapshot>, KeysUnavailable> {
        match Inner::decide(&self.inner, kid) {
            Decision::Use(snapshot) => Ok(snapshot),
            Decision::Unavailable(error) => Err(error),
            Decision::Wait(flight) => {
                flight.wait().await;
                self.inner
                    .usable()
                    .ok_or_else(|| self.inner.lock().failure())
            }
        }
    }

    /// The keys that are here, when no wait is needed: fresh, and with this name.
    pub(crate) fn ready(&self, kid: Option<&str>) -> Option<Arc<Snapshot>> {
        let current = self.inner.current();
        current.filter(|snapshot| self.is_ready(snapshot, kid))
    }

    /// Whether these keys, the last ones, can be used without a wait.
    pub(crate) fn is_ready(&self, snapshot: &Snapshot, kid: Option<&str>) -> bool {
        Inner::is_ready(&self.inner, snapshot, kid)
    }

    /// The keys that are here, however old, for explanations.
    pub(crate) fn last_known(&self) -> Option<Arc<Snapshot>> {
        self.inner.current()
    }

    fn from_inner(
        settings: Settings,
        clock: Arc<dyn Clock>,
        fetcher: Option<Arc<dyn Fetch>>,
        spawn: Option<Spawn>,
    ) -> Self {
        let state = Mutex::new(State::new(&settings));
        let current = RwLock::new(None);
        Self {
            inner: Arc::new(Inner {
                settings,
                clock,
                fetcher,
                spawn,
                current,
                state,
            }),
        }
    }
}

impl fmt::Debug for JwkProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwkProvider")
            .field("source", &self.inner.settings.source)
            .finish()
    }
}

impl Inner {
    /// The state; a panic elsewhere leaves it whole, because every change is one assignment.
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn current(&self) -> Option<Arc<Snapshot>> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn store(&self, snapshot: Snapshot) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(snapshot));
    }

    /// What may still be used: fresh, or stale within its bound.
    fn usable(&self) -> Option<Arc<Snapshot>> {
        self.current()
            .filter(|snapshot| self.clock.now() < snapshot.stale_until)
    }

    /// The usual case, without the state: a fresh set that has the key. If it is due, it is
    /// fetched meanwhile.
    fn is_ready(inner: &Arc<Self>, snapshot: &Snapshot, kid: Option<&str>) -> bool {
        if !snapshot.has(kid) {
            return false;
        }
        if snapshot.ages() {
            let now = inner.clock.now();
            if now >= snapshot.fresh_until {
                return false;
            }
            if now >= snapshot.refresh_at {
                Self::refresh_in_background(inner, now);
            }
        }
        true
    }

    fn decide(inner: &Arc<Self>, kid: Option<&str>) -> Decision {
        let current = inner.current();
        if let Some(snapshot) = current.as_ref().filter(|it| Self::is_ready(inner, it, kid)) {
            return Decision::Use(Arc::clone(snapshot));
        }
        let now = inner.clock.now();
        let mut state = inner.lock();
        if let Some(flight) = state.in_flight() {
            return Decision::Wait(flight);
        }
        let may_fetch = match (&current, kid) {
            (Some(snapshot), Some(kid)) if now < snapshot.fresh_until => {
                state.may_fetch_for_unknown(kid, now)
            }
            (Some(snapshot), _) if now < snapshot.fresh_until => false,
            (Some(_), _) => state.may_refresh(now),
            (None, _) => state.may_fetch_first(now),
        };
        if may_fetch && let Some(flight) = Self::start(inner, &mut state) {
            return Decision::Wait(flight);
        }
        match current.filter(|snapshot| now < snapshot.stale_until) {
            Some(snapshot) => Decision::Use(snapshot),
            None => Decision::Unavailable(state.failure()),
        }
    }

    /// Starts a refresh and gives it to the runtime. Without a runtime the next caller that must
    /// wait drives it.
    fn refresh_in_background(inner: &Arc<Self>, now: Duration) {
        let Some(spawn) = &inner.spawn else { return };
        let mut state = inner.lock();
        if state.in_flight().is_none()
            && state.may_refresh(now)
            && let Some(flight) = Self::start(inner, &mut state)
        {
            drop(state);
            spawn(Box::pin(flight.wait()));
        }
    }

    /// The fetch in flight, or a new one; none for fixed keys.
    fn start(inner: &Arc<Self>, state: &mut State) -> Option<Arc<Flight>> {
        if let Some(flight) = state.in_flight() {
            return Some(flight);
        }
        let fetcher = inner.fetcher.clone()?;
        state.began(inner.clock.now());
        let (etag, jwks_uri) = (state.etag(), state.jwks_uri());
        let owner = Arc::downgrade(inner);
        let source = inner.settings.source.clone();
        let flight = Flight::new(Box::pin(async move {
            let result = fetch::fetch_set(&*fetcher, &source, etag, jwks_uri).await;
            if let Some(inner) = owner.upgrade() {
                inner.land(result);
            }
        }));
        state.fly(Arc::clone(&flight));
        if let Some(spawn) = &inner.spawn {
            spawn(Box::pin(Arc::clone(&flight).wait()));
        }
        Some(flight)
    }

    /// Takes the result of a fetch.
    fn land(&self, result: Result<fetch::Landed, FetchError>) {
        let now = self.clock.now();
        let mut state = self.lock();
        let outcome = result.and_then(|landed| {
            let current = self.current();
            let snapshot = state.apply(landed, current.as_deref(), &self.settings, now)?;
            self.store(snapshot);
            Ok(())
        });
        match &outcome {
            Ok(()) => tracing::debug!(source = ?self.settings.source, "key set fetched"),
            Err(error) => {
                tracing::warn!(source = ?self.settings.source, %error, "key set not fetched");
            }
        }
        state.ended(outcome.err());
    }
}

#[cfg(test)]
mod tests;
