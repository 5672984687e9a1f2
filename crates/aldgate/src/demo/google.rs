//! The fake Google of `aldgate dev`: a small OpenID provider with three people and no passwords, so
//! that "Continue with Google" works offline. The server talks to it as it would to the real one.

mod page;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aldgate_app::App;
use aldgate_app::page::asset_file;
use aldgate_core::random::alphanumeric;
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_jose::{Alg, JwkSet, SigningKey, b64, digest};
use anyhow::Result;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

/// How long a code can be redeemed.
const CODE_LIFETIME: Seconds = Seconds(60);

/// Codes that wait at most; older ones are thrown away.
const CODES_MAX: usize = 1_000;

/// Somebody with an account at the fake Google.
struct Person {
    sub: &'static str,
    given_name: &'static str,
    family_name: &'static str,
    email: &'static str,
    email_verified: bool,
}

/// One of them has an address that nobody verified, to see what that means.
const PEOPLE: [Person; 3] = [
    Person {
        sub: "100000000000000000001",
        given_name: "Ada",
        family_name: "Example",
        email: "ada@gmail.example",
        email_verified: true,
    },
    Person {
        sub: "100000000000000000002",
        given_name: "Grace",
        family_name: "Example",
        email: "grace@gmail.example",
        email_verified: true,
    },
    Person {
        sub: "100000000000000000003",
        given_name: "Edsger",
        family_name: "Example",
        email: "edsger@gmail.example",
        email_verified: false,
    },
];

/// The provider.
struct Provider {
    app: App,
    issuer: String,
    client_id: String,
    client_secret: String,
    redirect_uri: String,
    key: SigningKey,
    codes: Mutex<HashMap<String, Code>>,
}

/// Who agreed to what.
#[derive(Clone)]
struct Code {
    person: usize,
    nonce: String,
    challenge: String,
    scope: String,
    expires_at: Timestamp,
}

/// An authorization request, as far as it matters here.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Request {
    client_id: String,
    redirect_uri: String,
    response_type: String,
    scope: String,
    state: String,
    nonce: String,
    code_challenge: String,
    code_challenge_method: String,
    prompt: String,
    login_hint: String,
    /// What was clicked: a person by number, or `cancel`.
    choice: String,
}

/// The provider's routes. `dev`: the content of `dev.json`.
pub(crate) fn router(app: &App, dev: &Value) -> Result<Router> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let google = &dev["google"];
    let provider = Provider {
        app: app.clone(),
        issuer: text(&google["issuer"]),
        client_id: text(&google["client_id"]),
        client_secret: text(&google["client_secret"]),
        redirect_uri: format!("{}login/callback", text(&dev["issuer"])),
        key: SigningKey::generate(Alg::ES256)?.with_kid("fake-google"),
        codes: Mutex::default(),
    };
    Ok(Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/auth", get(authorize))
        .route("/token", post(redeem))
        .route("/certs", get(certs))
        .route("/userinfo", get(userinfo))
        .route("/aldgate.css", get(style))
        .route("/", get(page::about))
        .with_state(Arc::new(provider)))
}

type Google = State<Arc<Provider>>;

