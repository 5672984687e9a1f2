//! Embedded login: `/co/authenticate` and its ticket (Auth0: embedded login).

use aldgate_test::{PASSWORD, Reply};
use serde_json::{Value, json};

use crate::stand::{Stand, params, path};

const ORIGIN: (&str, &str) = ("origin", "http://localhost:3000");

async fn stand() -> Stand {
    let stand = Stand::new().await;
    stand
        .change(&stand.world.spa.id, |app| {
            app.cross_origin_authentication = true;
        })
        .await;
    stand
}

fn body(stand: &Stand) -> Value {
    json!({
        "client_id": stand.world.spa.id,
        "username": "ada@example.com",
        "password": PASSWORD,
        "realm": stand.world.connection.name,
        "credential_type": "http://auth0.com/oauth/grant-type/password-realm",
    })
}

async fn ask(stand: &Stand, body: &Value) -> Reply {
    stand
        .server
        .post_json(&stand.server.url("co/authenticate"), body, &[ORIGIN])
        .await
}

/// The value of the browser cookie that an answer sets.
fn browser_cookie(reply: &Reply) -> String {
    let cookies = reply.set_cookies();
    let cookie = cookies
        .iter()
        .find_map(|cookie| cookie.strip_prefix("aldgate-browser="));
    cookie
        .and_then(|rest| rest.split(';').next())
        .expect("a cookie")
        .to_owned()
}

#[tokio::test]
async fn a_ticket_logs_in_once_and_in_its_browser_alone() {
    let stand = stand().await;
    let reply = ask(&stand, &body(&stand)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("access-control-allow-origin"), Some(ORIGIN.1));
    assert_eq!(
        reply.header("access-control-allow-credentials"),
        Some("true")
    );
    let answer = reply.json();
    let ticket = answer["login_ticket"].as_str().expect("a ticket");
    assert!(answer["co_id"].is_string() && answer["co_verifier"].is_string());
    let url = stand.authorize(
        &stand.world.spa,
        &[
            ("login_ticket", ticket),
            ("realm", &stand.world.connection.name),
        ],
    );
    let mut browser = stand.server.browser();
    browser.set_cookie("aldgate-browser", &browser_cookie(&reply));
    let answer = browser.get(&url).await;
    assert!(params(&answer).contains_key("code"));
    assert!(browser.cookie("aldgate").is_some());
    let again = params(&browser.get(&url).await);
    assert_eq!(again["error"], "access_denied", "single use");
}

#[tokio::test]
async fn web_01_a_ticket_of_another_browser_logs_nobody_in() {
    let stand = stand().await;
    let reply = ask(&stand, &body(&stand)).await.json();
    let ticket = reply["login_ticket"].as_str().expect("a ticket").to_owned();
    let mut victim = stand.server.browser();
    let url = stand.authorize(&stand.world.spa, &[("login_ticket", &ticket)]);
    assert_eq!(params(&victim.get(&url).await)["error"], "access_denied");
    assert_eq!(victim.cookie("aldgate"), None);
    victim.get(&stand.authorize(&stand.world.spa, &[])).await;
    assert_eq!(path(&victim), "/u/login");
}

#[tokio::test]
async fn bad_attempts_get_auth0s_answers() {
    let stand = stand().await;
    let with = |name: &str, value: &str| {
        let mut changed = body(&stand);
        changed[name] = json!(value);
        changed
    };
    let table = [
        (with("password", "wrong"), 403, "access_denied"),
        (with("username", "nobody@example.com"), 403, "access_denied"),
        (
            with("credential_type", "x"),
            400,
            "unsupported_credential_type",
        ),
        (with("password", ""), 400, "invalid_request"),
        (with("realm", "nowhere"), 400, "invalid_request"),
        (with("client_id", "nobody"), 401, "unauthorized_client"),
        (
            with("client_id", stand.world.web.id.as_str()),
            401,
            "unauthorized_client",
        ),
    ];
    for (body, status, error) in table {
        let reply = ask(&stand, &body).await;
        assert_eq!(reply.status, status, "{body}");
        assert_eq!(reply.json()["error"], error, "{body}");
        assert!(!reply.json()["error_description"].is_null());
    }
    let elsewhere = [("origin", "https://evil.test")];
    let target = stand.server.url("co/authenticate");
    let reply = stand
        .server
        .post_json(&target, &body(&stand), &elsewhere)
        .await;
    assert!(reply.status.is_client_error());
    assert_eq!(reply.header("access-control-allow-origin"), None);
}
