//! Refusals of `/authorize`: pages where nothing may redirect, answers otherwise (OAU-05).

use aldgate_core::application::{AppType, GrantType};

use crate::stand::{CHALLENGE, Extra, Stand, allow, params};

#[tokio::test]
async fn oau_05_bad_requests_that_must_not_redirect_are_pages_with_a_support_code() {
    let stand = Stand::new().await;
    let web = &stand.world.web;
    let good = stand.authorize(web, &[]);
    let native = web.callback.clone();
    let table = [
        stand.authorize(web, &[("client_id", "")]),
        stand.authorize(web, &[("client_id", "nobody")]),
        stand.authorize(web, &[("client_id", "<script>")]),
        stand.authorize(web, &[("client_id", "nobody"), ("response_type", "x")]),
        stand.authorize(web, &[("client_id", "nobody"), ("request", "e30.e30.")]),
        stand.authorize(
            web,
            &[
                ("client_id", "nobody"),
                ("request_uri", "https://web.test/r"),
            ],
        ),
        stand.authorize(web, &[("client_id", &"a".repeat(65))]),
        stand.authorize(web, &[("redirect_uri", "")]),
        stand.authorize(web, &[("redirect_uri", "https://evil.test/")]),
        stand.authorize(
            web,
            &[("redirect_uri", "https://evil.test/"), ("prompt", "none")],
        ),
        stand.authorize(
            web,
            &[("redirect_uri", "x"), ("response_mode", "web_message")],
        ),
        stand.authorize(
            web,
            &[("redirect_uri", "x"), ("response_mode", "form_post")],
        ),
        stand.authorize(
            web,
            &[("redirect_uri", &format!("{native}{}", "x".repeat(2048)))],
        ),
        format!("{good}&client_id=nobody"),
        format!("{good}&redirect_uri=https://evil.test/"),
        format!("{good}&redirect_uri={native}"),
        format!("{good}&state=2"),
        format!("{good}&response_mode=query&response_mode=fragment"),
        good.replace("state=s-1", "state=%ff"),
        good.replace("client_id=", "client_id=%ff"),
    ];
    assert_eq!(table.len(), 20);
    for url in &table {
        let reply = stand.server.get(url, &[]).await;
        assert_eq!(
            (reply.status.as_u16(), reply.location()),
            (400, None),
            "{url}"
        );
        assert_eq!(reply.header("refresh"), None);
        assert_eq!(reply.header("x-frame-options"), Some("DENY"), "OAU-09");
        assert!(!reply.text().contains("<script>"), "{url}");
    }
    // The code that a page shows finds its story.
    let page = stand.server.get(&table[8], &[]).await.text();
    let events = stand.server.events().await;
    let shown = |code: &String| page.contains(code.as_str());
    let event = events
        .iter()
        .find(|event| event.support_code.as_ref().is_some_and(shown));
    let event = event.expect("the event that the page's code finds");
    let refusal = event.refusal.as_ref().expect("the story");
    assert_eq!(refusal.code, "redirect_uri_mismatch");
    assert_eq!(refusal.actual.as_deref(), Some("https://evil.test/"));
    assert_eq!(event.client_id.as_ref(), Some(&web.id));
}

#[tokio::test]
async fn oau_05_a_disabled_application_gets_a_page() {
    let stand = Stand::new().await;
    stand
        .change(&stand.world.web.id, |app| app.disabled = true)
        .await;
    let reply = stand
        .server
        .get(&stand.authorize(&stand.world.web, &[]), &[])
        .await;
    assert_eq!((reply.status.as_u16(), reply.location()), (400, None));
}

#[tokio::test]
async fn oau_05_other_errors_travel_with_state_and_iss() {
    let stand = Stand::new().await;
    let web = &stand.world.web;
    let table: &[(&[(&str, &str)], &str)] = &[
        (&[("response_type", "")], "invalid_request"),
        (
            &[("response_type", "nonsense")],
            "unsupported_response_type",
        ),
        (&[("response_type", "token")], "unauthorized_client"),
        (&[("response_mode", "jwt")], "invalid_request"),
        (&[("scope", "openid \"")], "invalid_scope"),
        (&[("request", "e30.e30.")], "request_not_supported"),
        (
            &[("request_uri", "https://web.test/r")],
            "request_uri_not_supported",
        ),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("prompt", "none")], "login_required"),
        (&[("max_age", "soon")], "invalid_request"),
        (&[("claims", "{")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("id_token_hint", "e30.e30.")], "invalid_request"),
        (&[("connection", "nowhere")], "invalid_request"),
        (&[("audience", "https://unknown.test/")], "access_denied"),
        (
            &[("audience", "https://api.test/"), ("resource", "urn:b")],
            "invalid_request",
        ),
    ];
    for (extra, error) in table {
        let reply = stand.server.get(&stand.authorize(web, extra), &[]).await;
        let answer = params(&reply);
        assert_eq!(answer["error"], *error, "{extra:?}");
        assert!(!answer["error_description"].is_empty());
        assert_eq!(answer["state"], "s-1");
        assert_eq!(answer["iss"], "http://localhost:4455/");
        assert_eq!(answer.len(), 4, "{answer:?}");
    }
    let unknown = stand.authorize(web, &[("audience", "https://unknown.test/")]);
    let answer = params(&stand.server.get(&unknown, &[]).await);
    assert!(answer["error_description"].starts_with("Service not found: https://unknown.test/"));
}

