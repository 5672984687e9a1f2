//! The pages of APIs, and getting started.

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
