//! My account: the pages on which people look after their own accounts.

use aldgate_core::id::UserId;
use aldgate_core::time::Seconds;
use aldgate_core::user::User;
use aldgate_store::{Saved, Tx};
use aldgate_test::{Browser, PASSWORD};
use serde_json::json;

use crate::accounts::{FRESH, mailed_link, outcome, user};
use crate::stand::{Stand, params, path};

const HOME: &str = "192.0.2.9";

/// A browser in which somebody is at her account.
async fn at_account<'s>(stand: &'s Stand, name: &str) -> Browser<'s> {
    let mut browser = stand.server.browser();
    browser.get(&stand.server.url("account")).await;
    assert_eq!(path(&browser), "/u/login", "a login like any other");
    stand.log_in(&mut browser, name).await;
    assert_eq!(path(&browser), "/account");
    assert_eq!(browser.url().query(), None, "no code stays in the address");
    browser
}

async fn is_logged_in(stand: &Stand, browser: &mut Browser<'_>) -> bool {
    let silent = stand.authorize(&stand.world.web, &[("prompt", "none")]);
    params(&browser.get(&silent).await).contains_key("code")
}

async fn change(stand: &Stand, user: &UserId, change: impl Fn(&mut User) + Send + Sync + 'static) {
    let id = user.clone();
    let write = move |tx: &mut Tx<'_>| {
        let mut user = tx.users().by_id_to_change(&id)?.expect("she exists");
        change(&mut user);
        let saved = tx.users().update(&user)?;
        assert_eq!(saved, Saved::Done);
        Ok::<_, aldgate_store::StoreError>(())
    };
    let stored = stand.server.app.store.write(&stand.server.tenant.id, write);
    stored.await.expect("it is stored");
}

#[tokio::test]
async fn her_profile_is_hers_to_change() {
    let stand = Stand::new().await;
    let mut browser = at_account(&stand, "ada").await;
    let fields = [
        ("name", "Ada King"),
        ("given_name", ""),
        ("nickname", "ada"),
    ];
    let page = browser.submit("/account/profile", &fields).await;
    assert!(page.text().contains("Your profile is saved."));
    let ada = user(&stand, &stand.world.ada).await.expect("she exists");
    assert_eq!(ada.profile.name.as_deref(), Some("Ada King"));
    assert_eq!(ada.profile.given_name, None);
    assert_eq!(ada.email, stand.world.ada.email, "nothing else changes");
    let bad = browser
        .submit("/account/profile", &[("name", "a\u{202e}b")])
        .await;
    assert_eq!(bad.status, 400);
}

#[tokio::test]
async fn web_01_forms_of_another_page_browser_or_session_change_nothing() {
    let stand = Stand::new().await;
    let (mut ada, mut eve) = (
        at_account(&stand, "ada").await,
        at_account(&stand, "eve").await,
    );
    let forms = ["/account/profile", "/account/logout"];
    for (action, another) in [(forms[0], forms[1]), (forms[1], forms[0])] {
        let form = ada.form(action);
        assert_eq!(ada.send(&form.clone().without("csrf")).await.status, 403);
        assert_eq!(
            eve.send(&form).await.status,
            403,
            "{action} of another browser"
        );
        ada.get(&stand.server.url("account")).await;
        let other = ada.form(another);
        let mixed = form.fill(&[("csrf", other.value("csrf").expect("a token"))]);
        assert_eq!(
            ada.send(&mixed).await.status,
            403,
            "{action} with another form's token"
        );
        ada.get(&stand.server.url("account")).await;
    }
    assert!(is_logged_in(&stand, &mut ada).await);
}

#[tokio::test]
async fn acc_08_a_password_changes_for_who_knows_it_and_ends_every_other_login() {
    let stand = Stand::new().await;
    let mut other = at_account(&stand, "ada").await;
    let mut browser = at_account(&stand, "ada").await;
    let before = browser.cookie("aldgate").expect("a session").to_owned();
    browser.get(&stand.server.url("account/password")).await;
    let fields = |current: &'static str, new: &'static str, again: &'static str| {
        [
            ("current", current),
            ("password", new),
            ("password_again", again),
        ]
    };
    for wrong in [
        fields("not her password", FRESH, FRESH),
        fields(PASSWORD, FRESH, "another one"),
        fields(PASSWORD, "short", "short"),
        fields(PASSWORD, "ada@example.com", "ada@example.com"),
    ] {
        let page = browser.submit("/account/password", &wrong).await;
        assert_eq!(page.status, 400, "{wrong:?}");
    }
    let page = browser
        .submit("/account/password", &fields(PASSWORD, FRESH, FRESH))
        .await;
    assert!(
        page.text().contains("Your password is changed."),
        "{}",
        page.text()
    );
    let after = browser.cookie("aldgate").expect("a session").to_owned();
    assert_ne!(before, after, "SES-01");
    assert!(is_logged_in(&stand, &mut browser).await);
    assert!(!is_logged_in(&stand, &mut other).await, "ACC-07");
    let mut thief = stand.server.browser();
    thief.set_cookie("aldgate", &before);
    assert!(
        !is_logged_in(&stand, &mut thief).await,
        "the old name is gone"
    );
    assert_eq!(outcome(&stand, HOME, "ada@example.com", FRESH).await, "in");
    assert_eq!(
        outcome(&stand, HOME, "ada@example.com", PASSWORD).await,
        "wrong"
    );
    let mails = stand.server.mails().await;
    assert!(
        mails
            .iter()
            .any(|mail| mail.subject.contains("password was changed"))
    );
}

