//! `/custom-domains`.

use http::StatusCode;
use serde_json::json;

use crate::kit::Kit;

#[tokio::test]
async fn a_custom_domain_lives_its_whole_life_and_is_never_ready_by_word_alone() {
    let kit = Kit::new().await;
    assert_eq!(kit.get("/custom-domains").await.json(), json!([]));
    let body = json!({"domain": "login.example.com", "type": "auth0_managed_certs"});
    let made = kit.post("/custom-domains", body.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let made = made.json();
    let id = made["custom_domain_id"].as_str().expect("an id");
    assert!(id.starts_with("cd_"));
    assert_eq!(made["status"], "pending_verification");
    assert_eq!(made["verification"]["methods"][0]["name"], "CNAME");
    let again = kit.post("/custom-domains", body).await;
    assert_eq!(again.status, StatusCode::CONFLICT);

    let path = format!("/custom-domains/{id}");
    assert_eq!(kit.get(&path).await.json(), made);
    assert_eq!(kit.get("/custom-domains").await.json(), json!([made]));
    let metadata = json!({"domain_metadata": {"team": "a"}});
    let changed = kit.patch(&path, metadata.clone()).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(
        changed.json()["domain_metadata"],
        metadata["domain_metadata"]
    );
    let verified = kit.post(&format!("{path}/verify"), json!({})).await;
    assert_eq!(verified.status, StatusCode::OK);
    assert_eq!(verified.json()["status"], "pending_verification");
    let test = kit.post(&format!("{path}/test"), json!({})).await.json();
    assert_eq!(test["success"], false);
    assert!(test["message"].is_string());
    assert_eq!(kit.delete(&path).await.status, StatusCode::NO_CONTENT);
    let gone = kit.get(&path).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert_eq!(gone.json()["errorCode"], "inexistent_custom_domain");
}

#[tokio::test]
async fn bad_bodies_name_the_member() {
    let kit = Kit::new().await;
    for (body, needle) in [
        (json!({"type": "auth0_managed_certs"}), "domain"),
        (json!({"domain": "a.test"}), "type"),
        (
            json!({"domain": "a b", "type": "auth0_managed_certs"}),
            "domain",
        ),
        (
            json!({"domain": "a.test", "type": "auth0_managed_certs", "status": "ready"}),
            "status",
        ),
    ] {
        let refused = kit.post("/custom-domains", body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        let message = refused.json()["message"].as_str().expect("text").to_owned();
        assert!(message.contains(needle), "{message}");
    }
}

#[tokio::test]
async fn ops_01_the_default_domain_is_the_tenants_host() {
    let kit = Kit::new().await;
    let path = "/custom-domains/default";
    let same = kit.patch(path, json!({"domain": "LOCALHOST"})).await;
    assert_eq!(same.json(), json!({"domain": "localhost"}));
    let other = kit.patch(path, json!({"domain": "evil.test"})).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST, "{other:?}");
    assert_eq!(kit.get(path).await.json(), json!({"domain": "localhost"}));
}
