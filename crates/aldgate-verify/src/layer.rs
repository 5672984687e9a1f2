//! A `tower` layer in front of any HTTP service: verifies, or answers with a challenge.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode};
use tower::{Layer, Service};

use crate::challenge::Challenge;
use crate::dpop::DpopFault;
use crate::reason::{Reason, RequestFault};
use crate::token::{AccessToken, Presented, Proof};
use crate::verifier::Verifier;

/// SHA-256 of the DER of the TLS client certificate. The server, or a layer that knows the proxy
/// in front, puts it into the request's extensions; this layer compares it with `cnf.x5t#S256`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientCertificate(pub [u8; 32]);

/// Puts an [`AccessToken`] into the request's extensions, or answers for the service.
///
/// Each refusal is logged once, as a `tracing` event of target `aldgate_verify` with the fields
/// `code`, `expected`, `actual` and `remedy`; never with a token.
#[derive(Clone)]
pub struct VerifyLayer {
    guard: Arc<Guard>,
}

/// What the layer and the extractors share.
#[derive(Clone)]
pub(crate) struct Guard {
    verifier: Verifier,
    challenge: Challenge,
    optional: bool,
    public_url: Option<String>,
    on_refusal: Option<Arc<OnRefusal>>,
}

type OnRefusal = dyn Fn(&Reason) + Send + Sync;

impl VerifyLayer {
    /// Verifies with this verifier; answers tersely.
    #[must_use]
    pub fn new(verifier: Verifier) -> Self {
        Self {
            guard: Arc::new(Guard {
                verifier,
                challenge: Challenge::default(),
                optional: false,
                public_url: None,
                on_refusal: None,
            }),
        }
    }

    /// How refusals are answered.
    #[must_use]
    pub fn challenge(self, challenge: Challenge) -> Self {
        self.with(|guard| guard.challenge = challenge)
    }

    /// Tells callers everything: for development.
    #[must_use]
    pub fn explain(self) -> Self {
        self.with(|guard| guard.challenge = std::mem::take(&mut guard.challenge).explain())
    }

    /// Lets requests without any token through. A token that is there must still be good.
    #[must_use]
    pub fn optional(self) -> Self {
        self.with(|guard| guard.optional = true)
    }

    /// The address under which callers reach this API, without a path: DPoP proofs are for it.
    /// It is never taken from the request's `Host`, which the caller writes.
    #[must_use]
    pub fn public_url(self, origin: impl Into<String>) -> Self {
        let origin = origin.into().trim_end_matches('/').to_owned();
        self.with(|guard| guard.public_url = Some(origin))
    }

    /// Called with each refusal, for instance to print it. It gets no token.
    #[must_use]
    pub fn on_refusal(self, hook: impl Fn(&Reason) + Send + Sync + 'static) -> Self {
        self.with(|guard| guard.on_refusal = Some(Arc::new(hook)))
    }

    fn with(mut self, change: impl FnOnce(&mut Guard)) -> Self {
        change(Arc::make_mut(&mut self.guard));
        self
    }
}

impl Guard {
    /// Verifies what a request carries. Nothing and no refusal: the token is optional.
    async fn admit(&self, parts: &Parts) -> Result<Option<AccessToken>, Reason> {
        let mut presented = match presented(&parts.headers) {
            Err(Reason::NoToken) if self.optional => return Ok(None),
            Err(reason) => {
                self.verifier.count(&reason, None);
                return Err(reason);
            }
            Ok(presented) => presented,
        };
        presented.certificate = parts.extensions.get().map(|ClientCertificate(hash)| *hash);
        let url = self
            .public_url
            .as_ref()
            .map(|origin| format!("{origin}{}", parts.uri.path()));
        let mut proofs = parts.headers.get_all("dpop").iter();
        if let (Some(proof), Some(url)) = (proofs.next(), &url) {
            if proofs.next().is_some() {
                return Err(Reason::Dpop(DpopFault::MoreThanOne));
            }
            let jwt = proof
                .to_str()
                .map_err(|_| Reason::Dpop(DpopFault::Malformed))?;
            presented.proof = Some(Proof {
                jwt,
                method: parts.method.as_str(),
                url,
            });
        }
        self.verifier.verify_presented(&presented).await.map(Some)
    }

    /// The answer to a refused request.
    pub(crate) fn refuse<B: From<String>>(&self, reason: &Reason) -> Response<B> {
        log(reason);
        if let Some(hook) = &self.on_refusal {
            hook(reason);
        }
        let mut response = Response::new(B::from(self.challenge.body(reason)));
        *response.status_mut() =
            StatusCode::from_u16(reason.status()).unwrap_or(StatusCode::UNAUTHORIZED);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for challenge in self.challenge.headers(reason, &self.verifier) {
            if let Ok(value) = HeaderValue::from_str(&challenge) {
                headers.append(WWW_AUTHENTICATE, value);
            }
        }
        let nonce = self.verifier.dpop().and_then(crate::Dpop::next_nonce);
        if let Some(value) = nonce.and_then(|nonce| HeaderValue::from_str(&nonce).ok()) {
            headers.insert("dpop-nonce", value);
        }
        response
    }

    pub(crate) const fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}

/// The one token of a request (RFC 6750 section 2.1).
pub(crate) fn presented(headers: &HeaderMap) -> Result<Presented<'_>, Reason> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Reason::NoToken)?;
    if values.next().is_some() {
        return Err(Reason::Request(RequestFault::MoreThanOne));
    }
    let value = value
        .to_str()
        .map_err(|_| Reason::Request(RequestFault::Header))?;
    Presented::from_authorization(value)
}

