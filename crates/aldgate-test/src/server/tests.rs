//! What surrounds every request, seen from outside.

use aldgate_app::app::App;
use aldgate_app::error::OAuthRejection;
use aldgate_app::extract::{Browser, ClientRequest, FormParams, Tenant};
use aldgate_app::mail::OutgoingMail;
use aldgate_app::respond;
use aldgate_core::api::SigningAlg;
use aldgate_core::key::LEAD;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::json;

use super::*;
use crate::World;

async fn keys(State(app): State<App>, tenant: Tenant, headers: HeaderMap) -> Response {
    let ring = app.key_ring(&tenant.id).await.expect("keys");
    ring.key_set().respond(&headers)
}

async fn token(request: ClientRequest) -> Result<Response, OAuthRejection> {
    let id = request.presented.client_id().map(ToString::to_string);
    Ok(respond::json(StatusCode::OK, &json!({"id": id})))
}

const FORM: &str = "<form method=post action=\"/form\"><input type=hidden name=csrf value=\"";

async fn show(State(app): State<App>, browser: Browser) -> Response {
    let page = format!("{FORM}{}\"></form>", browser.token(&app, "form"));
    ([(SET_COOKIE, browser.cookie())], page).into_response()
}

async fn submit(
    State(app): State<App>,
    browser: Browser,
    FormParams(params): FormParams,
) -> Result<&'static str, OAuthRejection> {
    browser.check(&app, "form", &params)?;
    Ok("done")
}

fn routes() -> Router<App> {
    Router::new()
        .route("/form", get(show).post(submit))
        .route("/.well-known/jwks.json", get(keys))
        .route("/oauth/token", post(token))
        .route(
            "/issuer",
            get(|tenant: Tenant| async move { tenant.issuer.to_string() }),
        )
        .route("/panic", get(|| async { panic!("secret") as Response }))
}

#[tokio::test]
async fn ops_01_the_issuer_never_comes_from_the_host() {
    let server = TestServer::start(routes()).await;
    let hostile = [("host", "evil.test"), ("x-forwarded-host", "evil.test")];
    let reply = server.get(&server.url("issuer"), &hostile).await;
    assert_eq!(reply.text(), "http://localhost:4455/");
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert!(reply.header("x-auth0-requestid").is_some());
}

#[tokio::test]
async fn jwk_02_the_key_set_has_the_next_key_before_it_signs() {
    let server = TestServer::start(routes()).await;
    let url = server.url(".well-known/jwks.json");
    let first = server.get(&url, &[]).await;
    let kids = |reply: &Reply| {
        let set = reply.json();
        let keys = set["keys"].as_array().expect("keys").iter();
        keys.map(|key| key["kid"].as_str().expect("a kid").to_owned())
            .collect::<Vec<_>>()
    };
    let before = kids(&first);
    assert_eq!(before.len(), 2);
    assert!(first.json()["keys"][0]["x5c"][0].is_string());
    server.advance(Seconds(1));
    // The first next key was in every key set there ever was.
    let rotate = || server.app.rotate_keys(&server.tenant, SigningAlg::Rs256);
    rotate().await.expect("rotated");
    let after = kids(&server.get(&url, &[]).await);
    assert_eq!(after.len(), 3);
    assert_eq!(after[0], before[1], "the next key signs now");
    assert!(
        after.contains(&before[0]),
        "the previous key stays published"
    );
    let signer = server
        .app
        .signer(&server.tenant, SigningAlg::Rs256)
        .await
        .expect("a key");
    assert_eq!(signer.kid(), Some(after[0].as_str()));
    let early = rotate().await;
    assert!(early.is_err(), "the next key is too young: {early:?}");
    server.advance(LEAD);
    rotate().await.expect("rotated again");
    let after = kids(&server.get(&url, &[]).await);
    assert_eq!(after.len(), 4);
    let id = after[0].parse().expect("a key id");
    server
        .app
        .revoke_key(&server.tenant, &id)
        .await
        .expect("revoked");
    let revoked = kids(&server.get(&url, &[]).await);
    assert!(
        !revoked.contains(&after[0]),
        "a revoked key is gone at once"
    );
}

