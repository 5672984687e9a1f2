//! The pages of applications.

use aldgate_core::event::{Event, EventType};
use aldgate_core::id::EventId;
use aldgate_core::mistake::Mistake;
use http::StatusCode;

use super::desk::Desk;

#[tokio::test]
async fn an_application_is_registered_set_up_and_deleted() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    admin.see("/applications/new").await;
    let new = [("name", "Shop & <more>"), ("app_type", "spa")];
    let page = admin.send("/applications/new", &new).await;
    assert!(
        page.text().contains("Shop &amp; &lt;more&gt;"),
        "{}",
        page.text()
    );
    let path = admin.browser.url().path().to_owned();
    let path = path.strip_prefix("/dashboard").expect("a page").to_owned();
    let change = [
        (
            "callbacks",
            "https://shop.test/callback\r\nhttps://shop.test/other",
        ),
        ("refresh_token.leeway", "15"),
    ];
    let page = admin.send(&path, &change).await;
    assert!(
        page.text().contains("The application was saved."),
        "{}",
        page.text()
    );
    assert!(
        page.text()
            .contains("https:&#x2f;&#x2f;shop.test&#x2f;other")
    );
    let list = admin.see("/applications?q=shop").await;
    assert!(list.contains("1–1 of 1"), "{list}");
    admin.see(&format!("{path}/delete")).await;
    let page = admin.send(&format!("{path}/delete"), &[]).await;
    assert!(page.text().contains("was deleted"));
    assert_eq!(admin.open(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_refused_form_keeps_the_input_and_marks_the_field() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let path = format!("/applications/{}", desk.world.spa.id);
    admin.see(&path).await;
    let wrong = [
        ("callbacks", "https://*.shop.test/"),
        ("description", "kept as typed"),
    ];
    let page = admin.send(&path, &wrong).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    let text = page.text();
    assert!(
        text.contains("kept as typed") && text.contains("*.shop.test"),
        "{text}"
    );
    assert!(text.contains("id=\"callbacks-problem\""), "{text}");
    assert!(text.contains("aria-invalid=\"true\""));
    let wrong = [("jwt_configuration.lifetime_in_seconds", "an hour")];
    let page = admin.send(&path, &wrong).await;
    assert!(page.text().contains("must be a whole number of seconds"));
}

#[tokio::test]
async fn adm_02_a_secret_is_shown_once() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    admin.see("/applications/new").await;
    let new = [("name", "Backend"), ("app_type", "non_interactive")];
    let page = admin.send("/applications/new", &new).await;
    assert!(page.text().contains("only time the secret is shown"));
    let secret = secret_of(&page.text());
    let path = format!("/applications/{}", desk.world.web.id);
    admin.see(&format!("{path}/credentials")).await;
    let text = admin.see(&format!("{path}/rotate-secret")).await;
    assert!(text.contains("stops working at once"));
    let page = admin.send(&format!("{path}/rotate-secret"), &[]).await;
    let rotated = secret_of(&page.text());
    assert_ne!(rotated, desk.world.web.secret);
    let dump = String::from_utf8_lossy(&desk.server.dump()).into_owned();
    assert!(!dump.contains(&secret) && !dump.contains(&rotated));
}

fn secret_of(page: &str) -> String {
    let start = page.find("aldk_").expect("a secret");
    page[start..]
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect()
}

#[tokio::test]
async fn access_to_an_api_is_given_and_taken() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let (app, api) = (&desk.world.web.id, &desk.world.api.id);
    let list = format!("/applications/{app}/apis");
    assert!(admin.see(&list).await.contains("Every application may ask"));
    let one = format!("{list}/{api}/client");
    admin.see(&one).await;
    let page = admin.send(&one, &[("scope", "read:things")]).await;
    assert!(page.text().contains("1 scope"), "{}", page.text());
    admin.see(&format!("{one}/remove")).await;
    let page = admin.send(&format!("{one}/remove"), &[]).await;
    assert!(!page.text().contains("1 scope"), "{}", page.text());
}

#[tokio::test]
async fn mistakes_of_an_application_are_told_with_their_fix() {
    let desk = Desk::new().await;
    let spa = &desk.world.spa;
    let mistake = |count| Mistake {
        code: "id_token".to_owned(),
        client_id: Some(spa.id.to_string()),
        client_name: Some("Shop".to_owned()),
        audience: "https://orders.test/".to_owned(),
        api_name: "Orders API".to_owned(),
        count,
    };
    let now = desk.server.now();
    let events = [5, 7].map(|count| {
        let mut event = Event::new(
            EventId::at(now, &mut desk.server.app.rng()),
            EventType::Warning,
            now,
        );
        mistake(count).describe(&mut event);
        event
    });
    desk.write(move |tx| tx.events().record(&events)).await;
    let mut admin = desk.admin().await;
    let page = admin
        .see(&format!("/applications/{}/mistakes", spa.id))
        .await;
    assert!(
        page.contains("Application Shop sent 12 ID tokens to Orders API"),
        "{page}"
    );
    let fix = format!("<strong>The fix:</strong> {}", mistake(12).remedy());
    assert!(page.replace("&#x27;", "'").contains(&fix), "{page}");
    let other = format!("/applications/{}/mistakes", desk.world.web.id);
    assert!(!admin.see(&other).await.contains("12 ID tokens"));
}
