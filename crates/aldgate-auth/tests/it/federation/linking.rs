//! Linking by the user: both sides proved in one browser, or nothing happens (FED-01).

use aldgate_app::extract::csrf_token;
use aldgate_core::time::Seconds;
use aldgate_test::{Browser, Form, Reply};
use serde_json::json;

use super::Abroad;
use crate::stand::{params, path};

const BROWSER: &str = "aldgate-browser";
const SESSION: &str = "aldgate";

/// Ada logs in with her password.
async fn log_in(abroad: &Abroad, browser: &mut Browser<'_>) {
    let database = abroad.stand.world.connection.name.clone();
    let asked = [("connection", database.as_str())];
    browser
        .get(&abroad.stand.authorize(abroad.client(), &asked))
        .await;
    let reply = abroad.stand.log_in(browser, "ada").await;
    assert!(params(&reply).contains_key("code"));
}

/// The form of her account page.
async fn ask(abroad: &Abroad, browser: &mut Browser<'_>, connection: &str) -> Reply {
    let cookie = |name: &str| browser.cookie(name).unwrap_or_default().to_owned();
    let bound_to = format!("{} {}", cookie(BROWSER), cookie(SESSION));
    let token = csrf_token(
        abroad.stand.server.app.csrf_key(),
        &bound_to,
        "link account",
    );
    let form = Form {
        method: http::Method::POST,
        action: abroad.stand.server.url("u/link"),
        fields: vec![
            ("csrf".into(), token),
            ("connection".into(), connection.into()),
        ],
    };
    browser.send(&form).await
}

pub(super) async fn link(abroad: &Abroad, browser: &mut Browser<'_>) -> Reply {
    let departure = ask(abroad, browser, "corp").await;
    let back = abroad
        .provider
        .log_in(departure.location().expect("a redirect"));
    browser.get(&back).await
}

async fn identities(abroad: &Abroad) -> usize {
    let ada = abroad.user(abroad.stand.world.ada.id.as_str()).await;
    ada.expect("Ada").identities.len()
}

#[tokio::test]
async fn fed_01_she_links_what_she_proves_and_logs_in_with_either() {
    let abroad = Abroad::of("google-oauth2", json!({})).await;
    abroad
        .provider
        .person(json!({"sub": "7", "email": "other@x.test", "email_verified": true}));
    let mut browser = abroad.stand.server.browser();
    log_in(&abroad, &mut browser).await;
    link(&abroad, &mut browser).await;
    assert_eq!(browser.url().path(), "/account");
    assert_eq!(identities(&abroad).await, 2);
    assert!(
        abroad.user("google-oauth2|7").await.is_none(),
        "no user of its own"
    );
    // Another browser, with Google: it is Ada, and her address stays as it was.
    let mut other = abroad.stand.server.browser();
    assert!(params(&abroad.travel(&mut other).await).contains_key("code"));
    let ada = abroad
        .user(abroad.stand.world.ada.id.as_str())
        .await
        .expect("Ada");
    assert_eq!(ada.email, abroad.stand.world.ada.email);
    let events = abroad.stand.server.events().await;
    assert!(
        events
            .iter()
            .any(|event| event.kind.code() == "aldgate_identity_linked")
    );
    // Once more changes nothing.
    link(&abroad, &mut browser).await;
    assert_eq!(identities(&abroad).await, 2);
}

#[tokio::test]
async fn fed_01_an_account_with_a_user_of_its_own_is_joined_with_its_tokens() {
    let abroad = Abroad::of("google-oauth2", json!({})).await;
    let mut google = abroad.stand.server.browser();
    assert!(params(&abroad.travel(&mut google).await).contains_key("code"));
    assert!(abroad.user("google-oauth2|7").await.is_some());
    let mut browser = abroad.stand.server.browser();
    log_in(&abroad, &mut browser).await;
    link(&abroad, &mut browser).await;
    assert_eq!(identities(&abroad).await, 2);
    assert!(abroad.user("google-oauth2|7").await.is_none());
    let id = abroad.stand.world.ada.id.clone();
    let server = &abroad.stand.server;
    let read = move |tx: &mut aldgate_store::Tx<'_>| tx.upstream_tokens().of_user(&id);
    let kept = server
        .app
        .store
        .read(&server.tenant.id, read)
        .await
        .expect("an answer");
    assert_eq!(kept.len(), 1);
    // The session of the user who is no more is over.
    let silent = abroad.leave(&mut google, &[("prompt", "none")]).await;
    assert_eq!(params(&silent)["error"], "login_required");
}

#[tokio::test]
async fn fed_01_nothing_is_linked_without_both_proofs() {
    let abroad = Abroad::of("google-oauth2", json!({})).await;
    let mut browser = abroad.stand.server.browser();
    // Nobody is logged in: a login, which comes back to the page with the button.
    browser
        .get(&abroad.stand.authorize(abroad.client(), &[]))
        .await;
    ask(&abroad, &mut browser, "corp").await;
    assert_eq!(path(&browser), "/u/login");
    // A form of another page or browser.
    log_in(&abroad, &mut browser).await;
    let form = Form {
        method: http::Method::POST,
        action: abroad.stand.server.url("u/link"),
        fields: vec![
            ("csrf".into(), "x".into()),
            ("connection".into(), "corp".into()),
        ],
    };
    assert_eq!(browser.send(&form).await.status, 403);
    // No such connection, or one that vouches for nobody.
    for name in ["nowhere", "Username-Password-Authentication"] {
        assert_eq!(ask(&abroad, &mut browser, name).await.status, 400, "{name}");
    }
    // Logged out at the way back.
    let departure = ask(&abroad, &mut browser, "corp").await;
    let back = abroad
        .provider
        .log_in(departure.location().expect("a redirect"));
    browser.get(&abroad.stand.server.url("v2/logout")).await;
    let page = browser.get(&back).await;
    assert_eq!((page.status.as_u16(), page.location()), (400, None));
    // A login that is too old.
    log_in(&abroad, &mut browser).await;
    abroad.stand.server.advance(Seconds::minutes(10));
    ask(&abroad, &mut browser, "corp").await;
    assert_eq!(path(&browser), "/u/login");
    abroad.stand.log_in(&mut browser, "ada").await;
    assert_eq!(path(&browser), "/account", "back where the button is");
    assert_eq!(identities(&abroad).await, 1, "nothing is linked by itself");
    let departure = ask(&abroad, &mut browser, "corp").await;
    let to = departure.location().expect("a redirect");
    assert!(to.starts_with(&abroad.provider.issuer), "pressed again");
}
