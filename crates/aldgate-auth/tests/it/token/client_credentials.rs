//! Client credentials (OAU-11, OAU-12).

use aldgate_core::application::ClientAuthMethod;
use aldgate_core::event::EventType;
use aldgate_test::API;
use serde_json::json;

use crate::kit::{Kit, error, refusal};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

#[tokio::test]
async fn a_machine_gets_what_its_client_grant_holds() {
    let kit = Kit::new().await;
    let m2m = &kit.world.m2m;
    let reply = kit.token(m2m, &[GRANT, ("audience", API)], &[]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let tokens = reply.json();
    assert_eq!(tokens["scope"], "read:things write:things");
    assert!(tokens.get("refresh_token").is_none() && tokens.get("id_token").is_none());
    let (typ, alg, access) = kit.verify(tokens["access_token"].as_str().unwrap()).await;
    assert_eq!((typ.as_str(), alg.as_str()), ("at+jwt", "RS256"));
    assert_eq!(access["sub"], format!("{}@clients", m2m.id));
    assert_eq!(access["gty"], "client-credentials");
    assert_eq!(access["aud"], API);
    let events = kit.server.events().await;
    assert!(
        events
            .iter()
            .any(|event| event.kind == EventType::ClientCredentials)
    );
}

#[tokio::test]
async fn r7_json_bodies_and_resource_work_alike() {
    let kit = Kit::new().await;
    let m2m = &kit.world.m2m;
    let body = json!({
        "grant_type": "client_credentials", "client_id": m2m.id, "client_secret": m2m.secret,
        "resource": API, "scope": "read:things", "organization": null,
    });
    let reply = kit
        .server
        .post_json(&kit.server.url("oauth/token"), &body, &[])
        .await;
    assert_eq!(reply.json()["scope"], "read:things");
}

#[tokio::test]
async fn oau_11_nothing_beyond_the_client_grant() {
    let kit = Kit::new().await;
    let m2m = &kit.world.m2m;
    let ask = async |more: &[(&str, &str)]| refusal(&kit.token(m2m, &[GRANT], more).await);
    let unknown = ask(&[("audience", "https://api.test")]).await;
    assert_eq!((unknown.0, unknown.1.as_str()), (403, "access_denied"));
    assert!(
        unknown
            .2
            .starts_with("Service not enabled within domain: https://api.test")
    );
    let events = kit.server.events().await;
    let refusal = events
        .last()
        .and_then(|event| event.refusal.clone())
        .unwrap();
    assert!(refusal.remedy.unwrap().contains("the trailing slash"));
    let missing = ask(&[]).await;
    assert_eq!((missing.0, missing.1.as_str()), (403, "access_denied"));
    let management = kit.server.url("api/v2/");
    assert!(
        ask(&[("audience", &management)])
            .await
            .2
            .contains("client-grant")
    );
    for scope in ["admin:things", "*", "openid", "read:things delete:things"] {
        let refused = ask(&[("audience", API), ("scope", scope)]).await;
        assert_eq!(
            (refused.0, refused.1.as_str()),
            (403, "access_denied"),
            "{scope}"
        );
    }
    assert_eq!(
        ask(&[("audience", API), ("scope", "\"")]).await.1,
        "invalid_scope"
    );
    let both = ask(&[("audience", API), ("resource", &management)]).await;
    assert_eq!(both.1, "invalid_request");
}

#[tokio::test]
async fn oau_12_only_applications_that_may() {
    let kit = Kit::new().await;
    let (web, spa) = (&kit.world.web, &kit.world.spa);
    let off = kit.token(web, &[GRANT, ("audience", API)], &[]).await;
    assert_eq!(error(&off), "unauthorized_client");
    let machine = aldgate_core::application::GrantType::ClientCredentials;
    kit.change(&spa.id, |app| assert!(app.grant_types.insert(machine)))
        .await;
    let public = kit.token(spa, &[GRANT, ("audience", API)], &[]).await;
    assert_eq!(
        error(&public),
        "unauthorized_client",
        "OAU-06: it proves nothing"
    );
}

#[tokio::test]
async fn disabling_a_machine_counts_at_once() {
    let kit = Kit::new().await;
    let m2m = &kit.world.m2m;
    assert_eq!(
        kit.token(m2m, &[GRANT, ("audience", API)], &[])
            .await
            .status,
        200
    );
    kit.change(&m2m.id, |app| app.disabled = true).await;
    let refused = refusal(&kit.token(m2m, &[GRANT, ("audience", API)], &[]).await);
    assert_eq!((refused.0, refused.1.as_str()), (401, "invalid_client"));
    kit.change(&m2m.id, |app| {
        app.disabled = false;
        app.token_endpoint_auth_method = ClientAuthMethod::ClientSecretBasic;
    })
    .await;
    let method = kit.token(m2m, &[GRANT, ("audience", API)], &[]).await;
    assert_eq!(error(&method), "invalid_client");
}
