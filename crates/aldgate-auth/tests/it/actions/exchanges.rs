//! Actions at the token endpoint.

use aldgate_core::action::Trigger;
use aldgate_core::application::GrantType;
use aldgate_core::time::Seconds;
use aldgate_test::{API, PASSWORD};
use serde_json::json;

use super::desk::{Desk, Written, claims};
use crate::kit::refusal;
use crate::stand::allow;

const REALM_GRANT: &str = "http://auth0.com/oauth/grant-type/password-realm";

#[tokio::test]
async fn a_refresh_runs_post_login_anew() {
    let desk = Desk::new().await;
    let body = r#"
        const how = event.transaction.protocol;
        api.accessToken.setCustomClaim("https://demo/how", how);
        api.idToken.setCustomClaim("https://demo/how", how);
        if (event.refresh_token) {
          const n = (event.user.app_metadata.refreshed ?? 0) + 1;
          api.user.setAppMetadata("refreshed", n);
          if (n > 2) api.access.deny("Enough.");
        }"#;
    desk.bind(Trigger::PostLogin, &[Written::post_login("How", body)])
        .await;
    let spa = &desk.stand.world.spa;
    desk.stand
        .change(&spa.id, |app| app.refresh_token.leeway = Seconds(30))
        .await;
    let scope = "openid offline_access read:things";
    let answer = desk
        .log_in(spa, "ada", &[("scope", scope), ("audience", API)])
        .await;
    let first = desk.redeem(spa, &answer).await;
    assert_eq!(
        claims(&first["access_token"])["https://demo/how"],
        "oidc-basic-profile"
    );
    let refresh = async |token: &str| {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
        desk.token(spa, &fields).await
    };
    let token = first["refresh_token"]
        .as_str()
        .expect("a refresh token")
        .to_owned();
    let second = refresh(&token).await.json();
    assert_eq!(
        claims(&second["access_token"])["https://demo/how"],
        "oauth2-refresh-token"
    );
    assert_eq!(
        claims(&second["id_token"])["https://demo/how"],
        "oauth2-refresh-token"
    );
    let event = desk.event("sertft").await;
    assert!(event.detail["actions"]["executions"][0].is_string());
    // The same caller gets the same answer again, without another run (ruling R9).
    let runs = desk.executions(Trigger::PostLogin).await.len();
    let again = refresh(&token).await.json();
    assert_eq!(again["access_token"], second["access_token"]);
    assert_eq!(
        claims(&again["id_token"])["https://demo/how"],
        "oauth2-refresh-token"
    );
    assert_eq!(desk.executions(Trigger::PostLogin).await.len(), runs);
    let bearer = format!(
        "Bearer {}",
        second["access_token"].as_str().expect("a token")
    );
    let url = desk.stand.server.url("userinfo");
    let told = desk
        .stand
        .server
        .get(&url, &[("authorization", &bearer)])
        .await
        .json();
    assert_eq!(told["https://demo/how"], "oauth2-refresh-token");
}

#[tokio::test]
async fn a_denied_refresh_spends_nothing() {
    let desk = Desk::new().await;
    let body = r#"
        if (event.refresh_token && !event.user.user_metadata.ok) {
          api.user.setUserMetadata("ok", true);
          api.access.deny("Not yet.");
        }"#;
    desk.bind(Trigger::PostLogin, &[Written::post_login("Later", body)])
        .await;
    let spa = &desk.stand.world.spa;
    let answer = desk
        .log_in(spa, "ada", &[("scope", "openid offline_access")])
        .await;
    let first = desk.redeem(spa, &answer).await;
    let token = first["refresh_token"].as_str().expect("a refresh token");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let denied = desk.token(spa, &fields).await;
    assert_eq!(
        refusal(&denied),
        (403, "access_denied".into(), "Not yet.".into())
    );
    let event = desk.event("fertft").await;
    assert!(event.detail["actions"]["executions"][0].is_string());
    assert_eq!(
        desk.token(spa, &fields).await.status,
        200,
        "the token still works"
    );
}

