//! `/clients/{id}/credentials` and `client_authentication_methods`.

use std::sync::Arc;

use aldgate_core::client_auth::{Authentication, authenticate};
use aldgate_core::id::ClientId;
use aldgate_core::presented::Presented;
use aldgate_core::secret::Secret;
use aldgate_jose::{Alg, SigningKey, b64};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::kit::Kit;

fn pem(key: &SigningKey) -> String {
    let body = b64::encode_standard(&key.public_jwk().expect("a public half").to_spki());
    format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
}

/// Whether an assertion signed by `key` proves the application.
async fn proves(kit: &Kit, id: &str, key: &SigningKey) -> bool {
    let client: ClientId = id.parse().expect("an id");
    let find = client.clone();
    let application = kit.write(move |tx| tx.applications().by_id(&find)).await;
    let (now, issuer) = (kit.server.now(), &kit.server.tenant.issuer);
    let claims = json!({"iss": id, "sub": id, "aud": issuer.as_str(), "jti": "one",
        "iat": now.seconds(), "exp": now.seconds() + 60});
    let assertion = key.sign("JWT", claims.to_string().as_bytes());
    let presented = Presented::Assertion {
        client_id: Some(client),
        assertion: Secret::new(assertion).expose().clone(),
    };
    let application = application.map(Arc::new);
    let outcome = authenticate(application.as_ref(), &presented, issuer, now);
    matches!(outcome, Ok(Authentication::OnFirstUse(_)))
}

#[tokio::test]
async fn a_credential_lives_its_whole_life() {
    let kit = Kit::new().await;
    let made = kit
        .post(
            "/clients",
            json!({"name": "K", "app_type": "non_interactive"}),
        )
        .await;
    let id = made.json()["client_id"].as_str().expect("an id").to_owned();
    let (client, all) = (
        format!("/clients/{id}"),
        format!("/clients/{id}/credentials"),
    );
    let key = SigningKey::generate(Alg::ES256).expect("a key");
    let body = json!({"credential_type": "public_key", "name": "First", "pem": pem(&key)});
    let made = kit.post(&all, body.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let credential = made.json();
    assert_eq!(
        (&credential["alg"], &credential["name"]),
        (&json!("ES256"), &json!("First"))
    );
    let cid = credential["id"].as_str().expect("an id");
    assert!(cid.starts_with("cred_"));
    assert_eq!(kit.get(&all).await.json(), json!([credential]));
    let one = format!("{all}/{cid}");
    assert_eq!(kit.get(&one).await.json(), credential);
    let again = kit.post(&all, body).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST, "the same kid");

    let key = key.with_kid(credential["kid"].as_str().expect("a kid"));
    assert!(!proves(&kit, &id, &key).await, "it does not count yet");
    let methods = json!({"private_key_jwt": {"credentials": [{"id": cid}]}});
    let body =
        json!({"client_authentication_methods": methods, "token_endpoint_auth_method": null});
    let changed = kit.patch(&client, body).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    let changed = changed.json();
    assert_eq!(changed["client_authentication_methods"], methods);
    assert!(
        changed.get("token_endpoint_auth_method").is_none(),
        "as Auth0 has it"
    );
    assert!(proves(&kit, &id, &key).await);
    let other = SigningKey::generate(Alg::ES256).expect("a key");
    assert!(!proves(&kit, &id, &other).await);

    let used = kit.delete(&one).await;
    assert_eq!(used.status, StatusCode::CONFLICT, "{used:?}");
    let end = (kit.server.now() + aldgate_core::time::Seconds::hours(1)).iso8601();
    let limited = kit.patch(&one, json!({"expires_at": end})).await;
    assert_eq!(limited.status, StatusCode::OK);
    assert_eq!(limited.json()["expires_at"], json!(end));
    let back = json!({"client_authentication_methods": null,
        "token_endpoint_auth_method": "client_secret_post"});
    assert_eq!(kit.patch(&client, back).await.status, StatusCode::OK);
    assert!(!proves(&kit, &id, &key).await);
    assert_eq!(kit.delete(&one).await.status, StatusCode::NO_CONTENT);
    let gone = kit.get(&one).await;
    assert_eq!(gone.json()["errorCode"], "inexistent_client_credential");
}

#[tokio::test]
async fn an_application_may_be_born_with_its_key() {
    let kit = Kit::new().await;
    let key = SigningKey::generate(Alg::RS256).expect("a key");
    let credential = json!({"credential_type": "public_key", "pem": pem(&key)});
    let methods = json!({"private_key_jwt": {"credentials": [credential]}});
    let body = json!({"name": "B", "app_type": "non_interactive",
        "client_authentication_methods": methods});
    let made = kit.post("/clients", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let made = made.json();
    assert!(made.get("client_secret").is_none(), "it needs none");
    let id = made["client_id"].as_str().expect("an id");
    let listed = kit.get(&format!("/clients/{id}/credentials")).await.json();
    let kid = listed[0]["kid"].as_str().expect("a kid").to_owned();
    assert!(proves(&kit, id, &key.with_kid(&kid)).await);
}

#[tokio::test]
async fn bad_bodies_and_ids_are_named() {
    let kit = Kit::new().await;
    let all = format!("/clients/{}/credentials", kit.world.web.id);
    let key = SigningKey::generate(Alg::ES256).expect("a key");
    let good = json!({"credential_type": "public_key", "pem": pem(&key)});
    for (member, value) in [
        ("credential_type", json!("x509_cert")),
        ("pem", json!("nothing")),
        ("alg", json!("RS256")),
        ("expires_at", json!("yesterday")),
        ("in_use", json!(true)),
        ("name", json!("x".repeat(129))),
    ] {
        let mut body = good.clone();
        body[member] = value;
        let refused = kit.post(&all, body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{member}");
        let message = refused.json()["message"].as_str().expect("text").to_owned();
        assert!(message.contains(member), "{message}");
    }
    let bad = kit.get(&format!("{all}/mine")).await;
    assert_eq!(bad.json()["errorCode"], "invalid_uri");
    let methods = json!({"private_key_jwt": {"credentials": [{"id": "cred_other"}]}});
    let client = format!("/clients/{}", kit.world.web.id);
    let body = json!({"client_authentication_methods": methods});
    assert_eq!(
        kit.patch(&client, body).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn adm_04_nobody_plants_a_key_in_a_stronger_application() {
    let kit = Kit::new().await;
    let weak = &kit.world.pkj.id;
    let scopes = [
        "create:client_credentials",
        "update:client_credentials",
        "update:clients",
    ];
    kit.grant(weak, &scopes).await;
    let token = kit.machine_token(weak, &scopes).await;
    let key = SigningKey::generate(Alg::ES256).expect("a key");
    let whole = json!({"credential_type": "public_key", "pem": pem(&key)});
    let strong = format!("/clients/{}", kit.world.m2m.id);
    let all = format!("{strong}/credentials");
    let planted = kit.call_as(&token, Method::POST, &all, &whole).await;
    assert_eq!(planted.status, StatusCode::FORBIDDEN, "{planted:?}");
    let secret = json!({"client_secret": "x".repeat(40)});
    let taken = kit.call_as(&token, Method::PATCH, &strong, &secret).await;
    assert_eq!(taken.status, StatusCode::FORBIDDEN);
    assert_eq!(kit.get(&all).await.json(), Value::Array(Vec::new()));
}
