//! The one HTTP client for whatever the server itself fetches (NET-01).
//!
//! Each address is checked after the name was resolved, and the connection goes to the checked
//! address. No redirects, no proxy, no credentials, bounded size and time.

mod address;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

use crate::config::{self, Cidr};
use crate::tls::{TlsError, read_chain};

pub use address::is_public;

const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The most bytes of any answer.
pub const BYTES_MAX: usize = 1 << 20;
/// The most bytes of a key set.
pub const KEY_SET_BYTES_MAX: usize = 256 << 10;

/// Fetches under the address policy. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Outbound {
    client: reqwest::Client,
    rules: Arc<Rules>,
}

#[derive(Debug)]
struct Rules {
    allow_cidrs: Vec<Cidr>,
    allow_http: bool,
}

/// A request as a tenant's action asks for it.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The method.
    pub method: &'a str,
    /// Where to.
    pub url: &'a Url,
    /// Headers, lower-case names.
    pub headers: &'a [(String, String)],
    /// The body.
    pub body: Option<Vec<u8>>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The HTTP status.
    pub status: u16,
    /// The body, at most as long as asked for.
    pub body: Bytes,
}

/// Why nothing was fetched. Says nothing about what is behind an address that is refused.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// Not https.
    #[error("{0} is refused: expected an https URL without user name")]
    Scheme(String),
    /// The host is, or resolves to, an address that the policy refuses.
    #[error(
        "{0} is refused: its address is not on the public internet; \
         allow the network in outbound.allow_cidrs"
    )]
    Address(String),
    /// The body is longer than allowed.
    #[error("the answer is longer than {0} bytes")]
    TooLarge(usize),
    /// The connection or the transfer failed.
    #[error("the request failed: {0}")]
    Failed(String),
}

