//! Home-realm discovery: the domain of an address decides where people log in.

use aldgate_test::PASSWORD;
use serde_json::json;

use super::Abroad;
use crate::stand::params;

#[tokio::test]
async fn fed_04_the_domain_of_an_address_leads_to_its_provider() {
    let abroad = Abroad::of("oidc", json!({"domain_aliases": ["corp.test"]})).await;
    let mut browser = abroad.stand.server.browser();
    let page = browser
        .get(&abroad.stand.authorize(abroad.client(), &[]))
        .await;
    assert!(
        !page.text().contains("Continue with"),
        "an enterprise connection has no button"
    );
    // Identifier first.
    let state = browser.url().query().expect("a state").to_owned();
    browser
        .get(&format!(
            "{}?{state}",
            abroad.stand.server.url("u/login/identifier")
        ))
        .await;
    let typed = [("username", "bea@CORP.test")];
    let departure = browser.submit("/u/login/identifier", &typed).await;
    let sent = params(&departure);
    assert_eq!(sent["login_hint"], "bea@CORP.test");
    let back = abroad
        .provider
        .log_in(departure.location().expect("a redirect"));
    assert!(params(&browser.get(&back).await).contains_key("code"));
    // On the page with a password, too, and the password goes nowhere.
    let mut browser = abroad.stand.server.browser();
    browser
        .get(&abroad.stand.authorize(abroad.client(), &[]))
        .await;
    let typed = [("username", "nobody@corp.test"), ("password", PASSWORD)];
    let departure = browser.submit("/u/login", &typed).await;
    let location = departure.location().expect("a redirect");
    assert!(location.starts_with(&abroad.provider.issuer) && !location.contains("correct"));
    // Other domains stay.
    let mut browser = abroad.stand.server.browser();
    browser
        .get(&abroad.stand.authorize(abroad.client(), &[]))
        .await;
    let reply = abroad.stand.log_in(&mut browser, "ada").await;
    assert!(params(&reply).contains_key("code"));
}

#[tokio::test]
async fn fed_04_a_provider_vouches_for_its_domains_only() {
    let abroad = Abroad::of("oidc", json!({"domain_aliases": ["corp.test"]})).await;
    for (sub, email, expected) in [("1", "a@corp.test", true), ("2", "ada@example.com", false)] {
        let person = json!({"sub": sub, "email": email, "email_verified": true});
        abroad.provider.person(person);
        let mut browser = abroad.stand.server.browser();
        assert!(params(&abroad.travel(&mut browser).await).contains_key("code"));
        let user = abroad
            .user(&format!("oidc|corp|{sub}"))
            .await
            .expect("a user");
        assert_eq!(user.email_verified, expected, "{email}");
    }
}
