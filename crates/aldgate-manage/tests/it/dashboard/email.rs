//! The pages of mail.

use http::StatusCode;

use super::desk::Desk;

#[tokio::test]
async fn a_provider_is_set_tried_and_removed() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let text = admin.see("/email").await;
    assert!(text.contains("This server's own transport") || text.contains("own transport"));
    let page = admin
        .send("/email/test", &[("to", "ada@example.com")])
        .await;
    assert!(
        page.text().contains("was taken by this server"),
        "{}",
        page.text()
    );
    assert_eq!(desk.server.mails().await[0].to, "ada@example.com");
    let page = admin.send("/email/test", &[("to", "nobody")]).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.text().contains("id=\"to-problem\""), "{}", page.text());

    let wrong = [
        ("credentials.smtp_host", "a b"),
        ("default_from_address", "kept@orchard.test"),
    ];
    let page = admin.send("/email", &wrong).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    let text = page.text();
    assert!(text.contains("credentials-smtp_host-problem") && text.contains("kept@orchard.test"));
    // Nothing resolves and nothing is reached: NET-01 keeps inner addresses out.
    let good = [
        ("credentials.smtp_host", "127.0.0.1"),
        ("credentials.smtp_port", "2525"),
        ("credentials.smtp_user", "orchard"),
        ("credentials.smtp_pass", "hunter22"),
    ];
    let page = admin.send("/email", &good).await;
    assert!(
        page.text().contains("The provider was saved."),
        "{}",
        page.text()
    );
    assert!(!page.text().contains("hunter22"), "adm_07: never shown");
    let page = admin
        .send("/email/test", &[("to", "ada@example.com")])
        .await;
    let text = page.text();
    assert!(
        text.contains("was not taken by") && text.contains("outbound.allow_cidrs"),
        "{text}"
    );
    // A field that was emptied is emptied.
    let page = admin.send("/email", &[("credentials.smtp_user", "")]).await;
    assert!(
        page.text().contains("The provider was saved."),
        "{}",
        page.text()
    );
    let text = page.text();
    assert!(
        !text.contains("value=\"orchard\"") && text.contains("127.0.0.1"),
        "{text}"
    );
    admin.see("/email/remove").await;
    let page = admin.send("/email/remove", &[]).await;
    assert!(
        page.text().contains("The provider was removed."),
        "{}",
        page.text()
    );
}

#[tokio::test]
async fn a_template_is_written_looked_at_and_reset() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    assert!(admin.see("/email/templates").await.contains("As shipped"));
    let path = "/email/templates/verify_email";
    let preview = format!("{path}/preview");
    admin.see(path).await;
    // The words as shipped are a template to begin with.
    let form = admin
        .browser
        .form("/dashboard/email/templates/verify_email");
    assert!(
        form.value("body")
            .is_some_and(|body| body.contains("{{ url }}"))
    );
    let own = [
        ("subject", "Hello {{ user.name }}"),
        ("body", "<p>Press <a href=\"{{ url }}\">here</a></p>"),
    ];
    let page = admin.send(path, &own).await;
    assert!(
        page.text().contains("The text was saved."),
        "{}",
        page.text()
    );
    let page = admin.open(&preview).await;
    let text = page.text();
    assert!(
        text.contains("Hello Ada Lovelace") && text.contains("u/sample"),
        "{text}"
    );
    let csp = page.header("content-security-policy").unwrap_or_default();
    assert!(
        csp.contains("sandbox") && csp.contains("default-src 'none'"),
        "{csp}"
    );
    assert!(!csp.contains("allow-scripts"), "{csp}");
    // What is in the form is looked at before it is saved, mistakes at their line.
    admin.see(path).await;
    let mut form = admin
        .browser
        .form("/dashboard/email/templates/verify_email");
    form.action = desk.server.url(&format!("dashboard{preview}"));
    let page = admin
        .browser
        .send(&form.fill(&[("body", "first\n{% if x %}")]))
        .await;
    let text = page.text();
    assert!(text.contains("text has a mistake in line 2"), "{text}");
    admin.see(path).await;
    let page = admin.send(path, &[("body", "first\n{% if x %}")]).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    let text = page.text();
    assert!(
        text.contains("id=\"body-problem\"") && text.contains("line 2"),
        "{text}"
    );
    admin.see(&format!("{path}/reset")).await;
    let page = admin.send(&format!("{path}/reset"), &[]).await;
    assert!(page.text().contains("own again"), "{}", page.text());
    assert_eq!(
        admin.open("/email/templates/mfa_oob_code").await.status,
        StatusCode::NOT_FOUND
    );
}