#[tokio::test]
async fn keys_of_other_algorithms_are_made_at_first_use() {
    let server = TestServer::start(routes()).await;
    for alg in [SigningAlg::Es256, SigningAlg::EdDsa, SigningAlg::Ps256] {
        let key = server.app.signer(&server.tenant, alg).await.expect("a key");
        let token = server.app.keys.sign(&key, "JWT", b"{}".to_vec()).await;
        let ring = server.app.key_ring(&server.tenant.id).await.expect("keys");
        let verifier = ring.verifier(key.kid().expect("a kid")).expect("published");
        let parsed = aldgate_jose::jws::parse(&token).expect("a token");
        assert!(parsed.verify(verifier).is_ok(), "{}", alg.as_str());
    }
    assert!(
        server
            .app
            .signer(&server.tenant, SigningAlg::Hs256)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn oau_06_credentials_are_read_from_header_form_and_json() {
    let server = TestServer::start(routes()).await;
    let url = server.url("oauth/token");
    let form = server
        .post_form(&url, &[("client_id", "a"), ("client_secret", "s")], &[])
        .await;
    assert_eq!(form.json(), json!({"id": "a"}));
    let body = json!({"client_id": "a", "client_secret": "s", "organization": null});
    assert_eq!(
        server.post_json(&url, &body, &[]).await.json(),
        json!({"id": "a"})
    );
    let basic = [("authorization", "Basic YTpiOmM=")];
    assert_eq!(
        server.post_form(&url, &[("x", "y")], &basic).await.json(),
        json!({"id": "a"})
    );
    let broken = server
        .post_form(&url, &[], &[("authorization", "Basic !")])
        .await;
    assert_eq!(broken.status, 401);
    assert!(
        broken
            .header("www-authenticate")
            .is_some_and(|value| value.starts_with("Basic"))
    );
    let twice = [("client_id", "a"), ("client_id", "a")];
    assert_eq!(server.post_form(&url, &twice, &[]).await.status, 400);
    let plain = [("content-type", "text/plain")];
    let request = Request::post(&url)
        .header(plain[0].0, plain[0].1)
        .body(Body::from("a=b"));
    assert_eq!(server.send(request.expect("a request")).await.status, 415);
}

#[tokio::test]
async fn web_01_a_form_works_only_for_the_browser_it_was_shown_to() {
    let server = TestServer::start(routes()).await;
    let mut browser = server.browser();
    browser.get(&server.url("form")).await;
    let form = browser.form("/form");
    assert_eq!(browser.send(&form).await.text(), "done");
    assert_eq!(
        browser.send(&form.clone().without("csrf")).await.status,
        400
    );
    let mut other = server.browser();
    assert_eq!(other.send(&form).await.status, 400);
    other.get(&server.url("form")).await;
    assert_eq!(other.send(&form).await.status, 400);
    // The session changed since the form was shown.
    browser.set_cookie("aldgate", "alds_x");
    assert_eq!(browser.send(&form).await.status, 400);
    browser.get(&server.url("form")).await;
    let fresh = browser.form("/form");
    let fields: Vec<(&str, &str)> = fresh
        .fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let cookies: Vec<String> = browser
        .cookies()
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let cookies = cookies.join("; ");
    let evil = [
        ("cookie", cookies.as_str()),
        ("origin", "https://evil.test"),
    ];
    let refused = server.post_form(&fresh.action, &fields, &evil).await;
    assert_eq!(refused.status, 400, "the same form from another site");
    assert_eq!(browser.send(&fresh).await.text(), "done");
}

#[tokio::test]
async fn ops_03_long_urls_and_bodies_are_refused() {
    let server = TestServer::start(routes()).await;
    let long = format!("{}?{}", server.url("issuer"), "a".repeat(17 << 10));
    assert_eq!(server.get(&long, &[]).await.status, 414);
    let body = "a".repeat((64 << 10) + 1);
    let reply = server
        .post_form(&server.url("oauth/token"), &[("client_id", &body)], &[])
        .await;
    assert_eq!(reply.status, 413);
}

#[tokio::test]
async fn oau_10_origins_are_those_of_the_tenants_applications() {
    let server = TestServer::start(routes()).await;
    World::make(&server).await;
    let url = server.url("oauth/token");
    let preflight = |origin: &str| {
        let request = Request::options(&url)
            .header("origin", origin)
            .header("access-control-request-method", "POST");
        request.body(Body::empty()).expect("a request")
    };
    let allowed = server.send(preflight("http://localhost:3000")).await;
    assert_eq!(allowed.status, 204);
    let origin = allowed.header("access-control-allow-origin");
    assert_eq!(origin, Some("http://localhost:3000"));
    let denied = server.send(preflight("https://evil.test")).await;
    assert_eq!(denied.header("access-control-allow-origin"), None);
    let events = server.events().await;
    let refused = events
        .iter()
        .filter(|event| event.kind.code() == "fco")
        .count();
    assert_eq!(refused, 1, "the origin is told in the tenant log");
}

#[tokio::test]
async fn log_01_a_panic_is_contained_and_tells_nothing() {
    let server = TestServer::start(routes()).await;
    let reply = server.get(&server.url("panic"), &[]).await;
    assert_eq!(reply.status, 500);
    assert!(!reply.text().contains("secret") && reply.text().contains("Support code"));
    assert!(
        server
            .app
            .metrics
            .render()
            .contains("aldgate_events_total{what=\"panic\"} 1")
    );
}

#[tokio::test]
async fn the_admin_listener_tells_whether_the_server_is_ready() {
    let server = TestServer::start(routes()).await;
    let admin = aldgate_app::admin::router(server.app.clone());
    for (path, expected) in [
        ("/healthz", "ok"),
        ("/readyz", "{\"database\":\"ok\",\"keys\":\"ok\"}"),
        ("/metrics", "aldgate_http_requests_running"),
    ] {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let response = admin.clone().oneshot(request).await.expect("infallible");
        assert_eq!(response.status(), 200, "{path}");
        let body = response
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        assert!(String::from_utf8_lossy(&body).contains(expected), "{path}");
    }
}

#[tokio::test]
async fn acc_01_a_queued_mail_is_sealed_until_it_is_sent() {
    let server = TestServer::start(routes()).await;
    let mail = OutgoingMail {
        to: "ada@example.com".into(),
        subject: "hi".into(),
        html: "<p>link</p>".into(),
        text: "link".into(),
        about: None,
        gateway: None,
        useful_until: None,
    };
    let queued = server.app.seal_mail(&server.tenant.id, &mail);
    assert!(!format!("{queued:?}").contains("link"));
    let now = server.now();
    let enqueue = move |tx: &mut aldgate_store::Tx<'_>| queued.enqueue(tx, now);
    server
        .app
        .store
        .write(&server.tenant.id, enqueue)
        .await
        .expect("queued");
    let mails = server.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(
        (mails[0].to.as_str(), mails[0].text.as_str()),
        ("ada@example.com", "link")
    );
    assert_eq!(server.mails().await.len(), 1, "sent once");
}

#[tokio::test]
async fn a_change_is_seen_at_once_on_this_node() {
    let server = TestServer::start(routes()).await;
    let world = World::make(&server).await;
    let find = || server.app.application(&server.tenant.id, &world.spa.id);
    let known = find().await.expect("an answer").expect("the SPA");
    let mut changed = known.as_ref().clone();
    changed.name = "Renamed".into();
    let update = move |tx: &mut aldgate_store::Tx<'_>| tx.applications().update(&changed);
    server
        .app
        .store
        .write(&server.tenant.id, update)
        .await
        .expect("updated");
    assert_eq!(
        find().await.expect("an answer").expect("the SPA").name,
        "Renamed"
    );
}

#[tokio::test]
async fn the_default_tenant_follows_its_configured_address() {
    let server = TestServer::start(routes()).await;
    let mut tenant = server.tenant.clone();
    tenant.issuer = "http://old.test:1/".parse_issuer();
    let now = server.now();
    let update = move |tx: &mut aldgate_store::Tx<'_>| tx.own_tenant().update(&tenant, now);
    server
        .app
        .store
        .write(&server.tenant.id, update)
        .await
        .expect("updated");
    let back = server.app.ensure_default_tenant().await.expect("moved");
    assert_eq!(back.issuer, server.tenant.issuer);
}

#[tokio::test]
async fn housekeeping_can_run_again_and_again() {
    let server = TestServer::start(routes()).await;
    for _ in 0..3 {
        server.advance(Seconds::days(40));
        aldgate_app::jobs::housekeeping(&server.app)
            .await
            .expect("done");
    }
    let ring = server.app.key_ring(&server.tenant.id).await.expect("keys");
    assert!(ring.keys().len() >= 3, "the schedule turned the ring");
}

trait ParseIssuer {
    fn parse_issuer(&self) -> aldgate_core::tenant::Issuer;
}

impl ParseIssuer for str {
    fn parse_issuer(&self) -> aldgate_core::tenant::Issuer {
        aldgate_core::tenant::Issuer::parse(self).expect("an issuer")
    }
}
