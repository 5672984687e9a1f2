//! `/authorize`: redirect URIs, and what an answer is made of.

use crate::stand::{Stand, params, path};

#[tokio::test]
async fn oau_01_a_redirect_uri_that_is_not_registered_is_never_gone_to() {
    let stand = Stand::new().await;
    let good = stand.world.web.callback.clone();
    let variants = [
        "https://web.test.evil.test/callback",
        "https://evilweb.test/callback",
        "https://web.test/callback/extra",
        "https://web.test/callback/",
        "https://web.test/callback/..;/",
        "https://web.test/callback/../callback",
        "https://web.test/%63allback",
        "https://web.test/%2563allback",
        "https://web.test@evil.test/callback",
        "https://evil.test@web.test/callback",
        "https://web.test:443/callback",
        "https://web.test:8443/callback",
        "https://web.test/callback?",
        "https://web.test/callback?x=1",
        "https://web.test/callback?tenant=2",
        "https://web.test/callback?tenant=1&x=1",
        "https://web.test/callback#",
        "https://web.test/callback#x",
        "https://web.test/Callback",
        "https://WEB.test/callback",
        "HTTPS://web.test/callback",
        "http://web.test/callback",
        "//web.test/callback",
        "/callback",
        "https:\\\\web.test/callback",
        " https://web.test/callback",
        "https://web.test/callback ",
        "https://web.test/callback\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "https://*.test/callback",
    ];
    assert!(variants.len() >= 25);
    for variant in variants {
        let url = stand.authorize(&stand.world.web, &[("redirect_uri", variant)]);
        let reply = stand.server.get(&url, &[]).await;
        assert_eq!(reply.status, 400, "{variant}");
        assert_eq!(reply.location(), None, "{variant}");
        assert_eq!(reply.header("refresh"), None, "{variant}");
        assert!(reply.text().contains("Callback URL mismatch"), "{variant}");
        assert!(!reply.text().contains("<script>alert"), "{variant}");
    }
    let url = stand.authorize(&stand.world.web, &[("redirect_uri", &good)]);
    assert_eq!(stand.server.get(&url, &[]).await.status, 302);
}

#[tokio::test]
async fn a_tenant_may_show_refusals_on_a_page_of_its_own() {
    let stand = Stand::new().await;
    let url = stand.authorize(&stand.world.web, &[("redirect_uri", "https://evil.test/")]);
    for (page, leads_there) in [
        ("https://errors.test/page?x=1", true),
        ("http://localhost:4455/authorize", false),
        ("", false),
    ] {
        let mut tenant = stand.server.tenant.clone();
        let settings = serde_json::json!({"url": page});
        tenant.settings.extra.insert("error_page".into(), settings);
        let (id, now) = (tenant.id.clone(), stand.server.now());
        let save = move |tx: &mut aldgate_store::Tx<'_>| tx.own_tenant().update(&tenant, now);
        let saved = stand.server.app.store.write(&id, save).await;
        assert!(saved.expect("it is stored"));
        let reply = stand.server.get(&url, &[]).await;
        let Some(location) = reply.location().filter(|_| leads_there) else {
            assert_eq!(reply.status, 400, "{page}: {reply:?}");
            continue;
        };
        assert!(
            location.starts_with("https://errors.test/page?x=1&"),
            "{location}"
        );
        let told = params(&reply);
        assert_eq!(told["error"], "invalid_request", "{location}");
        assert_eq!(told["client_id"], stand.world.web.id.as_str(), "{location}");
        let events = stand.server.events().await;
        let code = events.last().and_then(|event| event.support_code.clone());
        assert_eq!(
            code.as_ref(),
            told.get("tracking"),
            "the code finds the event"
        );
    }
}

#[tokio::test]
async fn oau_01_a_loopback_port_floats_for_native_applications_only() {
    let stand = Stand::new().await;
    let floating = [("redirect_uri", "http://127.0.0.1:54321/callback")];
    let native = stand.authorize(&stand.world.native, &floating);
    assert_eq!(stand.server.get(&native, &[]).await.status, 302);
    stand
        .change(&stand.world.spa.id, |app| {
            app.callbacks.push("http://127.0.0.1/callback".into());
        })
        .await;
    let spa = stand.authorize(&stand.world.spa, &floating);
    assert_eq!(stand.server.get(&spa, &[]).await.status, 400);
}

