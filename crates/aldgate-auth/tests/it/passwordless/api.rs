//! `/passwordless/start`, the OTP grant, `/co/authenticate` and `/passwordless/verify`.

use aldgate_core::time::Seconds;
use aldgate_store::{LoginName, Tx};
use serde_json::json;

use super::{code, exchange, holder, messages, set, stand, start, wrong};
use crate::kit::refusal;
use crate::stand::{params, path};

const WHO: &str = "new@example.com";

#[tokio::test]
async fn acc_05_a_code_works_once_the_newest_alone_and_for_its_application() {
    let stand = stand().await;
    let (web, web2) = (&stand.world.web, &stand.world.spa);
    assert_eq!(start(&stand, WHO, json!({})).await.status, 200);
    let first = code(&stand, WHO).await;
    assert_eq!(start(&stand, WHO, json!({})).await.status, 200);
    let newest = code(&stand, WHO).await;
    assert_ne!(first, newest);
    assert_eq!(exchange(&stand, web, WHO, &first).await.status, 400);
    assert_eq!(
        exchange(&stand, web2, WHO, &newest).await.status,
        400,
        "another application"
    );
    let reply = exchange(&stand, web, " NEW@example.com ", &newest).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let tokens = reply.json();
    assert!(tokens["id_token"].is_string() && tokens["access_token"].is_string());
    let again = exchange(&stand, web, WHO, &newest).await;
    let expected = (
        400,
        "invalid_grant".into(),
        "Wrong email or verification code.".into(),
    );
    assert_eq!(refusal(&again), expected);
    let user = holder(&stand, "email", LoginName::Email, WHO)
        .await
        .expect("a user");
    assert!(user.id.as_str().starts_with("email|") && user.email_verified);
    assert_eq!((user.logins_count, user.identities.len()), (1, 1));
}

#[tokio::test]
async fn acc_05_a_code_ends_after_its_lifetime_to_the_second() {
    let stand = stand().await;
    for (wait, status) in [(179, 200), (180, 400)] {
        start(&stand, WHO, json!({})).await;
        let code = code(&stand, WHO).await;
        stand.server.advance(Seconds(wait));
        let reply = exchange(&stand, &stand.world.web, WHO, &code).await;
        assert_eq!(reply.status, status, "after {wait} s");
    }
}

#[tokio::test]
async fn acc_03_three_wrong_codes_spoil_the_right_one_and_ten_block_the_account() {
    let stand = stand().await;
    let web = &stand.world.web;
    let mut failures = 0;
    loop {
        let reply = start(&stand, WHO, json!({})).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let code = code(&stand, WHO).await;
        for _ in 0..3 {
            let reply = exchange(&stand, web, WHO, &wrong(&code)).await;
            if reply.status == 429 {
                assert_eq!(failures, 10);
                assert_eq!(exchange(&stand, web, WHO, &code).await.status, 429);
                return;
            }
            assert_eq!(reply.status, 400);
            failures += 1;
        }
        if failures < 10 {
            let spoiled = exchange(&stand, web, WHO, &code).await;
            assert_eq!(spoiled.status, 400, "after three tries");
            failures += 1;
        }
    }
}

