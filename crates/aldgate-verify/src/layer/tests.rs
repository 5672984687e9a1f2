//! The layer, the extractor and the demands on routes, from outside.

use std::sync::Mutex;
use std::time::Duration;

use aldgate_jose::{Alg, JwkSet, SigningKey, b64, digest};
use axum::body::Body;
use axum::routing::get;
use axum::{Router, middleware};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::{Dpop, JwkProvider, ResourceMetadata, metadata_router};

const NOW: u64 = 1_800_000_000;

struct World {
    key: SigningKey,
    verifier: Verifier,
}

impl World {
    fn new() -> Self {
        let key = SigningKey::generate(Alg::EdDSA).unwrap().with_kid("k1");
        let set = JwkSet::new([key.public_jwk().unwrap().clone()]).unwrap();
        let verifier = Verifier::builder("https://i/", "https://my-api")
            .keys(JwkProvider::fixed(&set).unwrap())
            .clock(|| Duration::from_secs(NOW))
            .dpop(Dpop::default())
            .build()
            .unwrap();
        Self { key, verifier }
    }

    fn token(&self, changes: &[(&str, Value)]) -> String {
        let mut claims = json!({
            "iss": "https://i/", "sub": "auth0|1", "aud": "https://my-api", "azp": "client",
            "exp": NOW + 60, "scope": "read:orders",
        });
        for (name, value) in changes {
            claims[*name] = value.clone();
        }
        self.key.sign("at+jwt", claims.to_string().as_bytes())
    }
}

async fn whoami(token: AccessToken) -> String {
    token.subject().unwrap_or_default().to_owned()
}

async fn maybe(token: Option<AccessToken>) -> String {
    token.map_or_else(
        || "nobody".into(),
        |token| token.subject().unwrap_or_default().to_owned(),
    )
}

fn app(layer: VerifyLayer) -> Router {
    Router::new()
        .route("/admin", get(whoami).route_layer(Require::all(["admin"])))
        .route(
            "/fresh",
            get(whoami).route_layer(Require::login(["mfa"], Some(300))),
        )
        .route(
            "/any",
            get(whoami).route_layer(Require::any(["x", "read:orders"])),
        )
        .route("/", get(whoami))
        .route("/maybe", get(maybe))
        .layer(layer)
}

