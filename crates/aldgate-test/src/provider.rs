//! An OpenID provider on loopback that can be told to get one thing wrong at a time.
//!
//! It is as strict as a real one about what clients send: code, redirect URI, client secret and
//! PKCE verifier have to fit, so that a test that passes here has sent all of them.

mod fault;
mod token;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aldgate_core::time::Timestamp;
use aldgate_jose::{Alg, JwkSet, SigningKey, b64, digest};
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

pub use fault::{FAULTS, Fault};

/// The application at the provider.
pub const CLIENT_ID: &str = "aldgate-at-the-provider";

/// Its secret.
pub const CLIENT_SECRET: &str = "a secret of the provider, long enough";

/// More than any answer may have.
const OVERSIZED: usize = 300 << 10;

/// A provider that runs until the test ends.
pub struct FakeProvider {
    /// Its issuer.
    pub issuer: String,
    shared: Arc<Shared>,
}

struct Shared {
    issuer: String,
    key: SigningKey,
    stranger: SigningKey,
    now: Timestamp,
    inner: Mutex<Inner>,
}

struct Inner {
    fault: Option<Fault>,
    person: Value,
    grants: HashMap<String, Grant>,
    requests: Vec<String>,
}

/// What the browser came with.
#[derive(Clone)]
struct Grant {
    redirect_uri: String,
    challenge: String,
    nonce: String,
}

impl FakeProvider {
    /// Starts a provider whose clock stands at `now`.
    ///
    /// # Panics
    /// When it does not start: there is nothing to test then.
    pub async fn start(now: Timestamp) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let issuer = format!("http://127.0.0.1:{port}");
        let key = || {
            SigningKey::generate(Alg::ES256)
                .expect("a key")
                .with_kid("k1")
        };
        let shared = Arc::new(Shared {
            issuer: issuer.clone(),
            key: key(),
            stranger: key(),
            now,
            inner: Mutex::new(Inner {
                fault: None,
                person: json!({"sub": "7"}),
                grants: HashMap::new(),
                requests: Vec::new(),
            }),
        });
        let router = routes().with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { issuer, shared }
    }

    /// Who logs in next: the claims about her.
    pub fn person(&self, claims: Value) {
        self.shared.inner().person = claims;
    }

    /// What goes wrong from now on.
    pub fn fault(&self, fault: Option<Fault>) {
        self.shared.inner().fault = fault;
    }

    /// The paths that were asked for so far, by the server.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.shared.inner().requests.clone()
    }

    /// The options of a connection to this provider, but for the secret.
    #[must_use]
    pub fn options(&self) -> Value {
        json!({
            "client_id": CLIENT_ID,
            "discovery_url": format!("{}/.well-known/openid-configuration", self.issuer),
        })
    }

    /// The person logs in at the address that the browser was sent to: where the browser goes next.
    ///
    /// # Panics
    /// When the address is not a sound request to this provider.
    #[must_use]
    pub fn log_in(&self, departure: &str) -> String {
        let url = Url::parse(departure).expect("an absolute URL");
        assert!(
            departure.starts_with(&self.issuer),
            "{departure} leads elsewhere"
        );
        let sent: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let value = |name: &str| sent.get(name).cloned().unwrap_or_default();
        assert_eq!(value("client_id"), CLIENT_ID);
        assert_eq!(value("response_type"), "code");
        assert_eq!(value("code_challenge_method"), "S256");
        let mut inner = self.shared.inner();
        let code = format!("code-{}", inner.grants.len() + 1);
        let grant = Grant {
            redirect_uri: value("redirect_uri"),
            challenge: value("code_challenge"),
            nonce: value("nonce"),
        };
        inner.grants.insert(code.clone(), grant);
        let state = value("state");
        let mut answer = vec![("state", state.as_str()), ("iss", &self.issuer)];
        match inner.fault {
            Some(Fault::ErrorAnswer) => answer.push(("error", "access_denied")),
            Some(Fault::ServerErrorAnswer) => answer.push(("error", "server_error")),
            Some(Fault::NoCode) => {}
            _ => answer.push(("code", &code)),
        }
        match inner.fault {
            Some(Fault::ForeignIss) => answer[1].1 = "https://other.test",
            Some(Fault::NoIss) => drop(answer.remove(1)),
            _ => {}
        }
        let mut back = Url::parse(&value("redirect_uri")).expect("a redirect URI");
        back.query_pairs_mut().extend_pairs(answer);
        back.into()
    }
}

impl Shared {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request of the server and says what goes wrong.
    fn note(&self, path: &str) -> Option<Fault> {
        let mut inner = self.inner();
        inner.requests.push(path.to_owned());
        inner.fault
    }
}

fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/keys", get(keys))
        .route("/token", post(redeem))
        .route("/userinfo", get(userinfo))
        .route("/userinfo/emails", get(emails))
}

