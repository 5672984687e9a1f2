//! Languages of pages and mails: what is asked for, what is chosen, what a tenant allows.

use aldgate_core::tenant::TenantSettings;
use aldgate_store::Tx;
use serde_json::json;

use crate::stand::{Stand, path};

/// The `lang` and `dir` of a page.
fn language(html: &str) -> (String, String) {
    let (_, after) = html.split_once("<html lang=\"").expect("a page");
    let (lang, rest) = after.split_once("\" dir=\"").expect("a direction");
    let (dir, _) = rest.split_once('"').expect("an end");
    (lang.to_owned(), dir.to_owned())
}

async fn settings(stand: &Stand, change: impl Fn(&mut TenantSettings) + Send + Sync + 'static) {
    let now = stand.server.now();
    let write = move |tx: &mut Tx<'_>| {
        let mut tenant = tx.own_tenant().load()?.expect("it exists");
        change(&mut tenant.settings);
        tx.own_tenant().update(&tenant, now)
    };
    let stored = stand.server.app.store.write(&stand.server.tenant.id, write);
    let _done = stored.await.expect("it is stored");
}

#[tokio::test]
async fn a_page_speaks_what_is_asked_for_and_keeps_what_is_chosen() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    let french = stand.authorize(&stand.world.web, &[("ui_locales", "tlh fr-CA")]);
    let page = browser.get(&french).await.text();
    assert_eq!(language(&page), ("fr".into(), "ltr".into()));
    assert!(page.contains("Se connecter"));
    let state = browser
        .form("/u/login")
        .value("state")
        .expect("a state")
        .to_owned();
    let arabic = stand.server.url(&format!("u/login?state={state}&lang=ar"));
    let page = browser.get(&arabic).await.text();
    assert_eq!(language(&page), ("ar".into(), "rtl".into()));
    let forgot = stand
        .server
        .url(&format!("u/reset-password/request?state={state}"));
    let page = browser.get(&forgot).await.text();
    assert_eq!(language(&page).0, "ar", "the choice outlasts the page");
    browser
        .submit("/u/reset-password/request", &[("email", "ada@example.com")])
        .await;
    let mail = stand.server.mails().await.pop().expect("a mail");
    assert!(mail.html.contains("dir=\"rtl\"") && mail.subject.contains("كلمة المرور"));
    browser.get(&french).await;
    stand.log_in(&mut browser, "ada").await;
    let page = browser
        .get(&stand.server.url("account?lang=ja"))
        .await
        .text();
    assert_eq!(
        (path(&browser).as_str(), language(&page).0.as_str()),
        ("/account", "ja")
    );
}

#[tokio::test]
async fn a_tenant_allows_some_languages_and_its_own_texts_win() {
    let stand = Stand::new().await;
    settings(&stand, |settings| {
        settings.enabled_locales = vec!["de".into(), "pt".into()];
    })
    .await;
    let now = stand.server.now();
    let own = json!({"login.title": "Bem-vindo ao pomar"});
    let write = move |tx: &mut Tx<'_>| tx.settings().save("page_texts", "pt", &own, now);
    let stored = stand.server.app.store.write(&stand.server.tenant.id, write);
    stored.await.expect("it is stored");
    let mut browser = stand.server.browser();
    let url = stand.authorize(&stand.world.web, &[("ui_locales", "fr pt")]);
    let page = browser.get(&url).await.text();
    assert_eq!(language(&page).0, "pt");
    assert!(page.contains("<h1>Bem-vindo ao pomar</h1>"), "{page}");
    assert!(page.contains("Deutsch") && !page.contains("Français"));
    let url = stand.authorize(&stand.world.web, &[("ui_locales", "fr")]);
    assert_eq!(
        language(&browser.get(&url).await.text()).0,
        "de",
        "the first allowed"
    );
}

/// The language in which mails speak that no page of hers causes.
async fn spoken(stand: &Stand) -> Option<String> {
    let id = stand.world.ada.id.clone();
    let read = move |tx: &mut Tx<'_>| tx.users().language(&id);
    let found = stand.server.app.store.read(&stand.server.tenant.id, read);
    found.await.expect("the store answers")
}

