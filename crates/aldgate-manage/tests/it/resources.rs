//! `/resource-servers`, `/client-grants` and `/connections`: first whole lives.

use http::StatusCode;
use serde_json::json;

use crate::kit::Kit;

#[tokio::test]
async fn an_api_is_found_by_id_and_by_identifier() {
    let kit = Kit::new().await;
    let body = json!({
        "identifier": "https://shop.test/api",
        "name": "Shop",
        "scopes": [{"value": "read:goods"}, {"value": "write:goods"}],
    });
    let made = kit.post("/resource-servers", body.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let made = made.json();
    let again = kit.post("/resource-servers", body).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let by_name = kit
        .get("/resource-servers/https%3A%2F%2Fshop.test%2Fapi")
        .await
        .json();
    assert_eq!(by_name["id"], made["id"]);
    let path = format!("/resource-servers/{}", made["id"].as_str().expect("an id"));
    let changed = kit.patch(&path, json!({"token_lifetime": 600})).await;
    assert_eq!(changed.json()["token_lifetime"], 600);
    let listed = kit
        .get("/resource-servers?include_totals=true&per_page=100&page=0")
        .await
        .json();
    let system = listed["resource_servers"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|api| api["is_system"] == true)
        .expect("the Management API");
    assert_eq!(system["name"], "Auth0 Management API");
    let system = format!(
        "/resource-servers/{}",
        system["id"].as_str().expect("an id")
    );
    assert_eq!(kit.delete(&system).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(kit.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(kit.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn adm_05_nobody_grants_what_it_does_not_hold() {
    let kit = Kit::new().await;
    let weak = &kit.world.pkj.id;
    let scopes = [
        "create:client_grants",
        "update:client_grants",
        "read:client_grants",
    ];
    kit.grant(weak, &scopes).await;
    let token = kit.machine_token(weak, &scopes).await;
    let grant = |scope: &[&str]| json!({"client_id": kit.world.web.id, "audience": kit.audience(), "scope": scope});
    let post = http::Method::POST;
    let refused = kit
        .call_as(
            &token,
            post.clone(),
            "/client-grants",
            &grant(&["delete:users"]),
        )
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
    let allowed = kit
        .call_as(
            &token,
            post,
            "/client-grants",
            &grant(&["read:client_grants"]),
        )
        .await;
    assert_eq!(allowed.status, StatusCode::CREATED, "{allowed:?}");
    let path = format!(
        "/client-grants/{}",
        allowed.json()["id"].as_str().expect("an id")
    );
    let wider = json!({"scope": ["read:client_grants", "update:users"]});
    let refused = kit
        .call_as(&token, http::Method::PATCH, &path, &wider)
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let typo = kit
        .post("/client-grants", json!({
            "client_id": kit.world.web2.id, "audience": "https://api.test/", "scope": ["read:thing"],
        }))
        .await;
    assert_eq!(typo.status, StatusCode::BAD_REQUEST);
    assert_eq!(typo.json()["remedy"], "Did you mean read:things?");
}

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
