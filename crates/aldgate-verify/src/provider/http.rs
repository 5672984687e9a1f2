//! Fetching with `reqwest`: no redirects, 5 seconds, bounded length, TLS by `aws-lc-rs`.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use reqwest::header::{ACCEPT, CACHE_CONTROL, ETAG, HeaderMap, IF_NONE_MATCH};
use reqwest::{Client, Response, StatusCode, redirect};

use super::{Fetch, FetchError, FetchRequest, Fetched, Fetching};

/// Longest time for one fetch, connecting included.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The [`Fetch`] that providers use unless they are given another.
#[derive(Clone, Debug)]
pub struct HttpFetch {
    client: Client,
}

impl HttpFetch {
    /// Makes the client.
    ///
    /// # Errors
    /// The TLS configuration or the system's resolver cannot be read.
    pub fn new() -> Result<Self, FetchError> {
        Ok(Self { client: client()? })
    }

    /// Uses a client of the caller's, for instance with a proxy or own certificates. It should
    /// not follow redirects.
    #[must_use]
    pub const fn with_client(client: Client) -> Self {
        Self { client }
    }
}

impl Fetch for HttpFetch {
    fn fetch(&self, request: FetchRequest) -> Fetching {
        let client = self.client.clone();
        Box::pin(async move {
            let mut get = client.get(&request.url).header(ACCEPT, "application/json");
            if let Some(etag) = &request.etag {
                get = get.header(IF_NONE_MATCH, etag);
            }
            let response = get
                .send()
                .await
                .map_err(|error| failed(&request.url, &error))?;
            let max_age = max_age(response.headers());
            match response.status() {
                StatusCode::OK => {
                    let etag = response.headers().get(ETAG);
                    let etag = etag.and_then(|etag| etag.to_str().ok()).map(str::to_owned);
                    let bytes = read(response, request.bytes_max, &request.url).await?;
                    Ok(Fetched::Body {
                        bytes,
                        etag,
                        max_age,
                    })
                }
                StatusCode::NOT_MODIFIED if request.etag.is_some() => {
                    Ok(Fetched::NotModified { max_age })
                }
                status => Err(FetchError::new(format!(
                    "{} answered {status}",
                    request.url
                ))),
            }
        })
    }
}

/// A client that follows no redirects and gives up soon.
#[expect(
    clippy::disallowed_methods,
    reason = "this library has no other client to use"
)]
pub(crate) fn client() -> Result<Client, FetchError> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have been faster, with a provider as good as this one.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    }
    Client::builder()
        .redirect(redirect::Policy::none())
        .timeout(TIMEOUT)
        .user_agent(concat!("aldgate-verify/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| FetchError::new(error.to_string()))
}

/// Reads an answer up to a limit, which holds after decompression too.
pub(crate) async fn read(
    mut response: Response,
    bytes_max: usize,
    url: &str,
) -> Result<Vec<u8>, FetchError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| failed(url, &error))?
    {
        if bytes.len() + chunk.len() > bytes_max {
            return Err(FetchError::new(format!(
                "{url} answered more than {bytes_max} bytes"
            )));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Gives a future to tokio, if there is one here.
pub(super) fn spawn_on_tokio(work: Pin<Box<dyn Future<Output = ()> + Send>>) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        drop(runtime.spawn(work));
    }
}

fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(CACHE_CONTROL)?.to_str().ok()?;
    value.split(',').find_map(|directive| {
        let (name, seconds) = directive.trim().split_once('=')?;
        let is_max_age = name.eq_ignore_ascii_case("max-age");
        is_max_age.then(|| {
            seconds
                .trim_matches('"')
                .parse()
                .ok()
                .map(Duration::from_secs)
        })?
    })
}

/// The innermost cause says most.
fn failed(url: &str, error: &reqwest::Error) -> FetchError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    FetchError::new(format!("{url}: {cause}"))
}
