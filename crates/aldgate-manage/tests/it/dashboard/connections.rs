//! The pages of connections.

use http::StatusCode;

use super::desk::{Desk, Person};

/// The path of the page that a person is on, below `/dashboard`.
fn here(person: &Person<'_>) -> String {
    let path = person.browser.url().path();
    path.strip_prefix("/dashboard").expect("a page").to_owned()
}

/// Makes a connection of a kind; gives its path.
async fn make(admin: &mut Person<'_>, kind: &str, fields: &[(&str, &str)]) -> String {
    let path = format!("/connections/new/{kind}");
    admin.see(&path).await;
    let page = admin.send(&path, fields).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    assert!(page.text().contains("was created"), "{}", page.text());
    here(admin).trim_end_matches("/applications").to_owned()
}

#[tokio::test]
async fn a_provider_is_connected_given_to_an_application_and_tried() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let text = admin.see("/connections/new/google-oauth2").await;
    let callback = "login&#x2f;callback";
    assert!(text.contains(callback), "the address to register: {text}");
    let new = [
        ("options.client_id", "1234.apps.example"),
        ("options.client_secret", "s3cret-of-google"),
    ];
    let path = make(&mut admin, "google-oauth2", &new).await;
    let settings = admin.see(&path).await;
    assert!(settings.contains("1234.apps.example") && settings.contains(callback));
    assert!(
        !settings.contains("s3cret-of-google"),
        "adm_07: never shown"
    );
    // A change that does not name the secret keeps it, and what is nowhere on the page too.
    let change = [
        ("options.scope", "calendar\r\ndrive"),
        ("display_name", "Work"),
    ];
    let page = admin.send(&path, &change).await;
    assert!(
        page.text().contains("The connection was saved."),
        "{}",
        page.text()
    );
    let store = &desk.server.app.store;
    let id = path.rsplit('/').next().expect("an id").to_owned();
    let read = store.read(&desk.server.tenant.id, move |tx| {
        let all = tx
            .connections()
            .list(None, &aldgate_store::Page::at(0, 100))?;
        Ok::<_, aldgate_store::StoreError>(all)
    });
    let all = read.await.expect("read");
    let google = all.iter().find(|one| one.id.as_str() == id).expect("there");
    assert!(google.options.contains_key("client_secret_sealed"));
    assert_eq!(
        google.options["scope"],
        serde_json::json!(["calendar", "drive"])
    );

    let spa = desk.world.spa.id.as_str().to_owned();
    let apps = format!("{path}/applications");
    admin.see(&apps).await;
    let page = admin.send(&apps, &[("application", &spa)]).await;
    assert!(
        page.text().contains("One application was changed."),
        "{}",
        page.text()
    );
    let trial = admin.see(&format!("{path}/try")).await;
    assert!(trial.contains("connection=google-oauth2"), "{trial}");
    assert!(trial.contains(&format!("client_id={spa}")), "{trial}");
    let list = admin.see("/connections?q=google").await;
    assert!(
        list.contains("1 application") && !list.contains("Databases"),
        "{list}"
    );
}

#[tokio::test]
async fn a_refused_connection_keeps_the_input_and_asks_for_the_secret_again() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let path = "/connections/new/oidc";
    admin.see(path).await;
    let wrong = [
        ("name", "corp"),
        ("options.discovery_url", "http://corp.test/config"),
        ("options.client_id", "kept-as-typed"),
        ("options.client_secret", "not-to-be-shown"),
    ];
    let page = admin.send(path, &wrong).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    let text = page.text();
    assert!(
        text.contains("id=\"options-discovery_url-problem\""),
        "{text}"
    );
    assert!(text.contains("kept-as-typed") && !text.contains("not-to-be-shown"));
    assert!(
        text.contains("id=\"options-client_secret-problem\""),
        "{text}"
    );
    let none = admin.send(path, &[("name", "")]).await;
    assert!(none.text().contains("Name is needed."));
}

