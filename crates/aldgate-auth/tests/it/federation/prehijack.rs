//! ACC-06: the five classes of account pre-hijacking (Sudhodanan and Paverd, arXiv 2205.10174).
//! Each time an attacker prepares an account for the victim's address before she comes, and is
//! outside in the end.

use aldgate_core::user::User;
use aldgate_test::Browser;
use aldgate_test::provider::FakeProvider;
use serde_json::json;

use super::Abroad;
use super::linking::link;
use crate::accounts::{FRESH, ask_for_reset, change_user, mailed_link, outcome, sign_up};
use crate::stand::params;

const VICTIM: &str = "victim@example.com";
const ATTACKER: &str = "attacker@example.com";
/// What the attacker chose for the account.
const PLANTED: &str = "nineteen barges upstream";
const HOME: &str = "192.0.2.7";

async fn world() -> Abroad {
    Abroad::of("google-oauth2", json!({})).await
}

/// The attacker opens an account and logs in with its password.
async fn squat<'s>(abroad: &'s Abroad, email: &str) -> Browser<'s> {
    let reply = sign_up(&abroad.stand, json!({"email": email, "password": PLANTED})).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let mut browser = abroad.stand.server.browser();
    let database = abroad.stand.world.connection.name.clone();
    let asked = [("connection", database.as_str())];
    browser
        .get(&abroad.stand.authorize(abroad.client(), &asked))
        .await;
    let typed = [("username", email), ("password", PLANTED)];
    let reply = browser.submit("/u/login", &typed).await;
    assert!(params(&reply).contains_key("code"));
    browser
}

/// Who has an address at the database.
async fn holder(abroad: &Abroad, email: &'static str) -> User {
    let id = abroad.stand.world.connection.id.clone();
    let server = &abroad.stand.server;
    let find = move |tx: &mut aldgate_store::Tx<'_>| {
        tx.users()
            .by_login(&id, aldgate_store::LoginName::Email, email)
    };
    let found = server.app.store.read(&server.tenant.id, find).await;
    found.expect("an answer").expect("a user")
}

/// The owner of an address uses the link that she was mailed, in a browser of her own.
async fn follow(abroad: &Abroad, path: &str, fields: &[(&str, &str)]) -> u16 {
    let link = mailed_link(&abroad.stand, VICTIM, &format!("{path}?")).await;
    let mut browser = abroad.stand.server.browser();
    browser.get(&link).await;
    browser.submit(path, fields).await.status.as_u16()
}

async fn verify(abroad: &Abroad) {
    assert_eq!(follow(abroad, "/u/email-verification", &[]).await, 200);
}

/// She finds an account with her address that she did not open, and takes it over.
async fn recover(abroad: &Abroad) {
    assert_eq!(ask_for_reset(&abroad.stand, VICTIM).await.status, 200);
    let fields = [("password", FRESH), ("password_again", FRESH)];
    assert_eq!(follow(abroad, "/u/reset-verify", &fields).await, 200);
    assert_eq!(outcome(&abroad.stand, HOME, VICTIM, FRESH).await, "in");
}

async fn is_logged_in(abroad: &Abroad, browser: &mut Browser<'_>) -> bool {
    let silent = [("prompt", "none")];
    let url = abroad.stand.authorize(abroad.client(), &silent);
    params(&browser.get(&url).await).contains_key("code")
}

#[tokio::test]
async fn acc_06_class_1_classic_federated_merge() {
    let abroad = world().await;
    let mut attacker = squat(&abroad, VICTIM).await;
    let planted = holder(&abroad, VICTIM).await;
    // She comes with Google, which vouches for her address.
    abroad
        .provider
        .person(json!({"sub": "7", "email": VICTIM, "email_verified": true}));
    let mut hers = abroad.stand.server.browser();
    assert!(params(&abroad.travel(&mut hers).await).contains_key("code"));
    let victim = abroad.user("google-oauth2|7").await.expect("her own user");
    assert_ne!(victim.id, planted.id);
    assert_eq!(victim.identities.len(), 1);
    // The attacker is still nobody but the user he made.
    assert!(is_logged_in(&abroad, &mut attacker).await);
    assert_eq!(holder(&abroad, VICTIM).await.id, planted.id);
    assert_eq!(outcome(&abroad.stand, HOME, VICTIM, PLANTED).await, "in");
    assert_eq!(
        abroad.user("google-oauth2|7").await.map(|u| u.id),
        Some(victim.id)
    );
}

