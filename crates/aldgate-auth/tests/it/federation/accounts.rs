//! FED-01, ACC-06: whose account it is. The five classes of pre-hijacking are in `prehijack`.

use aldgate_test::provider::Fault;
use serde_json::{Value, json};

use super::Abroad;
use crate::stand::params;

async fn arrive(abroad: &Abroad, claims: Value) -> bool {
    abroad.provider.person(claims);
    let mut browser = abroad.stand.server.browser();
    let reply = abroad.travel(&mut browser).await;
    reply.location().is_some_and(|to| to.contains("code="))
}

/// Every spelling of "verified".
#[tokio::test]
async fn fed_01_the_same_address_is_never_the_same_user() {
    for verified in [
        json!(null),
        json!(false),
        json!("true"),
        json!(1),
        json!(true),
    ] {
        let abroad = Abroad::of("google-oauth2", json!({})).await;
        let ada = abroad.stand.world.ada.clone();
        let email = ada.email.clone().expect("an address");
        let claims = json!({"sub": "7", "email": email, "email_verified": verified});
        assert!(arrive(&abroad, claims).await);
        let federated = abroad
            .user("google-oauth2|7")
            .await
            .expect("a user of her own");
        assert_eq!(federated.email_verified, verified == true, "{verified}");
        let untouched = abroad.user(ada.id.as_str()).await.expect("Ada");
        assert_eq!(untouched, ada, "nothing was linked");
    }
}

/// Verified in the ID token, another address in the profile: the word does not move over.
#[tokio::test]
async fn fed_01_verified_belongs_to_the_address_beside_it() {
    let abroad = Abroad::new().await;
    // The token says what `person` says; the profile is changed behind it.
    abroad.provider.fault(Some(Fault::UserinfoOfAnother));
    assert!(
        !arrive(
            &abroad,
            json!({"sub": "7", "email": "a@x.test", "email_verified": true})
        )
        .await
    );
    assert_eq!(abroad.users().await, 0);
}

/// Whatever a provider says of an address counts for its own user alone.
#[tokio::test]
async fn acc_06_a_provider_that_does_not_verify_gives_nobody_an_address() {
    let abroad = Abroad::new().await;
    let email = abroad.stand.world.eve.email.clone().expect("an address");
    assert!(arrive(&abroad, json!({"sub": "7", "email": email})).await);
    let attacker = abroad.user("oidc|corp|7").await.expect("a user");
    assert!(!attacker.email_verified);
    let eve = abroad
        .user(abroad.stand.world.eve.id.as_str())
        .await
        .expect("Eve");
    assert_eq!(eve, abroad.stand.world.eve);
}

#[tokio::test]
async fn acc_06_another_users_account_is_not_taken_over_by_a_login() {
    let abroad = Abroad::of("google-oauth2", json!({})).await;
    assert!(
        arrive(
            &abroad,
            json!({"sub": "7", "email": "first@x.test", "email_verified": true})
        )
        .await
    );
    assert!(
        arrive(
            &abroad,
            json!({"sub": "8", "email": "first@x.test", "email_verified": true})
        )
        .await
    );
    let (one, two) = (
        abroad.user("google-oauth2|7").await,
        abroad.user("google-oauth2|8").await,
    );
    assert!(one.is_some() && two.is_some(), "two accounts, two users");
    // The provider's address changes: the id stays, nobody else is met.
    assert!(
        arrive(
            &abroad,
            json!({"sub": "7", "email": "ada@example.com", "email_verified": true})
        )
        .await
    );
    let ada = abroad
        .user(abroad.stand.world.ada.id.as_str())
        .await
        .expect("Ada");
    assert_eq!(ada, abroad.stand.world.ada);
}

#[tokio::test]
async fn acc_07_a_blocked_user_stays_outside() {
    let abroad = Abroad::new().await;
    assert!(arrive(&abroad, json!({"sub": "7"})).await);
    let mut blocked = abroad.user("oidc|corp|7").await.expect("a user");
    blocked.blocked = true;
    abroad
        .write(move |tx| tx.users().touch(&blocked).map(drop))
        .await;
    assert!(!arrive(&abroad, json!({"sub": "7"})).await);
}

#[tokio::test]
async fn a_closed_connection_takes_nobody_new() {
    let abroad = Abroad::of("oidc", json!({"disable_signup": true})).await;
    let mut browser = abroad.stand.server.browser();
    let page = abroad.travel(&mut browser).await;
    assert_eq!((page.status.as_u16(), page.location()), (403, None));
    assert_eq!(abroad.users().await, 0);
    let refusal = abroad.story(&page).await.refusal.expect("a refusal");
    assert_eq!(refusal.code, "federation_closed");
}

#[tokio::test]
async fn two_connections_of_one_social_provider_do_not_share_users() {
    let abroad = Abroad::of("google-oauth2", json!({})).await;
    assert!(arrive(&abroad, json!({"sub": "7"})).await);
    let options = abroad.provider.options();
    super::add(&abroad.stand, "second", "google-oauth2", options).await;
    let mut browser = abroad.stand.server.browser();
    let url = abroad
        .stand
        .authorize(abroad.client(), &[("connection", "second")]);
    let departure = browser.get(&url).await;
    let back = abroad
        .provider
        .log_in(departure.location().expect("a redirect"));
    let page = browser.get(&back).await;
    assert_eq!(page.location(), None);
    let refusal = abroad.story(&page).await.refusal.expect("a refusal");
    assert_eq!(refusal.code, "federation_user_id");
    assert!(params(&abroad.travel(&mut abroad.stand.server.browser()).await).contains_key("code"));
}
