//! `POST /oauth/revoke` (RFC 7009, REL-02).

use aldgate_core::event::EventType;
use aldgate_core::time::Seconds;
use serde_json::json;

use crate::kit::{Kit, Login, error};

#[tokio::test]
async fn rel_02_a_revoked_family_stays_dead() {
    let kit = Kit::new().await;
    let spa = &kit.world.spa;
    let first = kit.tokens(Login::opaque(spa)).await;
    let refresh = first["refresh_token"].as_str().unwrap();
    let second = kit.refresh(spa, refresh, &[]).await.json();
    // Also a retired token stands for its family.
    let reply = kit
        .post("oauth/revoke", spa, &[("token", refresh)], &[])
        .await;
    assert_eq!((reply.status.as_u16(), reply.text().as_str()), (200, ""));
    assert_eq!(reply.header("content-type"), None);
    let newest = second["refresh_token"].as_str().unwrap();
    for _ in 0..2 {
        assert_eq!(error(&kit.refresh(spa, newest, &[]).await), "invalid_grant");
        assert_eq!(
            kit.userinfo(second["access_token"].as_str().unwrap())
                .await
                .status,
            401
        );
        kit.server.advance(Seconds(100));
    }
    let again = kit
        .post("oauth/revoke", spa, &[("token", newest)], &[])
        .await;
    assert_eq!(again.status, 200);
    let events = kit.server.events().await;
    let revoked = events
        .iter()
        .filter(|event| event.kind == EventType::RevokeRefreshToken);
    assert_eq!(revoked.count(), 1);
}

#[tokio::test]
async fn json_works_and_unknown_tokens_are_fine() {
    let kit = Kit::new().await;
    let web = &kit.world.web;
    let body = json!({"client_id": web.id, "client_secret": web.secret, "token": "unknown"});
    let reply = kit
        .server
        .post_json(&kit.server.url("oauth/revoke"), &body, &[])
        .await;
    assert_eq!(reply.status, 200);
    let missing = kit.post("oauth/revoke", web, &[], &[]).await;
    assert_eq!(
        (missing.status.as_u16(), error(&missing)),
        (400, "invalid_request".into())
    );
}

#[tokio::test]
async fn only_the_tokens_own_application_revokes_it() {
    let kit = Kit::new().await;
    let (spa, web) = (&kit.world.spa, &kit.world.web);
    let tokens = kit.tokens(Login::opaque(spa)).await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    for token in [refresh, tokens["access_token"].as_str().unwrap()] {
        let reply = kit
            .post("oauth/revoke", web, &[("token", token)], &[])
            .await;
        assert_eq!(
            (reply.status.as_u16(), error(&reply)),
            (401, "invalid_client".into())
        );
    }
    let wrong = kit
        .post(
            "oauth/revoke",
            web,
            &[("token", "x")],
            &[("client_secret", "no")],
        )
        .await;
    assert_eq!(error(&wrong), "invalid_client");
    assert_eq!(kit.refresh(spa, refresh, &[]).await.status, 200);
}

#[tokio::test]
async fn an_opaque_access_token_is_revoked_alone() {
    let kit = Kit::new().await;
    let spa = &kit.world.spa;
    let tokens = kit.tokens(Login::opaque(spa)).await;
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(
        kit.post("oauth/revoke", spa, &[("token", access)], &[])
            .await
            .status,
        200
    );
    assert_eq!(kit.userinfo(access).await.status, 401);
    let refresh = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(kit.refresh(spa, refresh, &[]).await.status, 200);
}