#[tokio::test]
async fn acc_06_class_2_unexpired_session() {
    let abroad = world().await;
    let mut attacker = squat(&abroad, VICTIM).await;
    assert!(is_logged_in(&abroad, &mut attacker).await);
    recover(&abroad).await;
    assert!(!is_logged_in(&abroad, &mut attacker).await);
    assert_eq!(outcome(&abroad.stand, HOME, VICTIM, PLANTED).await, "wrong");
}

#[tokio::test]
async fn acc_06_class_3_trojan_identifier() {
    for verifies_first in [false, true] {
        let abroad = world().await;
        let mut attacker = squat(&abroad, VICTIM).await;
        link(&abroad, &mut attacker).await;
        assert_eq!(holder(&abroad, VICTIM).await.identities.len(), 2);
        if verifies_first {
            verify(&abroad).await;
            let after = holder(&abroad, VICTIM).await;
            assert_eq!((after.identities.len(), after.email_verified), (1, true));
            // He knows the password still, and links his account once more.
            link(&abroad, &mut attacker).await;
            assert_eq!(holder(&abroad, VICTIM).await.identities.len(), 2);
        }
        recover(&abroad).await;
        let victim = holder(&abroad, VICTIM).await;
        assert_eq!((victim.identities.len(), victim.email_verified), (1, true));
        assert!(!is_logged_in(&abroad, &mut attacker).await);
        // His Google account opens an account of its own.
        let mut his = abroad.stand.server.browser();
        assert!(params(&abroad.travel(&mut his).await).contains_key("code"));
        let own = abroad.user("google-oauth2|7").await.expect("a user");
        assert_ne!(own.id, victim.id);
    }
}

/// The control of class 3: who opens the link where she is logged in keeps what she linked.
#[tokio::test]
async fn acc_06_her_own_proof_takes_nothing_away() {
    let abroad = world().await;
    let mut hers = squat(&abroad, VICTIM).await;
    link(&abroad, &mut hers).await;
    let mailed = mailed_link(&abroad.stand, VICTIM, "/u/email-verification?").await;
    hers.get(&mailed).await;
    hers.submit("/u/email-verification", &[]).await;
    let user = holder(&abroad, VICTIM).await;
    assert_eq!((user.identities.len(), user.email_verified), (2, true));
    recover(&abroad).await;
    assert_eq!(holder(&abroad, VICTIM).await.identities.len(), 2);
}

#[tokio::test]
async fn acc_06_class_4_unexpired_email_change() {
    let abroad = world().await;
    let mut attacker = squat(&abroad, ATTACKER).await;
    let account = holder(&abroad, ATTACKER).await;
    change_user(&abroad.stand, &account, |user| user.email_verified = true).await;
    let url = abroad.stand.server.url("account/email");
    attacker.get(&url).await;
    let changed = attacker
        .submit("/account/email", &[("email", VICTIM)])
        .await;
    assert!(changed.status.is_success() || changed.location().is_some());
    let undo = mailed_link(&abroad.stand, ATTACKER, "/u/undo-email-change?").await;
    recover(&abroad).await;
    // Neither the session, nor the password, nor the way back that he was mailed.
    assert!(!is_logged_in(&abroad, &mut attacker).await);
    assert_eq!(outcome(&abroad.stand, HOME, VICTIM, PLANTED).await, "wrong");
    assert_eq!(attacker.get(&undo).await.status, 400);
    let victim = holder(&abroad, VICTIM).await;
    assert_eq!((victim.id, victim.email_verified), (account.id, true));
    assert_eq!(
        outcome(&abroad.stand, HOME, ATTACKER, PLANTED).await,
        "wrong"
    );
}

#[tokio::test]
async fn acc_06_class_5_non_verifying_provider() {
    for says in [json!(false), json!("true"), json!(null)] {
        let abroad = world().await;
        let claims = json!({"sub": "7", "email": VICTIM, "email_verified": says});
        let provider: &FakeProvider = &abroad.provider;
        provider.person(claims);
        let mut attacker = abroad.stand.server.browser();
        assert!(params(&abroad.travel(&mut attacker).await).contains_key("code"));
        // She signs up afterwards: another account, in which he has no part.
        let reply = sign_up(&abroad.stand, json!({"email": VICTIM, "password": FRESH})).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        verify(&abroad).await;
        let victim = holder(&abroad, VICTIM).await;
        assert!(victim.id.as_str().starts_with("auth0|") && victim.email_verified);
        assert_eq!(victim.identities.len(), 1);
        let his = abroad.user("google-oauth2|7").await.expect("his own user");
        assert!(!his.email_verified, "{says}");
        let mut again = abroad.stand.server.browser();
        assert!(params(&abroad.travel(&mut again).await).contains_key("code"));
        assert_eq!(holder(&abroad, VICTIM).await, victim, "{says}");
    }
}
