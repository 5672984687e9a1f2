//! Consent (ruling R13).

use aldgate_test::API;

use crate::stand::{Stand, params, path};

#[tokio::test]
async fn r13_a_third_party_asks_once_for_each_scope() {
    let stand = Stand::new().await;
    let tp = &stand.world.tp;
    let mut browser = stand.server.browser();
    let asked = [("audience", API), ("scope", "openid read:things")];
    browser.get(&stand.authorize(tp, &asked)).await;
    stand.log_in(&mut browser, "ada").await;
    assert_eq!(path(&browser), "/u/consent");
    let reply = browser.submit("/u/consent", &[("action", "accept")]).await;
    assert!(params(&reply).contains_key("code"));
    assert!(params(&browser.get(&stand.authorize(tp, &asked)).await).contains_key("code"));
    let more = [
        ("audience", API),
        ("scope", "openid read:things write:things"),
    ];
    let silent = [more[0], more[1], ("prompt", "none")];
    let answer = params(&browser.get(&stand.authorize(tp, &silent)).await);
    assert_eq!(answer["error"], "consent_required");
    assert_eq!(answer["error_description"], "Consent required");
    let page = browser.get(&stand.authorize(tp, &more)).await.text();
    assert_eq!(path(&browser), "/u/consent");
    assert!(page.contains("Change things") && page.contains("third.test"));
    let forced = [asked[0], asked[1], ("prompt", "consent")];
    browser.get(&stand.authorize(tp, &forced)).await;
    assert_eq!(path(&browser), "/u/consent", "prompt=consent always asks");
}

#[tokio::test]
async fn r13_saying_no_is_told_and_keeps_the_session() {
    let stand = Stand::new().await;
    let tp = &stand.world.tp;
    let mut browser = stand.server.browser();
    browser.get(&stand.authorize(tp, &[])).await;
    stand.log_in(&mut browser, "ada").await;
    let answer = params(&browser.submit("/u/consent", &[("action", "deny")]).await);
    assert_eq!(answer["error"], "access_denied");
    assert_eq!(
        answer["error_description"],
        "User did not authorize the request"
    );
    assert_eq!(answer["state"], "s-1");
    browser.get(&stand.authorize(tp, &[])).await;
    assert_eq!(path(&browser), "/u/consent", "nothing was remembered");
}

#[tokio::test]
async fn r13_first_party_applications_skip_consent_on_localhost_too() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    let asked = [("audience", API), ("scope", "openid read:things")];
    browser
        .get(&stand.authorize(&stand.world.spa, &asked))
        .await;
    let reply = stand.log_in(&mut browser, "ada").await;
    assert!(params(&reply).contains_key("code"));
    let silent = [
        asked[0],
        asked[1],
        ("prompt", "none"),
        ("response_mode", "web_message"),
    ];
    let page = browser
        .get(&stand.authorize(&stand.world.spa, &silent))
        .await
        .text();
    assert!(page.contains("aldc_"), "{page}");
}

#[tokio::test]
async fn web_01_a_consent_form_is_good_for_what_it_showed_alone() {
    let stand = Stand::new().await;
    let tp = &stand.world.tp;
    let mut browser = stand.server.browser();
    browser
        .get(&stand.authorize(tp, &[("scope", "openid")]))
        .await;
    stand.log_in(&mut browser, "ada").await;
    let narrow = browser.form("/u/consent").fill(&[("action", "accept")]);
    browser
        .get(&stand.authorize(tp, &[("scope", "openid profile")]))
        .await;
    let wide = browser.form("/u/consent");
    let swapped = wide.clone().fill(&[
        ("csrf", narrow.value("csrf").expect("a token")),
        ("action", "accept"),
    ]);
    for form in [
        swapped,
        wide.clone().without("csrf").fill(&[("action", "accept")]),
    ] {
        assert_eq!(browser.send(&form).await.status, 403);
    }
    let reply = browser.send(&wide.fill(&[("action", "accept")])).await;
    assert!(params(&reply).contains_key("code"), "the control");
}
