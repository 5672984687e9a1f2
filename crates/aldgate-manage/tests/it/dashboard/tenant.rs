//! The pages of the tenant.

use http::StatusCode;

use super::desk::Desk;

#[tokio::test]
async fn settings_are_changed_and_what_is_wrong_is_marked() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let text = admin.see("/tenant").await;
    assert!(
        text.contains("minutes, 7 days"),
        "lifetimes in a unit people know: {text}"
    );
    let change = [
        ("friendly_name", "Orchard"),
        ("support_url", "https://orchard.test/help"),
        ("session_lifetime_in_minutes", "600"),
        ("ephemeral_session_lifetime_in_minutes", "30"),
        ("kept_action_events.enabled", "true"),
        ("kept_action_events.retention_hours", "12"),
    ];
    let page = admin.send("/tenant", &change).await;
    assert!(
        page.text().contains("The settings were saved."),
        "{}",
        page.text()
    );
    let text = page.text();
    assert!(
        text.contains("value=\"Orchard\"") && text.contains("minutes, 10 hours"),
        "{text}"
    );
    let tenants = desk
        .server
        .app
        .tenant(&desk.server.tenant.id)
        .await
        .expect("read");
    let settings = tenants.expect("there").settings.clone();
    assert_eq!(settings.extra["ephemeral_session_lifetime"], 0.5);
    assert_eq!(
        settings.kept_action_events().map(|span| span.0),
        Some(12 * 3600)
    );
    // An emptied field is absent again, and languages cannot all go.
    let page = admin
        .send("/tenant", &[("ephemeral_session_lifetime_in_minutes", "")])
        .await;
    assert!(
        page.text().contains("The settings were saved."),
        "{}",
        page.text()
    );
    let tenants = desk
        .server
        .app
        .tenant(&desk.server.tenant.id)
        .await
        .expect("read");
    let settings = tenants.expect("there").settings.clone();
    assert!(!settings.extra.contains_key("ephemeral_session_lifetime"));
    let none = admin
        .browser
        .form("/dashboard/tenant")
        .without("enabled_locales");
    let page = admin
        .browser
        .send(&none.fill(&[("support_email", "kept@orchard.test")]))
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    let text = page.text();
    assert!(text.contains("id=\"enabled_locales-problem\""), "{text}");
    assert!(text.contains("kept@orchard.test"));
}

#[tokio::test]
async fn a_custom_domain_says_whether_the_tenant_answers_there() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    assert!(
        admin
            .see("/tenant/domains")
            .await
            .contains("There is no custom domain.")
    );
    let id = "cd_0123456789abcdef";
    let domain = serde_json::json!({
        "custom_domain_id": id, "domain": "login.orchard.test", "type": "self_managed_certs",
        "tls_policy": "recommended",
    });
    let now = desk.server.now();
    desk.write(move |tx| tx.settings().save("custom_domain", id, &domain, now))
        .await;
    let text = admin.see("/tenant/domains").await;
    assert!(
        text.contains("login.orchard.test") && text.contains("Not answered here"),
        "{text}"
    );
    let ask = format!("/tenant/domains/{id}/delete");
    admin.see(&ask).await;
    let page = admin.send(&ask, &[]).await;
    assert!(
        page.text().contains("login.orchard.test was deleted."),
        "{}",
        page.text()
    );
}

#[tokio::test]
async fn adm_01_who_may_only_read_settings_changes_none() {
    let desk = Desk::new().await;
    let mut ada = desk.with_scopes(&["read:tenant_settings"]).await;
    let text = ada.see("/tenant").await;
    assert!(!text.contains(">Save<"), "{text}");
    let form = ada.browser.form("/dashboard/tenant");
    let page = ada
        .browser
        .send(&form.fill(&[("friendly_name", "Taken")]))
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
}
