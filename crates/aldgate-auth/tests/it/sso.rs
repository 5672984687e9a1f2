//! One session for all applications: single sign-on, silent authentication, hints.

use aldgate_core::application::GrantType;
use aldgate_core::time::Seconds;
use aldgate_core::user::User;
use aldgate_store::{Saved, StoreError, Tx};

use crate::stand::{Stand, allow, params, path};

#[tokio::test]
async fn a_session_serves_every_application_and_ends_by_time() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    browser.get(&stand.authorize(&stand.world.web, &[])).await;
    stand.log_in(&mut browser, "ada").await;
    let other = stand.authorize(&stand.world.spa, &[]);
    assert!(params(&browser.get(&other).await).contains_key("code"));
    let silent = stand.authorize(&stand.world.spa, &[("prompt", "none")]);
    assert!(params(&browser.get(&silent).await).contains_key("code"));
    let kinds: Vec<_> = stand
        .server
        .events()
        .await
        .iter()
        .map(|e| e.kind.code())
        .collect();
    assert!(kinds.contains(&"ssa"), "{kinds:?}");
    // Idle after three days, but use prolongs it; absolutely over after a week.
    for _ in 0..3 {
        stand.server.advance(Seconds::hours(50));
        assert!(params(&browser.get(&silent).await).contains_key("code"));
    }
    stand.server.advance(Seconds::hours(20));
    assert_eq!(
        params(&browser.get(&silent).await)["error"],
        "login_required"
    );
}

#[tokio::test]
async fn an_idle_session_ends() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    browser.get(&stand.authorize(&stand.world.web, &[])).await;
    stand.log_in(&mut browser, "ada").await;
    stand.server.advance(Seconds::hours(73));
    browser.get(&stand.authorize(&stand.world.web, &[])).await;
    assert_eq!(path(&browser), "/u/login");
}

#[tokio::test]
async fn oid_02_silence_never_shows_a_page() {
    let stand = Stand::new().await;
    let silent = stand.authorize(&stand.world.spa, &[("prompt", "none")]);
    let answer = params(&stand.server.get(&silent, &[]).await);
    assert_eq!(answer["error"], "login_required");
    assert_eq!(answer["error_description"], "Login required");
    assert_eq!(
        (answer["state"].as_str(), answer["iss"].as_str()),
        ("s-1", "http://localhost:4455/")
    );
}

#[tokio::test]
async fn oid_02_a_hint_says_who_must_be_logged_in() {
    let stand = Stand::new().await;
    let web = &stand.world.web;
    stand
        .change(&web.id, |app| allow(app, GrantType::Implicit))
        .await;
    let mut ada = stand.server.browser();
    ada.get(&stand.authorize(web, &[("response_type", "id_token")]))
        .await;
    let hint = params(&stand.log_in(&mut ada, "ada").await)["id_token"].clone();
    let silent = stand.authorize(web, &[("prompt", "none"), ("id_token_hint", &hint)]);
    assert!(params(&ada.get(&silent).await).contains_key("code"));
    stand.server.advance(Seconds::hours(11));
    assert!(
        params(&ada.get(&silent).await).contains_key("code"),
        "expired hints count"
    );
    let mut eve = stand.server.browser();
    eve.get(&stand.authorize(web, &[])).await;
    stand.log_in(&mut eve, "eve").await;
    assert_eq!(params(&eve.get(&silent).await)["error"], "login_required");
    eve.get(&stand.authorize(web, &[("id_token_hint", &hint)]))
        .await;
    assert_eq!(path(&eve), "/u/login");
    let answer = params(&stand.log_in(&mut eve, "eve").await);
    assert_eq!(answer["error"], "login_required", "somebody else logged in");
    // Another application's hint, and a broken one.
    let foreign = stand.authorize(&stand.world.spa, &[("id_token_hint", &hint)]);
    assert_eq!(params(&ada.get(&foreign).await)["error"], "invalid_request");
    let broken = stand.authorize(web, &[("id_token_hint", &format!("{hint}x"))]);
    assert_eq!(params(&ada.get(&broken).await)["error"], "invalid_request");
}

#[tokio::test]
async fn ses_04_a_blocked_user_has_no_session() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    browser.get(&stand.authorize(&stand.world.web, &[])).await;
    stand.log_in(&mut browser, "ada").await;
    let id = stand.world.ada.id.clone();
    let block = move |tx: &mut Tx<'_>| {
        let user: User = tx.users().by_id(&id)?.expect("ada");
        assert_eq!(
            tx.users().update(&User {
                blocked: true,
                ..user
            })?,
            Saved::Done
        );
        Ok::<_, StoreError>(())
    };
    stand
        .server
        .app
        .store
        .write(&stand.server.tenant.id, block)
        .await
        .expect("she is blocked");
    let silent = stand.authorize(&stand.world.web, &[("prompt", "none")]);
    assert_eq!(
        params(&browser.get(&silent).await)["error"],
        "login_required"
    );
}

#[tokio::test]
async fn ten_01_a_session_of_one_tenant_is_none_at_another() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    browser.get(&stand.authorize(&stand.world.web, &[])).await;
    stand.log_in(&mut browser, "ada").await;
    let hash = browser
        .cookie("aldgate")
        .map(aldgate_core::secret::TokenHash::of)
        .expect("a session");
    let other = aldgate_core::id::TenantId::parse("other").expect("an id");
    let now = stand.server.now();
    let read = move |tx: &mut Tx<'_>| tx.sessions().live(&hash, now);
    let there = stand
        .server
        .app
        .store
        .read(&other, read)
        .await
        .expect("it is read");
    assert_eq!(there, None);
}
