//! `POST /oauth/introspect` (RFC 7662).

use aldgate_core::event::EventType;
use aldgate_test::{API, Client};
use serde_json::{Value, json};

use crate::kit::{Kit, Login, error};

async fn ask(kit: &Kit, client: &Client, token: &str) -> Value {
    let reply = kit
        .post("oauth/introspect", client, &[("token", token)], &[])
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

#[tokio::test]
async fn a_confidential_application_learns_what_a_token_is_worth() {
    let kit = Kit::new().await;
    let (m2m, spa) = (&kit.world.m2m, &kit.world.spa);
    let tokens = kit.tokens(Login::full(spa)).await;
    let told = ask(&kit, m2m, tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(told["active"], true);
    assert_eq!(told["client_id"], json!(spa.id));
    assert_eq!(told["sub"], json!(kit.world.ada.id));
    assert_eq!(told["aud"], json!([API, kit.server.url("userinfo")]));
    assert_eq!(told["exp"], kit.server.now().seconds() + 86_400);
    // That an API asks about a good token is told in the log, once in a while.
    ask(&kit, m2m, tokens["access_token"].as_str().unwrap()).await;
    let mut events = kit.server.events().await;
    events.retain(|event| event.kind == EventType::TokenAccepted);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].client_id.as_ref(), Some(&spa.id));
    assert_eq!(events[0].audience.as_deref(), Some(API));
    let opaque = kit.tokens(Login::opaque(spa)).await;
    let told = ask(&kit, m2m, opaque["access_token"].as_str().unwrap()).await;
    assert_eq!(told["scope"], "openid profile email offline_access");
    let machine = [("grant_type", "client_credentials"), ("audience", API)];
    let machine = kit.token(m2m, &machine, &[]).await.json();
    let told = ask(&kit, m2m, machine["access_token"].as_str().unwrap()).await;
    assert_eq!(told["sub"], format!("{}@clients", m2m.id));
}

#[tokio::test]
async fn acc_07_a_dead_token_is_inactive_and_nothing_more_is_said() {
    let kit = Kit::new().await;
    let (m2m, web) = (&kit.world.m2m, &kit.world.web);
    let tokens = kit.tokens(Login::full(web)).await;
    let inactive = json!({"active": false});
    for other in ["garbage", tokens["id_token"].as_str().unwrap()] {
        assert_eq!(ask(&kit, m2m, other).await, inactive);
    }
    let refresh = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(
        ask(&kit, m2m, refresh).await,
        inactive,
        "another application's refresh token"
    );
    assert_eq!(ask(&kit, web, refresh).await["active"], true);
    kit.block(true).await;
    assert_eq!(ask(&kit, web, refresh).await, inactive);
    assert_eq!(
        ask(&kit, m2m, tokens["access_token"].as_str().unwrap()).await,
        inactive
    );
    kit.block(false).await;
    assert_eq!(
        kit.post("oauth/revoke", web, &[("token", refresh)], &[])
            .await
            .status,
        200
    );
    assert_eq!(ask(&kit, web, refresh).await, inactive);
    assert_eq!(
        ask(&kit, m2m, tokens["access_token"].as_str().unwrap()).await,
        inactive
    );
}

#[tokio::test]
async fn oau_06_public_applications_cannot_ask() {
    let kit = Kit::new().await;
    let reply = kit
        .post("oauth/introspect", &kit.world.spa, &[("token", "x")], &[])
        .await;
    assert_eq!(
        (reply.status.as_u16(), error(&reply)),
        (401, "invalid_client".into())
    );
}
