//! Keys over real HTTP, from an issuer with moods.
#![cfg(feature = "http-client")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aldgate_verify::introspect::HttpIntrospect;
use aldgate_verify::jose::{Alg, JwkSet, SigningKey, b64};
use aldgate_verify::{JwkProvider, Reason, Verifier};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

#[derive(Clone)]
struct Issuer {
    address: String,
    jwks: Arc<String>,
    hits: Arc<AtomicUsize>,
}

async fn start(key: &SigningKey) -> Issuer {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("bound"));
    let public = key.public_jwk().expect("asymmetric").clone();
    let set = JwkSet::new([public]).expect("one key");
    let issuer = Issuer {
        address,
        jwks: Arc::new(set.to_json()),
        hits: Arc::default(),
    };
    let app = Router::new()
        .route("/.well-known/jwks.json", get(jwks))
        .route("/.well-known/openid-configuration", get(discovery))
        .route(
            "/moved",
            get(|| async { Redirect::temporary("/.well-known/jwks.json") }),
        )
        .route("/introspect", post(introspect))
        .route("/broken", get(|| async { StatusCode::BAD_GATEWAY }))
        .route("/long", get(|| async { " ".repeat(300 * 1024) }))
        .with_state(issuer.clone());
    drop(tokio::spawn(
        async move { axum::serve(listener, app).await },
    ));
    issuer
}

async fn jwks(State(issuer): State<Issuer>, headers: HeaderMap) -> Response {
    issuer.hits.fetch_add(1, Ordering::SeqCst);
    let etag = [("etag", "\"1\""), ("cache-control", "public, max-age=600")];
    if headers
        .get("if-none-match")
        .is_some_and(|value| value == "\"1\"")
    {
        return (StatusCode::NOT_MODIFIED, etag).into_response();
    }
    (etag, issuer.jwks.to_string()).into_response()
}

async fn discovery(State(issuer): State<Issuer>) -> String {
    let address = &issuer.address;
    format!(r#"{{"issuer":"{address}/","jwks_uri":"{address}/.well-known/jwks.json"}}"#)
}

/// Knows one token, and an application by either way of sending its secret, never by both.
async fn introspect(headers: HeaderMap, body: String) -> Response {
    let fields: Vec<(&str, &str)> = body.split('&').filter_map(|f| f.split_once('=')).collect();
    let field = |name| fields.iter().find(|(own, _)| *own == name).map(|(_, v)| *v);
    let basic = format!("Basic {}", b64::encode_standard(b"orders:s3cret"));
    let in_header = headers
        .get("authorization")
        .is_some_and(|sent| *sent == basic);
    let in_form = field("client_id") == Some("orders") && field("client_secret") == Some("s3cret");
    if in_header == in_form || field("token_type_hint") != Some("access_token") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let active = field("token") == Some("alda_good_token");
    let rest = r#""aud":"api","exp":9999999999"#;
    format!(
        r#"{{"active":{active},"sub":"{}",{rest}}}"#,
        if in_form { "form" } else { "header" }
    )
    .into_response()
}

#[tokio::test]
async fn introspection_sends_the_secret_in_the_header_or_in_the_form() {
    let issuer = start(&SigningKey::generate(Alg::ES256).unwrap()).await;
    let name = format!("{}/", issuer.address);
    let endpoint = format!("{name}introspect");
    let ask = |secret: &str| HttpIntrospect::new(&endpoint, "orders", secret).unwrap();
    let verifier = |introspect| {
        let builder = Verifier::builder(&name, "api").introspection(introspect);
        builder.build().unwrap()
    };
    for (introspect, subject) in [
        (ask("s3cret"), "header"),
        (ask("s3cret").secret_in_form(), "form"),
    ] {
        let verifier = verifier(introspect);
        let accepted = verifier.verify("alda_good_token").await.unwrap();
        assert_eq!(accepted.subject(), Some(subject));
        let revoked = verifier.verify("alda_revoked").await;
        assert_eq!(revoked.unwrap_err(), Reason::Inactive);
    }
    for wrong in [ask("guess"), ask("guess").secret_in_form()] {
        assert!(!format!("{wrong:?}").contains("guess"));
        match verifier(wrong).verify("alda_good_token").await {
            Err(Reason::KeysUnavailable { cause, .. }) => assert!(cause.contains("401"), "{cause}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn keys_come_by_address_by_issuer_and_by_discovery() {
    let key = SigningKey::generate(Alg::ES256).unwrap();
    let issuer = start(&key).await;
    let name = format!("{}/", issuer.address);
    let claims = format!(r#"{{"iss":"{name}","aud":"api","sub":"u","exp":9999999999}}"#);
    let token = key.sign("at+jwt", claims.as_bytes());
    let url = format!("{}/.well-known/jwks.json", issuer.address);
    for provider in [
        JwkProvider::at(&url),
        JwkProvider::builder(&name),
        JwkProvider::discover(&name),
    ] {
        let keys = provider.build().unwrap();
        let verifier = Verifier::builder(&name, "api").keys(keys).build().unwrap();
        let accepted = verifier.verify(&token).await.unwrap();
        assert_eq!(accepted.subject(), Some("u"));
    }
    assert_eq!(issuer.hits.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn unchanged_keys_are_not_sent_again() {
    let key = SigningKey::generate(Alg::ES256).unwrap();
    let issuer = start(&key).await;
    let keys = JwkProvider::builder(&issuer.address).build().unwrap();
    keys.refresh().await.unwrap();
    keys.refresh().await.unwrap();
    assert_eq!(issuer.hits.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn jwk_01_many_tasks_cause_one_fetch() {
    let key = SigningKey::generate(Alg::ES256).unwrap();
    let issuer = start(&key).await;
    let name = format!("{}/", issuer.address);
    let claims = format!(r#"{{"iss":"{name}","aud":"api","exp":9999999999}}"#);
    let token = key.sign("at+jwt", claims.as_bytes());
    let keys = JwkProvider::builder(&name).build().unwrap();
    let verifier = Verifier::builder(&name, "api").keys(keys).build().unwrap();
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let (verifier, token) = (verifier.clone(), token.clone());
            tokio::spawn(async move { verifier.verify(&token).await.is_ok() })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap());
    }
    assert_eq!(issuer.hits.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn jwk_05_redirects_failures_and_long_answers_are_refused() {
    let key = SigningKey::generate(Alg::ES256).unwrap();
    let issuer = start(&key).await;
    for (path, cause) in [
        ("moved", "307"),
        ("broken", "502"),
        ("long", "more than"),
        ("x", "404"),
    ] {
        let keys = JwkProvider::at(&format!("{}/{path}", issuer.address))
            .build()
            .unwrap();
        let verifier = Verifier::builder("https://i/", "api")
            .keys(keys)
            .build()
            .unwrap();
        match verifier.verify(&key.sign("JWT", b"{}")).await {
            Err(Reason::KeysUnavailable { cause: actual, .. }) => {
                assert!(actual.contains(cause), "{path}: {actual}");
            }
            other => panic!("{path}: {other:?}"),
        }
    }
    assert_eq!(issuer.hits.load(Ordering::SeqCst), 0);
}
