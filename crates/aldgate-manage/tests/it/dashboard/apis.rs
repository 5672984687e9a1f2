//! The pages of APIs, and getting started.

use aldgate_test::API;
use http::StatusCode;

use super::desk::Desk;

#[tokio::test]
async fn an_api_is_registered_gets_scopes_and_another_identifier() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    admin.see("/apis/new").await;
    let new = [
        ("name", "Orders"),
        ("identifier", "orders"),
        ("signing_alg", "ES256"),
    ];
    let page = admin.send("/apis/new", &new).await;
    assert!(
        page.text().contains("is no address"),
        "advice: {}",
        page.text()
    );
    let path = admin.browser.url().path().to_owned();
    let scopes = path.strip_prefix("/dashboard").expect("a page").to_owned();
    let api = scopes
        .strip_suffix("/scopes")
        .expect("the scopes")
        .to_owned();
    let scope = [("value", "read:orders"), ("description", "See orders")];
    assert!(
        admin
            .send(&scopes, &scope)
            .await
            .text()
            .contains("read:orders was added")
    );
    let wrong = admin
        .send(&scopes, &[("value", "openid"), ("description", "kept")])
        .await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text().contains("value=\"kept\"") && wrong.text().contains("value-problem"));
    admin.see(&format!("{api}/identifier")).await;
    let new = [("identifier", "https://orders.test/")];
    let page = admin.send(&format!("{api}/identifier"), &new).await;
    assert!(
        page.text().contains("works on for thirty days"),
        "{}",
        page.text()
    );
    admin.see(&format!("{scopes}/read%3Aorders/remove")).await;
    let page = admin
        .send(&format!("{scopes}/read%3Aorders/remove"), &[])
        .await;
    assert!(
        page.text().contains("read:orders was removed"),
        "{}",
        page.text()
    );
    admin.see(&api).await;
    let change = [("token_lifetime", "600"), ("enforce_policies", "true")];
    assert!(
        admin
            .send(&api, &change)
            .await
            .text()
            .contains("The API was saved")
    );
    admin.see(&format!("{api}/delete")).await;
    assert!(
        admin
            .send(&format!("{api}/delete"), &[])
            .await
            .text()
            .contains("was deleted")
    );
}

#[tokio::test]
async fn the_test_tab_gets_a_token_and_explains_it() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let path = format!("/apis/{}/test", desk.world.api.id);
    admin.see(&path).await;
    for _ in 0..2 {
        let page = admin.send(&path, &[]).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        let text = page.text();
        assert!(text.contains("The API accepts this token."), "{text}");
        assert!(
            text.contains("eyJ") && text.contains("authorization: Bearer"),
            "{text}"
        );
    }
    let list = admin.see("/applications?q=Test+of").await;
    assert!(list.contains("1–1 of 1"), "one test application: {list}");
}

#[tokio::test]
async fn net_01_the_test_tab_calls_only_where_this_server_may() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let path = format!("/apis/{}/test", desk.world.api.id);
    admin.see(&path).await;
    for (address, cause) in [
        ("https://127.0.0.1:1/", "not on the public internet"),
        (
            "https://169.254.169.254/latest",
            "not on the public internet",
        ),
        ("http://api.example/", "expected an https URL"),
        ("no address", "is no address"),
    ] {
        let page = admin.send(&path, &[("address", address)]).await;
        assert_eq!(page.status, StatusCode::OK, "{address}");
        assert!(page.text().contains(cause), "{address}: {}", page.text());
        assert!(
            page.text().contains("eyJ"),
            "the token is there all the same"
        );
    }
}

