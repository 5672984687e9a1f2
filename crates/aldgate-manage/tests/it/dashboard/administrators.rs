//! The page of administrators.

use http::StatusCode;

use super::desk::Desk;

#[tokio::test]
async fn an_administrator_is_made_with_a_ready_role_and_dismissed() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let list = admin.see("/administrators").await;
    assert!(
        list.contains("Everything") && list.contains("The last one stays"),
        "{list}"
    );
    admin.see("/administrators/new").await;
    let page = admin
        .send("/administrators/new", &[("user", "ada@example.com")])
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(
        page.text().contains("Choose what she may do."),
        "{}",
        page.text()
    );
    let viewer = [("user", "ada@example.com"), ("role", "ready:viewer")];
    let page = admin.send("/administrators/new", &viewer).await;
    assert!(
        page.text().contains("has the role Viewer"),
        "{}",
        page.text()
    );
    assert!(page.text().contains("Look at things"), "{}", page.text());
    let mut ada = desk.log_in("ada@example.com").await;
    let page = ada.see("/users").await;
    assert!(!page.contains("New user"), "{page}");
    assert_eq!(ada.open("/users/new").await.status, StatusCode::FORBIDDEN);
    let mine = format!(
        "/administrators/{}/dismiss",
        desk.world.ada.id.as_str().replace('|', "%7C")
    );
    let question = admin.see(&mine).await;
    assert!(question.contains("She loses the role Viewer"), "{question}");
    let page = admin.send(&mine, &[]).await;
    assert!(
        page.text().contains("is no administrator any more."),
        "{}",
        page.text()
    );
    assert_eq!(ada.open("/users").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn adm_04_the_last_administrator_stays_and_is_told_why() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let id = desk.world.admin.id.as_str().replace('|', "%7C");
    let own = format!("/administrators/{id}/dismiss");
    let page = admin.open(&own).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let text = page.text();
    assert!(text.contains("last administrator of this tenant"), "{text}");
    assert!(
        text.contains("Make somebody else an administrator first"),
        "{text}"
    );
    // Nor can she be blocked or deleted.
    for path in [format!("/users/{id}/block"), format!("/users/{id}/delete")] {
        assert!(admin.see(&path).await.contains("This is you"), "{path}");
        let page = admin.send(&path, &[]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        assert!(page.text().contains("last administrator"), "{path}");
    }
}