#[tokio::test]
async fn ses_03_devices_are_listed_and_ended_from_afar() {
    let stand = Stand::new().await;
    let mut phone = at_account(&stand, "ada").await;
    let mut eve = at_account(&stand, "eve").await;
    let mut browser = at_account(&stand, "ada").await;
    let form = browser.form("/account/sessions");
    let hers = form.value("session").expect("another session").to_owned();
    eve.get(&stand.server.url("account")).await;
    let own = eve.form("/account/logout").value("csrf").map(str::to_owned);
    assert!(own.is_some());
    browser.send(&form).await;
    assert!(!is_logged_in(&stand, &mut phone).await);
    assert!(is_logged_in(&stand, &mut browser).await);
    // Of another user nothing can be ended.
    let _third = at_account(&stand, "eve").await;
    eve.get(&stand.server.url("account")).await;
    let of_eve = eve.form("/account/sessions");
    let mut again = at_account(&stand, "ada").await;
    again.get(&stand.server.url("account")).await;
    let named = of_eve.fill(&[("session", &hers)]);
    eve.send(&named).await;
    assert!(is_logged_in(&stand, &mut browser).await);
    browser.get(&stand.server.url("account")).await;
    let all = browser
        .forms()
        .into_iter()
        .find(|form| form.value("all").is_some());
    browser.send(&all.expect("a form for all others")).await;
    assert!(!is_logged_in(&stand, &mut again).await);
    browser.get(&stand.server.url("account")).await;
    let page = browser.submit("/account/logout", &[]).await;
    assert!(page.text().contains("You are logged out"));
    assert!(!is_logged_in(&stand, &mut browser).await);
    assert!(is_logged_in(&stand, &mut eve).await, "the control");
}

#[tokio::test]
async fn acc_07_access_of_an_application_ends_with_its_tokens() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    let url = stand.authorize(&stand.world.tp, &[("scope", "openid email offline_access")]);
    browser.get(&url).await;
    stand.log_in(&mut browser, "ada").await;
    assert_eq!(path(&browser), "/u/consent");
    browser.submit("/u/consent", &[("action", "accept")]).await;
    let page = browser.get(&stand.server.url("account")).await;
    assert!(page.text().contains("Third party"), "{}", page.text());
    let page = browser.submit("/account/applications", &[]).await;
    assert!(page.text().contains("may no longer act for you"));
    assert!(!page.text().contains("Third party"));
    browser.get(&url).await;
    assert_eq!(path(&browser), "/u/consent", "it has to ask again");
}

#[tokio::test]
async fn ses_02_sensitive_pages_want_a_login_of_the_last_minutes() {
    let stand = Stand::new().await;
    let mut browser = at_account(&stand, "ada").await;
    browser.get(&stand.server.url("account/email")).await;
    assert_eq!(path(&browser), "/account/email");
    let form = browser.form("/account/email");
    stand.server.advance(Seconds(601));
    browser
        .send(&form.fill(&[("email", "moved@example.com")]))
        .await;
    assert_eq!(
        path(&browser),
        "/u/login",
        "a form from before is not enough"
    );
    for page in ["account/email", "account/delete", "account/data"] {
        browser.get(&stand.server.url(page)).await;
        assert_eq!(path(&browser), "/u/login", "{page}");
    }
    browser.get(&stand.server.url("account")).await;
    assert_eq!(path(&browser), "/account", "the rest stays open");
    browser.get(&stand.server.url("account/email")).await;
    stand.log_in(&mut browser, "ada").await;
    assert_eq!(
        path(&browser),
        "/account/email",
        "back where she wanted to go"
    );
    let bad = browser
        .submit("/account/email", &[("email", "eve@example.com")])
        .await;
    assert_eq!(bad.status, 400);
    let fields = [("email", "moved@example.com")];
    let page = browser.submit("/account/email", &fields).await;
    assert!(page.text().contains("Your address is changed."));
    mailed_link(&stand, "moved@example.com", "/u/email-verification?").await;
    mailed_link(&stand, "ada@example.com", "/u/undo-email-change?").await;
}

