//! FED-02: whatever a provider gets wrong ends on a page of this server, with a support code that
//! finds the whole story, without a session and without a user.

use aldgate_core::time::Seconds;
use aldgate_test::Reply;
use aldgate_test::provider::{FAULTS, Fault};
use serde_json::json;

use super::Abroad;

const SESSION: &str = "aldgate";

/// What a refusal must look like, wherever it happened.
async fn assert_refused(abroad: &Abroad, what: &str, page: &Reply, session: Option<&str>) {
    assert!(
        page.status.is_client_error(),
        "{what}: {} {}",
        page.status,
        page.text()
    );
    assert_eq!(page.location(), None, "{what}");
    assert_eq!(session, None, "{what}: no session");
    assert_eq!(abroad.users().await, 0, "{what}: no user");
    let story = abroad.story(page).await;
    let refusal = story.refusal.expect("a refusal");
    assert!(
        refusal.code.starts_with("federation_"),
        "{what}: {refusal:?}"
    );
    assert!(
        !page.text().contains(&*refusal.cause),
        "{what}: the story is for the log"
    );
}

#[tokio::test]
async fn fed_02_each_fault_of_a_provider_ends_on_a_page_without_session_and_user() {
    assert!(FAULTS.len() >= 50);
    let mut abroad = Abroad::new().await;
    for (number, fault) in FAULTS.iter().enumerate() {
        // Each with a provider of its own: what is published is kept in caches.
        let name = format!("corp-{number}");
        abroad.renew(&name).await;
        abroad
            .provider
            .person(json!({"sub": "7", "email": "ada@example.com", "email_verified": true}));
        abroad.provider.fault(Some(*fault));
        let mut browser = abroad.stand.server.browser();
        let page = abroad.travel(&mut browser).await;
        let what = format!("{fault:?}");
        assert_refused(&abroad, &what, &page, browser.cookie(SESSION)).await;
        let known = [Fault::DiscoveryMoved, Fault::TokenMoved];
        if known.contains(fault) {
            let asked = abroad.provider.requests();
            let path = asked.last().expect("a request");
            let count = asked.iter().filter(|one| *one == path).count();
            assert_eq!(count, 1, "{what}: redirects are not followed");
        }
        let story = abroad.story(&page).await;
        assert_eq!(story.connection.as_deref(), Some(name.as_str()), "{what}");
    }
    // The control: the same without a fault.
    abroad.renew("control").await;
    let mut browser = abroad.stand.server.browser();
    let reply = abroad.travel(&mut browser).await;
    assert!(
        reply.location().is_some_and(|to| to.contains("code=")),
        "{}",
        reply.text()
    );
    assert!(browser.cookie(SESSION).is_some());
    assert_eq!(abroad.users().await, 1);
}

#[tokio::test]
async fn fed_02_a_state_is_good_once_in_one_browser_for_ten_minutes() {
    let abroad = Abroad::new().await;
    let mut browser = abroad.stand.server.browser();
    let departure = abroad.leave(&mut browser, &[]).await;
    let back = abroad
        .provider
        .log_in(departure.location().expect("a redirect"));
    // Another browser: refused, and the attempt is spent.
    let mut thief = abroad.stand.server.browser();
    let page = thief.get(&back).await;
    assert_refused(&abroad, "another browser", &page, thief.cookie(SESSION)).await;
    let page = browser.get(&back).await;
    assert_refused(&abroad, "spent", &page, browser.cookie(SESSION)).await;
    // One with a cookie of its own, too.
    let departure = abroad.leave(&mut thief, &[]).await;
    let stolen = abroad
        .provider
        .log_in(departure.location().expect("a redirect"));
    let page = browser.get(&stolen).await;
    assert_refused(&abroad, "the thief's own", &page, browser.cookie(SESSION)).await;
    // Too late.
    let departure = abroad.leave(&mut browser, &[]).await;
    let back = abroad
        .provider
        .log_in(departure.location().expect("a redirect"));
    abroad.stand.server.advance(Seconds::minutes(10));
    let page = browser.get(&back).await;
    assert_refused(&abroad, "late", &page, browser.cookie(SESSION)).await;
    // Made up, or put together from two.
    let callback = abroad.stand.server.url("login/callback");
    let made_up = format!("aldf_{}.aldx_{}", "a".repeat(43), "b".repeat(43));
    for state in ["", "x", &made_up] {
        let page = browser
            .get(&format!("{callback}?code=c&state={state}"))
            .await;
        assert_refused(&abroad, state, &page, browser.cookie(SESSION)).await;
    }
    let departure = abroad.leave(&mut browser, &[]).await;
    let back = abroad
        .provider
        .log_in(departure.location().expect("a redirect"));
    let (head, tail) = back.split_once(".aldx_").expect("a handle");
    let mixed = format!("{head}.aldx_{}{}", "c".repeat(43), &tail[43..]);
    let page = browser.get(&mixed).await;
    assert_refused(&abroad, "another handle", &page, browser.cookie(SESSION)).await;
}

#[tokio::test]
async fn fed_02_a_callback_is_good_once() {
    let abroad = Abroad::new().await;
    let mut browser = abroad.stand.server.browser();
    let departure = abroad.leave(&mut browser, &[]).await;
    let back = abroad
        .provider
        .log_in(departure.location().expect("a redirect"));
    let reply = browser.get(&back).await;
    assert!(reply.location().is_some_and(|to| to.contains("code=")));
    let again = browser.get(&back).await;
    assert_eq!((again.status.as_u16(), again.location()), (400, None));
    assert_eq!(
        abroad.story(&again).await.refusal.expect("a refusal").code,
        "federation_state"
    );
}

#[tokio::test]
async fn fed_01_a_connection_that_is_switched_off_lets_nobody_in() {
    for change in [
        (|connection| {
            connection
                .extra
                .insert("authentication".into(), json!({"active": false}));
        }) as fn(&mut aldgate_core::connection::Connection),
        |connection| connection.is_domain_connection = false,
        |connection| connection.strategy = "auth0".into(),
    ] {
        let abroad = Abroad::new().await;
        let mut browser = abroad.stand.server.browser();
        let departure = abroad.leave(&mut browser, &[]).await;
        let back = abroad
            .provider
            .log_in(departure.location().expect("a redirect"));
        abroad.change(change).await;
        let page = browser.get(&back).await;
        assert_refused(&abroad, "switched off", &page, browser.cookie(SESSION)).await;
    }
}

#[tokio::test]
async fn fed_03_a_connection_that_leads_elsewhere_meanwhile_is_a_mix_up() {
    let abroad = Abroad::new().await;
    let mut browser = abroad.stand.server.browser();
    let departure = abroad.leave(&mut browser, &[]).await;
    let back = abroad
        .provider
        .log_in(departure.location().expect("a redirect"));
    abroad
        .change(|connection| {
            let issuer = json!("https://other.test");
            let endpoint = json!("https://other.test/x");
            connection.options.remove("discovery_url");
            connection.options.insert("issuer".into(), issuer);
            for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
                connection.options.insert(name.into(), endpoint.clone());
            }
        })
        .await;
    let page = browser.get(&back).await;
    assert_refused(&abroad, "elsewhere", &page, browser.cookie(SESSION)).await;
    assert!(!abroad.provider.requests().contains(&"token".to_owned()));
}
