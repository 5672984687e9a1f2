//! Reports of refusals over real HTTP.
#![cfg(feature = "http-client")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aldgate_verify::Verifier;
use aldgate_verify::jose::{Alg, JwkSet, SigningKey};
use aldgate_verify::report::Reporter;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use tokio::sync::mpsc;

type Bodies = Arc<Mutex<mpsc::Sender<String>>>;

/// An issuer that takes reports with one status, and what it got.
async fn issuer(status: StatusCode) -> (String, mpsc::Receiver<String>) {
    let (sender, bodies) = mpsc::channel(10);
    let take = move |State(sender): State<Bodies>, body: String| async move {
        sender
            .lock()
            .expect("the test works")
            .try_send(body)
            .expect("the test works");
        status
    };
    let app = Router::new()
        .route("/oauth/refusals", post(take))
        .with_state(Arc::new(Mutex::new(sender)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("the test works");
    let address = format!("http://{}/", listener.local_addr().expect("the test works"));
    drop(tokio::spawn(
        async move { axum::serve(listener, app).await },
    ));
    (address, bodies)
}

fn reporter(issuer: &str) -> Reporter {
    let reporter = Reporter::new(issuer, "api-client", "s3cret&more").expect("the test works");
    reporter.every(Duration::from_secs(1))
}

fn verifier(key: &SigningKey, reporter: &Reporter) -> Verifier {
    let set =
        JwkSet::new([key.public_jwk().expect("the test works").clone()]).expect("the test works");
    Verifier::builder("https://tenant.example/", "https://my-api")
        .keys(aldgate_verify::JwkProvider::fixed(&set).expect("the test works"))
        .observer(reporter.clone())
        .build()
        .expect("the test works")
}

#[tokio::test]
async fn mistakes_are_counted_and_sent_together_without_a_word_of_the_token() {
    let (address, mut bodies) = issuer(StatusCode::ACCEPTED).await;
    let (key, reporter) = (
        SigningKey::generate(Alg::ES256).unwrap(),
        reporter(&address),
    );
    let verifier = verifier(&key, &reporter);
    let claims = r#"{"iss":"https://tenant.example/","aud":"shop","sub":"secret-person",
                     "nonce":"n","exp":9999999999}"#;
    let id_token = key.sign("JWT", claims.as_bytes());
    for _ in 0..12 {
        assert!(verifier.verify(&id_token).await.is_err());
    }
    assert!(verifier.verify("garbage").await.is_err());
    let body = bodies.recv().await.expect("a report");
    assert!(body.starts_with("client_id=api-client&client_secret=s3cret%26more&report="));
    assert!(!body.contains("secret-person") && !body.contains(&id_token[..20]));
    let report = url::form_urlencoded::parse(body.as_bytes());
    let report = report.last().expect("the report is last").1.into_owned();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let expected = serde_json::json!([{
        "code": "id_token", "application": "shop", "audience": "https://my-api", "count": 12,
    }]);
    assert_eq!(report, expected);
    while reporter.snapshot().sent < 12 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_report_that_fails_is_counted_and_troubles_nobody() {
    let (address, mut bodies) = issuer(StatusCode::UNAUTHORIZED).await;
    let (key, reporter) = (
        SigningKey::generate(Alg::ES256).unwrap(),
        reporter(&address),
    );
    let verifier = verifier(&key, &reporter);
    // One distinct refusal more than a report holds: the application differs each time.
    for number in 0..51 {
        let claims = format!(
            r#"{{"iss":"https://tenant.example/","aud":"x","azp":"app-{number}","scope":"a",
                "exp":9999999999}}"#
        );
        let token = key.sign("at+jwt", claims.as_bytes());
        assert!(verifier.verify(&token).await.is_err());
    }
    assert_eq!(reporter.snapshot().dropped, 1);
    drop(bodies.recv().await.expect("a report"));
    while reporter.snapshot().failed < 50 {
        tokio::task::yield_now().await;
    }
    assert_eq!(reporter.snapshot().sent, 0);
}

#[tokio::test]
async fn an_acceptance_is_told_of_once_and_only_if_that_is_wanted() {
    let (address, mut bodies) = issuer(StatusCode::ACCEPTED).await;
    let key = SigningKey::generate(Alg::ES256).unwrap();
    let (silent, telling) = (reporter(&address), reporter(&address).first_acceptances());
    let token = |application: &str, person: &str| {
        let claims = format!(
            r#"{{"iss":"https://tenant.example/","aud":"https://my-api","sub":"{person}",
                "azp":"{application}","scope":"a","exp":9999999999}}"#
        );
        key.sign("at+jwt", claims.as_bytes())
    };
    for observer in [&silent, &telling] {
        let verifier = verifier(&key, observer);
        for person in ["ada", "eve", "ada"] {
            verifier.verify(&token("shop", person)).await.expect("good");
        }
    }
    let body = bodies.recv().await.expect("a report");
    let report = url::form_urlencoded::parse(body.as_bytes());
    let report = report.last().expect("the report is last").1.into_owned();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let expected = serde_json::json!([{
        "code": "accepted", "application": "shop", "audience": "https://my-api", "count": 1,
    }]);
    assert_eq!(report, expected, "neither users nor how many");
    // More applications than are remembered: the rest is not told of.
    let verifier = verifier(&key, &telling);
    for number in 0..300 {
        let token = token(&format!("app-{number}"), "ada");
        verifier.verify(&token).await.expect("good");
    }
    drop(bodies.recv().await.expect("a second report"));
    let told = telling.snapshot();
    assert!(told.sent + told.failed + told.dropped <= 200, "{told:?}");
    assert_eq!(silent.snapshot().sent, 0);
}