#[tokio::test]
async fn r3_redirect_uri_is_required_with_openid_or_with_several_registered() {
    let stand = Stand::new().await;
    let (spa, web) = (&stand.world.spa, &stand.world.web);
    let without = [("redirect_uri", ""), ("scope", "profile")];
    assert_eq!(
        stand
            .server
            .get(&stand.authorize(spa, &without), &[])
            .await
            .status,
        302
    );
    for (client, scope) in [(spa, "openid"), (web, "profile")] {
        let url = stand.authorize(client, &[("redirect_uri", ""), ("scope", scope)]);
        let reply = stand.server.get(&url, &[]).await;
        assert_eq!(
            (reply.status.as_u16(), reply.location()),
            (400, None),
            "{scope}"
        );
        assert!(reply.text().contains("Callback URL missing"));
    }
}

#[tokio::test]
async fn a_login_ends_in_a_code_with_state_and_iss() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    let state = "~._-/+ &=%22é".repeat(40);
    browser
        .get(&stand.authorize(&stand.world.web, &[("state", &state)]))
        .await;
    assert_eq!(path(&browser), "/u/login");
    let reply = stand.log_in(&mut browser, "ada").await;
    assert!(
        reply
            .location()
            .expect("a redirect")
            .starts_with("https://web.test/callback?code=")
    );
    let answer = params(&reply);
    assert!(answer["code"].starts_with("aldc_"));
    assert_eq!(answer["state"], state);
    assert_eq!(answer["iss"], "http://localhost:4455/");
    assert_eq!(answer.len(), 3);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let events = stand.server.events().await;
    assert!(events.iter().any(|event| event.kind.code() == "s"));
}

#[tokio::test]
async fn an_authorization_request_may_be_posted() {
    let stand = Stand::new().await;
    let url = stand.authorize(&stand.world.web, &[]);
    let (address, query) = url.split_once('?').expect("a query");
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let reply = stand.server.post_form(address, &fields, &[]).await;
    assert_eq!(reply.status, 302);
    assert!(
        reply
            .location()
            .expect("a redirect")
            .contains("/u/login?state=aldx_")
    );
    // OAU-07: the same parameter in query and body is there twice.
    let both = stand
        .server
        .post_form(&url, &[("scope", "openid")], &[])
        .await;
    assert_eq!(params(&both)["error"], "invalid_request");
}

#[tokio::test]
async fn oau_10_the_authorization_endpoint_has_no_cors() {
    let stand = Stand::new().await;
    let url = stand.authorize(&stand.world.spa, &[]);
    let reply = stand
        .server
        .get(&url, &[("origin", "http://localhost:3000")])
        .await;
    assert_eq!(reply.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn the_whole_story_from_login_to_user_info() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    let extra = [
        ("audience", aldgate_test::API),
        ("scope", "openid email offline_access read:things"),
    ];
    browser
        .get(&stand.authorize(&stand.world.web, &extra))
        .await;
    let code = params(&stand.log_in(&mut browser, "ada").await)["code"].clone();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", stand.world.web.callback.as_str()),
        ("client_id", stand.world.web.id.as_str()),
        ("client_secret", stand.world.web.secret.as_str()),
        // The verifier of the challenge (RFC 7636 appendix B).
        (
            "code_verifier",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        ),
    ];
    let target = stand.server.url("oauth/token");
    let reply = stand.server.post_form(&target, &fields, &[]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let tokens = reply.json();
    assert!(tokens["id_token"].is_string() && tokens["refresh_token"].is_string());
    let bearer = format!(
        "Bearer {}",
        tokens["access_token"].as_str().expect("a token")
    );
    let userinfo = stand.server.url("userinfo");
    let user = stand
        .server
        .get(&userinfo, &[("authorization", &bearer)])
        .await
        .json();
    assert_eq!(user["sub"], stand.world.ada.id.as_str());
    assert_eq!(user["email"], "ada@example.com");
    let again = stand.server.post_form(&target, &fields, &[]).await;
    assert_eq!(
        (again.status.as_u16(), &again.json()["error"]),
        (400, &"invalid_grant".into())
    );
}
