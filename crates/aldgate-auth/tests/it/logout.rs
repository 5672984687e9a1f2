//! `/v2/logout` and `/oidc/logout` (ruling R4, OID-03).

use aldgate_core::application::GrantType;
use aldgate_jose::{Alg, SigningKey};
use aldgate_test::{Browser, Reply};
use url::Url;

use crate::stand::{Stand, allow, params, path};

const BYE: &str = "https://web.test/bye";

/// A browser in which ada is logged in, and her ID token.
async fn logged_in(stand: &Stand) -> (Browser<'_>, String) {
    let web = &stand.world.web;
    stand
        .change(&web.id, |app| allow(app, GrantType::Implicit))
        .await;
    let mut browser = stand.server.browser();
    browser
        .get(&stand.authorize(web, &[("response_type", "id_token")]))
        .await;
    let answer = params(&stand.log_in(&mut browser, "ada").await);
    (browser, answer["id_token"].clone())
}

async fn is_logged_in(stand: &Stand, browser: &mut Browser<'_>) -> bool {
    let silent = stand.authorize(&stand.world.web, &[("prompt", "none")]);
    params(&browser.get(&silent).await).contains_key("code")
}

fn url(stand: &Stand, path: &str, pairs: &[(&str, &str)]) -> String {
    let mut url = Url::parse(&stand.server.url(path)).expect("a URL");
    if !pairs.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs);
    }
    url.into()
}

fn landed(reply: &Reply) -> (u16, Option<&str>) {
    (reply.status.as_u16(), reply.location())
}

#[tokio::test]
async fn r4_v2_logout_goes_to_allowed_addresses_only() {
    let stand = Stand::new().await;
    let id = stand.world.web.id.as_str();
    let (mut browser, _) = logged_in(&stand).await;
    let session = browser.cookie("aldgate").expect("a session").to_owned();
    let good = url(&stand, "v2/logout", &[("client_id", id), ("returnTo", BYE)]);
    let reply = browser
        .get(&format!("{good}&federated&auth0Client=e30"))
        .await;
    assert_eq!(landed(&reply), (302, Some(BYE)));
    assert_eq!(browser.cookie("aldgate"), None);
    browser.set_cookie("aldgate", &session);
    assert!(
        !is_logged_in(&stand, &mut browser).await,
        "SES-01: a replayed cookie is dead"
    );
    let table = [
        (vec![("client_id", id)], 302, Some(BYE)),
        (
            vec![
                ("client_id", id),
                ("returnTo", "https://web.test/bye?x=1#y"),
            ],
            302,
            Some("https://web.test/bye?x=1#y"),
        ),
        (vec![], 200, None),
        (
            vec![("client_id", id), ("returnTo", "https://web.test/bye/")],
            400,
            None,
        ),
        (
            vec![
                ("client_id", id),
                ("returnTo", "https://web.test.evil.test/bye"),
            ],
            400,
            None,
        ),
        (
            vec![
                ("client_id", id),
                ("returnTo", "https://evil.test/?https://web.test/bye"),
            ],
            400,
            None,
        ),
        (
            vec![("client_id", id), ("returnTo", "javascript:alert(1)")],
            400,
            None,
        ),
        (vec![("returnTo", BYE)], 400, None),
        (vec![("client_id", "nobody"), ("returnTo", BYE)], 400, None),
    ];
    for (pairs, status, location) in table {
        let reply = browser.get(&url(&stand, "v2/logout", &pairs)).await;
        assert_eq!(landed(&reply), (status, location), "{pairs:?}");
    }
    let kinds: Vec<_> = stand
        .server
        .events()
        .await
        .iter()
        .map(|e| e.kind.code())
        .collect();
    assert!(
        kinds.contains(&"slo") && kinds.contains(&"flo"),
        "{kinds:?}"
    );
}

#[tokio::test]
async fn r4_parts_of_pages_never_log_anyone_out() {
    let stand = Stand::new().await;
    let (mut browser, token) = logged_in(&stand).await;
    let cookie = format!("aldgate={}", browser.cookie("aldgate").expect("a session"));
    let targets = [
        url(&stand, "v2/logout", &[]),
        url(&stand, "oidc/logout", &[("id_token_hint", &token)]),
    ];
    for target in &targets {
        for dest in ["image", "iframe", "script", "empty", "style"] {
            let headers = [("cookie", cookie.as_str()), ("sec-fetch-dest", dest)];
            let reply = stand.server.get(target, &headers).await;
            assert_eq!(
                (landed(&reply), reply.set_cookies().len()),
                ((400, None), 0),
                "{dest}"
            );
        }
    }
    assert!(is_logged_in(&stand, &mut browser).await);
}

