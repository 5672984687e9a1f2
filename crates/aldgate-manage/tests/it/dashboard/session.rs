//! Logging in and out of the dashboard, and what ends a session.

use aldgate_core::time::Seconds;
use http::StatusCode;

use super::desk::Desk;

const COOKIE: &str = "aldgate-dashboard";

#[tokio::test]
async fn an_administrator_logs_in_as_at_any_application_and_out_of_both() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let home = admin.see("/").await;
    assert!(home.contains("admin@example.com") && home.contains("Log out"));
    let bye = admin.send("/logout", &[]).await;
    assert_eq!(admin.browser.url().path(), "/dashboard/signed-out");
    assert!(bye.text().contains("You are logged out"));
    assert_eq!(admin.browser.cookie(COOKIE), None);
    // The tenant's session is over too: the password is asked for again.
    admin.open("/").await;
    assert_eq!(admin.browser.url().path(), "/u/login");
}

#[tokio::test]
async fn adm_09_the_token_stays_on_the_server_and_sealed() {
    let desk = Desk::new().await;
    let admin = desk.admin().await;
    let cookie = admin.browser.cookie(COOKIE).expect("a session").to_owned();
    assert_eq!(cookie.len(), 43, "random, and no token");
    let dump = String::from_utf8_lossy(&desk.server.dump()).into_owned();
    assert!(!dump.contains(&cookie), "only its hash is stored");
    assert!(!dump.contains("eyJ"), "no token is stored in the clear");
}

#[tokio::test]
async fn adm_09_a_session_ends_idle_and_is_renewed_by_the_tenants_session() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let first = admin.browser.cookie(COOKIE).map(str::to_owned);
    desk.server.advance(Seconds::minutes(29));
    admin.see("/").await;
    desk.server.advance(Seconds::minutes(29));
    admin.see("/").await;
    assert_eq!(
        admin.browser.cookie(COOKIE).map(str::to_owned),
        first,
        "kept alive"
    );
    desk.server.advance(Seconds::minutes(31));
    admin.see("/applications?q=a").await;
    assert_ne!(
        admin.browser.cookie(COOKIE).map(str::to_owned),
        first,
        "a new one, silently"
    );
    assert_eq!(
        admin.browser.url().query(),
        Some("q=a"),
        "back where she was"
    );
    // After eight hours the password is wanted.
    desk.server.advance(Seconds::hours(8));
    admin.open("/").await;
    assert_eq!(admin.browser.url().path(), "/u/login");
}

#[tokio::test]
async fn ses_blocking_a_user_or_taking_her_role_counts_at_once() {
    let desk = Desk::new().await;
    let mut ada = desk.with_scopes(&["read:clients"]).await;
    ada.see("/applications").await;
    let id = desk.world.ada.id.clone();
    desk.write(move |tx| {
        let roles = tx.roles().of_user(&id)?;
        roles
            .iter()
            .try_for_each(|role| tx.roles().withdraw(&role.id, &id))
    })
    .await;
    let page = ada.open("/applications").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.text().contains("read:clients"), "says what is missing");
}

#[tokio::test]
async fn web_01_forms_without_their_token_or_from_elsewhere_do_nothing() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    admin.see("/applications/new").await;
    let form = admin.browser.form("/dashboard/applications/new");
    let name = [("name", "Forged"), ("app_type", "spa")];
    let without = form.clone().without("csrf").fill(&name);
    let page = admin.browser.send(&without).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    // Right token, wrong origin.
    let csrf = form.value("csrf").expect("a token").to_owned();
    let cookie = format!(
        "{COOKIE}={}",
        admin.browser.cookie(COOKIE).expect("a session")
    );
    let fields = [("csrf", csrf.as_str()), name[0], name[1]];
    let url = desk.server.url("dashboard/applications/new");
    for headers in [
        [("cookie", cookie.as_str()), ("origin", "https://evil.test")],
        [
            ("cookie", cookie.as_str()),
            ("sec-fetch-site", "cross-site"),
        ],
    ] {
        let reply = desk.server.post_form(&url, &fields, &headers).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    assert!(!admin.see("/applications").await.contains("Forged"));
}

#[tokio::test]
async fn oau_13_an_answer_of_another_login_or_issuer_is_refused() {
    let desk = Desk::new().await;
    let mut browser = desk.server.browser();
    browser.get(&desk.server.url("dashboard/")).await;
    let issuer = desk.server.tenant.issuer.as_str();
    for query in [
        format!("code=aldc_x&state=wrong&iss={issuer}"),
        "code=aldc_x".to_owned(),
        format!("error=access_denied&state=&iss={issuer}"),
    ] {
        let url = desk.server.url(&format!("dashboard/callback?{query}"));
        let page = browser.get(&url).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(browser.cookie(COOKIE), None);
    }
}

#[tokio::test]
async fn a_user_without_permissions_is_told_what_would_help() {
    let desk = Desk::new().await;
    let mut ada = desk.log_in("ada@example.com").await;
    let home = ada.see("/").await;
    assert!(home.contains("permit nothing") && home.contains("aldgate admin create"));
    assert!(!home.contains(">Applications<"), "nothing is offered");
}

#[tokio::test]
async fn the_dashboards_application_is_mended_at_a_login() {
    let desk = Desk::new().await;
    drop(desk.admin().await);
    let id = aldgate_core::provision::dashboard_id();
    let gone = id.clone();
    desk.write(move |tx| tx.applications().delete(&gone)).await;
    drop(desk.admin().await);
    let found = desk
        .server
        .app
        .application(&desk.server.tenant.id, &id)
        .await;
    let found = found.expect("answers").expect("made again");
    assert_eq!(
        found.callbacks,
        ["http://localhost:4455/dashboard/callback"]
    );
}