#[tokio::test]
async fn refresh_token_revoke_ends_the_family() {
    let desk = Desk::new().await;
    let body = r#"if (event.refresh_token) api.refreshToken.revoke("Stolen.");"#;
    desk.bind(Trigger::PostLogin, &[Written::post_login("Revoke", body)])
        .await;
    let spa = &desk.stand.world.spa;
    let answer = desk
        .log_in(spa, "ada", &[("scope", "openid offline_access")])
        .await;
    let first = desk.redeem(spa, &answer).await;
    let token = first["refresh_token"].as_str().expect("a refresh token");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let denied = desk.token(spa, &fields).await;
    assert_eq!(
        refusal(&denied),
        (403, "access_denied".into(), "Stolen.".into())
    );
    let again = refusal(&desk.token(spa, &fields).await);
    assert_eq!((again.0, again.1.as_str()), (400, "invalid_grant"));
}

#[tokio::test]
async fn no_action_runs_for_a_refresh_that_is_refused_anyway() {
    let desk = Desk::new().await;
    desk.bind(Trigger::PostLogin, &[Written::post_login("Any", "")])
        .await;
    let spa = &desk.stand.world.spa;
    let answer = desk
        .log_in(spa, "ada", &[("scope", "openid offline_access")])
        .await;
    let first = desk.redeem(spa, &answer).await;
    let token = first["refresh_token"].as_str().expect("a refresh token");
    let runs = desk.executions(Trigger::PostLogin).await.len();
    let other = &desk.stand.world.native;
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
    assert_eq!(desk.token(other, &fields).await.status, 400);
    assert_eq!(desk.executions(Trigger::PostLogin).await.len(), runs);
}

#[tokio::test]
async fn the_password_grant_runs_post_login() {
    let desk = Desk::new().await;
    let body = r#"
        if (event.user.email.startsWith("eve")) api.access.deny("No Eves.");
        if (JSON.stringify(event).includes("battery staple")) throw new Error("a password!");
        api.accessToken.setCustomClaim("https://demo/how", event.transaction.protocol);
        api.idToken.setCustomClaim("https://demo/can", api.redirect.canRedirect());"#;
    desk.bind(Trigger::PostLogin, &[Written::post_login("How", body)])
        .await;
    let web = &desk.stand.world.web;
    desk.stand
        .change(&web.id, |app| allow(app, GrantType::PasswordRealm))
        .await;
    let log_in = async |name: &str| {
        let fields = [
            ("grant_type", REALM_GRANT),
            ("realm", "Username-Password-Authentication"),
            ("username", name),
            ("password", PASSWORD),
            ("scope", "openid"),
            ("audience", API),
        ];
        desk.token(web, &fields).await
    };
    let tokens = log_in("ada@example.com").await;
    assert_eq!(tokens.status, 200, "{}", tokens.text());
    let tokens = tokens.json();
    assert_eq!(
        claims(&tokens["access_token"])["https://demo/how"],
        "oauth2-password"
    );
    assert_eq!(claims(&tokens["id_token"])["https://demo/can"], false);
    let denied = log_in("eve@example.com").await;
    assert_eq!(
        refusal(&denied),
        (403, "access_denied".into(), "No Eves.".into())
    );
    let event = desk.event("fepft").await;
    assert!(event.detail["actions"]["executions"][0].is_string());
}

#[tokio::test]
async fn credentials_exchange_adds_claims_and_denies() {
    let desk = Desk::new().await;
    let body = r#"
        const { scope } = event.accessToken;
        if (scope.includes("write:things")) api.access.deny("invalid_scope", "Read only.");
        api.accessToken.setCustomClaim("https://demo/for", event.resource_server.identifier);
        api.accessToken.setCustomClaim("tier", event.client.name);"#;
    let trigger = Trigger::CredentialsExchange;
    desk.bind(trigger, &[Written::of("Machines", trigger, body)])
        .await;
    let m2m = &desk.stand.world.m2m;
    let ask = async |scope: &str| {
        let fields = [
            ("grant_type", "client_credentials"),
            ("audience", API),
            ("scope", scope),
        ];
        desk.token(m2m, &fields).await
    };
    let tokens = ask("read:things").await;
    assert_eq!(tokens.status, 200, "{}", tokens.text());
    let access = claims(&tokens.json()["access_token"]);
    assert_eq!(
        (&access["https://demo/for"], &access["tier"]),
        (&json!(API), &json!("M2M"))
    );
    let denied = ask("read:things write:things").await;
    assert_eq!(
        refusal(&denied),
        (400, "invalid_scope".into(), "Read only.".into())
    );
    let event = desk.event("feccft").await;
    assert!(event.detail["actions"]["executions"][0].is_string());
}
