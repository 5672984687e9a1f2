//! Sign-up by endpoint and by page.

use aldgate_core::event::EventType;
use aldgate_test::PASSWORD;
use serde_json::{Value, json};

use super::{FRESH, mailed_link, outcome, set_option, sign_up, user};
use crate::stand::{Stand, params};

const HOME: &str = "192.0.2.1";

#[tokio::test]
async fn a_sign_up_answers_in_auth0s_shape_and_verifies_by_mail() {
    let stand = Stand::new().await;
    let extra = json!({"given_name": "Nell", "user_metadata": {"colour": "green"}});
    let reply = sign_up(&stand, extra).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let body = reply.json();
    assert_eq!(body["_id"].as_str().map(str::len), Some(24));
    assert_eq!(body["email"], "new@example.com");
    assert_eq!(body["email_verified"], false);
    assert_eq!(body["user_metadata"], json!({"colour": "green"}));
    assert!(body.get("password").is_none());
    let picture = stand
        .server
        .get(body["picture"].as_str().expect("a URL"), &[])
        .await;
    assert_eq!(picture.header("content-type"), Some("image/svg+xml"));
    let link = mailed_link(&stand, "new@example.com", "/u/email-verification?").await;
    let mut browser = stand.server.browser();
    browser.get(&link).await;
    assert_eq!(
        browser.submit("/u/email-verification", &[]).await.status,
        200
    );
    let signed_up = super::attempt(&stand, HOME, "new@example.com", FRESH).await;
    let signed_up = signed_up.expect("in").user;
    assert!(signed_up.email_verified);
    let kinds: Vec<_> = stand
        .server
        .events()
        .await
        .iter()
        .map(|event| event.kind)
        .collect();
    assert!(kinds.contains(&EventType::Signup) && kinds.contains(&EventType::VerifyEmail));
}

#[tokio::test]
async fn adm_03_a_sign_up_sets_no_privileged_field() {
    let stand = Stand::new().await;
    let sentinels = json!({
        "email_verified": true, "phone_verified": true, "blocked": true, "is_global": true,
        "app_metadata": {"sentinel": 1}, "roles": ["rol_sentinel"], "tenant": "sentinel",
        "user_id": "auth0|sentinel", "_id": "sentinel", "id": "sentinel", "subject": "sentinel",
        "identities": [{"provider": "sentinel"}], "logins_count": 99, "last_ip": "192.0.2.99",
        "created_at": "1999-01-01T00:00:00.000Z", "permissions": ["sentinel"],
        "last_password_reset": "1999-01-01T00:00:00.000Z", "multifactor": ["sentinel"],
    });
    let reply = sign_up(&stand, sentinels).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let made = super::attempt(&stand, HOME, "new@example.com", FRESH).await;
    let made = made.expect("in").user;
    let text = serde_json::to_string(&made).expect("JSON");
    assert!(
        !text.contains("sentinel") && !text.contains("1999"),
        "{text}"
    );
    assert!(!made.email_verified && !made.blocked && made.logins_count == 1);
}

#[tokio::test]
async fn acc_04_a_taken_address_is_not_told_unless_the_tenant_wants_it() {
    let stand = Stand::new().await;
    let body = sign_up(&stand, json!({"email": "ADA@example.com"}))
        .await
        .json();
    let expected = json!({
        "name": "BadRequestError", "code": "invalid_signup",
        "description": "Invalid sign up", "statusCode": 400,
    });
    assert_eq!(body, expected);
    assert_eq!(
        outcome(&stand, HOME, "ada@example.com", PASSWORD).await,
        "in"
    );
    assert_eq!(stand.server.mails().await, []);
}

#[tokio::test]
async fn two_sign_ups_of_one_address_at_the_same_time_make_one_user() {
    let stand = Stand::new().await;
    let extra = || json!({});
    let (a, b, c) = tokio::join!(
        sign_up(&stand, extra()),
        sign_up(&stand, extra()),
        sign_up(&stand, extra())
    );
    let mut statuses = [a, b, c].map(|reply| reply.status.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400, 400]);
}

