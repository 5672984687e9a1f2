//! How a provider is set up.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::fetch::check_url;
use super::flight::Spawn;
use super::{Fetch, JwkProvider};
use crate::clock::{Clock, SystemClock};

/// Sets up a [`JwkProvider`]. Its defaults: 10 keys for 24 hours, 10 fetches a minute.
#[must_use]
pub struct JwkProviderBuilder {
    settings: Settings,
    clock: Arc<dyn Clock>,
    fetcher: Option<Arc<dyn Fetch>>,
    spawn: Option<Spawn>,
}

/// Why a provider cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// The address is malformed, or neither `https` nor local.
    #[error("{0}")]
    Address(String),
    /// Without the feature `http-client` a [`Fetch`] must be given.
    #[error("give a fetcher, or enable the feature http-client")]
    NoFetcher,
    /// The HTTP client cannot start.
    #[error("the HTTP client cannot start: {0}")]
    Client(String),
}

/// Where keys come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Discovery(String),
    Fixed,
    Url(String),
    WellKnown(String),
}

pub(super) struct Settings {
    pub(super) source: Source,
    pub(super) keys_max: usize,
    pub(super) ttl: Duration,
    pub(super) stale: Duration,
    pub(super) cooldown: Duration,
    pub(super) fetches_max: usize,
    pub(super) fetches_per: Duration,
}

impl Settings {
    fn new(source: Source) -> Self {
        Self {
            source,
            keys_max: 10,
            ttl: Duration::from_secs(24 * 3600),
            stale: Duration::from_secs(3600),
            cooldown: Duration::from_secs(30),
            fetches_max: 10,
            fetches_per: Duration::from_secs(60),
        }
    }

    pub(super) fn fixed() -> Self {
        Self::new(Source::Fixed)
    }
}

impl JwkProviderBuilder {
    pub(super) fn new(source: Source) -> Self {
        let settings = Settings::new(source);
        Self {
            settings,
            clock: Arc::new(SystemClock),
            fetcher: None,
            spawn: None,
        }
    }

    /// Keeps at most `keys` keys for at most `duration`. A shorter `max-age` of the issuer is
    /// respected down to a minute.
    pub fn cached(mut self, keys: usize, duration: Duration) -> Self {
        self.settings.keys_max = keys;
        self.settings.ttl = duration;
        self
    }

    /// Lets unknown keys cause at most `fetches` fetches in any time of length `per`.
    pub fn rate_limited(mut self, fetches: usize, per: Duration) -> Self {
        self.settings.fetches_max = fetches;
        self.settings.fetches_per = per;
        self
    }

    /// Shortest time between two fetches, 30 s by default.
    pub fn cooldown(mut self, cooldown: Duration) -> Self {
        self.settings.cooldown = cooldown;
        self
    }

    /// How long old keys serve when the issuer cannot be reached, an hour by default. Zero fails
    /// at once.
    pub fn stale_for(mut self, duration: Duration) -> Self {
        self.settings.stale = duration;
        self
    }

    /// Another clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Another way to fetch.
    pub fn fetcher(mut self, fetcher: impl Fetch) -> Self {
        self.fetcher = Some(Arc::new(fetcher));
        self
    }

    /// Who drives fetches in the background. With the feature `http-client` and within tokio that
    /// is tokio; without anyone, refreshes happen when the time is over, while callers wait.
    pub fn spawner(
        mut self,
        spawn: impl Fn(Pin<Box<dyn Future<Output = ()> + Send>>) + Send + Sync + 'static,
    ) -> Self {
        self.spawn = Some(Arc::new(spawn));
        self
    }

    /// Checks the settings. Nothing is fetched yet.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub fn build(mut self) -> Result<JwkProvider, ProviderError> {
        self.settings.source = self.settings.source.complete();
        check_url(&self.settings.source.jwks_url()).map_err(ProviderError::Address)?;
        if self.fetcher.is_none() {
            self.use_http()?;
        }
        Ok(JwkProvider::from_inner(
            self.settings,
            self.clock,
            self.fetcher,
            self.spawn,
        ))
    }

    #[cfg(feature = "http-client")]
    fn use_http(&mut self) -> Result<(), ProviderError> {
        let http =
            super::HttpFetch::new().map_err(|error| ProviderError::Client(error.to_string()))?;
        self.fetcher = Some(Arc::new(http));
        if self.spawn.is_none() {
            self.spawn = Some(Arc::new(super::http::spawn_on_tokio));
        }
        Ok(())
    }

    #[cfg(not(feature = "http-client"))]
    fn use_http(&mut self) -> Result<(), ProviderError> {
        Err(ProviderError::NoFetcher)
    }
}

impl Source {
    /// Where the key set is; for discovery, a place on the same host.
    pub(super) fn jwks_url(&self) -> String {
        match self {
            Self::Url(url) => url.clone(),
            Self::WellKnown(issuer) | Self::Discovery(issuer) => {
                format!("{}/.well-known/jwks.json", issuer.trim_end_matches('/'))
            }
            Self::Fixed => String::new(),
        }
    }

    /// Adds the scheme to a bare host name.
    fn complete(self) -> Self {
        let complete = |text: String| match text.trim() {
            "" => String::new(),
            text if text.contains("://") => text.to_owned(),
            host => format!("https://{host}"),
        };
        match self {
            Self::WellKnown(issuer) => Self::WellKnown(complete(issuer)),
            other => other,
        }
    }
}
