//! Response types and modes.

use aldgate_core::application::GrantType;
use aldgate_jose::{VerifyingKey, b64, digest, jwt};
use aldgate_test::{API, Reply};
use serde_json::Value;

use crate::stand::{Stand, allow, params};

async fn stand() -> Stand {
    let stand = Stand::new().await;
    for client in [&stand.world.web, &stand.world.spa] {
        let id = client.id.clone();
        stand
            .change(&id, |app| allow(app, GrantType::Implicit))
            .await;
    }
    stand
}

/// The claims of a token of ours, its signature checked.
async fn claims(stand: &Stand, token: &str) -> Value {
    let ring = stand
        .server
        .app
        .key_ring(&stand.server.tenant.id)
        .await
        .expect("keys");
    let kid = aldgate_jose::jws::parse(token).expect("a token");
    let kid = kid.header().kid().expect("a kid").to_owned();
    let key: &VerifyingKey = ring.verifier(&kid).expect("our key");
    let verified = jwt::verify(token, key).expect("signed by us");
    serde_json::from_str(verified.as_json()).expect("JSON")
}

#[tokio::test]
async fn oau_12_every_response_type_in_every_mode() {
    let stand = stand().await;
    let web = &stand.world.web;
    let mut browser = stand.server.browser();
    browser.get(&stand.authorize(web, &[])).await;
    stand.log_in(&mut browser, "ada").await;
    let kinds: [(&str, &[&str]); 7] = [
        ("code", &["code"]),
        ("token", &["access_token"]),
        ("id_token", &["id_token"]),
        ("id_token token", &["access_token", "id_token"]),
        ("code token", &["code", "access_token"]),
        ("id_token code", &["code", "id_token"]),
        ("code id_token token", &["code", "access_token", "id_token"]),
    ];
    for (kind, holds) in kinds {
        for mode in ["", "query", "fragment", "form_post", "web_message"] {
            let url = stand.authorize(web, &[("response_type", kind), ("response_mode", mode)]);
            let reply = browser.get(&url).await;
            let what = format!("{kind} by {mode:?}");
            if mode == "query" && kind != "code" {
                assert_eq!(params(&reply)["error"], "invalid_request", "{what}");
                assert!(
                    reply.location().expect("a redirect").contains('#'),
                    "{what}"
                );
                continue;
            }
            let text = whole(&reply, mode, kind);
            for member in ["code", "access_token", "id_token"] {
                let there = text.contains(&format!("{member}="))
                    || text.contains(&format!("\"{member}\":"))
                    || text.contains(&format!("name=\"{member}\""));
                assert_eq!(there, holds.contains(&member), "{what}: {member} in {text}");
            }
            assert!(text.contains("s-1") && text.contains("iss"), "{what}");
        }
    }
}

/// Where an answer stands, after checking that it stands where the mode wants it.
fn whole(reply: &Reply, mode: &str, kind: &str) -> String {
    if mode == "form_post" || mode == "web_message" {
        assert_eq!((reply.status.as_u16(), reply.location()), (200, None));
        return reply.text();
    }
    let location = reply.location().expect("a redirect").to_owned();
    let query = mode == "query" || mode.is_empty() && kind == "code";
    assert_eq!(location.contains('?'), query, "{location}");
    location.replacen(['?', '#'], "&", 1)
}

#[tokio::test]
async fn oid_01_front_channel_tokens_are_bound_to_each_other() {
    let stand = stand().await;
    let mut browser = stand.server.browser();
    let extra = [
        ("response_type", "code id_token token"),
        ("max_age", "600"),
        ("audience", API),
    ];
    browser
        .get(&stand.authorize(&stand.world.web, &extra))
        .await;
    let answer = params(&stand.log_in(&mut browser, "ada").await);
    let id = claims(&stand, &answer["id_token"]).await;
    let half = |text: &str| b64::encode(&digest::sha256(text.as_bytes())[..16]);
    assert_eq!(id["at_hash"], half(&answer["access_token"]));
    assert_eq!(id["c_hash"], half(&answer["code"]));
    assert_eq!(id["nonce"], "n-1");
    assert_eq!(id["iss"], "http://localhost:4455/");
    assert_eq!(id["aud"], stand.world.web.id.as_str());
    assert_eq!(id["auth_time"], stand.server.now().seconds());
    assert!(id["sid"].is_string());
    let access = claims(&stand, &answer["access_token"]).await;
    assert_eq!(access["aud"][0], API);
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["expires_in"], "7200");
    assert_eq!(
        access["exp"].as_i64(),
        Some(stand.server.now().seconds() + 7200)
    );
}