#[tokio::test]
async fn bad_sign_ups_say_what_is_wrong() {
    let stand = Stand::new().await;
    let cases = [
        (json!({"email": "no address"}), "invalid_signup"),
        (json!({"email": "a@b.co\r\nBcc: x@y.zz"}), "invalid_signup"),
        (json!({"email": null}), "invalid_signup"),
        (json!({"password": null}), "invalid_request"),
        (json!({"password": 12345678}), "invalid_request"),
        (json!({"connection": "elsewhere"}), "invalid_request"),
        (json!({"client_id": "nobody"}), "invalid_request"),
        (json!({"username": "ann"}), "invalid_signup"),
        (json!({"user_metadata": {"a": {"b": 1}}}), "invalid_signup"),
        (json!({"password": "short"}), "invalid_password"),
    ];
    for (extra, code) in cases {
        let reply = sign_up(&stand, extra.clone()).await;
        assert_eq!(reply.status, 400, "{extra}");
        assert_eq!(reply.json()["code"], code, "{extra}: {}", reply.text());
    }
    set_option(&stand.server, "disable_signup", true.into()).await;
    let closed = sign_up(&stand, json!({})).await;
    assert_eq!(closed.json()["code"], "public_signup_disabled");
}

#[tokio::test]
async fn a_person_signs_up_on_the_page_and_is_back_at_the_application() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    browser.get(&stand.authorize(&stand.world.web, &[])).await;
    let state = browser
        .form("/u/login")
        .value("state")
        .expect("a state")
        .to_owned();
    let page = stand.server.url(&format!("u/signup?state={state}"));
    assert_eq!(browser.get(&page).await.status, 200);
    let weak = [("email", "new@example.com"), ("password", "password1")];
    assert_eq!(browser.submit("/u/signup", &weak).await.status, 400);
    let fields = [("email", "new@example.com"), ("password", FRESH)];
    let reply = browser.submit("/u/signup", &fields).await;
    let answer = params(&reply);
    assert!(answer.contains_key("code"), "{answer:?}");
    assert_eq!(answer["state"], "s-1");
    assert_eq!(outcome(&stand, HOME, "new@example.com", FRESH).await, "in");
}

#[tokio::test]
async fn web_01_the_sign_up_form_of_another_browser_is_refused() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    browser.get(&stand.authorize(&stand.world.web, &[])).await;
    let state = browser
        .form("/u/login")
        .value("state")
        .expect("a state")
        .to_owned();
    browser
        .get(&stand.server.url(&format!("u/signup?state={state}")))
        .await;
    let form = browser.form("/u/signup");
    let form = form.fill(&[("email", "new@example.com"), ("password", FRESH)]);
    assert_eq!(
        browser.send(&form.clone().without("csrf")).await.status,
        403
    );
    let mut other = stand.server.browser();
    assert_ne!(other.send(&form).await.status, 200);
    assert_eq!(
        outcome(&stand, HOME, "new@example.com", FRESH).await,
        "wrong"
    );
    let ada: Value = serde_json::to_value(user(&stand, &stand.world.ada).await).expect("JSON");
    assert_eq!(ada["email"], "ada@example.com");
}

#[tokio::test]
async fn a_new_user_is_greeted_where_the_tenant_wants_it() {
    let stand = Stand::new().await;
    let body = |name: &str| {
        serde_json::json!({
            "client_id": stand.world.web.id, "email": format!("{name}@example.com"),
            "password": FRESH, "connection": "Username-Password-Authentication",
        })
    };
    let url = stand.server.url("dbconnections/signup");
    assert_eq!(
        stand.server.post_json(&url, &body("one"), &[]).await.status,
        200
    );
    assert_eq!(
        stand.server.mails().await.len(),
        1,
        "only the link that verifies"
    );
    let now = stand.server.now();
    let write = move |tx: &mut aldgate_store::Tx<'_>| {
        let document = serde_json::json!({"enabled": true, "template": "welcome_email",
            "subject": "Welcome!", "body": "<p>Hello</p>", "from": "", "syntax": "liquid"});
        tx.settings()
            .save("email_template", "welcome_email", &document, now)
    };
    let stored = stand.server.app.store.write(&stand.server.tenant.id, write);
    stored.await.expect("it is stored");
    assert_eq!(
        stand.server.post_json(&url, &body("two"), &[]).await.status,
        200
    );
    let mails = stand.server.mails().await;
    let greeting = mails.iter().find(|mail| mail.subject == "Welcome!");
    assert_eq!(greeting.expect("a greeting").to, "two@example.com");
    assert_eq!(
        stand.server.post_json(&url, &body("two"), &[]).await.status,
        400
    );
    assert_eq!(
        stand.server.mails().await.len(),
        mails.len(),
        "nobody is greeted twice"
    );
}
