//! The pages: ask for a code, type it, all within one transaction of one browser.

use serde_json::json;

use super::{code, holder, messages, set, stand, wrong};
use crate::stand::{params, path};
use aldgate_store::LoginName;

const WHO: &str = "new@example.com";

#[tokio::test]
async fn a_login_by_code_begins_where_the_application_asks_for_it() {
    let stand = stand().await;
    let mut browser = stand.server.browser();
    let url = stand.authorize(&stand.world.web, &[("connection", "email")]);
    browser.get(&url).await;
    assert_eq!(path(&browser), "/u/login/passwordless");
    let bad = browser
        .submit("/u/login/passwordless", &[("email", "ada")])
        .await;
    assert_eq!(bad.status, 400);
    browser
        .submit("/u/login/passwordless", &[("email", WHO)])
        .await;
    assert_eq!(path(&browser), "/u/login/passwordless/code");
    let first = code(&stand, WHO).await;
    let page = browser
        .submit("/u/login/passwordless/code", &[("code", &wrong(&first))])
        .await;
    assert_eq!(page.status, 400);
    let fields = [("action", "resend"), ("code", "")];
    let page = browser.submit("/u/login/passwordless/code", &fields).await;
    assert_eq!(
        (page.status.as_u16(), messages(&stand, WHO).await),
        (200, 2)
    );
    let newest = code(&stand, WHO).await;
    let spaced = format!(" {} {} ", &newest[..3], &newest[3..]);
    let answer = browser
        .submit("/u/login/passwordless/code", &[("code", &spaced)])
        .await;
    assert!(params(&answer).contains_key("code"));
    let silent = stand.authorize(&stand.world.web, &[("prompt", "none")]);
    assert!(
        params(&browser.get(&silent).await).contains_key("code"),
        "a session"
    );
}

#[tokio::test]
async fn acc_05_a_code_is_bound_to_the_transaction_that_asked() {
    let stand = stand().await;
    let url = stand.authorize(&stand.world.web, &[("connection", "email")]);
    let (mut hers, mut theirs) = (stand.server.browser(), stand.server.browser());
    for browser in [&mut hers, &mut theirs] {
        browser.get(&url).await;
        browser
            .submit("/u/login/passwordless", &[("email", WHO)])
            .await;
    }
    let theirs_code = code(&stand, WHO).await;
    let page = hers
        .submit("/u/login/passwordless/code", &[("code", &theirs_code)])
        .await;
    assert_eq!(page.status, 400, "a code of another browser");
    let reply = super::exchange(&stand, &stand.world.web, WHO, &theirs_code).await;
    assert_eq!(reply.status, 400, "nor at the token endpoint");
    let answer = theirs
        .submit("/u/login/passwordless/code", &[("code", &theirs_code)])
        .await;
    assert!(params(&answer).contains_key("code"), "the control");
}

#[tokio::test]
async fn the_login_page_offers_codes_and_the_code_page_passwords() {
    let stand = stand().await;
    let mut browser = stand.server.browser();
    let page = browser.get(&stand.authorize(&stand.world.web, &[])).await;
    assert_eq!(path(&browser), "/u/login");
    let text = page.text();
    let links = text.matches("passwordless?state=").count();
    assert_eq!(links, 2, "{text}");
    let state = browser
        .form("/u/login")
        .value("state")
        .expect("a state")
        .to_owned();
    let url = stand.server.url(&format!(
        "u/login/passwordless?state={state}&connection=sms"
    ));
    let page = browser.get(&url).await;
    assert!(page.text().contains("name=\"phone_number\""));
    browser
        .submit(
            "/u/login/passwordless",
            &[("phone_number", "+49 151 2345678")],
        )
        .await;
    let number = "+491512345678";
    let mails = stand.server.mails().await;
    let text = &mails
        .iter()
        .find(|mail| mail.to == number)
        .expect("a message")
        .text;
    assert!(
        text.ends_with(&format!("@localhost #{}", code(&stand, number).await)),
        "{text}"
    );
    let answer = browser
        .submit(
            "/u/login/passwordless/code",
            &[("code", &code(&stand, number).await)],
        )
        .await;
    assert!(params(&answer).contains_key("code"));
    let user = holder(&stand, "sms", LoginName::Phone, number)
        .await
        .expect("a user");
    assert!(user.id.as_str().starts_with("sms|") && user.phone_verified);
}

#[tokio::test]
async fn the_connections_own_template_is_used() {
    let stand = stand().await;
    let template = json!({
        "syntax": "liquid", "from": "Orchard <hi@orchard.test>", "subject": "Code: {{ code }}",
        "body": "<p>{{ code }} for {{ application.name }}</p>",
    });
    set(&stand, "email", "email", template).await;
    super::start(&stand, WHO, json!({})).await;
    let mail = stand.server.mails().await.pop().expect("a mail");
    assert!(
        mail.html.ends_with("for Web</p>") && mail.subject.starts_with("Code: "),
        "{mail:?}"
    );
}

/// Without a database the page shows every way in: buttons of providers and codes.
#[tokio::test]
async fn an_application_without_a_database_offers_providers_and_codes() {
    let stand = stand().await;
    let off = |tx: &mut aldgate_store::Tx<'_>| {
        let name = aldgate_core::connection::DEFAULT_DATABASE;
        let mut database = tx.connections().by_name(name)?.expect("it exists");
        database.enabled_clients.clear();
        database.is_domain_connection = false;
        tx.connections().update(&database).map(drop)
    };
    let written = stand.server.app.store.write(&stand.server.tenant.id, off);
    written.await.expect("it is stored");
    let options = json!({"client_id": "c"});
    crate::federation::add(&stand, "google", "google-oauth2", options).await;
    let mut browser = stand.server.browser();
    let page = browser.get(&stand.authorize(&stand.world.web, &[])).await;
    assert_eq!(path(&browser), "/u/login");
    let text = page.text();
    assert!(text.contains("Continue with Google"), "{text}");
    assert!(text.contains("Log in with a code by e-mail"), "{text}");
    assert!(!text.contains("name=\"password\""), "{text}");
    // With codes alone there is nothing else to choose from.
    let gone = |tx: &mut aldgate_store::Tx<'_>| {
        let google = tx.connections().by_name("google")?.expect("it exists");
        tx.connections().delete(&google.id).map(drop)
    };
    let written = stand.server.app.store.write(&stand.server.tenant.id, gone);
    written.await.expect("it is stored");
    browser.get(&stand.authorize(&stand.world.web, &[])).await;
    assert_eq!(path(&browser), "/u/login/passwordless");
}
