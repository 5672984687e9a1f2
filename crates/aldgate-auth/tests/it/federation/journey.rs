//! The journey to a provider and back.

use aldgate_core::time::Seconds;
use aldgate_test::Reply;
use aldgate_test::provider::Fault;
use serde_json::json;

use super::{Abroad, add};
use crate::stand::{params, path};

fn sent(departure: &Reply) -> std::collections::HashMap<String, String> {
    params(departure)
}

#[tokio::test]
async fn a_login_with_google_makes_one_user_and_finds_her_again() {
    let abroad = Abroad::of("google-oauth2", json!({})).await;
    abroad
        .provider
        .person(json!({"sub": "1001", "email": "ada@gmail.test",
        "email_verified": true, "name": "Ada", "picture": "https://x.test/a.png"}));
    let mut browser = abroad.stand.server.browser();
    let reply = abroad.travel(&mut browser).await;
    assert!(params(&reply).contains_key("code"), "{}", reply.text());
    let ada = abroad.user("google-oauth2|1001").await.expect("a user");
    assert_eq!(ada.email.as_deref(), Some("ada@gmail.test"));
    assert!(ada.email_verified && ada.identities[0].is_social);
    assert_eq!(
        (ada.logins_count, ada.identities[0].connection.as_str()),
        (1, "corp")
    );
    assert!(
        !abroad.provider.requests().contains(&"userinfo".to_owned()),
        "the ID token says all"
    );
    // Another browser, another name at the provider: the same user, with the new name.
    abroad
        .provider
        .person(json!({"sub": "1001", "email": "ada@gmail.test",
        "email_verified": true, "name": "Ada Lovelace"}));
    let mut other = abroad.stand.server.browser();
    assert!(params(&abroad.travel(&mut other).await).contains_key("code"));
    let again = abroad.user("google-oauth2|1001").await.expect("a user");
    assert_eq!((again.logins_count, again.id), (2, ada.id));
    assert_eq!(again.profile.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(abroad.users().await, 1);
    let kinds: Vec<&str> = abroad
        .stand
        .server
        .events()
        .await
        .iter()
        .map(|e| e.kind.code())
        .collect();
    assert_eq!(
        kinds.iter().filter(|kind| **kind == "ss").count(),
        1,
        "{kinds:?}"
    );
}

#[tokio::test]
async fn an_openid_user_has_her_connection_in_her_id() {
    let abroad = Abroad::new().await;
    let mut browser = abroad.stand.server.browser();
    assert!(params(&abroad.travel(&mut browser).await).contains_key("code"));
    assert!(abroad.user("oidc|corp|7").await.is_some());
    // She is logged in: no journey is needed now.
    let silent = abroad.leave(&mut browser, &[("prompt", "none")]).await;
    assert!(params(&silent).contains_key("code"));
}

#[tokio::test]
async fn buttons_lead_to_providers_and_the_page_lives_without_a_database() {
    let abroad = Abroad::of("google-oauth2", json!({})).await;
    let mut browser = abroad.stand.server.browser();
    let page = browser
        .get(&abroad.stand.authorize(abroad.client(), &[]))
        .await;
    assert_eq!(path(&browser), "/u/login");
    assert!(
        page.text().contains("Continue with Google"),
        "{}",
        page.text()
    );
    assert!(page.text().contains("name=\"password\""));
    let state = browser.url().query().expect("a state").to_owned();
    let button = format!(
        "{}?name=corp&{state}",
        abroad.stand.server.url("u/login/connection")
    );
    let departure = browser.get(&button).await;
    let back = abroad
        .provider
        .log_in(departure.location().expect("a redirect"));
    assert!(params(&browser.get(&back).await).contains_key("code"));
    // Nobody else's button, no other connection.
    for name in ["nowhere", "Username-Password-Authentication", ""] {
        let mut browser = abroad.stand.server.browser();
        browser
            .get(&abroad.stand.authorize(abroad.client(), &[]))
            .await;
        let state = browser.url().query().expect("a state").to_owned();
        let url = abroad.stand.server.url("u/login/connection");
        let page = browser.get(&format!("{url}?name={name}&{state}")).await;
        assert_eq!(
            (page.status.as_u16(), page.location()),
            (400, None),
            "{name}"
        );
    }
    let database = abroad.stand.world.connection.clone();
    abroad
        .write(move |tx| {
            let mut off = database.clone();
            off.is_domain_connection = false;
            tx.connections().update(&off).map(drop)
        })
        .await;
    let mut browser = abroad.stand.server.browser();
    let page = browser
        .get(&abroad.stand.authorize(abroad.client(), &[]))
        .await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Continue with Google"));
    assert!(
        !page.text().contains("name=\"password\""),
        "{}",
        page.text()
    );
}

#[tokio::test]
async fn what_the_application_asks_for_goes_along() {
    let abroad = Abroad::of(
        "oidc",
        json!({"scope": "openid email",
        "upstream_params": {"hd": {"value": "x"}, "lang": {"alias": "ui_locales"}}}),
    )
    .await;
    let mut browser = abroad.stand.server.browser();
    let asked = [
        ("login_hint", "ada@example.com"),
        ("connection_scope", "calendar,mail"),
        ("prompt", "login"),
        ("max_age", "600"),
        ("ui_locales", "de"),
    ];
    let departure = abroad.leave(&mut browser, &asked).await;
    let sent = sent(&departure);
    for (name, expected) in [
        ("scope", "openid email calendar mail"),
        ("login_hint", "ada@example.com"),
        ("prompt", "login"),
        ("max_age", "600"),
        ("hd", "x"),
        ("lang", "de"),
        ("redirect_uri", "http://localhost:4455/login/callback"),
    ] {
        assert_eq!(sent.get(name).map(String::as_str), Some(expected), "{name}");
    }
    // With max_age the provider has to say when she logged in.
    let back = abroad
        .provider
        .log_in(departure.location().expect("a redirect"));
    let page = browser.get(&back).await;
    assert!(page.location().is_none());
    let story = abroad.story(&page).await.refusal.expect("a refusal");
    assert!(story.cause.contains("auth_time"), "{story:?}");
    let departure = abroad.leave(&mut browser, &asked).await;
    abroad
        .provider
        .person(json!({"sub": "7", "auth_time": aldgate_test::START.seconds() - 60}));
    let back = abroad
        .provider
        .log_in(departure.location().expect("a redirect"));
    assert!(params(&browser.get(&back).await).contains_key("code"));
}

#[tokio::test]
async fn a_form_post_answer_is_taken_too_and_the_hosted_form_still_is() {
    let abroad = Abroad::new().await;
    let mut browser = abroad.stand.server.browser();
    let departure = abroad.leave(&mut browser, &[]).await;
    let back = abroad
        .provider
        .log_in(departure.location().expect("a redirect"));
    let (action, query) = back.split_once('?').expect("a query");
    let fields = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let form = aldgate_test::Form {
        method: http::Method::POST,
        action: action.to_owned(),
        fields,
    };
    assert!(params(&browser.send(&form).await).contains_key("code"));
    let empty = aldgate_test::Form {
        fields: vec![("wresult".into(), "x".into())],
        ..form
    };
    let page = browser.send(&empty).await;
    assert!(page.text().contains("wctx"), "{}", page.text());
}

#[tokio::test]
async fn a_login_with_github_takes_the_address_that_is_proven() {
    let mut abroad = Abroad::new().await;
    abroad.oauth2("github").await;
    let person = |verified: bool| {
        json!({"id": 42, "login": "ada", "name": "Ada", "email": "shown@other.test", "emails": [
            {"email": "old@github.test", "primary": false, "verified": true},
            {"email": "ada@github.test", "primary": true, "verified": verified},
        ]})
    };
    abroad.provider.person(person(true));
    let mut browser = abroad.stand.server.browser();
    let reply = abroad.travel(&mut browser).await;
    assert!(params(&reply).contains_key("code"), "{}", reply.text());
    let ada = abroad.user("github|42").await.expect("a user");
    assert_eq!(ada.email.as_deref(), Some("ada@github.test"));
    assert!(ada.email_verified && ada.identities[0].is_social);
    assert_eq!(ada.profile.nickname.as_deref(), Some("ada"));
    let asked = abroad.provider.requests();
    assert_eq!(asked, ["token", "userinfo", "emails"]);
    abroad.provider.person(person(false));
    let mut other = abroad.stand.server.browser();
    assert!(params(&abroad.travel(&mut other).await).contains_key("code"));
    assert_eq!(abroad.users().await, 1);
}

#[tokio::test]
async fn providers_without_id_tokens_are_asked_who_she_is() {
    for (strategy, person, user) in [
        (
            "facebook",
            json!({"id": "9", "name": "Ada", "email": "ada@face.test"}),
            "facebook|9",
        ),
        (
            "discord",
            json!({"id": "8", "username": "ada", "email": "ada@disc.test", "verified": true}),
            "discord|8",
        ),
        (
            "twitter",
            json!({"data": {"id": "6", "username": "ada", "name": "Ada"}}),
            "twitter|6",
        ),
    ] {
        let mut abroad = Abroad::new().await;
        abroad.oauth2(strategy).await;
        abroad.provider.person(person);
        let mut browser = abroad.stand.server.browser();
        let reply = abroad.travel(&mut browser).await;
        assert!(
            params(&reply).contains_key("code"),
            "{strategy}: {}",
            reply.text()
        );
        let ada = abroad.user(user).await.expect(user);
        // Facebook vouches for no address.
        assert_eq!(ada.email_verified, strategy == "discord", "{strategy}");
    }
}

#[tokio::test]
async fn fed_03_a_connection_without_its_settings_says_so_in_the_log() {
    let abroad = Abroad::new().await;
    add(&abroad.stand, "bare", "github", json!({})).await;
    let mut browser = abroad.stand.server.browser();
    let url = abroad
        .stand
        .authorize(abroad.client(), &[("connection", "bare")]);
    let page = browser.get(&url).await;
    assert_eq!((page.status.as_u16(), page.location()), (400, None));
    let refusal = abroad.story(&page).await.refusal.expect("a refusal");
    assert_eq!(refusal.code, "federation_unconfigured");
    assert!(refusal.cause.contains("client_id"));
}

#[tokio::test]
async fn acc_01_tokens_of_the_provider_are_sealed() {
    let abroad = Abroad::new().await;
    let mut browser = abroad.stand.server.browser();
    abroad.travel(&mut browser).await;
    let server = &abroad.stand.server;
    let id = abroad.user("oidc|corp|7").await.expect("a user").id;
    let read = move |tx: &mut aldgate_store::Tx<'_>| tx.upstream_tokens().of_user(&id);
    let kept = server
        .app
        .store
        .read(&server.tenant.id, read)
        .await
        .expect("an answer");
    let opened = server
        .app
        .open_upstream_tokens(&server.tenant.id, &kept[0])
        .expect("tokens");
    assert_eq!(opened.access_token, "at-1");
    assert_eq!(opened.refresh_token.as_deref(), Some("rt-1"));
    let dump = server.dump();
    let found = |text: &str| {
        dump.windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    assert!(!found("rt-1") && !found(aldgate_test::provider::CLIENT_SECRET));
    assert!(found("oidc|corp|7"), "the control");
}

#[tokio::test]
async fn oid_03_a_federated_logout_passes_the_provider_and_nobody_elses_address() {
    let abroad = Abroad::new().await;
    let mut browser = abroad.stand.server.browser();
    abroad.travel(&mut browser).await;
    let client = abroad.client().id.to_string();
    let url = |flag: &str| {
        let path = format!("v2/logout?client_id={client}&returnTo=https://web.test/bye{flag}");
        abroad.stand.server.url(&path)
    };
    let leaving = browser.get(&url("&federated")).await;
    let location = leaving.location().expect("a redirect").to_owned();
    assert!(
        location.starts_with(&format!("{}/logout?", abroad.provider.issuer)),
        "{location}"
    );
    assert_eq!(browser.cookie("aldgate"), None, "logged out here first");
    let sent = params(&leaving);
    assert!(sent["id_token_hint"].starts_with("ey"));
    let back = format!(
        "{}?state={}",
        sent["post_logout_redirect_uri"], sent["state"]
    );
    assert_eq!(
        browser.get(&back).await.location(),
        Some("https://web.test/bye")
    );
    let forged = format!(
        "{}?state={}x",
        sent["post_logout_redirect_uri"], sent["state"]
    );
    assert_eq!(browser.get(&forged).await.location(), None);
    // Without the flag, and without a session, the way is the usual one.
    abroad.travel(&mut browser).await;
    assert_eq!(
        browser.get(&url("")).await.location(),
        Some("https://web.test/bye")
    );
    assert_eq!(
        browser.get(&url("&federated")).await.location(),
        Some("https://web.test/bye")
    );
}

#[tokio::test]
async fn oid_03_a_federated_logout_that_asks_first_passes_the_provider_after_the_answer() {
    let abroad = Abroad::new().await;
    let mut browser = abroad.stand.server.browser();
    abroad.travel(&mut browser).await;
    let client = abroad.client().id.to_string();
    let query = format!("client_id={client}&post_logout_redirect_uri=https://web.test/bye");
    let url = |flag: &str| {
        let path = format!("oidc/logout?{query}{flag}");
        abroad.stand.server.url(&path)
    };
    let page = browser.get(&url("&federated")).await;
    assert_eq!((page.status.as_u16(), page.location()), (200, None));
    assert!(
        browser.cookie("aldgate").is_some(),
        "nobody is logged out unasked"
    );
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(
        policy.contains("form-action 'self' https: http:"),
        "{policy}"
    );
    let leaving = browser
        .submit("/oidc/logout/confirm", &[("action", "default")])
        .await;
    let location = leaving.location().expect("a redirect");
    assert!(
        location.starts_with(&format!("{}/logout?", abroad.provider.issuer)),
        "{location}"
    );
    assert_eq!(browser.cookie("aldgate"), None);
    let sent = params(&leaving);
    let back = format!(
        "{}?state={}",
        sent["post_logout_redirect_uri"], sent["state"]
    );
    assert_eq!(
        browser.get(&back).await.location(),
        Some("https://web.test/bye")
    );
    // Who stays is not sent anywhere.
    abroad.travel(&mut browser).await;
    browser.get(&url("&federated")).await;
    let stay = [("action", "stay")];
    let page = browser.submit("/oidc/logout/confirm", &stay).await;
    assert_eq!(page.location(), None);
    assert!(browser.cookie("aldgate").is_some());
}

/// What a provider publishes is kept for an hour and judged anew then.
#[tokio::test]
async fn fed_03_another_document_under_the_same_address_is_refused() {
    let abroad = Abroad::new().await;
    let mut browser = abroad.stand.server.browser();
    assert!(params(&abroad.travel(&mut browser).await).contains_key("code"));
    abroad.provider.fault(Some(Fault::DiscoveryOfAnother));
    let mut other = abroad.stand.server.browser();
    let departure = abroad.leave(&mut other, &[]).await;
    let to = departure.location().expect("the kept one counts still");
    assert!(to.starts_with(&abroad.provider.issuer));
    abroad.stand.server.advance(Seconds::hours(1));
    let page = abroad.leave(&mut other, &[]).await;
    assert_eq!((page.status.as_u16(), page.location()), (400, None));
    let refusal = abroad.story(&page).await.refusal.expect("a refusal");
    assert_eq!(refusal.code, "federation_discovery");
    assert_eq!(other.cookie("aldgate"), None);
    assert_eq!(abroad.users().await, 1);
}