#[tokio::test]
async fn acc_04_start_answers_alike_whoever_exists_and_mails_only_who_can_log_in() {
    let stand = stand().await;
    start(&stand, "ada@example.com", json!({})).await;
    let otp = code(&stand, "ada@example.com").await;
    let web = &stand.world.web;
    assert_eq!(
        exchange(&stand, web, "ada@example.com", &otp).await.status,
        200
    );
    start(&stand, "blk@example.com", json!({})).await;
    let otp = code(&stand, "blk@example.com").await;
    assert_eq!(
        exchange(&stand, web, "blk@example.com", &otp).await.status,
        200
    );
    let mut blocked = holder(&stand, "email", LoginName::Email, "blk@example.com")
        .await
        .expect("a user");
    blocked.blocked = true;
    let write = move |tx: &mut Tx<'_>| tx.users().touch(&blocked);
    let stored = stand.server.app.store.write(&stand.server.tenant.id, write);
    assert!(stored.await.expect("it is stored"));
    set(&stand, "email", "disable_signup", json!(true)).await;
    let mut shapes = Vec::new();
    for name in ["ada", "blk", "nob"] {
        let email = format!("{name}@example.com");
        let before = messages(&stand, &email).await;
        let reply = start(&stand, &email, json!({})).await;
        let body = reply.json();
        assert_eq!(
            (reply.status.as_u16(), &body["email_verified"]),
            (200, &json!(false))
        );
        assert_eq!(body["_id"].as_str().map(str::len), Some(24));
        let mut names: Vec<_> = reply.headers.keys().map(ToString::to_string).collect();
        names.sort();
        shapes.push((names, reply.body.len()));
        let sent = messages(&stand, &email).await - before;
        assert_eq!(sent, usize::from(name == "ada"), "{name}");
    }
    assert!(shapes.iter().all(|shape| *shape == shapes[0]), "{shapes:?}");
}

#[tokio::test]
async fn fed_01_the_address_of_another_account_makes_another_account() {
    let stand = stand().await;
    let ada = stand.world.ada.email.clone().expect("an address");
    start(&stand, &ada, json!({})).await;
    let otp = code(&stand, &ada).await;
    let reply = exchange(&stand, &stand.world.web, &ada, &otp).await;
    assert_eq!(reply.status, 200);
    let user = holder(&stand, "email", LoginName::Email, &ada)
        .await
        .expect("a user");
    assert_ne!(user.id, stand.world.ada.id);
    assert!(
        user.identities
            .iter()
            .all(|identity| identity.provider == "email")
    );
}

#[tokio::test]
async fn acc_14_codes_to_one_address_are_limited_until_one_is_used() {
    let stand = stand().await;
    let until_full = || async {
        for n in 1..=11 {
            let reply = start(&stand, WHO, json!({})).await;
            if reply.status == 429 {
                return n - 1;
            }
        }
        panic!("never full");
    };
    assert_eq!(until_full().await, 10);
    assert_eq!(messages(&stand, WHO).await, 10);
    let code = code(&stand, WHO).await;
    let reply = exchange(&stand, &stand.world.web, WHO, &code).await;
    assert_eq!(reply.status, 200, "the last one works");
    assert_eq!(start(&stand, WHO, json!({})).await.status, 200);
}

#[tokio::test]
async fn mistakes_at_start_are_told_in_auth0s_words() {
    let stand = stand().await;
    for (extra, code) in [
        (json!({"client_id": "nobody"}), "bad.client_id"),
        (json!({"connection": "nowhere"}), "bad.connection"),
        (
            json!({"connection": "Username-Password-Authentication"}),
            "bad.connection",
        ),
        (json!({"email": "ada"}), "bad.email"),
        (
            json!({"connection": "sms", "phone_number": "0151"}),
            "bad.phone_number",
        ),
        (json!({"send": "pigeon"}), "bad.send"),
        (
            json!({"send": "link", "authParams": {"state": "x".repeat(5000)}}),
            "bad.authParams",
        ),
    ] {
        let reply = start(&stand, WHO, extra.clone()).await;
        let (status, error, _) = refusal(&reply);
        assert_eq!((status, error.as_str()), (400, code), "{extra}");
    }
    let reply = start(&stand, WHO, json!({"client_secret": "wrong"})).await;
    assert_eq!(
        (reply.status.as_u16(), refusal(&reply).1.as_str()),
        (401, "unauthorized")
    );
}

#[tokio::test]
async fn oau_12_the_grant_is_refused_where_it_is_not_listed() {
    let stand = stand().await;
    let reply = exchange(&stand, &stand.world.m2m, WHO, "123456").await;
    assert_eq!(refusal(&reply).1, "unauthorized_client");
}