#[tokio::test]
async fn oid_03_a_hint_of_the_session_logs_out_at_once() {
    let stand = Stand::new().await;
    let (mut browser, token) = logged_in(&stand).await;
    let pairs = [
        ("id_token_hint", token.as_str()),
        ("post_logout_redirect_uri", BYE),
        ("state", "a b"),
    ];
    let reply = browser.get(&url(&stand, "oidc/logout", &pairs)).await;
    assert_eq!(
        landed(&reply),
        (302, Some("https://web.test/bye?state=a%20b"))
    );
    assert!(!is_logged_in(&stand, &mut browser).await);
    // Without a state, and without an address.
    let reply = browser.get(&url(&stand, "oidc/logout", &pairs[..2])).await;
    assert_eq!(landed(&reply), (302, Some(BYE)));
    let reply = browser.get(&url(&stand, "oidc/logout", &pairs[..1])).await;
    assert_eq!(landed(&reply), (200, None));
}

#[tokio::test]
async fn oid_03_without_a_hint_the_user_is_asked() {
    let stand = Stand::new().await;
    let (mut browser, _) = logged_in(&stand).await;
    let id = stand.world.web.id.as_str();
    let pairs = [
        ("client_id", id),
        ("post_logout_redirect_uri", BYE),
        ("state", "1"),
    ];
    browser.get(&url(&stand, "oidc/logout", &pairs)).await;
    assert!(
        is_logged_in(&stand, &mut browser).await,
        "asking changes nothing"
    );
    browser.get(&url(&stand, "oidc/logout", &pairs)).await;
    let form = browser
        .form("/oidc/logout/confirm")
        .fill(&[("action", "logout")]);
    assert_eq!(
        browser.send(&form.clone().without("csrf")).await.status,
        403,
        "WEB-01"
    );
    browser.get(&url(&stand, "oidc/logout", &pairs)).await;
    browser
        .submit("/oidc/logout/confirm", &[("action", "stay")])
        .await;
    assert!(is_logged_in(&stand, &mut browser).await);
    let reply = browser.send(&form).await;
    assert_eq!(landed(&reply), (302, Some("https://web.test/bye?state=1")));
    assert!(!is_logged_in(&stand, &mut browser).await);
    for pairs in [&[][..], &[("state", "1")]] {
        let reply = browser.get(&url(&stand, "oidc/logout", pairs)).await;
        assert_eq!(
            landed(&reply),
            (200, None),
            "nobody is logged in: nothing to ask"
        );
    }
}

#[tokio::test]
async fn oid_03_bad_hints_and_addresses_are_refused() {
    let stand = Stand::new().await;
    let (mut browser, token) = logged_in(&stand).await;
    let payload = token.split('.').nth(1).expect("three segments");
    let unsigned = format!("eyJhbGciOiJub25lIn0.{payload}.");
    let foreign = SigningKey::generate(Alg::ES256)
        .expect("a key")
        .with_kid("x");
    let claims = aldgate_jose::b64::decode(payload).expect("base64");
    let foreign = foreign.sign("JWT", &claims);
    let hint = |hint: &str| url(&stand, "oidc/logout", &[("id_token_hint", hint)]);
    for bad in [unsigned.as_str(), &foreign, "x", &token[..token.len() - 2]] {
        let reply = browser.get(&hint(bad)).await;
        assert_eq!(landed(&reply), (400, None), "{bad}");
        let text = reply.text();
        assert!(
            text.contains("token-doctor\""),
            "a token is the matter: {text}"
        );
        assert!(is_logged_in(&stand, &mut browser).await);
    }
    let other = [
        ("id_token_hint", token.as_str()),
        ("client_id", stand.world.spa.id.as_str()),
    ];
    assert_eq!(
        landed(&browser.get(&url(&stand, "oidc/logout", &other)).await),
        (400, None)
    );
    assert!(is_logged_in(&stand, &mut browser).await);
    let added = format!("{BYE}?x=1");
    let pairs = [
        ("id_token_hint", token.as_str()),
        ("post_logout_redirect_uri", &added),
    ];
    let reply = browser.get(&url(&stand, "oidc/logout", &pairs)).await;
    assert_eq!(landed(&reply), (400, None));
    assert!(!reply.text().contains("token-doctor"), "no token is");
}

#[tokio::test]
async fn oid_03_logout_may_be_posted() {
    let stand = Stand::new().await;
    let (browser, token) = logged_in(&stand).await;
    let cookie = format!("aldgate={}", browser.cookie("aldgate").expect("a session"));
    let fields = [
        ("id_token_hint", token.as_str()),
        ("post_logout_redirect_uri", BYE),
    ];
    let target = url(&stand, "oidc/logout", &[]);
    let reply = stand
        .server
        .post_form(&target, &fields, &[("cookie", &cookie)])
        .await;
    assert_eq!(landed(&reply), (302, Some(BYE)));
    let mut browser = browser;
    assert!(!is_logged_in(&stand, &mut browser).await);
    assert_ne!(path(&browser), "/oidc/logout");
}
