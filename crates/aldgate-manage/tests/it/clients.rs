//! `/clients`.

use aldgate_core::event::EventType;
use http::{Method, StatusCode};
use serde_json::json;

use crate::kit::Kit;

#[tokio::test]
async fn an_application_lives_its_whole_life() {
    let kit = Kit::new().await;
    let made = kit
        .post(
            "/clients",
            json!({"name": "Shop", "app_type": "regular_web", "callbacks": ["https://shop.test/cb"]}),
        )
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let made = made.json();
    let id = made["client_id"].as_str().expect("an id").to_owned();
    let secret = made["client_secret"].as_str().expect("shown once");
    let path = format!("/clients/{id}");

    let shown = kit.get(&path).await.json();
    assert_eq!(shown["name"], "Shop");
    assert!(
        shown.get("client_secret").is_none(),
        "secrets are write-only"
    );

    let changed = kit
        .patch(&path, json!({"name": "Shop 2", "callbacks": null}))
        .await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(changed.json()["name"], "Shop 2");

    let rotated = kit.post(&format!("{path}/rotate-secret"), json!({})).await;
    assert_eq!(rotated.status, StatusCode::OK);
    assert_ne!(rotated.json()["client_secret"], json!(secret));

    assert_eq!(kit.delete(&path).await.status, StatusCode::NO_CONTENT);
    let gone = kit.get(&path).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert_eq!(gone.json()["errorCode"], "inexistent_client");
    assert_eq!(kit.delete(&path).await.status, StatusCode::NO_CONTENT);

    let told = kit.server.events().await;
    let changes = told
        .iter()
        .filter(|event| event.kind == EventType::ManagementOperation);
    let mut names: Vec<_> = changes.map(|event| event.description.as_str()).collect();
    names.reverse();
    let expected = [
        "Create an application",
        "Update an application",
        "Rotate a client secret",
        "Delete an application",
    ];
    assert_eq!(names.len(), expected.len());
    assert!(
        expected.iter().all(|name| names.contains(name)),
        "{names:?}"
    );
}

#[tokio::test]
async fn lists_turn_pages_in_both_ways() {
    let kit = Kit::new().await;
    let all = kit.get("/clients?per_page=100").await.json();
    let all = all.as_array().expect("a bare list");
    let page = kit
        .get("/clients?page=1&per_page=3&include_totals=true&fields=client_id")
        .await
        .json();
    assert_eq!((&page["start"], &page["limit"]), (&json!(3), &json!(3)));
    assert_eq!(page["total"], json!(all.len()));
    assert_eq!(
        page["clients"][0],
        json!({"client_id": all[3]["client_id"]})
    );

    let (mut path, mut seen) = ("/clients?take=2".to_owned(), 0);
    loop {
        let part = kit.get(&path).await.json();
        seen += part["clients"].as_array().expect("a list").len();
        let Some(next) = part["next"].as_str() else {
            break;
        };
        path = format!("/clients?take=2&from={next}");
    }
    assert_eq!(seen, all.len());
    let forged = kit.get("/clients?from=AAAAAAAAAAAAAAAAAAAAAAAA").await;
    assert_eq!(
        forged.status,
        StatusCode::BAD_REQUEST,
        "ADM-06: cursors are authenticated"
    );
}

#[tokio::test]
async fn bad_bodies_name_the_member() {
    let kit = Kit::new().await;
    for (body, needle) in [
        (json!({}), "name"),
        (json!({"name": 5}), "name"),
        (json!({"name": "x", "calbacks": []}), "calbacks"),
        (
            json!({"name": "x", "callbacks": ["javascript:x"]}),
            "callbacks",
        ),
        (json!(["x"]), "object"),
    ] {
        let refused = kit.post("/clients", body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        let body = refused.json();
        assert_eq!(body["errorCode"], "invalid_body");
        let message = body["message"].as_str().expect("a message");
        assert!(message.contains(needle), "{message}");
    }
}

#[tokio::test]
async fn adm_04_a_stronger_application_cannot_be_taken_over() {
    let kit = Kit::new().await;
    let weak = &kit.world.pkj.id;
    let scopes = ["update:clients", "update:client_keys", "delete:clients"];
    kit.grant(weak, &scopes).await;
    let token = kit.machine_token(weak, &scopes).await;
    let strong = format!("/clients/{}", kit.world.m2m.id);
    for (method, path, body) in [
        (Method::PATCH, strong.clone(), json!({"name": "mine"})),
        (Method::POST, format!("{strong}/rotate-secret"), json!({})),
        (Method::DELETE, strong.clone(), json!(null)),
    ] {
        let refused = kit.call_as(&token, method, &path, &body).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(kit.get(&strong).await.json()["name"], "M2M");
}