#[tokio::test]
async fn a_mail_that_no_page_causes_speaks_the_language_she_last_used() {
    let stand = Stand::new().await;
    assert_eq!(spoken(&stand).await, None);
    let mut browser = stand.server.browser();
    let german = stand.authorize(&stand.world.web, &[("ui_locales", "de")]);
    browser.get(&german).await;
    stand.log_in(&mut browser, "ada").await;
    assert_eq!(spoken(&stand).await.as_deref(), Some("de"));
    // Asked for by an application, in no language.
    crate::accounts::ask_for_reset(&stand, "ada@example.com").await;
    let mail = stand.server.mails().await.pop().expect("a mail");
    assert!(mail.html.contains("lang=\"de\""), "{}", mail.subject);
    // Somebody guesses her password in English: she is told in her language.
    for _ in 0..10 {
        crate::accounts::outcome(&stand, "192.0.2.9", "ada@example.com", "wrong").await;
    }
    let mail = stand.server.mails().await.pop().expect("a mail");
    assert!(mail.text.contains("u/unblock"), "{}", mail.text);
    assert!(mail.html.contains("lang=\"de\""), "{}", mail.subject);
    // The switch at her account counts from now on; a language that is not allowed does not.
    browser.get(&stand.server.url("account?lang=ar")).await;
    assert_eq!(spoken(&stand).await.as_deref(), Some("ar"));
    settings(&stand, |settings| {
        settings.enabled_locales = vec!["de".into(), "pt".into()];
    })
    .await;
    browser.get(&stand.server.url("account?lang=fr")).await;
    assert_eq!(spoken(&stand).await.as_deref(), Some("ar"));
    // A page of ours that asks wins over what is remembered.
    let page = stand.server.url("u/reset-password/request?lang=pt");
    let mut other = stand.server.browser();
    other.get(&page).await;
    let typed = [("email", "ada@example.com")];
    other.submit("/u/reset-password/request", &typed).await;
    let mail = stand.server.mails().await.pop().expect("a mail");
    assert!(mail.html.contains("lang=\"pt\""), "{}", mail.subject);
}

/// The address behind the switch to Japanese.
fn switch(html: &str) -> String {
    let (before, _) = html
        .split_once("lang=ja\"")
        .unwrap_or_else(|| panic!("no switch in {html}"));
    let (_, link) = before.rsplit_once("href=\"").expect("a link");
    let link = link.replace("&amp;", "&").replace("&#x2f;", "/");
    format!("{}lang=ja", link.trim_start_matches('/'))
}

#[tokio::test]
async fn every_page_has_the_switch_and_it_leads_to_the_same_page() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    browser.get(&stand.server.url("account")).await;
    stand.log_in(&mut browser, "ada").await;
    let logout = format!("oidc/logout?client_id={}&state=s", stand.world.web.id);
    for page in [
        "account",
        "account/password",
        "account/email",
        "account/delete",
        "u/reset-password/request",
        "u/email-verification?ticket=old",
        logout.as_str(),
        "v2/logout",
    ] {
        let english = browser.get(&stand.server.url(page)).await.text();
        let japanese = stand.server.url(&switch(&english));
        let shown = browser.get(&japanese).await.text();
        assert_eq!(language(&shown).0, "ja", "{page}");
        assert_eq!(
            path(&browser),
            format!("/{}", page.split('?').next().expect("a path"))
        );
        assert_eq!(switch(&shown).matches("lang=").count(), 1, "{page}");
        // Back to English.
        let back = japanese.replace("lang=ja", "lang=en");
        assert_eq!(language(&browser.get(&back).await.text()).0, "en");
    }
}

#[tokio::test]
async fn a_form_that_comes_back_has_the_switch_and_a_page_that_cannot_be_seen_again_has_none() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    browser.get(&stand.server.url("account")).await;
    stand.log_in(&mut browser, "ada").await;
    browser.get(&stand.server.url("account/email")).await;
    let back = browser.submit("/account/email", &[("email", "x")]).await;
    assert_eq!(back.status, 400);
    assert_eq!(switch(&back.text()), "account/email?&lang=ja");
    let lost = browser
        .get(&stand.server.url("login/callback?state=x&code=y"))
        .await;
    assert!(!lost.text().contains("hreflang"), "{}", lost.text());
}