#[tokio::test]
async fn an_access_token_without_audience_is_opaque() {
    let stand = stand().await;
    let mut browser = stand.server.browser();
    let extra = [
        ("response_type", "token id_token"),
        ("code_challenge", ""),
        ("code_challenge_method", ""),
    ];
    browser
        .get(&stand.authorize(&stand.world.spa, &extra))
        .await;
    let answer = params(&stand.log_in(&mut browser, "ada").await);
    assert!(answer["access_token"].starts_with("alda_"));
    assert!(
        !answer.contains_key("scope"),
        "unchanged scopes are not repeated"
    );
    let narrowed = [extra[0], extra[1], extra[2], ("scope", "openid nonsense")];
    let reply = browser
        .get(&stand.authorize(&stand.world.spa, &narrowed))
        .await;
    assert_eq!(params(&reply)["scope"], "openid");
}

#[tokio::test]
async fn oid_01_the_nonce_is_required_and_echoed_byte_for_byte() {
    let stand = stand().await;
    let web = &stand.world.web;
    let without = stand.authorize(web, &[("response_type", "id_token"), ("nonce", "")]);
    assert_eq!(
        params(&stand.server.get(&without, &[]).await)["error"],
        "invalid_request"
    );
    let mut browser = stand.server.browser();
    let nonce = "Ab~._-=/+é".repeat(38);
    browser
        .get(&stand.authorize(web, &[("response_type", "id_token"), ("nonce", &nonce)]))
        .await;
    let answer = params(&stand.log_in(&mut browser, "ada").await);
    assert_eq!(claims(&stand, &answer["id_token"]).await["nonce"], nonce);
    // A code flow needs none.
    let reply = browser.get(&stand.authorize(web, &[("nonce", "")])).await;
    assert!(params(&reply).contains_key("code"));
}

#[tokio::test]
async fn oau_09_the_message_page_is_framed_by_the_application_alone() {
    let stand = Stand::new().await;
    let extra = [("response_mode", "web_message"), ("prompt", "none")];
    let url = stand.authorize(&stand.world.spa, &extra);
    let reply = stand.server.get(&url, &[]).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("x-frame-options"), None);
    let policy = reply.header("content-security-policy").expect("a policy");
    assert!(
        policy.contains("frame-ancestors http://localhost:3000"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    let text = reply.text();
    assert!(
        text.contains("login_required") && text.contains("\"state\": \"s-1\""),
        "{text}"
    );
    assert!(
        text.contains("\"targetOrigin\": \"http://localhost:3000\""),
        "{text}"
    );
    let native = [extra[0], ("redirect_uri", "com.example:/cb")];
    stand
        .change(&stand.world.spa.id, |app| {
            app.callbacks.push("com.example:/cb".into());
        })
        .await;
    let reply = stand
        .server
        .get(&stand.authorize(&stand.world.spa, &native), &[])
        .await;
    assert_eq!(reply.status, 400, "no origin to post to");
}

#[tokio::test]
async fn a_posted_answer_goes_to_the_application_alone() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    let evil = "\"><script>alert(1)</script>";
    let extra = [("response_mode", "form_post"), ("state", evil)];
    browser
        .get(&stand.authorize(&stand.world.web, &extra))
        .await;
    let reply = stand.log_in(&mut browser, "ada").await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("x-frame-options")),
        (200, Some("DENY"))
    );
    let policy = reply.header("content-security-policy").expect("a policy");
    assert!(policy.contains("form-action https:"), "{policy}");
    assert!(!reply.text().contains("<script>alert"), "WEB-02");
    let form = browser.form("https://web.test/callback");
    assert_eq!(form.value("state"), Some(evil));
    assert_eq!(form.value("iss"), Some("http://localhost:4455/"));
    assert!(
        form.value("code")
            .is_some_and(|code| code.starts_with("aldc_"))
    );
}
