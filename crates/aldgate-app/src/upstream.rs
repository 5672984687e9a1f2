//! Speaking with other providers: discovery, keys, codes and profiles, all through the one outbound
//! client (NET-01). What they publish is kept in bounded caches.

use std::sync::Arc;

use aldgate_core::error::Refusal;
use aldgate_core::federation::id_token::ALGORITHMS;
use aldgate_core::federation::metadata::Endpoints;
use aldgate_core::federation::preset::ClientAuth;
use aldgate_core::federation::tokens::{self, Tokens};
use aldgate_core::federation::upstream::{Source, Upstream};
use aldgate_core::secret::Secret;
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_jose::{JwkSet, VerifyingKey, b64};
use moka::sync::Cache;
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use crate::app::App;
use crate::outbound::{Asked, Fetched, KEY_SET_BYTES_MAX};
use crate::rate_limit::{Rate, RateLimiter};

/// How long a discovery document counts, and how long keys do.
const LIFETIME: Seconds = Seconds::hours(1);

/// Providers that are remembered.
const PROVIDERS_MAX: u64 = 2_000;

/// The most bytes of a document, a token answer and a profile.
const ANSWER_BYTES_MAX: usize = 256 << 10;

/// How often keys are fetched again because a token names one that is not known, for each
/// provider: tokens cannot make this server flood anybody.
const AGAIN: &str = "5/min";

/// What other providers publish.
pub(crate) struct Upstreams {
    endpoints: Cache<String, Known<Endpoints>>,
    keys: Cache<String, Known<Vec<VerifyingKey>>>,
    again: Option<RateLimiter<String>>,
}

/// What was fetched, and when: how long it counts goes by the server's clock.
type Known<T> = (Timestamp, Arc<T>);

/// How a code is redeemed.
pub struct Redeem<'a> {
    /// The connection.
    pub upstream: &'a Upstream,
    /// The provider's token endpoint.
    pub endpoint: &'a Url,
    /// The client secret; Apple's is made for each request.
    pub secret: Option<Secret<String>>,
    /// The code.
    pub code: &'a Secret<String>,
    /// The PKCE verifier, if one was sent.
    pub verifier: Option<&'a Secret<String>>,
    /// The address the code came to.
    pub redirect_uri: &'a str,
}

impl Default for Upstreams {
    fn default() -> Self {
        let rate: Option<Rate> = AGAIN.parse().ok();
        Self {
            endpoints: cache(),
            keys: cache(),
            again: rate.map(|rate| RateLimiter::new(rate, 2_000)),
        }
    }
}

fn cache<V: Clone + Send + Sync + 'static>() -> Cache<String, V> {
    Cache::builder().max_capacity(PROVIDERS_MAX).build()
}

fn fresh<T>(known: Option<Known<T>>, now: Timestamp) -> Option<Arc<T>> {
    let (at, known) = known?;
    (now < at + LIFETIME).then_some(known)
}

impl App {
    /// Where a connection's provider answers what: from its settings, or from its discovery
    /// document.
    ///
    /// # Errors
    /// When the document cannot be fetched or does not fit.
    pub async fn upstream_endpoints(&self, upstream: &Upstream) -> Result<Arc<Endpoints>, Refusal> {
        let (url, issuer) = match &upstream.source {
            Source::Known(endpoints) => return Ok(Arc::new(Endpoints::clone(endpoints))),
            Source::Discover { url, issuer } => (url, issuer),
        };
        // The rule is part of the key: what fits one connection may not fit another.
        let key = format!("{url} {issuer:?}");
        if let Some(known) = fresh(self.upstreams.endpoints.get(&key), self.now()) {
            return Ok(known);
        }
        let fetched = self.ask(url, &[], ANSWER_BYTES_MAX).await?;
        expect_ok(&fetched, url)?;
        let endpoints = Arc::new(Endpoints::discovered(&fetched.body, url, issuer)?);
        let known = (self.now(), Arc::clone(&endpoints));
        self.upstreams.endpoints.insert(key, known);
        Ok(endpoints)
    }

    /// The provider's keys. `again`: a token names a key that is not among the known ones.
    ///
    /// # Errors
    /// When they cannot be fetched, or too often.
    pub async fn upstream_keys(
        &self,
        url: &Url,
        again: bool,
    ) -> Result<Arc<Vec<VerifyingKey>>, Refusal> {
        let known = fresh(self.upstreams.keys.get(url.as_str()), self.now());
        if let Some(known) = &known
            && (!again || !self.upstreams.may_ask_again(url, self.now()))
        {
            return Ok(Arc::clone(known));
        }
        let fetched = self.ask(url, &[], KEY_SET_BYTES_MAX).await?;
        expect_ok(&fetched, url)?;
        let set = JwkSet::parse(&fetched.body).map_err(|error| {
            Refusal::new("federation_keys", "The provider's key set cannot be read.")
                .expected("a JSON Web Key Set")
                .actual(&error.to_string())
        })?;
        let keys = set.keys().iter();
        let keys = keys.filter_map(|jwk| VerifyingKey::from_jwk_for(jwk, ALGORITHMS).ok());
        let keys = Arc::new(keys.collect::<Vec<_>>());
        let known = (self.now(), Arc::clone(&keys));
        self.upstreams.keys.insert(url.to_string(), known);
        Ok(keys)
    }