#[tokio::test]
async fn her_data_is_hers_to_download_without_what_is_secret() {
    let stand = Stand::new().await;
    change(&stand, &stand.world.ada.id, |user| {
        user.app_metadata.insert("note".into(), json!("internal"));
        user.user_metadata.insert("colour".into(), json!("green"));
    })
    .await;
    let mut browser = at_account(&stand, "ada").await;
    stand.server.app.events.flush().await;
    let reply = browser.get(&stand.server.url("account/data")).await;
    assert_eq!(reply.status, 200);
    let disposition = reply.header("content-disposition").expect("a header");
    assert!(disposition.starts_with("attachment"));
    let data = reply.json();
    assert_eq!(data["user"]["email"], "ada@example.com");
    assert_eq!(data["user"]["user_metadata"]["colour"], "green");
    assert_eq!(data["sessions"].as_array().map(Vec::len), Some(1));
    let text = reply.text();
    for secret in ["internal", "argon2", "alds_"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn an_account_is_deleted_for_good_and_never_an_administrators() {
    let stand = Stand::new().await;
    let mut browser = at_account(&stand, "ada").await;
    browser.get(&stand.server.url("account/delete")).await;
    let page = browser.submit("/account/delete", &[]).await;
    assert_eq!(page.status, 400, "it asks");
    let page = browser
        .submit("/account/delete", &[("understood", "1")])
        .await;
    assert!(
        page.text().contains("Your account is deleted"),
        "{}",
        page.text()
    );
    assert_eq!(user(&stand, &stand.world.ada).await, None);
    assert!(!is_logged_in(&stand, &mut browser).await);
    assert_eq!(
        outcome(&stand, HOME, "ada@example.com", PASSWORD).await,
        "wrong"
    );
    let mut admin = at_account(&stand, "admin").await;
    admin.get(&stand.server.url("account/delete")).await;
    let page = admin
        .submit("/account/delete", &[("understood", "1")])
        .await;
    assert_eq!(page.status, 400);
    assert!(user(&stand, &stand.world.admin).await.is_some());
}

#[tokio::test]
async fn acc_07_a_blocked_user_has_no_account_page() {
    let stand = Stand::new().await;
    let mut browser = at_account(&stand, "ada").await;
    change(&stand, &stand.world.ada.id, |user| user.blocked = true).await;
    browser.get(&stand.server.url("account")).await;
    assert_eq!(path(&browser), "/u/login");
}

#[tokio::test]
async fn a_linked_account_is_unlinked_and_lives_on_by_itself() {
    let stand = Stand::new().await;
    let connection = stand.world.connection.id.clone();
    change(&stand, &stand.world.ada.id, move |user| {
        let linked = json!({
            "connection": "google-oauth2", "connection_id": connection, "isSocial": true,
            "provider": "google-oauth2", "user_id": "77",
            "profileData": {"email": "ada@gmail.example", "email_verified": true},
        });
        user.identities
            .push(serde_json::from_value(linked).expect("an identity"));
    })
    .await;
    let mut browser = at_account(&stand, "ada").await;
    let page = browser.get(&stand.server.url("account")).await;
    assert!(page.text().contains("ada@gmail.example"));
    let page = browser.submit("/account/identities", &[]).await;
    assert!(
        page.text().contains("no longer leads here"),
        "{}",
        page.text()
    );
    let ada = user(&stand, &stand.world.ada).await.expect("she exists");
    assert_eq!(ada.identities.len(), 1);
    let id = UserId::parse("google-oauth2|77").expect("an id");
    let find = move |tx: &mut Tx<'_>| tx.users().by_id(&id);
    let other = stand
        .server
        .app
        .store
        .read(&stand.server.tenant.id, find)
        .await;
    assert!(other.expect("the store answers").is_some());
    let main = browser.form("/account/profile");
    assert!(main.value("name").is_some());
}

#[tokio::test]
async fn the_code_of_a_login_at_the_account_pages_is_nobodys() {
    let stand = Stand::new().await;
    let reply = stand.server.get(&stand.server.url("account"), &[]).await;
    let location = reply.location().expect("a redirect").to_owned();
    assert!(location.contains("client_id=aldgate-account"), "{location}");
    let evil = location.replace(
        "redirect_uri=",
        "redirect_uri=https%3A%2F%2Fevil.test%2F&x=",
    );
    let refused = stand.server.get(&evil, &[]).await;
    assert_eq!((refused.status.as_u16(), refused.location()), (400, None));
}