#[tokio::test]
async fn every_kind_can_be_made() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let choose = admin.see("/connections/new").await;
    let credentials = [("options.client_id", "c"), ("options.client_secret", "s")];
    for kind in [
        "github",
        "windowslive",
        "facebook",
        "linkedin",
        "twitter",
        "gitlab",
        "discord",
        "slack",
    ] {
        assert!(
            choose.contains(&format!("/connections/new/{kind}\"")),
            "{kind}"
        );
        make(&mut admin, kind, &credentials).await;
    }
    let apple = [
        ("options.client_id", "com.example"),
        ("options.team_id", "TEAM"),
        ("options.kid", "KEY"),
        ("options.app_secret", "-----BEGIN PRIVATE KEY-----"),
    ];
    make(&mut admin, "apple", &apple).await;
    for (kind, place) in [
        (
            "oidc",
            (
                "options.discovery_url",
                "https://corp.test/.well-known/openid-configuration",
            ),
        ),
        ("okta", ("options.domain", "corp.okta.test")),
        ("waad", ("options.tenant_domain", "corp.onmicrosoft.test")),
    ] {
        let name = format!("corp-{kind}");
        let fields = [
            ("name", name.as_str()),
            place,
            credentials[0],
            credentials[1],
        ];
        make(&mut admin, kind, &fields).await;
    }
    make(&mut admin, "auth0", &[("name", "Staff")]).await;
    make(
        &mut admin,
        "email",
        &[("options.email.body", "Code {{ code }}")],
    )
    .await;
    let hook = r#"{"subject": "aldgate", "audience": "hook", "secret": "0123456789abcdef0123456789abcdef"}"#;
    let sms = [
        ("options.gateway_url", "https://sms.example/send"),
        ("options.gateway_authentication", hook),
    ];
    let path = make(&mut admin, "sms", &sms).await;
    assert!(!admin.see(&path).await.contains("0123456789abcdef"));
    let wrong = admin
        .send(&path, &[("options.gateway_authentication", "no JSON")])
        .await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text().contains("Expected a JSON object."));
    assert_eq!(
        admin.open("/connections/new/saml").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn the_rules_of_a_database_are_set() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let path = format!("/connections/{}", desk.world.connection.id);
    admin.see(&path).await;
    let rules = [
        ("options.password_complexity_options.min_length", "12"),
        ("options.password_dictionary.enable", "true"),
        ("options.password_dictionary.dictionary", "orchard\r\ncider"),
        ("options.password_history.enable", "true"),
        ("options.password_history.size", "3"),
    ];
    let page = admin.send(&path, &rules).await;
    assert!(
        page.text().contains("The connection was saved."),
        "{}",
        page.text()
    );
    assert!(page.text().contains("orchard\ncider"), "{}", page.text());
    let page = admin
        .send(&path, &[("options.password_history.size", "99")])
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(
        page.text()
            .contains("options-password_history-size-problem"),
        "{}",
        page.text()
    );
}

#[tokio::test]
async fn deleting_a_connection_says_how_many_users_go() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let path = make(&mut admin, "auth0", &[("name", "Staff")]).await;
    let ask = format!("{path}/delete");
    assert!(admin.see(&ask).await.contains("It has no users."));
    let page = admin.send(&ask, &[]).await;
    assert!(
        page.text().contains("Staff was deleted."),
        "{}",
        page.text()
    );
    assert_eq!(admin.open(&path).await.status, StatusCode::NOT_FOUND);
    let own = format!("/connections/{}/delete", desk.world.connection.id);
    assert!(admin.see(&own).await.contains("users are deleted"));
    let page = admin.send(&own, &[]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "somebody must stay");
    assert!(page.text().contains("administrators"), "{}", page.text());
}

#[tokio::test]
async fn adm_01_who_may_only_read_connections_is_offered_no_change() {
    let desk = Desk::new().await;
    let mut ada = desk.with_scopes(&["read:connections"]).await;
    let list = ada.see("/connections").await;
    assert!(!list.contains("New connection"), "{list}");
    let path = format!("/connections/{}", desk.world.connection.id);
    let text = ada.see(&path).await;
    assert!(
        !text.contains(">Save<") && !text.contains("Delete this connection"),
        "{text}"
    );
    for closed in [
        "/connections/new".to_owned(),
        format!("{path}/delete"),
        format!("{path}/try"),
    ] {
        assert_eq!(
            ada.open(&closed).await.status,
            StatusCode::FORBIDDEN,
            "{closed}"
        );
    }
}
