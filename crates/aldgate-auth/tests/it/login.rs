//! The login pages: sessions, transactions, forgery, prompt and max_age.

use aldgate_core::time::Seconds;
use aldgate_test::PASSWORD;

use crate::stand::{Stand, params, path};

const SESSION: &str = "aldgate";
const BROWSER: &str = "aldgate-browser";

#[tokio::test]
async fn ses_01_a_login_begins_a_session_that_nobody_knew_before() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    let planted = format!("alds_{}", "A".repeat(43));
    browser.set_cookie(SESSION, &planted);
    let url = stand.authorize(&stand.world.web, &[]);
    browser.get(&url).await;
    assert_eq!(path(&browser), "/u/login", "a planted cookie is no session");
    stand.log_in(&mut browser, "ada").await;
    let first = browser.cookie(SESSION).expect("a session").to_owned();
    assert_ne!(first, planted);
    browser
        .get(&stand.authorize(&stand.world.web, &[("prompt", "login")]))
        .await;
    stand.log_in(&mut browser, "ada").await;
    let second = browser.cookie(SESSION).expect("a session").to_owned();
    assert_ne!(second, first);
    browser
        .get(&stand.authorize(&stand.world.web, &[("prompt", "login")]))
        .await;
    stand.log_in(&mut browser, "eve").await;
    let third = browser.cookie(SESSION).expect("a session").to_owned();
    assert_ne!(third, second);
    let silent = stand.authorize(&stand.world.web, &[("prompt", "none")]);
    for superseded in [planted, first, second] {
        let mut thief = stand.server.browser();
        thief.set_cookie(SESSION, &superseded);
        assert_eq!(params(&thief.get(&silent).await)["error"], "login_required");
    }
    let mut thief = stand.server.browser();
    thief.set_cookie(SESSION, &third);
    assert!(
        params(&thief.get(&silent).await).contains_key("code"),
        "the control"
    );
}

#[tokio::test]
async fn ses_01_a_transaction_is_worthless_in_another_browser() {
    let stand = Stand::new().await;
    let mut ada = stand.server.browser();
    ada.get(&stand.authorize(&stand.world.web, &[])).await;
    let page = ada.url().to_string();
    let mut other = stand.server.browser();
    for path in [
        "u/login",
        "u/login/identifier",
        "u/login/password",
        "u/consent",
        "authorize/resume",
    ] {
        let state = page.split_once('?').expect("a state").1;
        let reply = other
            .get(&format!("{}?{state}", stand.server.url(path)))
            .await;
        assert_eq!(
            (reply.status.as_u16(), reply.location()),
            (400, None),
            "{path}"
        );
        assert_eq!(other.cookie(SESSION), None);
    }
    // Nor can the other browser finish what ada began, with its own login.
    let mut eve = stand.server.browser();
    eve.get(&stand.authorize(&stand.world.web, &[])).await;
    stand.log_in(&mut eve, "eve").await;
    let state = page.split_once('?').expect("a state").1;
    let reply = eve
        .get(&format!("{}?{state}", stand.server.url("authorize/resume")))
        .await;
    assert_eq!(reply.status, 400);
    stand.log_in(&mut ada, "ada").await;
}

#[tokio::test]
async fn ses_01_a_transaction_ends_with_its_answer() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    browser.get(&stand.authorize(&stand.world.web, &[])).await;
    let state = browser.url().query().expect("a state").to_owned();
    assert!(params(&stand.log_in(&mut browser, "ada").await).contains_key("code"));
    let again = browser
        .get(&format!("{}?{state}", stand.server.url("authorize/resume")))
        .await;
    assert_eq!((again.status.as_u16(), again.location()), (400, None));
}

#[tokio::test]
async fn a_transaction_lasts_an_hour() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    browser.get(&stand.authorize(&stand.world.web, &[])).await;
    stand.server.advance(Seconds::minutes(61));
    assert_eq!(stand.log_in(&mut browser, "ada").await.status, 400);
    assert_eq!(browser.cookie(SESSION), None);
}

