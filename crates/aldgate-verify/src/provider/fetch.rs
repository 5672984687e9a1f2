//! How a key set gets here. The trait lets tests and other HTTP clients stand in.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::builder::Source;

/// Longest answer that is read, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = 256 * 1024;

/// Fetches documents over HTTP. Implementations must not follow redirects, must stop after
/// `bytes_max` and must give up after some seconds.
pub trait Fetch: Send + Sync + 'static {
    /// Fetches one document with `GET`.
    fn fetch(&self, request: FetchRequest) -> Fetching;
}

/// An answer to come.
pub type Fetching = Pin<Box<dyn Future<Output = Result<Fetched, FetchError>> + Send>>;

/// What to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchRequest {
    /// Where.
    pub url: String,
    /// For `If-None-Match`.
    pub etag: Option<String>,
    /// Longest answer that is wanted.
    pub bytes_max: usize,
}

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// Status 200.
    Body {
        /// The document.
        bytes: Vec<u8>,
        /// `ETag`.
        etag: Option<String>,
        /// `max-age` of `Cache-Control`.
        max_age: Option<Duration>,
    },
    /// Status 304.
    NotModified {
        /// `max-age` of `Cache-Control`.
        max_age: Option<Duration>,
    },
}

/// Why nothing came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FetchError(String);

impl FetchError {
    /// Says why.
    #[must_use]
    pub fn new(cause: impl Into<String>) -> Self {
        Self(cause.into())
    }
}

/// A key set that came; no body means that the one from before still holds.
pub(super) struct Landed {
    pub(super) body: Option<Vec<u8>>,
    pub(super) etag: Option<String>,
    pub(super) max_age: Option<Duration>,
    pub(super) jwks_uri: Option<String>,
}

/// Fetches the set, and first the discovery document where that is the way and its answer is not
/// yet known. When a remembered `jwks_uri` fails, discovery is asked again.
pub(super) async fn fetch_set(
    fetcher: &dyn Fetch,
    source: &Source,
    etag: Option<String>,
    jwks_uri: Option<String>,
) -> Result<Landed, FetchError> {
    let remembered = jwks_uri.is_some();
    let url = match (source, jwks_uri) {
        (_, Some(url)) => url,
        (Source::Discovery(issuer), None) => discover(fetcher, issuer).await?,
        (other, None) => other.jwks_url(),
    };
    match fetch_one(fetcher, &url, etag).await {
        Err(_) if remembered && matches!(source, Source::Discovery(_)) => {
            let url = source.discover_again(fetcher).await?;
            fetch_one(fetcher, &url, None)
                .await
                .map(|landed| landed.found_at(url))
        }
        Ok(landed) if matches!(source, Source::Discovery(_)) => Ok(landed.found_at(url)),
        result => result,
    }
}

impl Landed {
    fn found_at(mut self, url: String) -> Self {
        self.jwks_uri = Some(url);
        self
    }
}

impl Source {
    async fn discover_again(&self, fetcher: &dyn Fetch) -> Result<String, FetchError> {
        match self {
            Self::Discovery(issuer) => discover(fetcher, issuer).await,
            other => Ok(other.jwks_url()),
        }
    }
}

async fn fetch_one(
    fetcher: &dyn Fetch,
    url: &str,
    etag: Option<String>,
) -> Result<Landed, FetchError> {
    let request = FetchRequest {
        url: url.to_owned(),
        etag,
        bytes_max: BODY_BYTES_MAX,
    };
    Ok(match fetcher.fetch(request).await? {
        Fetched::Body { bytes, .. } if bytes.len() > BODY_BYTES_MAX => {
            return Err(FetchError::new("the answer is too long"));
        }
        Fetched::Body {
            bytes,
            etag,
            max_age,
        } => Landed {
            body: Some(bytes),
            etag,
            max_age,
            jwks_uri: None,
        },
        Fetched::NotModified { max_age } => Landed {
            body: None,
            etag: None,
            max_age,
            jwks_uri: None,
        },
    })
}

async fn discover(fetcher: &dyn Fetch, issuer: &str) -> Result<String, FetchError> {
    #[derive(Deserialize)]
    struct Discovery {
        issuer: String,
        jwks_uri: String,
    }
    let url = format!(
        "{}/.well-known/openid-configuration",
        issuer.trim_end_matches('/')
    );
    let request = FetchRequest {
        url,
        etag: None,
        bytes_max: BODY_BYTES_MAX,
    };
    let Fetched::Body { bytes, .. } = fetcher.fetch(request).await? else {
        return Err(FetchError::new(
            "discovery answered 304 without being asked",
        ));
    };
    let found: Discovery = serde_json::from_slice(&bytes)
        .map_err(|error| FetchError::new(format!("the discovery document: {error}")))?;
    if found.issuer != issuer {
        return Err(FetchError::new(format!(
            "discovery names issuer {:?}, expected exactly {issuer:?}",
            found.issuer
        )));
    }
    check_url(&found.jwks_uri).map_err(FetchError::new)?;
    Ok(found.jwks_uri)
}

/// Only `https`, or `http` on this very machine.
pub(crate) fn check_url(url: &str) -> Result<(), String> {
    let parsed = Url::parse(url).map_err(|error| format!("{url:?} is no URL: {error}"))?;
    let local = parsed.host_str().is_some_and(|host| {
        host == "localhost"
            || host.ends_with(".localhost")
            || host == "127.0.0.1"
            || host == "[::1]"
    });
    match parsed.scheme() {
        "https" => Ok(()),
        "http" if local => Ok(()),
        _ => Err(format!("{url:?} must be https; http is for localhost only")),
    }
}