#[tokio::test]
async fn a_code_is_checked_without_being_used_and_logs_in_across_origins() {
    let stand = stand().await;
    let spa = &stand.world.spa;
    start(&stand, WHO, json!({"client_id": spa.id})).await;
    let otp = code(&stand, WHO).await;
    let url = stand.server.url("passwordless/verify");
    let check = |otp: String| {
        let body = json!({
            "client_id": spa.id, "connection": "email", "email": WHO, "verification_code": otp,
        });
        let (server, url) = (&stand.server, &url);
        async move { server.post_json(url, &body, &[]).await.status.as_u16() }
    };
    assert_eq!(check(otp.clone()).await, 200);
    assert_eq!(check(wrong(&otp)).await, 403);
    assert_eq!(check(otp.clone()).await, 200, "checking uses nothing up");
    let body = json!({
        "client_id": spa.id, "username": WHO, "otp": otp, "realm": "email",
        "credential_type": super::OTP,
    });
    let origin = ("origin", "http://localhost:3000");
    let url = stand.server.url("co/authenticate");
    let reply = stand.server.post_json(&url, &body, &[origin]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let ticket = reply.json()["login_ticket"]
        .as_str()
        .expect("a ticket")
        .to_owned();
    let cookies = reply.set_cookies();
    let cookie = cookies
        .iter()
        .find_map(|cookie| cookie.strip_prefix("aldgate-browser="));
    let cookie = cookie
        .and_then(|rest| rest.split(';').next())
        .expect("a cookie");
    let mut browser = stand.server.browser();
    browser.set_cookie("aldgate-browser", cookie);
    let extra = [("login_ticket", ticket.as_str()), ("realm", "email")];
    let answer = browser.get(&stand.authorize(spa, &extra)).await;
    assert!(params(&answer).contains_key("code"));
    let again = stand.server.post_json(&url, &body, &[origin]).await;
    assert_eq!(refusal(&again).1, "access_denied", "single use");
}

#[tokio::test]
async fn acc_05_a_link_survives_scanners_and_logs_in_once_by_its_button() {
    let stand = stand().await;
    let web = &stand.world.web;
    let extra = json!({"send": "link", "authParams": {
        "response_type": "code", "redirect_uri": web.callback, "scope": "openid", "state": "s-7",
    }});
    assert_eq!(start(&stand, WHO, extra).await.status, 200);
    let link = crate::accounts::mailed_link(&stand, WHO, "/passwordless/verify_redirect?").await;
    for _ in 0..10 {
        assert_eq!(stand.server.get(&link, &[]).await.status, 200, "a scanner");
    }
    assert_eq!(holder(&stand, "email", LoginName::Email, WHO).await, None);
    let mut browser = stand.server.browser();
    let page = browser.get(&link).await;
    assert!(page.text().contains(WHO));
    let form = browser.form("/passwordless/verify_redirect");
    let forged = browser.send(&form.clone().without("csrf")).await;
    assert_eq!(forged.status, 403, "WEB-01");
    let answer = browser.send(&form).await;
    let answer = params(&answer);
    assert!(
        answer.contains_key("code") && answer["state"] == "s-7",
        "{answer:?}"
    );
    let mut other = stand.server.browser();
    other.get(&link).await;
    let again = other.submit("/passwordless/verify_redirect", &[]).await;
    assert_eq!(again.status, 400, "single use");
    assert_eq!(path(&other), "/passwordless/verify_redirect");
}

#[tokio::test]
async fn acc_01_the_database_holds_no_code_that_can_be_tried() {
    let stand = stand().await;
    start(&stand, WHO, json!({})).await;
    let code = code(&stand, WHO).await;
    let plain = aldgate_core::secret::TokenHash::of(&code);
    let dump = stand.server.dump();
    let holds = |needle: &[u8]| dump.windows(needle.len()).any(|window| window == needle);
    assert!(holds(WHO.as_bytes()), "the control");
    assert!(!holds(plain.as_bytes()) && !holds(code.as_bytes()));
}
