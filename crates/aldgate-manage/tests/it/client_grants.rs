//! `/client-grants`.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::kit::Kit;

#[tokio::test]
async fn a_client_grant_lives_its_whole_life() {
    let kit = Kit::new().await;
    let body = json!({"client_id": kit.world.web.id, "audience": kit.world.api.identifier,
        "scope": ["read:things"]});
    let made = kit.post("/client-grants", body.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let made = made.json();
    assert_eq!(made["subject_type"], "client");
    assert!(made["id"].as_str().is_some_and(|id| id.starts_with("cgr_")));
    let path = format!("/client-grants/{}", made["id"].as_str().expect("an id"));
    assert_eq!(kit.get(&path).await.json(), made);

    let again = kit.post("/client-grants", body).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let all = json!({"scope": ["read:things", "write:things"]});
    let changed = kit.patch(&path, all.clone()).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(changed.json()["scope"], all["scope"]);
    let organizations = kit.get(&format!("{path}/organizations")).await;
    assert_eq!(organizations.json(), json!([]));

    assert_eq!(kit.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(kit.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(kit.delete(&path).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn lists_filter_by_each_member() {
    let kit = Kit::new().await;
    for (client, subject) in [(&kit.world.web.id, "client"), (&kit.world.web2.id, "user")] {
        let body = json!({"client_id": client, "audience": kit.world.api.identifier,
            "subject_type": subject, "scope": [], "allow_any_organization": subject == "user"});
        assert_eq!(
            kit.post("/client-grants", body).await.status,
            StatusCode::CREATED
        );
    }
    let count = async |query: String| {
        let page = kit
            .get(&format!("/client-grants?include_totals=true&{query}"))
            .await;
        let page = page.json();
        let items = page["client_grants"].as_array().expect("a list").len();
        assert_eq!(page["total"], json!(items), "{query}");
        items
    };
    assert_eq!(count(format!("client_id={}", kit.world.web.id)).await, 1);
    assert_eq!(count("client_id=nobody".into()).await, 0);
    assert_eq!(count("subject_type=user".into()).await, 1);
    assert_eq!(count("allow_any_organization=true".into()).await, 1);
    let audience = kit.audience().replace(':', "%3A").replace('/', "%2F");
    assert_eq!(count(format!("audience={audience}")).await, 1);
    let keyset = kit
        .get("/client-grants?include_totals=true&take=50")
        .await
        .json();
    assert!(keyset["client_grants"].is_array() && keyset.get("next").is_none());
    let bad = kit.get("/client-grants?subject_type=robot").await;
    assert_eq!(bad.json()["errorCode"], "invalid_query_string");
}

#[tokio::test]
async fn bad_bodies_name_the_member() {
    let kit = Kit::new().await;
    let good = json!({"client_id": kit.world.web.id, "audience": kit.world.api.identifier});
    for (member, value, status, needle) in [
        ("client_id", json!(null), 400, "client_id"),
        ("client_id", json!("no body"), 400, "client_id"),
        ("client_id", json!("nobody"), 400, "client does not exist"),
        (
            "audience",
            json!("https://no.test/"),
            400,
            "resource server does not exist",
        ),
        ("scope", json!(["no:thing"]), 400, "no:thing"),
        ("scope", json!("read:things"), 400, "scope"),
        ("subject_type", json!("robot"), 400, "subject_type"),
        ("id", json!("cgr_mine"), 400, "id"),
    ] {
        let mut body = good.clone();
        body[member] = value;
        let refused = kit.post("/client-grants", body).await;
        assert_eq!(refused.status.as_u16(), status, "{member}: {refused:?}");
        let message = refused.json()["message"]
            .as_str()
            .expect("a message")
            .to_owned();
        assert!(message.contains(needle), "{message}");
    }
}

/// What the weak application holds.
const HELD: &[&str] = &[
    "create:client_grants",
    "update:client_grants",
    "delete:client_grants",
    "create:clients",
    "update:clients",
    "update:client_keys",
    "delete:clients",
    "create:resource_servers",
    "update:resource_servers",
    "delete:resource_servers",
    "update:connections",
    "update:users",
    "create:client_credentials",
];

/// Ten ways to more rights at the Management API, from an application that may write client
/// grants and applications but holds nothing else.
#[tokio::test]
async fn adm_05_nobody_widens_itself_in_ten_attempts() {
    let kit = Kit::new().await;
    let (weak, strong) = (&kit.world.pkj.id, &kit.world.m2m.id);
    kit.grant(weak, HELD).await;
    let token = kit.machine_token(weak, HELD).await;
    let audience = kit.audience();
    let id_of = async |client: &aldgate_core::id::ClientId| {
        let list = kit
            .get(&format!("/client-grants?client_id={client}"))
            .await
            .json();
        let grants = list.as_array().expect("a list").clone();
        let grant = grants
            .into_iter()
            .find(|grant| grant["audience"] == json!(audience));
        grant.expect("a grant")["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    };
    let own = format!("/client-grants/{}", id_of(weak).await);
    let theirs = format!("/client-grants/{}", id_of(strong).await);
    let other = &kit.world.web.id;
    let management = format!(
        "/resource-servers/{}",
        audience.replace(':', "%3A").replace('/', "%2F")
    );
    let grant = |client, scope: Value, subject| {
        json!({"client_id": client, "audience": audience, "scope": scope,
            "subject_type": subject})
    };
    let before = kit.get(&own).await.json();
    let attempts = [
        (Method::PATCH, own.clone(), json!({"scope": ["read:users"]})),
        (
            Method::PATCH,
            own.clone(),
            json!({"allow_all_scopes": true, "scope": []}),
        ),
        (
            Method::POST,
            "/client-grants".into(),
            grant(weak, json!(["read:users"]), "user"),
        ),
        (
            Method::POST,
            "/client-grants".into(),
            grant(other, json!(["read:users"]), "client"),
        ),
        (
            Method::POST,
            "/client-grants".into(),
            json!({"client_id": other, "audience": audience, "allow_all_scopes": true}),
        ),
        (Method::PATCH, theirs.clone(), json!({"scope": []})),
        (Method::DELETE, theirs, Value::Null),
        (
            Method::POST,
            format!("/clients/{strong}/rotate-secret"),
            json!({}),
        ),
        (
            Method::PATCH,
            format!("/clients/{strong}"),
            json!({"token_endpoint_auth_method": "none"}),
        ),
        (
            Method::PATCH,
            management.clone(),
            json!({"enforce_policies": false}),
        ),
        (Method::DELETE, management, Value::Null),
    ];
    for (method, path, body) in attempts {
        let refused = kit.call_as(&token, method.clone(), &path, &body).await;
        let status = refused.status;
        let expected = matches!(status, StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST);
        assert!(expected, "{method} {path} {body}: {refused:?}");
    }
    assert_eq!(kit.get(&own).await.json(), before);
    let narrower = json!({"scope": ["create:clients"]});
    let allowed = kit.call_as(&token, Method::PATCH, &own, &narrower).await;
    assert_eq!(allowed.status, StatusCode::OK, "what it holds it may give");
    let kept = kit
        .call_as(&token, Method::PATCH, &own, &json!({"scope": HELD}))
        .await;
    assert_eq!(
        kept.status,
        StatusCode::FORBIDDEN,
        "what it gave away is gone at once"
    );
}
