//! Every operation with every kind of wrong token: generated from the OpenAPI document (ADM-01).

use aldgate_jose::{Alg, SigningKey};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::kit::Kit;

struct Operation {
    method: Method,
    path: String,
    scopes: Vec<String>,
}

async fn operations(kit: &Kit) -> Vec<Operation> {
    let document = kit
        .call_as("", Method::GET, "/openapi.json", &Value::Null)
        .await;
    assert_eq!(document.status, StatusCode::OK);
    let document = document.json();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let scopes = operation["security"].as_array().expect("security");
            let scopes = scopes
                .iter()
                .map(|one| one["management"][0].as_str().expect("a scope").to_owned());
            all.push(Operation {
                method: method.to_ascii_uppercase().parse().expect("a method"),
                path: fill(path),
                scopes: scopes.collect(),
            });
        }
    }
    assert!(all.len() > 5, "the document lists the operations");
    all
}

/// A path with something in each place that has a name.
fn fill(path: &str) -> String {
    let mut filled = String::new();
    for segment in path.split('/').skip(1) {
        filled.push('/');
        filled.push_str(if segment.starts_with('{') {
            "nobody"
        } else {
            segment
        });
    }
    filled
}

/// Tokens that open nothing, each with what it is.
async fn wrong_tokens(kit: &Kit) -> Vec<(&'static str, String)> {
    let all: Vec<String> = aldgate_core::provision::management_scopes().collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let client = &kit.world.m2m.id;
    let good = kit.claims(client, &all);
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let past = kit.server.now().seconds() - 600;
    let stranger = SigningKey::generate(Alg::RS256).expect("a key");
    let mut id_token = with("aud", json!(client));
    id_token["nonce"] = json!("n");
    let spa = kit.claims(&kit.world.web2.id, &all);
    vec![
        ("no token", String::new()),
        ("garbage", "garbage".into()),
        ("expired", kit.sign("JWT", &with("exp", json!(past))).await),
        (
            "other audience",
            kit.sign("JWT", &with("aud", json!("https://api.test/")))
                .await,
        ),
        (
            "other issuer",
            kit.sign("JWT", &with("iss", json!("https://other.test/")))
                .await,
        ),
        ("ID token", kit.sign("JWT", &id_token).await),
        (
            "other key",
            stranger.sign("JWT", good.to_string().as_bytes()),
        ),
        ("no client grant", kit.sign("JWT", &spa).await),
    ]
}

#[tokio::test]
async fn the_document_is_sent_once() {
    let kit = Kit::new().await;
    let url = kit.server.url("api/v2/openapi.json");
    let first = kit.server.get(&url, &[]).await;
    let tag = first.header("etag").expect("a tag").to_owned();
    let again = kit.server.get(&url, &[("if-none-match", &tag)]).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert!(again.body.is_empty());
}

#[tokio::test]
async fn adm_01_every_operation_refuses_every_wrong_token() {
    let kit = Kit::new().await;
    let wrong = wrong_tokens(&kit).await;
    for operation in operations(&kit).await {
        for (kind, token) in &wrong {
            let body = json!({});
            let method = operation.method.clone();
            let refused = kit.call_as(token, method, &operation.path, &body).await;
            let status = refused.status;
            let what = format!("{} {} with {kind}", operation.method, operation.path);
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{what}: {refused:?}");
            assert_eq!(refused.json()["statusCode"], 401, "{what}");
        }
    }
}

#[tokio::test]
async fn adm_01_every_operation_needs_one_of_its_scopes() {
    let kit = Kit::new().await;
    let all: Vec<String> = aldgate_core::provision::management_scopes().collect();
    for operation in operations(&kit).await {
        assert!(
            !operation.scopes.is_empty(),
            "{} is open to nobody",
            operation.path
        );
        let unknown = operation.scopes.iter().find(|scope| !all.contains(scope));
        assert_eq!(
            unknown, None,
            "the Management API defines every scope it asks for"
        );
        let others: Vec<&str> = all
            .iter()
            .filter(|scope| !operation.scopes.contains(scope))
            .map(String::as_str)
            .collect();
        let token = kit.machine_token(&kit.world.m2m.id, &others).await;
        let body = json!({});
        let method = operation.method.clone();
        let refused = kit
            .call_as(&token, method.clone(), &operation.path, &body)
            .await;
        let what = format!("{method} {}", operation.path);
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{what}: {refused:?}");
        assert_eq!(refused.json()["errorCode"], "insufficient_scope", "{what}");
        for scope in &operation.scopes {
            let token = kit.machine_token(&kit.world.m2m.id, &[scope]).await;
            let method = operation.method.clone();
            let answer = kit.call_as(&token, method, &operation.path, &body).await;
            let passed = answer.status != StatusCode::UNAUTHORIZED
                && (answer.status != StatusCode::FORBIDDEN
                    || !answer.text().contains("expected any of"))
                && !answer.status.is_server_error();
            assert!(passed, "{what} with {scope}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn adm_01_a_user_without_the_permission_gets_nowhere() {
    let kit = Kit::new().await;
    let scopes = ["read:clients", "read:users", "create:clients"];
    let token = kit.user_token(&kit.world.ada, &scopes).await;
    let refused = kit
        .call_as(&token, Method::GET, "/clients", &Value::Null)
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let token = kit.user_token(&kit.world.admin, &scopes).await;
    let allowed = kit
        .call_as(&token, Method::GET, "/clients", &Value::Null)
        .await;
    assert_eq!(
        allowed.status,
        StatusCode::OK,
        "the same token of an administrator passes"
    );
}

#[tokio::test]
async fn adm_01_other_methods_and_addresses_lead_nowhere() {
    let kit = Kit::new().await;
    let put = kit.call(Method::PUT, "/clients", &json!({})).await;
    assert_eq!(put.status, StatusCode::METHOD_NOT_ALLOWED);
    let nowhere = kit.get("/nothing/here").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    assert_eq!(nowhere.json()["statusCode"], 404);
    let url = kit.server.url("api/v2/clients");
    let token = format!("Bearer {}", kit.token);
    let headers = [
        ("authorization", token.as_str()),
        ("x-http-method-override", "DELETE"),
    ];
    let overridden = kit.server.post_json(&url, &json!({}), &headers).await;
    assert_eq!(
        overridden.status,
        StatusCode::BAD_REQUEST,
        "it is the POST that it is"
    );
}