impl Outbound {
    /// Builds the client.
    ///
    /// # Errors
    /// When `extra_ca` cannot be read, or TLS cannot be set up.
    pub fn new(config: &config::Outbound) -> Result<Self, TlsError> {
        let rules = Arc::new(Rules {
            allow_cidrs: config.allow_cidrs.clone(),
            allow_http: config.allow_http,
        });
        let resolver = PolicyResolver {
            rules: Arc::clone(&rules),
        };
        #[expect(clippy::disallowed_methods, reason = "this is the one outbound client")]
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(client_tls(config)?)
            .dns_resolver(resolver)
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            .pool_max_idle_per_host(2)
            .user_agent(concat!("aldgate/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| rustls::Error::General(chain(&error)))?;
        Ok(Self { client, rules })
    }

    /// Fetches `url`, at most `bytes_max` bytes.
    ///
    /// # Errors
    /// [`OutboundError`] when the policy refuses the address, or the transfer fails.
    pub async fn get(&self, url: &Url, bytes_max: usize) -> Result<Fetched, OutboundError> {
        self.check(url)?;
        let request = self
            .client
            .get(url.clone())
            .header("accept", "application/json");
        self.send(request, url, bytes_max).await
    }

    /// Posts a form to `url`; the answer has at most `bytes_max` bytes.
    ///
    /// # Errors
    /// As [`Outbound::get`].
    pub async fn post_form(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        bytes_max: usize,
    ) -> Result<Fetched, OutboundError> {
        self.check(url)?;
        let request = self
            .client
            .post(url.clone())
            .form(form)
            .header("accept", "application/json");
        self.send(request, url, bytes_max).await
    }

    /// Makes any request; the answer comes with its headers and has at most `bytes_max` bytes.
    /// For requests that tenants make, by their actions (SBX-05).
    ///
    /// # Errors
    /// As [`Outbound::get`]; a method or header that is none is [`OutboundError::Failed`].
    pub async fn request(
        &self,
        asked: Asked<'_>,
        bytes_max: usize,
    ) -> Result<(Fetched, Vec<(String, String)>), OutboundError> {
        self.check(asked.url)?;
        let bad = |what: &str| OutboundError::Failed(format!("the {what} is not allowed in HTTP"));
        let method =
            http::Method::from_bytes(asked.method.as_bytes()).map_err(|_| bad("method"))?;
        let mut request = self.client.request(method, asked.url.clone());
        for (name, value) in asked.headers {
            // Where it goes and how long it is are ours to say.
            if ["host", "content-length", "transfer-encoding", "connection"]
                .contains(&name.as_str())
            {
                continue;
            }
            let value = http::HeaderValue::from_str(value).map_err(|_| bad("header"))?;
            let name = http::HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad("header"))?;
            request = request.header(name, value);
        }
        if let Some(body) = asked.body {
            request = request.body(body);
        }
        let (fetched, headers) = self.transfer(request, asked.url, bytes_max).await?;
        let headers = headers.iter().filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        });
        Ok((fetched, headers.collect()))
    }

    /// The address of a server that is not spoken to by HTTP, under the same policy. Connect to
    /// the address itself: the name may lead elsewhere a moment later.
    ///
    /// # Errors
    /// [`OutboundError`] when there is none, or the policy refuses it.
    pub async fn resolve(&self, host: &str, port: u16) -> Result<SocketAddr, OutboundError> {
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let found = tokio::time::timeout(CONNECT_TIMEOUT, tokio::net::lookup_host((name, port)));
        let failed = |why: String| OutboundError::Failed(format!("{host}: {why}"));
        let found: Vec<SocketAddr> = match found.await {
            Ok(Ok(found)) => found.collect(),
            Ok(Err(error)) => return Err(failed(error.to_string())),
            Err(_) => return Err(failed("the name is not answered in time".into())),
        };
        if !found.iter().all(|address| self.rules.allow(address.ip())) {
            return Err(OutboundError::Address(host.to_owned()));
        }
        let first = found.first().copied();
        first.ok_or_else(|| failed("there is no such name".into()))
    }

    /// Checks what can be checked before a name is resolved: literal addresses never reach the
    /// resolver.
    fn check(&self, url: &Url) -> Result<(), OutboundError> {
        let plain = url.username().is_empty() && url.password().is_none();
        let scheme = url.scheme() == "https" || (url.scheme() == "http" && self.rules.allow_http);
        if !plain || !scheme {
            return Err(OutboundError::Scheme(url.to_string()));
        }
        let allowed = match url.host() {
            Some(Host::Ipv4(address)) => self.rules.allow(address.into()),
            Some(Host::Ipv6(address)) => self.rules.allow(address.into()),
            Some(Host::Domain(_)) => true,
            None => false,
        };
        if allowed {
            Ok(())
        } else {
            Err(OutboundError::Address(url.to_string()))
        }
    }

    async fn send(
        &self,
        request: reqwest::RequestBuilder,
        url: &Url,
        bytes_max: usize,
    ) -> Result<Fetched, OutboundError> {
        let (fetched, _headers) = self.transfer(request, url, bytes_max).await?;
        Ok(fetched)
    }

    async fn transfer(
        &self,
        request: reqwest::RequestBuilder,
        url: &Url,
        bytes_max: usize,
    ) -> Result<(Fetched, http::HeaderMap), OutboundError> {
        let bytes_max = bytes_max.min(BYTES_MAX);
        let mut response = request.send().await.map_err(|error| failed(&error, url))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let mut body = BytesMut::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| failed(&error, url))?
        {
            if body.len() + chunk.len() > bytes_max {
                return Err(OutboundError::TooLarge(bytes_max));
            }
            body.extend_from_slice(&chunk);
        }
        let body = body.freeze();
        Ok((Fetched { status, body }, headers))
    }
}

impl Rules {
    fn allow(&self, address: std::net::IpAddr) -> bool {
        is_public(address)
            || self
                .allow_cidrs
                .iter()
                .any(|network| network.contains(address))
    }
}

/// Resolves names and drops every address that the policy refuses.
#[derive(Debug)]
struct PolicyResolver {
    rules: Arc<Rules>,
}

#[derive(Debug, thiserror::Error)]
#[error("refused by the address policy")]
struct RefusedAddress;

impl Resolve for PolicyResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = Arc::clone(&self.rules);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: HashSet<SocketAddr> = found.collect();
            // One refused address is enough: a name with two faces is not to be trusted.
            if found.is_empty() || !found.iter().all(|address| rules.allow(address.ip())) {
                return Err(RefusedAddress.into());
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

fn failed(error: &reqwest::Error, url: &Url) -> OutboundError {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if cause.is::<RefusedAddress>() {
            return OutboundError::Address(url.to_string());
        }
        source = cause.source();
    }
    OutboundError::Failed(chain(error))
}

/// An error with its causes on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn client_tls(config: &config::Outbound) -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    for error in &native.errors {
        tracing::warn!(%error, "a certificate authority of the system could not be read");
    }
    let (_added, _ignored) = roots.add_parsable_certificates(native.certs);
    if let Some(path) = &config.extra_ca {
        for certificate in read_chain(path)? {
            roots.add(certificate)?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

#[cfg(test)]
mod tests;
