//! The password grants (R5, OAU-12).

use aldgate_core::application::GrantType;
use aldgate_core::event::EventType;
use aldgate_test::{API, PASSWORD};

use crate::kit::{Kit, error, refusal};

const REALM: &str = "http://auth0.com/oauth/grant-type/password-realm";

async fn allow(kit: &Kit) {
    kit.change(&kit.world.web.id, |app| {
        app.grant_types
            .extend([GrantType::Password, GrantType::PasswordRealm]);
    })
    .await;
}

#[tokio::test]
async fn r5_a_password_gives_tokens_where_the_application_may() {
    let kit = Kit::new().await;
    let (web, realm) = (&kit.world.web, kit.world.connection.name.clone());
    let base = [
        ("grant_type", REALM),
        ("realm", realm.as_str()),
        ("username", "ada@example.com"),
        ("password", PASSWORD),
        ("scope", "openid email offline_access read:things nonsense"),
        ("audience", API),
    ];
    assert_eq!(
        error(&kit.token(web, &base, &[]).await),
        "unauthorized_client",
        "off by default"
    );
    allow(&kit).await;
    let reply = kit.token(web, &base, &[]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let tokens = reply.json();
    assert_eq!(tokens["scope"], "openid email offline_access read:things");
    let (_, _, access) = kit.verify(tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(access["gty"], "password");
    let (_, _, id) = kit.verify(tokens["id_token"].as_str().unwrap()).await;
    assert_eq!(id["email"], "ada@example.com");
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let next = kit.refresh(web, refresh, &[]).await.json();
    let (_, _, access) = kit.verify(next["access_token"].as_str().unwrap()).await;
    assert_eq!(
        access["gty"],
        serde_json::json!(["refresh_token", "password"])
    );
    let events = kit.server.events().await;
    assert!(
        events
            .iter()
            .any(|event| event.kind == EventType::PasswordExchange)
    );
}

#[tokio::test]
async fn the_plain_grant_uses_the_default_directory() {
    let kit = Kit::new().await;
    allow(&kit).await;
    let base = [
        ("grant_type", "password"),
        ("username", "ada@example.com"),
        ("password", PASSWORD),
    ];
    let tokens = kit.token(&kit.world.web, &base, &[]).await.json();
    assert!(
        tokens["access_token"]
            .as_str()
            .unwrap()
            .starts_with("alda_"),
        "{tokens}"
    );
    assert!(tokens.get("id_token").is_none(), "openid was not asked for");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_look_alike() {
    let kit = Kit::new().await;
    allow(&kit).await;
    let realm = kit.world.connection.name.clone();
    let base = [
        ("grant_type", REALM),
        ("realm", realm.as_str()),
        ("username", "ada@example.com"),
        ("password", "wrong"),
    ];
    let wrong = refusal(&kit.token(&kit.world.web, &base, &[]).await);
    assert_eq!(
        wrong,
        (
            400,
            "invalid_grant".into(),
            "Wrong email or password.".into()
        )
    );
    let nobody = [("username", "nobody@example.com")];
    assert_eq!(
        refusal(&kit.token(&kit.world.web, &base, &nobody).await),
        wrong
    );
}