async fn discovery(State(google): Google) -> Json<Value> {
    let at = |path: &str| format!("{}/{path}", google.issuer);
    Json(json!({
        "issuer": google.issuer,
        "authorization_endpoint": at("auth"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"),
        "jwks_uri": at("certs"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "scopes_supported": ["openid", "email", "profile"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn style() -> Response {
    match asset_file("aldgate.css") {
        Some((kind, bytes)) => ([(header::CONTENT_TYPE, kind)], bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Shows the accounts to choose from, and takes the choice.
async fn authorize(State(google): Google, Query(request): Query<Request>) -> Response {
    let known = request.client_id == google.client_id
        && request.redirect_uri == google.redirect_uri
        && request.response_type == "code"
        && request.code_challenge_method == "S256";
    if !known {
        return page::refused(&google, &request);
    }
    let person = request.choice.parse::<usize>().ok();
    let person = person.filter(|index| *index < PEOPLE.len());
    match (person, request.choice.as_str()) {
        (Some(person), _) => agreed(&google, &request, person),
        (None, "cancel") => back(&google, &request, ("error", "access_denied")),
        (None, _) if request.prompt == "none" => {
            back(&google, &request, ("error", "login_required"))
        }
        (None, _) => page::choose(&google, &request),
    }
}

fn agreed(google: &Provider, request: &Request, person: usize) -> Response {
    let now = google.app.now();
    let code = alphanumeric(&mut google.app.rng(), 43);
    let entry = Code {
        person,
        nonce: request.nonce.clone(),
        challenge: request.code_challenge.clone(),
        scope: request.scope.clone(),
        expires_at: now + CODE_LIFETIME,
    };
    let mut codes = google.codes.lock().unwrap_or_else(PoisonError::into_inner);
    codes.retain(|_, code| code.expires_at > now);
    if codes.len() >= CODES_MAX {
        codes.clear();
    }
    codes.insert(code.clone(), entry);
    drop(codes);
    back(google, request, ("code", &code))
}

fn back(google: &Provider, request: &Request, answer: (&str, &str)) -> Response {
    let Ok(mut url) = Url::parse(&google.redirect_uri) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    url.query_pairs_mut()
        .append_pair(answer.0, answer.1)
        .append_pair("state", &request.state)
        .append_pair("iss", &google.issuer);
    (StatusCode::FOUND, [(header::LOCATION, url.to_string())]).into_response()
}

async fn redeem(State(google): Google, body: Bytes) -> Response {
    let fields: HashMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let value = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let mut codes = google.codes.lock().unwrap_or_else(PoisonError::into_inner);
    let code = codes.remove(value("code"));
    drop(codes);
    let now = google.app.now();
    let client = (value("client_id"), value("client_secret"));
    let sound = code.filter(|code| {
        let challenge = b64::encode(&digest::sha256(value("code_verifier").as_bytes()));
        code.expires_at > now
            && code.challenge == challenge
            && client == (google.client_id.as_str(), google.client_secret.as_str())
            && value("redirect_uri") == google.redirect_uri
    });
    let Some(code) = sound else {
        let error = Json(json!({"error": "invalid_grant", "error_description": "Bad Request"}));
        return (StatusCode::BAD_REQUEST, error).into_response();
    };
    // Whoever holds it is whom it names: this provider keeps no state for its own tokens.
    let access_token = format!("fake-google-{}", PEOPLE[code.person].sub);
    let mut claims = profile(code.person);
    claims["iss"] = json!(google.issuer);
    claims["aud"] = json!(google.client_id);
    claims["azp"] = json!(google.client_id);
    claims["iat"] = json!(now.seconds());
    claims["exp"] = json!((now + Seconds::hours(1)).seconds());
    claims["nonce"] = json!(code.nonce);
    claims["at_hash"] = json!(Alg::ES256.half_hash(&access_token));
    Json(json!({
        "access_token": access_token,
        "expires_in": 3600,
        "token_type": "Bearer",
        "scope": code.scope,
        "id_token": google.key.sign("JWT", claims.to_string().as_bytes()),
    }))
    .into_response()
}

async fn certs(State(google): Google) -> Response {
    let jwk = google.key.public_jwk().cloned();
    match JwkSet::new(jwk) {
        Ok(set) => ([(header::CONTENT_TYPE, "application/json")], set.to_json()).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn userinfo(headers: HeaderMap) -> Response {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let sub = bearer.and_then(|value| value.strip_prefix("Bearer fake-google-"));
    match PEOPLE.iter().position(|person| Some(person.sub) == sub) {
        Some(person) => Json(profile(person)).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

fn profile(person: usize) -> Value {
    let person = &PEOPLE[person];
    json!({
        "sub": person.sub,
        "email": person.email,
        "email_verified": person.email_verified,
        "name": format!("{} {}", person.given_name, person.family_name),
        "given_name": person.given_name,
        "family_name": person.family_name,
    })
}