#[tokio::test]
async fn web_01_a_login_form_is_good_in_its_browser_and_transaction_alone() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    browser.get(&stand.authorize(&stand.world.web, &[])).await;
    let form = browser
        .form("/u/login")
        .fill(&[("username", "ada@example.com"), ("password", PASSWORD)]);
    // Without its token, with another, with that of another browser or transaction.
    let mut other = stand.server.browser();
    other.get(&stand.authorize(&stand.world.web, &[])).await;
    let foreign = other
        .form("/u/login")
        .value("csrf")
        .expect("a token")
        .to_owned();
    let bad = [
        form.clone().without("csrf"),
        form.clone().fill(&[("csrf", "AAAA")]),
        form.clone().fill(&[("csrf", &foreign)]),
    ];
    for form in &bad {
        assert_eq!(browser.send(form).await.status, 403);
        assert_eq!(browser.cookie(SESSION), None);
    }
    // From another site, as another type, as GET, without the browser's cookie.
    let fields: Vec<(&str, &str)> = form
        .fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let cookie = format!("{BROWSER}={}", browser.cookie(BROWSER).expect("a cookie"));
    let foreign_origins: [&[(&str, &str)]; 3] = [
        &[("cookie", &cookie), ("origin", "https://evil.test")],
        &[("cookie", &cookie), ("origin", "null")],
        &[("cookie", &cookie), ("sec-fetch-site", "cross-site")],
    ];
    for headers in foreign_origins {
        let reply = stand.server.post_form(&form.action, &fields, headers).await;
        assert_eq!(
            (reply.status.as_u16(), reply.set_cookies().len()),
            (403, 0),
            "{headers:?}"
        );
    }
    let reply = stand.server.post_form(&form.action, &fields, &[]).await;
    assert!(
        reply.status == 400 || reply.status == 403,
        "without a cookie: {}",
        reply.status
    );
    let body = serde_json::json!({"username": "ada@example.com", "password": PASSWORD});
    let reply = stand
        .server
        .post_json(&form.action, &body, &[("cookie", &cookie)])
        .await;
    assert_eq!(reply.status, 415);
    assert!(
        params(&browser.send(&form).await).contains_key("code"),
        "the control"
    );
}

#[tokio::test]
async fn a_wrong_password_brings_the_form_back_and_begins_nothing() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    browser
        .get(&stand.authorize(&stand.world.web, &[("login_hint", "ada@example.com")]))
        .await;
    let form = browser.form("/u/login");
    assert_eq!(form.value("username"), Some("ada@example.com"));
    for (username, password) in [
        ("ada@example.com", "wrong"),
        ("nobody@example.com", "wrong"),
        ("", ""),
        ("ada@example.com", ""),
    ] {
        let fields = [("username", username), ("password", password)];
        let reply = browser.submit("/u/login", &fields).await;
        assert_eq!(reply.status, 400, "{username} {password}");
        assert_eq!(browser.cookie(SESSION), None);
    }
    assert!(params(&stand.log_in(&mut browser, "ada").await).contains_key("code"));
}

#[tokio::test]
async fn identifier_and_password_may_come_one_after_the_other() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    browser.get(&stand.authorize(&stand.world.web, &[])).await;
    let first = browser
        .url()
        .as_str()
        .replace("/u/login", "/u/login/identifier");
    browser.get(&first).await;
    let reply = browser
        .submit("/u/login/identifier", &[("username", "")])
        .await;
    assert_eq!(reply.status, 400);
    browser
        .submit("/u/login/identifier", &[("username", "ada@example.com")])
        .await;
    assert_eq!(path(&browser), "/u/login/password");
    let reply = browser
        .submit("/u/login/password", &[("password", PASSWORD)])
        .await;
    assert!(params(&reply).contains_key("code"));
}

