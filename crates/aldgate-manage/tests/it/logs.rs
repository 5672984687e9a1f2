//! `/logs`, and sessions and tokens.

use http::StatusCode;
use serde_json::json;

use crate::kit::Kit;
use crate::users::person;

#[tokio::test]
async fn the_log_is_searched_and_read_on() {
    let kit = Kit::new().await;
    let made = person(&kit, json!({"email": "b@example.com"})).await;
    person(&kit, json!({"email": "c@example.com"})).await;
    kit.post("/roles", json!({"name": "R"})).await;

    let all = kit.get("/logs?include_totals=true").await.json();
    let total = all["total"].as_u64().expect("a total");
    assert!(total >= 3, "{all}");
    let found = kit
        .get("/logs?q=type%3Asapi%20AND%20description%3A%22Create%20a%20user%22")
        .await
        .json();
    assert_eq!(found.as_array().map(Vec::len), Some(2));
    let newest = &found[0];
    for member in [
        "date",
        "type",
        "description",
        "log_id",
        "_id",
        "client_id",
        "ip",
        "details",
    ] {
        assert!(newest.get(member).is_some(), "{member}: {newest}");
    }
    let one = kit
        .get(&format!(
            "/logs/{}",
            newest["log_id"].as_str().expect("an id")
        ))
        .await;
    assert_eq!(one.json(), *newest);

    let id = made["user_id"].as_str().expect("an id").replace('|', "%7C");
    let hers = kit.get(&format!("/users/{id}/logs")).await.json();
    assert_eq!(hers.as_array().map(Vec::len), Some(1));
    let hers = kit
        .get(&format!("/logs?search=user_id%3A%22{id}%22"))
        .await
        .json();
    assert_eq!(hers.as_array().map(Vec::len), Some(1));

    let (mut seen, mut from) = (0, String::new());
    loop {
        let part = kit.get(&format!("/logs?take=2&from={from}")).await.json();
        let part = part.as_array().expect("a bare list").clone();
        seen += part.len() as u64;
        let Some(last) = part.last() else { break };
        from = last["log_id"].as_str().expect("an id").to_owned();
    }
    assert_eq!(seen, total, "a checkpoint gives every event once");
    let bad = kit.get("/logs?q=type%3A(").await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn refresh_tokens_are_seen_marked_and_revoked() {
    let kit = Kit::new().await;
    let id = kit.refresh_family(&kit.world.ada).await;
    let list = format!(
        "/refresh-tokens?user_id={}",
        kit.world.ada.id.as_str().replace('|', "%7C")
    );
    let listed = kit.get(&list).await.json();
    assert_eq!(listed["refresh_tokens"][0]["id"], json!(id));
    assert_eq!(listed["refresh_tokens"][0]["rotating"], true);
    let path = format!("/refresh-tokens/{id}");
    let marked = kit
        .patch(&path, json!({"refresh_token_metadata": {"a": "b"}}))
        .await;
    assert_eq!(marked.json()["refresh_token_metadata"], json!({"a": "b"}));
    assert_eq!(kit.delete(&path).await.status, StatusCode::ACCEPTED);
    assert_eq!(kit.get(&path).await.status, StatusCode::NOT_FOUND);

    let other = kit.refresh_family(&kit.world.ada).await;
    let revoked = kit
        .post(
            "/refresh-tokens/revoke",
            json!({"user_id": kit.world.ada.id}),
        )
        .await;
    assert_eq!(revoked.status, StatusCode::ACCEPTED);
    let gone = kit.get(&format!("/refresh-tokens/{other}")).await;
    assert_eq!(gone.json()["errorCode"], "inexistent_refresh_token");
}

#[tokio::test]
async fn sessions_are_seen_marked_and_ended() {
    let kit = Kit::new().await;
    let id = kit.session(&kit.world.ada).await;
    let listed = kit
        .get(&format!("{}/sessions", kit.user_path("ada")))
        .await
        .json();
    assert_eq!(listed["sessions"][0]["id"], json!(id));
    let path = format!("/sessions/{id}");
    let marked = kit
        .patch(&path, json!({"session_metadata": {"a": "b"}}))
        .await
        .json();
    assert_eq!(marked["session_metadata"], json!({"a": "b"}));
    assert_eq!(
        kit.patch(&path, json!({"user_id": "x"})).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        kit.post(&format!("{path}/revoke"), json!({})).await.status,
        StatusCode::ACCEPTED
    );
    assert_eq!(kit.get(&path).await.status, StatusCode::NOT_FOUND);
    kit.session(&kit.world.ada).await;
    let ended = kit
        .delete(&format!("{}/sessions", kit.user_path("ada")))
        .await;
    assert_eq!(ended.status, StatusCode::ACCEPTED);
    let listed = kit
        .get(&format!("{}/sessions", kit.user_path("ada")))
        .await
        .json();
    assert_eq!(listed, json!({"sessions": []}));
}