#[tokio::test]
async fn oau_02_pkce_is_required_of_public_applications_and_plain_is_refused() {
    let stand = Stand::new().await;
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    let matrix: &[(Extra<'_>, bool, bool)] = &[
        (&without, true, false),
        (
            &[
                ("code_challenge", CHALLENGE),
                ("code_challenge_method", "S256"),
            ],
            true,
            true,
        ),
        (
            &[
                ("code_challenge", CHALLENGE),
                ("code_challenge_method", "plain"),
            ],
            false,
            false,
        ),
        (
            &[("code_challenge", CHALLENGE), ("code_challenge_method", "")],
            false,
            false,
        ),
        (&[("code_challenge", &CHALLENGE[1..])], false, false),
        (&[("code_challenge", "")], false, false),
    ];
    let clients = [
        (&stand.world.web, false),
        (&stand.world.spa, true),
        (&stand.world.native, true),
    ];
    for (client, public) in clients {
        for (extra, confidential_may, public_may) in matrix {
            let reply = stand.server.get(&stand.authorize(client, extra), &[]).await;
            let passes = reply.location().expect("a redirect").contains("/u/login");
            let expected = if public {
                *public_may
            } else {
                *confidential_may
            };
            assert_eq!(passes, expected, "public {public}, {extra:?}");
        }
    }
}

#[tokio::test]
async fn oau_05_a_foreign_application_gets_no_browser_that_nobody_is_logged_in_to() {
    let stand = Stand::new().await;
    let tp = &stand.world.tp;
    let bad = stand.authorize(tp, &[("scope", "openid \"")]);
    let reply = stand.server.get(&bad, &[]).await;
    assert_eq!((reply.status.as_u16(), reply.location()), (400, None));
    let mut browser = stand.server.browser();
    browser.get(&stand.authorize(&stand.world.web, &[])).await;
    stand.log_in(&mut browser, "ada").await;
    assert_eq!(params(&browser.get(&bad).await)["error"], "invalid_scope");
}

#[tokio::test]
async fn oau_12_a_flow_that_is_switched_off_meanwhile_stays_off() {
    let stand = Stand::new().await;
    let id = stand.world.web.id.clone();
    stand
        .change(&id, |app| allow(app, GrantType::Implicit))
        .await;
    let mut browser = stand.server.browser();
    browser
        .get(&stand.authorize(&stand.world.web, &[("response_type", "id_token")]))
        .await;
    stand
        .change(&id, |app| {
            app.grant_types
                .retain(|grant| *grant != GrantType::Implicit);
        })
        .await;
    let answer = params(&stand.log_in(&mut browser, "ada").await);
    assert_eq!(answer["error"], "unauthorized_client");
    assert!(!answer.contains_key("id_token"));
}

#[tokio::test]
async fn web_02_what_is_sent_never_becomes_markup() {
    let stand = Stand::new().await;
    let evil = "\"><img src=x onerror=alert(1)></script><script>alert(1)</script>";
    let client = &stand.world.web;
    stand
        .change(&client.id, |app| {
            app.name = "\"><img src=x onerror=1>".into();
        })
        .await;
    stand
        .change(&client.id, |app| app.app_type = Some(AppType::RegularWeb))
        .await;
    let mut browser = stand.server.browser();
    let extra = [("login_hint", evil), ("state", evil), ("ui_locales", evil)];
    let login = browser.get(&stand.authorize(client, &extra)).await;
    assert!(!login.text().contains("<img src=x"), "{}", login.text());
    let refused = browser
        .get(&stand.authorize(client, &[("redirect_uri", evil)]))
        .await;
    assert!(!refused.text().contains("<img src=x"), "{}", refused.text());
    for reply in [login, refused] {
        let policy = reply.header("content-security-policy").expect("a policy");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}
