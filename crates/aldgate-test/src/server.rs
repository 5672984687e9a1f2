//! The server in this process: the same router, limits and headers as the binary, no sockets.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use aldgate_app::app::{App, Start};
use aldgate_app::clock::{Clock as _, ManualClock};
use aldgate_app::config::{Argon2Cost, Config, MasterKeySource};
use aldgate_app::mail::SentMail;
use aldgate_app::rng::Rng;
use aldgate_app::serve::Peer;
use aldgate_core::event::Event;
use aldgate_core::id::TenantId;
use aldgate_core::secret::Secret;
use aldgate_core::tenant::Tenant;
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_store::scratch::Scratch;
use aldgate_store::{EventFilter, Page};
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, LOCATION, SET_COOKIE};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::browser::Browser;

/// The moment at which the clock of every test stands: 2026-11-24T07:00:00Z.
pub const START: Timestamp = Timestamp::from_seconds(1_795_503_600);

/// The server in this process.
pub struct TestServer {
    /// The state, for tests that look inside or set things up.
    pub app: App,
    /// The default tenant.
    pub tenant: Tenant,
    clock: Arc<ManualClock>,
    router: Router,
    // The database goes when the test ends.
    scratch: Scratch,
    _data: tempfile::TempDir,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl TestServer {
    /// Starts a server with `routes` at `http://localhost:4455/`.
    pub async fn start(routes: Router<App>) -> Self {
        Self::start_at(routes, "http://localhost:4455/").await
    }

    /// Starts a server whose default tenant answers at `public_url`.
    ///
    /// # Panics
    /// When it does not start: there is nothing to test then.
    pub async fn start_at(routes: Router<App>, public_url: &str) -> Self {
        let url = public_url.parse().expect("an URL");
        Self::start_with(routes, |config| config.server.public_url = url).await
    }

    /// Starts a server with a configuration of its own.
    ///
    /// # Panics
    /// When it does not start: there is nothing to test then.
    pub async fn start_with(routes: Router<App>, change: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().expect("a temporary directory");
        let scratch = Scratch::new();
        let store = scratch.open().await.expect("the database opens");
        let clock = Arc::new(ManualClock::at(START));
        let mut config = config(data.path());
        change(&mut config);
        let app = App::start(Start {
            config,
            store,
            clock: clock.clone(),
            rng: Rng::seeded(1),
            mails_in_memory: true,
        });
        let app = app.expect("the app starts");
        let tenant = app
            .ensure_default_tenant()
            .await
            .expect("the default tenant is made");
        let router = aldgate_app::edge::wrap(routes, &app);
        Self {
            app,
            tenant,
            clock,
            router,
            scratch,
            _data: data,
        }
    }

    /// The absolute URL of `path`, which begins without a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        self.tenant.issuer.join(path)
    }

    /// The time of the server's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the server's clock forward.
    pub fn advance(&self, span: Seconds) {
        assert!(self.clock.advance(span), "a manual clock moves");
    }

    /// Everything that the database holds, as bytes.
    #[must_use]
    pub fn dump(&self) -> Vec<u8> {
        self.scratch.dump()
    }

    /// A browser without cookies at this server.
    #[must_use]
    pub fn browser(&self) -> Browser<'_> {
        Browser::new(self)
    }

    /// Sends a request from 127.0.0.1.
    pub async fn send(&self, request: Request<Body>) -> Reply {
        self.send_from("127.0.0.1:50000".parse().expect("an address"), request)
            .await
    }

    /// Sends a request from another address.
    pub async fn send_from(&self, peer: SocketAddr, mut request: Request<Body>) -> Reply {
        if !request.headers().contains_key(HOST) {
            let host = request.uri().authority().map(ToString::to_string);
            let host = host.unwrap_or_else(|| self.tenant.issuer.authority().to_owned());
            request
                .headers_mut()
                .insert(HOST, host.parse().expect("a host"));
        }
        // On the wire HTTP/1.1 sends the path alone.
        let target = request
            .uri()
            .path_and_query()
            .map_or("/", |target| target.as_str());
        *request.uri_mut() = target.parse().expect("a path");
        request.extensions_mut().insert(Peer(peer));
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("infallible");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("the body ends").to_bytes();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// `GET url`, with further headers.
    pub async fn get(&self, url: &str, headers: &[(&str, &str)]) -> Reply {
        let request = Request::get(url);
        let request = headers
            .iter()
            .fold(request, |all, (name, value)| all.header(*name, *value));
        self.send(request.body(Body::empty()).expect("a request"))
            .await
    }

    /// Posts a form, with further headers.
    pub async fn post_form(
        &self,
        url: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Reply {
        let body = encode_form(fields);
        let request = Request::post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = headers
            .iter()
            .fold(request, |all, (name, value)| all.header(*name, *value));
        self.send(request.body(Body::from(body)).expect("a request"))
            .await
    }

    /// Posts JSON, with further headers.
    pub async fn post_json(&self, url: &str, body: &Value, headers: &[(&str, &str)]) -> Reply {
        let request = Request::post(url).header(CONTENT_TYPE, "application/json");
        let request = headers
            .iter()
            .fold(request, |all, (name, value)| all.header(*name, *value));
        self.send(
            request
                .body(Body::from(body.to_string()))
                .expect("a request"),
        )
        .await
    }

    /// Sends what is queued and gives every mail so far, oldest first.
    pub async fn mails(&self) -> Vec<SentMail> {
        self.app.deliver_mail().await.expect("mails are delivered");
        let mut mails = self
            .app
            .mailer
            .outbox(usize::MAX)
            .await
            .expect("the outbox is read");
        mails.reverse();
        mails
    }

    /// The tenant log, oldest first, at most a thousand events.
    pub async fn events(&self) -> Vec<Event> {
        self.app.events.flush().await;
        let id: TenantId = self.tenant.id.clone();
        let search = |tx: &mut aldgate_store::Tx<'_>| {
            tx.events()
                .search(&EventFilter::default(), &Page::largest())
        };
        let mut events = self
            .app
            .store
            .read(&id, search)
            .await
            .expect("the log is read");
        events.reverse();
        events
    }
}

impl Reply {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is something else.
    #[must_use]
    pub fn json(&self) -> Value {
        let json = serde_json::from_slice(&self.body);
        json.unwrap_or_else(|error| panic!("{}: no JSON ({error}): {}", self.status, self.text()))
    }

    /// A header, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Where it redirects to.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.headers
            .get(LOCATION)
            .and_then(|value| value.to_str().ok())
    }

    /// The cookies it sets, as they came.
    #[must_use]
    pub fn set_cookies(&self) -> Vec<&str> {
        let all = self.headers.get_all(SET_COOKIE).iter();
        all.filter_map(|value| value.to_str().ok()).collect()
    }
}

/// Form-encodes fields.
pub(crate) fn encode_form(fields: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    form.finish()
}

fn config(data: &Path) -> Config {
    let mut config = Config::defaults(data).expect("the defaults are valid");
    // The same key in every test, so that whole answers repeat; hashes as cheap as can be.
    let key = "dGVzdHMgb25seSB0ZXN0cyBvbmx5IHRlc3RzIG9ubHk";
    config.security.master_key = MasterKeySource::Value(Secret::new(key.to_owned()));
    // The clock of tests stands, so that no bucket would ever fill again.
    config.server.management_rate = None;
    config.actions.worker.program = crate::worker::path();
    config.actions.worker.arguments = Vec::new();
    config.security.argon2 = Argon2Cost {
        memory_kib: 64,
        iterations: 1,
        lanes: 1,
    };
    config
}

#[cfg(test)]
mod tests;