async fn discovery(State(shared): State<Arc<Shared>>) -> Response {
    let fault = shared.note("discovery");
    let at = |path: &str| format!("{}/{path}", shared.issuer);
    let mut document = json!({
        "issuer": shared.issuer,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"),
        "jwks_uri": at("keys"),
        "end_session_endpoint": at("logout"),
        "authorization_response_iss_parameter_supported": true,
    });
    match fault {
        Some(Fault::DiscoveryOfAnother) => document["issuer"] = json!("https://other.test"),
        Some(Fault::DiscoveryWithoutKeys) => document["jwks_uri"] = Value::Null,
        Some(Fault::DiscoveryWithScript) => {
            document["authorization_endpoint"] = json!("javascript:alert(1)");
        }
        Some(Fault::TokenEndpointUnreachable) => {
            document["token_endpoint"] = json!("http://127.0.0.1:1/token");
        }
        Some(Fault::TokenEndpointPrivate) => {
            document["token_endpoint"] = json!("https://169.254.169.254/token");
        }
        Some(Fault::DiscoveryIsHtml) => return "<!doctype html>".into_response(),
        Some(Fault::DiscoveryMoved) => {
            return Redirect::temporary("/.well-known/openid-configuration").into_response();
        }
        Some(Fault::DiscoveryOversized) => return " ".repeat(OVERSIZED).into_response(),
        _ => {}
    }
    Json(document).into_response()
}

async fn keys(State(shared): State<Arc<Shared>>) -> Response {
    match shared.note("keys") {
        Some(Fault::KeysAreHtml) => return "<!doctype html>".into_response(),
        Some(Fault::KeysEmpty) => return Json(json!({"keys": []})).into_response(),
        Some(Fault::KeysOversized) => return " ".repeat(OVERSIZED).into_response(),
        _ => {}
    }
    let jwk = shared.key.public_jwk().expect("an asymmetric key").clone();
    let set = JwkSet::new([jwk]).expect("a key set");
    ([(header::CONTENT_TYPE, "application/json")], set.to_json()).into_response()
}

async fn redeem(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let fault = shared.note("token");
    match fault {
        Some(Fault::TokenIsHtml) => return "<!doctype html>".into_response(),
        Some(Fault::TokenOversized) => return " ".repeat(OVERSIZED).into_response(),
        Some(Fault::TokenMoved) => return Redirect::temporary("/token").into_response(),
        _ => {}
    }
    let fields: HashMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let value = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    // A code works once, whatever comes of it.
    let grant = shared.inner().grants.remove(value("code"));
    let sound = grant.filter(|grant| {
        let challenge = b64::encode(&digest::sha256(value("code_verifier").as_bytes()));
        let posted = (value("client_id"), value("client_secret")) == (CLIENT_ID, CLIENT_SECRET);
        let client = posted
            || basic(&headers).is_some_and(|sent| sent == (CLIENT_ID.into(), CLIENT_SECRET.into()));
        client
            && value("grant_type") == "authorization_code"
            && value("redirect_uri") == grant.redirect_uri
            && challenge == grant.challenge
            && !headers.contains_key(header::COOKIE)
    });
    match sound.filter(|_| fault != Some(Fault::TokenRefused)) {
        Some(grant) => Json(token::answer(&shared, &grant)).into_response(),
        None => {
            let error = Json(json!({"error": "invalid_grant"}));
            (StatusCode::BAD_REQUEST, error).into_response()
        }
    }
}

/// Name and secret of HTTP Basic, each form-encoded (RFC 6749 section 2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let sent = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let sent = b64::decode_standard(sent.strip_prefix("Basic ")?).ok()?;
    let sent = String::from_utf8(sent).ok()?;
    let (name, secret) = sent.split_once(':')?;
    let plain = |text: &str| {
        let pair = format!("x={text}");
        let read = form_urlencoded::parse(pair.as_bytes()).next();
        read.map(|(_, value)| value.into_owned())
    };
    Some((plain(name)?, plain(secret)?))
}

async fn userinfo(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let fault = shared.note("userinfo");
    let bearer = headers
        .get(header::AUTHORIZATION)
        .map(http::HeaderValue::as_bytes);
    if bearer != Some(b"Bearer at-1".as_slice()) || fault == Some(Fault::UserinfoRefused) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut claims = shared.inner().person.clone();
    match fault {
        Some(Fault::UserinfoOfAnother) => claims["sub"] = json!("8"),
        Some(Fault::UserinfoWithoutSub) => claims["sub"] = Value::Null,
        Some(Fault::UserinfoIsHtml) => return "<!doctype html>".into_response(),
        Some(Fault::UserinfoOversized) => return " ".repeat(OVERSIZED).into_response(),
        _ => {}
    }
    Json(claims).into_response()
}

/// What GitHub tells apart from the profile: the person's `emails`.
async fn emails(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    shared.note("emails");
    let bearer = headers.get(header::AUTHORIZATION);
    if bearer.is_none_or(|bearer| bearer != "Bearer at-1") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(shared.inner().person["emails"].clone()).into_response()
}