/// Refusals of people's mistakes are worth a line; requests without a token are not.
fn log(reason: &Reason) {
    if matches!(reason, Reason::NoToken) {
        tracing::debug!(target: "aldgate_verify", code = reason.code(), "refused");
        return;
    }
    tracing::info!(
        target: "aldgate_verify",
        code = reason.code(),
        expected = reason.expected(),
        actual = reason.actual(),
        remedy = reason.remedy(),
        "refused: {}",
        reason.summary(),
    );
}

impl<S> Layer<S> for VerifyLayer {
    type Service = VerifyService<S>;

    fn layer(&self, inner: S) -> VerifyService<S> {
        VerifyService {
            inner,
            guard: Arc::clone(&self.guard),
        }
    }
}

/// The service that [`VerifyLayer`] makes.
#[derive(Clone)]
pub struct VerifyService<S> {
    inner: S,
    guard: Arc<Guard>,
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for VerifyService<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>> + Clone + Send + 'static,
    S::Future: Send,
    RequestBody: Send + 'static,
    ResponseBody: From<String>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let guard = Arc::clone(&self.guard);
        // The one that is ready goes into the future; a fresh clone waits for the next request.
        let fresh = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, fresh);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match guard.admit(&parts).await {
                Err(reason) => return Ok(guard.refuse(&reason)),
                Ok(None) => {}
                Ok(Some(token)) => drop(parts.extensions.insert(token)),
            }
            drop(parts.extensions.insert(Arc::clone(&guard)));
            ready.call(Request::from_parts(parts, body)).await
        })
    }
}

/// What the token behind a [`VerifyLayer`] must have on some routes: scopes, permissions, or a
/// recent or strong login. Goes inside the `VerifyLayer`, for instance with axum's `route_layer`.
#[derive(Clone, Debug, Default)]
pub struct Require {
    scopes: Vec<String>,
    any_scope: Vec<String>,
    permissions: Vec<String>,
    acr_values: Vec<String>,
    max_age: Option<u64>,
}

/// [`Require`] by the name that fits its commonest use.
pub type RequireScopes = Require;

impl Require {
    /// All of these scopes.
    #[must_use]
    pub fn all<I: IntoIterator<Item = S>, S: Into<String>>(scopes: I) -> Self {
        Self {
            scopes: scopes.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// At least one of these scopes.
    #[must_use]
    pub fn any<I: IntoIterator<Item = S>, S: Into<String>>(scopes: I) -> Self {
        Self {
            any_scope: scopes.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// All of these permissions.
    #[must_use]
    pub fn permissions<I: IntoIterator<Item = S>, S: Into<String>>(permissions: I) -> Self {
        Self {
            permissions: permissions.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// A login by one of these authentication contexts, and not longer ago than `max_age`
    /// seconds (RFC 9470).
    #[must_use]
    pub fn login<I: IntoIterator<Item = S>, S: Into<String>>(
        acr_values: I,
        max_age: Option<u64>,
    ) -> Self {
        let acr_values = acr_values.into_iter().map(Into::into).collect();
        Self {
            acr_values,
            max_age,
            ..Self::default()
        }
    }

    fn check(&self, token: &AccessToken, now_seconds: u64) -> Result<(), Reason> {
        let missing = |required: &[String]| Reason::ScopeMissing {
            required: required.to_vec(),
            granted: token.scopes(),
        };
        if !self.scopes.iter().all(|scope| token.has_scope(scope)) {
            return Err(missing(&self.scopes));
        }
        if !self.any_scope.is_empty() && !self.any_scope.iter().any(|s| token.has_scope(s)) {
            return Err(missing(&self.any_scope));
        }
        if !self
            .permissions
            .iter()
            .all(|permission| token.has_permission(permission))
        {
            return Err(Reason::PermissionMissing {
                required: self.permissions.clone(),
                granted: token.permissions(),
            });
        }
        let acr_values: Vec<&str> = self.acr_values.iter().map(String::as_str).collect();
        token.require_login(&acr_values, self.max_age, now_seconds)
    }
}

impl<S> Layer<S> for Require {
    type Service = RequireService<S>;

    fn layer(&self, inner: S) -> RequireService<S> {
        RequireService {
            inner,
            require: Arc::new(self.clone()),
        }
    }
}

/// The service that [`Require`] makes.
#[derive(Clone)]
pub struct RequireService<S> {
    inner: S,
    require: Arc<Require>,
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for RequireService<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    S::Future: Send + 'static,
    ResponseBody: From<String> + Send + 'static,
    S::Error: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let guard = request.extensions().get::<Arc<Guard>>();
        let refused = match (guard, request.extensions().get::<AccessToken>()) {
            (Some(guard), Some(token)) => {
                let now = guard.verifier().now_seconds();
                let check = self.require.check(token, now).err();
                check.map(|reason| {
                    let application = token.application();
                    guard.verifier().count(&reason, application.as_deref());
                    guard.refuse(&reason)
                })
            }
            (Some(guard), None) => Some(guard.refuse(&Reason::NoToken)),
            // Nobody verified anything: a mistake in this API's set-up, and so closed.
            (None, _) => {
                tracing::error!("Require stands outside of VerifyLayer: every request is refused");
                let mut response = Response::new(ResponseBody::from(String::new()));
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                Some(response)
            }
        };
        match refused {
            Some(response) => Box::pin(std::future::ready(Ok(response))),
            None => Box::pin(self.inner.call(request)),
        }
    }
}

#[cfg(test)]
#[cfg(feature = "axum")]
mod tests;