#[tokio::test]
async fn the_test_tab_calls_the_api_and_shows_both_sides() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port");
    let address = format!("http://{}/orders", listener.local_addr().expect("one"));
    let answer = |headers: http::HeaderMap| async move {
        let bearer = headers
            .get("authorization")
            .and_then(|value| value.to_str().ok());
        assert!(
            bearer.is_some_and(|value| value.starts_with("Bearer eyJ")),
            "{bearer:?}"
        );
        ([("x-mark", "seen")], "{\"orders\":[\"<lamp>\"]}")
    };
    let api = axum::Router::new().route("/orders", axum::routing::post(answer));
    drop(tokio::spawn(
        async move { axum::serve(listener, api).await },
    ));
    let desk = Desk::with(|config| {
        config.outbound.allow_http = true;
        config.outbound.allow_cidrs = vec!["127.0.0.0/8".parse().expect("a network")];
    })
    .await;
    let mut admin = desk.admin().await;
    let path = format!("/apis/{}/test", desk.world.api.id);
    admin.see(&path).await;
    let call = [
        ("address", address.as_str()),
        ("method", "POST"),
        ("body", "{\"a\":1}"),
    ];
    let text = admin.send(&path, &call).await.text();
    assert!(text.contains("The API accepted the token."), "{text}");
    assert!(
        text.contains("x-mark: seen") && text.contains("&lt;lamp&gt;"),
        "{text}"
    );
    assert!(
        text.contains("{&quot;a&quot;:1}"),
        "what was typed stays: {text}"
    );
    let get = [("address", address.as_str()), ("method", "GET")];
    let text = admin.send(&path, &get).await.text();
    assert!(
        text.contains("HTTP 405") && text.contains("says nothing of the token"),
        "{text}"
    );
}

#[tokio::test]
async fn getting_started_turns_green_on_the_first_accepted_token() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let (spa, m2m) = (desk.world.spa.id.to_string(), &desk.world.m2m);
    let path = format!("/start/{spa}/{}", desk.world.api.id);
    let page = admin.see(&path).await;
    assert!(page.contains("Waiting for the API to say"), "{page}");
    assert!(
        page.contains("first_acceptances"),
        "says how to switch it on"
    );
    let report = format!(
        "[{{\"code\":\"accepted\",\"application\":\"{spa}\",\"audience\":\"{API}\",\"count\":1}}]"
    );
    let fields = [
        ("client_id", m2m.id.as_str()),
        ("client_secret", m2m.secret.as_str()),
        ("report", report.as_str()),
    ];
    let url = desk.server.url("oauth/refusals");
    let reply = desk.server.post_form(&url, &fields, &[]).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.text());
    drop(desk.server.events().await);
    let page = admin.see(&path).await;
    assert!(page.contains("The first accepted token"), "{page}");
    assert!(page.contains("accepts tokens of"), "{page}");
}

#[tokio::test]
async fn getting_started_makes_both_or_none() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    admin.see("/start").await;
    let bad = [
        ("callback", "javascript:alert(1)"),
        ("identifier", "https://shop.test/"),
    ];
    let page = admin.send("/start", &bad).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.text().contains("callback-problem"), "{}", page.text());
    assert!(
        !admin.see("/apis").await.contains("shop.test"),
        "no half of it"
    );
    admin.see("/start").await;
    let good = [
        ("name", "Shop"),
        ("callback", "http://localhost:3000/callback"),
        ("identifier", "https://shop.test/"),
        ("scope", "read:orders"),
        ("application", "react"),
        ("api", "ktor"),
    ];
    let page = admin.send("/start", &good).await;
    let text = page.text().replace("&#x2f;", "/");
    assert!(
        text.contains("Auth0Provider") && text.contains("withAudience"),
        "{text}"
    );
    assert!(text.contains("https://shop.test/") && text.contains("read:orders"));
    assert!(text.contains("Waiting for the first login") && text.contains("data-live"));
    admin.see("/start").await;
    let page = admin.send("/start", &good).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(
        page.text().contains("identifier-problem"),
        "{}",
        page.text()
    );
}

#[tokio::test]
async fn the_trust_map_draws_grants_and_finds_client_ids_as_audience() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    admin.see("/apis/new").await;
    let spa = desk.world.spa.id.to_string();
    let new = [
        ("name", "Mixed up"),
        ("identifier", spa.as_str()),
        ("signing_alg", "RS256"),
    ];
    admin.send("/apis/new", &new).await;
    let map = admin.see("/trust").await;
    assert!(
        map.contains("Mixed up goes by the client ID of an application."),
        "{map}"
    );
    assert!(map.contains("<path d=") && map.contains("read:things, write:things"));
}