/// Sends a request and returns status, challenges and body.
async fn send(app: &Router, path: &str, headers: &[(&str, &str)]) -> (u16, Vec<String>, String) {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = app
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let status = response.status().as_u16();
    let challenges = response.headers().get_all(WWW_AUTHENTICATE).iter();
    let challenges = challenges
        .map(|value| value.to_str().unwrap().to_owned())
        .collect();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (
        status,
        challenges,
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

#[tokio::test]
async fn a_good_token_reaches_the_handler_and_others_get_a_challenge() {
    let world = World::new();
    let app = app(VerifyLayer::new(world.verifier.clone()));
    let bearer = format!("Bearer {}", world.token(&[]));
    let (status, _, body) = send(&app, "/", &[("authorization", &bearer)]).await;
    assert_eq!((status, body.as_str()), (200, "auth0|1"));
    let (status, challenges, _) = send(&app, "/", &[]).await;
    assert_eq!((status, challenges[0].as_str()), (401, "Bearer"));
    let (status, challenges, _) =
        send(&app, "/", &[("authorization", "Bearer alda_12345678")]).await;
    assert_eq!(status, 401);
    assert!(
        challenges[0].contains("error=\"invalid_token\""),
        "{challenges:?}"
    );
    let twice = [
        ("authorization", bearer.as_str()),
        ("authorization", bearer.as_str()),
    ];
    assert_eq!(send(&app, "/", &twice).await.0, 400);
    let expired = format!("Bearer {}", world.token(&[("exp", json!(NOW - 60))]));
    let (_, _, body) = send(&app, "/", &[("authorization", &expired)]).await;
    assert_eq!(body, r#"{"error":"invalid_token","reason":"expired"}"#);
}

#[tokio::test]
async fn demands_of_routes_are_kept() {
    let world = World::new();
    let app = app(VerifyLayer::new(world.verifier.clone()).explain());
    let bearer = format!("Bearer {}", world.token(&[]));
    let auth = [("authorization", bearer.as_str())];
    let (status, challenges, body) = send(&app, "/admin", &auth).await;
    assert_eq!(status, 403);
    assert!(challenges[0].contains("scope=\"admin\""), "{challenges:?}");
    assert!(body.contains("\"remedy\":\"Ask for scope admin"), "{body}");
    assert_eq!(send(&app, "/any", &auth).await.0, 200);
    let (status, challenges, _) = send(&app, "/fresh", &auth).await;
    assert_eq!(status, 401);
    assert!(
        challenges[0].contains("acr_values=\"mfa\", max_age=\"300\""),
        "{challenges:?}"
    );
    let strong = [("acr", json!("mfa")), ("auth_time", json!(NOW - 10))];
    let strong = format!("Bearer {}", world.token(&strong));
    assert_eq!(
        send(&app, "/fresh", &[("authorization", &strong)]).await.0,
        200
    );
}

#[tokio::test]
async fn optional_means_absent_not_wrong() {
    let world = World::new();
    let app = app(VerifyLayer::new(world.verifier.clone()).optional());
    assert_eq!(send(&app, "/maybe", &[]).await.2, "nobody");
    assert_eq!(send(&app, "/", &[]).await.0, 401);
    assert_eq!(send(&app, "/admin", &[]).await.0, 401);
    let garbage = [("authorization", "Bearer garbage")];
    assert_eq!(send(&app, "/maybe", &garbage).await.0, 401);
}

#[tokio::test]
async fn dpop_proofs_are_for_the_public_address() {
    let world = World::new();
    let layer = VerifyLayer::new(world.verifier.clone()).public_url("https://api.example/");
    let app = app(layer);
    let client = SigningKey::generate(Alg::ES256).unwrap();
    let jwk = client.public_jwk().unwrap();
    let token = world.token(&[("cnf", json!({"jkt": jwk.thumbprint()}))]);
    let jwk = serde_json::to_string(jwk).unwrap();
    let header = format!(r#"{{"typ":"dpop+jwt","alg":"ES256","jwk":{jwk}}}"#);
    let proof = |url: &str, jti: &str| {
        let ath = b64::encode(&digest::sha256(token.as_bytes()));
        let claims = json!({"htm": "GET", "htu": url, "iat": NOW, "jti": jti, "ath": ath});
        client.sign_with_header(&header, claims.to_string().as_bytes())
    };
    let auth = format!("DPoP {token}");
    let good = proof("https://api.example/", "1");
    let with = |proof: &str| {
        let headers = [("authorization", auth.clone()), ("dpop", proof.to_owned())];
        let app = app.clone();
        async move {
            let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
            send(&app, "/?query=1", &headers).await
        }
    };
    assert_eq!(with(&good).await.0, 200);
    let (status, challenges, body) = with(&good).await;
    assert_eq!(status, 401);
    assert!(
        challenges[0].starts_with("DPoP error=\"invalid_dpop_proof\""),
        "{challenges:?}"
    );
    assert!(body.contains("invalid_dpop_proof"));
    assert_eq!(with(&proof("https://elsewhere/", "2")).await.0, 401);
    assert_eq!(send(&app, "/", &[("authorization", &auth)]).await.0, 401);
    let bearer = format!("Bearer {token}");
    let (status, challenges, _) = send(&app, "/", &[("authorization", &bearer)]).await;
    assert_eq!(status, 401);
    assert!(challenges[0].contains("dpop_bound"), "{challenges:?}");
}

#[tokio::test]
async fn a_certificate_comes_by_extension() {
    let world = World::new();
    let bound = world.token(&[("cnf", json!({"x5t#S256": b64::encode(&[9; 32])}))]);
    let bearer = format!("Bearer {bound}");
    for (hash, status) in [([9; 32], 200), ([8; 32], 401)] {
        let app = app(VerifyLayer::new(world.verifier.clone()));
        let app = app.layer(middleware::from_fn(
            move |mut request: axum::extract::Request, next: middleware::Next| async move {
                request.extensions_mut().insert(ClientCertificate(hash));
                next.run(request).await
            },
        ));
        assert_eq!(
            send(&app, "/", &[("authorization", &bearer)]).await.0,
            status
        );
    }
}

#[tokio::test]
async fn refusals_are_told_to_the_hook_without_the_token() {
    let world = World::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let hook = move |reason: &Reason| log.lock().unwrap().push(reason.code());
    let app = app(VerifyLayer::new(world.verifier.clone()).on_refusal(hook));
    send(&app, "/", &[]).await;
    send(&app, "/", &[("authorization", "Bearer aldr_12345678")]).await;
    assert_eq!(*seen.lock().unwrap(), ["no_token", "opaque"]);
    let refused = world.verifier.counters().snapshot().refused;
    assert_eq!(refused, [("no_token", 1), ("opaque", 1)]);
}

#[tokio::test]
async fn an_extractor_without_a_layer_lets_nobody_in() {
    let world = World::new();
    let app = Router::new()
        .route("/", get(whoami))
        .route("/admin", get(whoami).route_layer(Require::all(["admin"])));
    let bearer = format!("Bearer {}", world.token(&[]));
    for path in ["/", "/admin"] {
        assert_eq!(
            send(&app, path, &[("authorization", &bearer)]).await.0,
            500,
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_api_describes_itself() {
    let world = World::new();
    let metadata = ResourceMetadata::of(&world.verifier);
    let app = app(VerifyLayer::new(world.verifier.clone())).merge(metadata_router(&metadata, "/"));
    let (status, _, body) = send(&app, "/.well-known/oauth-protected-resource", &[]).await;
    assert_eq!(status, 200);
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["authorization_servers"], json!(["https://i/"]));
    assert_eq!(body["resource"], "https://my-api");
}