#[tokio::test]
async fn oid_02_prompt_login_and_max_age_log_in_anew() {
    let stand = Stand::new().await;
    let web = &stand.world.web;
    let mut browser = stand.server.browser();
    browser.get(&stand.authorize(web, &[])).await;
    stand.log_in(&mut browser, "ada").await;
    stand.server.advance(Seconds(100));
    let again: [(&[(&str, &str)], bool); 8] = [
        (&[], false),
        (&[("max_age", "10000")], false),
        (&[("max_age", "100")], true),
        (&[("max_age", "1")], true),
        (&[("max_age", "0")], true),
        (&[("prompt", "login")], true),
        (&[("prompt", "select_account")], true),
        (&[("prompt", "consent")], false),
    ];
    for (extra, asks) in again {
        browser.get(&stand.authorize(web, extra)).await;
        assert_eq!(
            browser.url().host_str() == Some("localhost") && path(&browser) == "/u/login",
            asks,
            "{extra:?}"
        );
    }
    for silent in [("max_age", "1"), ("max_age", "0")] {
        let url = stand.authorize(web, &[("prompt", "none"), silent]);
        assert_eq!(params(&browser.get(&url).await)["error"], "login_required");
    }
}

#[tokio::test]
async fn oid_02_a_cancelled_login_leaves_the_session_as_it_was() {
    let stand = Stand::new().await;
    let web = &stand.world.web;
    let mut browser = stand.server.browser();
    browser.get(&stand.authorize(web, &[])).await;
    stand.log_in(&mut browser, "ada").await;
    let before = browser.cookie(SESSION).map(str::to_owned);
    browser
        .get(&stand.authorize(web, &[("prompt", "login")]))
        .await;
    let resume = browser
        .url()
        .as_str()
        .replace("/u/login", "/authorize/resume");
    browser.get(&resume).await;
    assert_eq!(
        path(&browser),
        "/u/login",
        "going on without logging in gives nothing"
    );
    browser
        .submit(
            "/u/login",
            &[("username", "ada@example.com"), ("password", "x")],
        )
        .await;
    assert_eq!(browser.cookie(SESSION).map(str::to_owned), before);
    let silent = stand.authorize(web, &[("prompt", "none")]);
    assert!(params(&browser.get(&silent).await).contains_key("code"));
}

#[tokio::test]
async fn the_classic_address_leads_to_the_page_that_does_the_work() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    let url = stand.authorize(&stand.world.web, &[]);
    browser.get(&url.replace("/authorize?", "/login?")).await;
    assert_eq!(path(&browser), "/u/login");
    let handle = browser.url().as_str().replace("/u/login", "/login");
    browser.get(&handle).await;
    assert_eq!(path(&browser), "/u/login");
    assert_eq!(browser.get(&stand.server.url("login")).await.status, 400);
    browser
        .get(&stand.authorize(&stand.world.web, &[("screen_hint", "signup")]))
        .await;
    assert_eq!(path(&browser), "/u/signup");
}

#[tokio::test]
async fn web_03_cookies_are_secure_on_https_and_never_cached() {
    let stand = Stand::at("https://localhost:4455/").await;
    let mut browser = stand.server.browser();
    let begun = stand
        .server
        .get(&stand.authorize(&stand.world.web, &[]), &[])
        .await;
    browser.get(&stand.authorize(&stand.world.web, &[])).await;
    stand.log_in(&mut browser, "ada").await;
    assert!(browser.cookie("__Host-aldgate").is_some());
    for cookie in begun.set_cookies() {
        for part in ["__Host-", "Secure", "HttpOnly", "SameSite=", "Path=/"] {
            assert!(cookie.contains(part), "{part} in {cookie}");
        }
        assert!(!cookie.contains("Domain"));
    }
    assert_eq!(begun.header("cache-control"), Some("no-store"));
}
