//! `/connections`.

use http::StatusCode;
use serde_json::json;

use crate::kit::Kit;

#[tokio::test]
async fn a_connection_keeps_its_secret_to_itself() {
    let kit = Kit::new().await;
    let body = json!({
        "name": "google",
        "strategy": "google-oauth2",
        "options": {"client_id": "abc", "client_secret": "very secret"},
    });
    let made = kit.post("/connections", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let path = format!(
        "/connections/{}",
        made.json()["id"].as_str().expect("an id")
    );
    for text in [made.text(), kit.get(&path).await.text()] {
        assert!(!text.contains("secret"), "{text}");
    }
    let clients = format!("{path}/clients");
    let switch = json!([{"client_id": kit.world.web.id, "status": true}]);
    assert_eq!(
        kit.patch(&clients, switch).await.status,
        StatusCode::NO_CONTENT
    );
    let listed = kit.get(&format!("{clients}?take=50")).await.json();
    assert_eq!(
        listed,
        json!({"clients": [{"client_id": kit.world.web.id}]})
    );
    let found = kit.get("/connections?strategy=auth0&take=50").await.json();
    assert_eq!(found["connections"].as_array().map(Vec::len), Some(1));
    let deleted = kit.delete(&path).await;
    assert_eq!(deleted.status, StatusCode::ACCEPTED);
    assert!(deleted.json()["deleted_at"].is_string());
}
