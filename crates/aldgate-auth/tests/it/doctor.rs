//! `/token-doctor`: the page, its texts, and the question about a `jti`.

use aldgate_test::TestServer;
use serde_json::{Value, json};

use crate::kit::{Kit, Login};

fn jti(token: &Value) -> String {
    let token = token.as_str().expect("a token");
    let unverified = aldgate_jose::jws::parse(token).expect("a JWT");
    let claims = unverified.dangerous_claims().expect("claims");
    claims.jwt_id().expect("a jti").to_owned()
}

async fn ask(kit: &Kit, jti: &str) -> Value {
    let url = kit.server.url("token-doctor/lookup");
    let reply = kit.server.post_form(&url, &[("jti", jti)], &[]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

#[tokio::test]
async fn web_02_the_page_has_no_form_that_could_send_a_token() {
    let kit = Kit::new().await;
    let page = kit.server.get(&kit.server.url("token-doctor"), &[]).await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("form-action 'none'") && policy.contains("connect-src 'self'"));
    assert!(!policy.contains("unsafe"));
    let html = page.text();
    assert!(!html.contains("<form") && !html.contains("name=\"token"));
    assert!(html.contains("aldgate token explain"));
    let texts = kit.server.url("token-doctor/texts.json");
    let texts = kit.server.get(&texts, &[]).await.json();
    assert_eq!(texts["reasons"]["id_token"]["code"], "id_token");
}

#[tokio::test]
async fn the_lookup_names_application_and_api_and_no_user() {
    let kit = Kit::new().await;
    let tokens = kit.tokens(Login::full(&kit.world.web)).await;
    let jti = jti(&tokens["access_token"]);
    let told = ask(&kit, &jti).await;
    assert_eq!(told["client_id"], json!(kit.world.web.id));
    assert_eq!(told["api"], aldgate_test::API);
    assert_eq!(told["revoked_at"], Value::Null);
    assert!(!told.to_string().contains(kit.world.ada.id.as_str()));
    let refresh = tokens["refresh_token"].as_str().expect("one");
    kit.post("oauth/revoke", &kit.world.web, &[("token", refresh)], &[])
        .await;
    assert!(ask(&kit, &jti).await["revoked_at"].is_string());
    for unknown in ["", "garbage", "grt_0000.x", &"x".repeat(5000)] {
        assert_eq!(
            ask(&kit, unknown).await,
            json!({"found": false}),
            "{unknown}"
        );
    }
}

#[tokio::test]
async fn ops_03_questions_are_limited() {
    let kit = Kit::new().await;
    for _ in 0..10 {
        ask(&kit, "x").await;
    }
    let url = kit.server.url("token-doctor/lookup");
    let reply = kit.server.post_form(&url, &[("jti", "x")], &[]).await;
    assert_eq!(reply.status, 429);
    assert!(reply.header("retry-after").is_some());
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let off = |config: &mut aldgate_app::config::Config| config.server.token_doctor = false;
    let server = TestServer::start_with(aldgate_auth::routes(), off).await;
    for path in ["token-doctor", "token-doctor/texts.json"] {
        assert_eq!(
            server.get(&server.url(path), &[]).await.status,
            404,
            "{path}"
        );
    }
}