    /// Redeems a code.
    ///
    /// # Errors
    /// When the provider does not answer, or not with tokens.
    pub async fn redeem_upstream_code(&self, redeem: Redeem<'_>) -> Result<Tokens, Refusal> {
        let (headers, body) = form(&redeem);
        let fetched = self.post(redeem.endpoint, headers, body).await?;
        Tokens::read(fetched.status, &fetched.body, self.now())
    }

    /// Asks a provider's profile endpoint.
    ///
    /// # Errors
    /// When it does not answer with a JSON object.
    pub async fn upstream_profile(
        &self,
        url: &Url,
        access_token: &str,
    ) -> Result<Map<String, Value>, Refusal> {
        let fetched = self.upstream_api(url, access_token).await?;
        tokens::userinfo(fetched.status, &fetched.body)
    }

    /// Asks any API of a provider.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn upstream_api(&self, url: &Url, access_token: &str) -> Result<Fetched, Refusal> {
        let bearer = header("authorization", &format!("Bearer {access_token}"));
        self.ask(url, &[bearer], ANSWER_BYTES_MAX).await
    }

    async fn ask(
        &self,
        url: &Url,
        headers: &[(String, String)],
        bytes_max: usize,
    ) -> Result<Fetched, Refusal> {
        let mut all = vec![header("accept", "application/json")];
        all.extend_from_slice(headers);
        self.fetch("GET", url, &all, None, bytes_max).await
    }

    async fn post(
        &self,
        url: &Url,
        mut headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Result<Fetched, Refusal> {
        headers.push(header("accept", "application/json"));
        let body = Some(body);
        self.fetch("POST", url, &headers, body, ANSWER_BYTES_MAX)
            .await
    }

    async fn fetch(
        &self,
        method: &str,
        url: &Url,
        headers: &[(String, String)],
        body: Option<Vec<u8>>,
        bytes_max: usize,
    ) -> Result<Fetched, Refusal> {
        let asked = Asked {
            method,
            url,
            headers,
            body,
        };
        let (fetched, _headers) =
            self.outbound
                .request(asked, bytes_max)
                .await
                .map_err(|error| {
                    // The query may hold a secret; the address alone tells enough.
                    let place = format!("{}{}", url.origin().ascii_serialization(), url.path());
                    Refusal::new("federation_unreachable", "The provider could not be asked.")
                .expected(format!("an answer of {place}"))
                .actual(&error.to_string())
                .remedy(
                    "Compare the addresses in the connection's options, and see whether this \
                     server may reach them.",
                )
                })?;
        Ok(fetched)
    }
}

impl Upstreams {
    fn may_ask_again(&self, url: &Url, now: Timestamp) -> bool {
        let key = url.to_string();
        self.again
            .as_ref()
            .is_some_and(|rate| rate.take(key, now).is_allowed)
    }
}

/// Redirects are not followed: what is published lies where the settings say.
fn expect_ok(fetched: &Fetched, url: &Url) -> Result<(), Refusal> {
    if fetched.status == 200 {
        return Ok(());
    }
    Err(Refusal::new(
        "federation_unreachable",
        "The provider does not publish what is needed.",
    )
    .expected(format!("HTTP 200 from {url}"))
    .actual(&format!("HTTP {}", fetched.status))
    .remedy("Compare the addresses in the connection's options; redirects are not followed."))
}

/// The request of a code: headers and form.
fn form(redeem: &Redeem<'_>) -> (Vec<(String, String)>, Vec<u8>) {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", redeem.code.expose())
        .append_pair("redirect_uri", redeem.redirect_uri);
    if let Some(verifier) = redeem.verifier {
        form.append_pair("code_verifier", verifier.expose());
    }
    let (id, secret) = (&redeem.upstream.client_id, &redeem.secret);
    let mut headers = vec![header("content-type", "application/x-www-form-urlencoded")];
    match (redeem.upstream.client_auth, secret) {
        (ClientAuth::Basic, Some(secret)) => headers.push(basic(id, secret)),
        (_, secret) => {
            form.append_pair("client_id", id);
            if let Some(secret) = secret {
                form.append_pair("client_secret", secret.expose());
            }
        }
    }
    (headers, form.finish().into_bytes())
}

/// RFC 6749 section 2.3.1: both halves are form-encoded before they are joined.
fn basic(id: &str, secret: &Secret<String>) -> (String, String) {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(id), encode(secret.expose()));
    let pair = b64::encode_standard(pair.as_bytes());
    header("authorization", &format!("Basic {pair}"))
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
