//! `/resource-servers`.

use http::StatusCode;
use serde_json::{Value, json};

use crate::kit::Kit;

/// An identifier as a segment of a path.
fn encoded(identifier: &str) -> String {
    identifier.replace(':', "%3A").replace('/', "%2F")
}

async fn made(kit: &Kit, body: Value) -> Value {
    let made = kit.post("/resource-servers", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    made.json()
}

#[tokio::test]
async fn an_api_lives_its_whole_life() {
    let kit = Kit::new().await;
    let identifier = "https://orders.test/";
    let body = json!({"name": "Orders", "identifier": identifier, "scopes": [
        {"value": "read:orders", "description": "Read orders"}, {"value": "write:orders"}]});
    let api = made(&kit, body).await;
    assert_eq!(
        (&api["signing_alg"], &api["token_lifetime"]),
        (&json!("RS256"), &json!(86400))
    );
    assert!(api.get("created_at").is_none() && api.get("is_system").is_none());
    let by_id = format!("/resource-servers/{}", api["id"].as_str().expect("an id"));
    let by_identifier = format!("/resource-servers/{}", encoded(identifier));
    for path in [&by_id, &by_identifier] {
        assert_eq!(kit.get(path).await.json(), api, "{path}");
    }
    let chosen = kit
        .get(&format!("{by_id}?fields=name,scopes&include_fields=false"))
        .await;
    let chosen = chosen.json();
    assert!(chosen.get("name").is_none() && chosen["identifier"] == identifier);

    let changed = kit
        .patch(&by_identifier, json!({"token_lifetime": 600, "name": "O"}))
        .await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert_eq!(changed.json()["token_lifetime"], 600);

    let again = kit
        .post("/resource-servers", json!({"identifier": identifier}))
        .await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let message = "A resource server with the same identifier already exists.";
    assert_eq!(again.json()["message"], message);

    assert_eq!(kit.delete(&by_id).await.status, StatusCode::NO_CONTENT);
    let gone = kit.get(&by_identifier).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert_eq!(gone.json()["errorCode"], "inexistent_resource_server");
}

#[tokio::test]
async fn lists_contain_the_management_api_and_filter_by_identifier() {
    let kit = Kit::new().await;
    made(&kit, json!({"identifier": "https://a.test/"})).await;
    let page = "/resource-servers?page=0&per_page=100&include_totals=true";
    let page = kit.get(page).await.json();
    let all = page["resource_servers"].as_array().expect("a list");
    assert_eq!(page["total"], json!(all.len()));
    let system: Vec<_> = all.iter().filter(|api| api["is_system"] == true).collect();
    assert_eq!(system.len(), 1);
    assert_eq!(system[0]["name"], "Auth0 Management API");
    assert_eq!(system[0]["identifier"], json!(kit.audience()));

    let filter = "identifiers=https%3A%2F%2Fa.test%2F&identifiers=https%3A%2F%2Fnone.test%2F";
    let found = kit.get(&format!("/resource-servers?{filter}")).await.json();
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    assert_eq!(found[0]["identifier"], "https://a.test/");

    let (mut path, mut seen) = ("/resource-servers?take=1".to_owned(), 0);
    loop {
        let part = kit.get(&path).await.json();
        seen += part["resource_servers"].as_array().expect("a list").len();
        let Some(next) = part["next"].as_str() else {
            break;
        };
        path = format!("/resource-servers?take=1&from={next}");
    }
    assert_eq!(seen, all.len());
}

#[tokio::test]
async fn a_scope_that_vanishes_is_taken_from_everyone() {
    let kit = Kit::new().await;
    let body = json!({"identifier": "https://s.test/", "scopes": [
        {"value": "keep"}, {"value": "gone"}]});
    let api = made(&kit, body).await;
    let grant = json!({"client_id": kit.world.m2m.id, "audience": "https://s.test/",
        "scope": ["keep", "gone"]});
    let grant = kit.post("/client-grants", grant).await.json();
    let path = format!("/resource-servers/{}", api["id"].as_str().expect("an id"));
    let user = kit.world.ada.id.clone();
    let gone = aldgate_core::role::Permission {
        api: "https://s.test/".into(),
        name: "gone".into(),
    };
    kit.write(move |tx| tx.permissions().give(&user, std::slice::from_ref(&gone)))
        .await;
    let changed = kit
        .patch(&path, json!({"scopes": [{"value": "keep"}]}))
        .await;
    assert_eq!(changed.status, StatusCode::OK);
    let grant = format!("/client-grants/{}", grant["id"].as_str().expect("an id"));
    assert_eq!(kit.get(&grant).await.json()["scope"], json!(["keep"]));
    let user = kit.world.ada.id.clone();
    let left = kit.write(move |tx| tx.permissions().direct(&user)).await;
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn r11_a_renamed_api_is_found_by_both_names_and_keeps_its_grants() {
    let kit = Kit::new().await;
    let api = made(&kit, json!({"identifier": "https://old.test/"})).await;
    let grant =
        json!({"client_id": kit.world.m2m.id, "audience": "https://old.test/", "scope": []});
    assert_eq!(
        kit.post("/client-grants", grant).await.status,
        StatusCode::CREATED
    );
    let path = format!("/resource-servers/{}", encoded("https://old.test/"));
    let renamed = kit
        .patch(&path, json!({"identifier": "https://new.test/"}))
        .await;
    assert_eq!(renamed.status, StatusCode::OK, "{renamed:?}");
    let old = kit.get(&path).await.json();
    assert_eq!(
        (&old["id"], &old["identifier"]),
        (&api["id"], &json!("https://new.test/"))
    );
    let list = kit
        .get("/client-grants?audience=https%3A%2F%2Fnew.test%2F")
        .await
        .json();
    assert_eq!(list.as_array().map(Vec::len), Some(1));
    let taken = kit
        .post(
            "/resource-servers",
            json!({"identifier": "https://old.test/"}),
        )
        .await;
    assert_eq!(
        taken.status,
        StatusCode::CONFLICT,
        "a former name is not free yet"
    );
}

#[tokio::test]
async fn r11_a_signing_secret_is_write_only_and_long_enough() {
    let kit = Kit::new().await;
    let body = json!({"identifier": "hs", "signing_alg": "HS256"});
    let refused = kit.post("/resource-servers", body.clone()).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let mut short = body.clone();
    short["signing_secret"] = json!("too short");
    assert_eq!(
        kit.post("/resource-servers", short).await.status,
        StatusCode::BAD_REQUEST
    );
    let mut good = body;
    let secret = "0123456789abcdef0123456789abcdef";
    good["signing_secret"] = json!(secret);
    let api = made(&kit, good).await;
    assert!(!api.to_string().contains(secret));
    assert!(api.get("signing_secret").is_none() && api.get("signing_secret_sealed").is_none());
    let path = format!("/resource-servers/{}", api["id"].as_str().expect("an id"));
    let other = kit.patch(&path, json!({"signing_alg": "RS256"})).await;
    assert_eq!(other.status, StatusCode::OK);
    let back = kit.patch(&path, json!({"signing_alg": "HS256"})).await;
    assert_eq!(
        back.status,
        StatusCode::BAD_REQUEST,
        "the secret was not kept"
    );
    let told = kit.server.events().await;
    let told = serde_json::to_string(&told).expect("events");
    assert!(!told.contains(secret), "LOG-01");
}

#[tokio::test]
async fn the_management_api_is_protected() {
    let kit = Kit::new().await;
    let path = format!("/resource-servers/{}", encoded(&kit.audience()));
    let api = kit.get(&path).await.json();
    for body in [
        json!({"name": "mine"}),
        json!({"identifier": "https://other.test/"}),
        json!({"enforce_policies": false}),
        json!({"scopes": []}),
        json!({"subject_type_authorization": {"user": {"policy": "allow_all"}}}),
    ] {
        let refused = kit.patch(&path, body.clone()).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body}");
    }
    assert_eq!(kit.delete(&path).await.status, StatusCode::FORBIDDEN);
    let unchanged = kit
        .patch(&path, json!({"token_lifetime": api["token_lifetime"]}))
        .await;
    assert_eq!(
        unchanged.status,
        StatusCode::OK,
        "deploy-cli sends back what it read"
    );
    assert_eq!(kit.get(&path).await.json(), api);
}

#[tokio::test]
async fn bad_bodies_name_the_member() {
    let kit = Kit::new().await;
    for (body, needle) in [
        (json!({}), "identifier"),
        (json!({"identifier": 5}), "identifier"),
        (json!({"identifier": "x", "is_system": true}), "is_system"),
        (
            json!({"identifier": "x", "id": "0123456789abcdef01234567"}),
            "id",
        ),
        (
            json!({"identifier": "x", "token_lifetime": "long"}),
            "token_lifetime",
        ),
        (
            json!({"identifier": "x", "token_lifetime": 0}),
            "token_lifetime",
        ),
        (
            json!({"identifier": "x", "scopes": [{"value": "a b"}]}),
            "scopes[0]",
        ),
        (
            json!({"identifier": "x", "signing_alg": "none"}),
            "signing_alg",
        ),
    ] {
        let refused = kit.post("/resource-servers", body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        let body = refused.json();
        assert_eq!(body["errorCode"], "invalid_body");
        let message = body["message"].as_str().expect("a message");
        assert!(message.contains(needle), "{message}");
    }
}
