//! `/keys/signing`.

use aldgate_core::api::SigningAlg;
use aldgate_core::time::Seconds;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::kit::Kit;

async fn keys(kit: &Kit) -> Vec<Value> {
    let all = kit.get("/keys/signing").await;
    assert_eq!(all.status, StatusCode::OK, "{all:?}");
    let all = all.json().as_array().cloned().expect("a list");
    all.into_iter()
        .filter(|key| key["alg"] == "RS256")
        .collect()
}

fn in_state<'a>(keys: &'a [Value], state: &str) -> &'a Value {
    let found = keys.iter().find(|key| key[state] == true);
    found.unwrap_or_else(|| panic!("no {state} key in {keys:?}"))
}

#[tokio::test]
async fn signing_keys_are_listed_turned_and_revoked() {
    let mut kit = Kit::new().await;
    let before = keys(&kit).await;
    let (current, next) = (in_state(&before, "current"), in_state(&before, "next"));
    let pem = current["cert"].as_str().expect("a certificate");
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert!(
        current["pkcs7"]
            .as_str()
            .is_some_and(|text| text.contains("PKCS7"))
    );
    let print = current["fingerprint"].as_str().expect("a fingerprint");
    assert_eq!(print.replace(':', ""), current["thumbprint"]);
    let path = format!("/keys/signing/{}", current["kid"].as_str().expect("a kid"));
    assert_eq!(&kit.get(&path).await.json(), current);

    kit.server.advance(Seconds::minutes(1));
    let rotated = kit.post("/keys/signing/rotate", json!(null)).await;
    assert_eq!(rotated.status, StatusCode::CREATED, "{rotated:?}");
    let after = keys(&kit).await;
    assert_eq!(in_state(&after, "current")["kid"], next["kid"]);
    assert_eq!(in_state(&after, "previous")["kid"], current["kid"]);
    assert_eq!(in_state(&after, "next")["kid"], rotated.json()["kid"]);
    let again = kit.post("/keys/signing/rotate", json!(null)).await;
    assert_eq!(
        again.status,
        StatusCode::CONFLICT,
        "caches may lack the next key"
    );

    let revoke = format!("{path}/revoke");
    let revoked = kit.call(Method::PUT, &revoke, &json!(null)).await;
    assert_eq!(revoked.status, StatusCode::OK, "{revoked:?}");
    let refused = kit.get(&path).await;
    assert_eq!(
        refused.status,
        StatusCode::UNAUTHORIZED,
        "it signed our own token"
    );
    let scopes = ["read:signing_keys", "update:signing_keys"];
    kit.token = kit.machine_token(&kit.world.m2m.id, &scopes).await;
    let shown = kit.get(&path).await;
    assert_eq!(shown.json()["revoked"], true, "{shown:?}");
    let ring = kit.server.app.key_ring(&kit.server.tenant.id).await;
    let kid = current["kid"].as_str().expect("a kid");
    assert!(ring.expect("a ring").verifier(kid).is_none());
    let again = kit.call(Method::PUT, &revoke, &json!(null)).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let unknown = kit.get("/keys/signing/nothing").await;
    assert_eq!(unknown.json()["errorCode"], "inexistent_signing_key");
    // The house still signs with the same ring.
    let signer = kit
        .server
        .app
        .signer(&kit.server.tenant, SigningAlg::Rs256)
        .await;
    assert!(signer.is_ok());
}
