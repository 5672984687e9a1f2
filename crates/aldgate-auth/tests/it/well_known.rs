//! `/.well-known/…` (OID-04, JWK-02): what is advertised works, what is not advertised is not
//! there.

use aldgate_core::api::SigningAlg;
use aldgate_core::key::LEAD;
use aldgate_core::time::Seconds;
use aldgate_test::API;
use serde_json::{Value, json};

use crate::kit::Kit;

async fn document(kit: &Kit, path: &str) -> Value {
    let reply = kit.server.get(&kit.server.url(path), &[]).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    reply.json()
}

#[tokio::test]
async fn oid_04_both_documents_agree_and_the_issuer_is_exact() {
    let kit = Kit::new().await;
    let openid = document(&kit, ".well-known/openid-configuration").await;
    for path in [
        ".well-known/oauth-authorization-server",
        ".well-known/oauth-authorization-server/",
        ".well-known/openid-configuration/",
    ] {
        assert_eq!(document(&kit, path).await, openid, "{path}");
    }
    assert_eq!(openid["issuer"], "http://localhost:4455/");
    assert_eq!(
        openid["authorization_response_iss_parameter_supported"],
        true
    );
    assert_eq!(openid["code_challenge_methods_supported"], json!(["S256"]));
}

#[tokio::test]
async fn oid_04_every_advertised_token_endpoint_is_there() {
    let kit = Kit::new().await;
    let openid = document(&kit, ".well-known/openid-configuration").await;
    for name in [
        "token_endpoint",
        "revocation_endpoint",
        "introspection_endpoint",
    ] {
        let url = openid[name].as_str().unwrap();
        let reply = kit.server.post_form(url, &[], &[]).await;
        assert_eq!(reply.json()["error"], "invalid_request", "{name}");
    }
    let userinfo = kit
        .server
        .get(openid["userinfo_endpoint"].as_str().unwrap(), &[])
        .await;
    assert_eq!(userinfo.status, 401);
    assert_eq!(
        kit.server
            .get(openid["jwks_uri"].as_str().unwrap(), &[])
            .await
            .status,
        200
    );
    for grant in openid["grant_types_supported"].as_array().unwrap() {
        if grant == "implicit" {
            continue;
        }
        let fields = [("grant_type", grant.as_str().unwrap())];
        let reply = kit.token(&kit.world.web, &fields, &[]).await;
        assert_ne!(reply.json()["error"], "unsupported_grant_type", "{grant}");
    }
}

#[tokio::test]
async fn oid_04_the_document_follows_the_keys() {
    let kit = Kit::new().await;
    let algs = async || {
        document(&kit, ".well-known/openid-configuration").await
            ["id_token_signing_alg_values_supported"]
            .clone()
    };
    assert_eq!(algs().await, json!(["HS256", "RS256"]));
    kit.server
        .app
        .signer(&kit.server.tenant, SigningAlg::Es256)
        .await
        .unwrap();
    assert_eq!(algs().await, json!(["ES256", "HS256", "RS256"]));
}

#[tokio::test]
async fn documents_are_cached_by_etag() {
    let kit = Kit::new().await;
    for path in [".well-known/openid-configuration", ".well-known/jwks.json"] {
        let url = kit.server.url(path);
        let first = kit
            .server
            .get(&url, &[("origin", "https://any.test")])
            .await;
        assert_eq!(
            first.header("access-control-allow-origin"),
            Some("*"),
            "{path}"
        );
        let cache = first.header("cache-control").unwrap();
        assert!(cache.starts_with("public, max-age="), "{cache}");
        let etag = first.header("etag").unwrap();
        let again = kit.server.get(&url, &[("if-none-match", etag)]).await;
        assert_eq!(
            (again.status.as_u16(), again.body.len()),
            (304, 0),
            "{path}"
        );
    }
}

#[tokio::test]
async fn jwk_02_keys_rotate_without_one_failed_token() {
    let kit = Kit::new().await;
    let set = async || document(&kit, ".well-known/jwks.json").await["keys"].clone();
    let before = set().await;
    let keys = before.as_array().unwrap();
    assert!(keys.len() >= 2, "current and next are published");
    for key in keys {
        assert_eq!((&key["use"], &key["alg"]), (&json!("sig"), &json!("RS256")));
        assert!(key["x5c"].is_array() && key["x5t"].is_string() && key.get("d").is_none());
    }
    let machine = [("grant_type", "client_credentials"), ("audience", API)];
    let token = async || {
        let reply = kit.token(&kit.world.m2m, &machine, &[]).await.json();
        reply["access_token"].as_str().unwrap().to_owned()
    };
    let old = token().await;
    kit.server.advance(Seconds(LEAD.0 + 1));
    kit.server
        .app
        .rotate_keys(&kit.server.tenant, SigningAlg::Rs256)
        .await
        .unwrap();
    let new = token().await;
    let kid = |token: &str| {
        aldgate_jose::jws::parse(token)
            .unwrap()
            .header()
            .kid()
            .unwrap()
            .to_owned()
    };
    assert_ne!(kid(&old), kid(&new));
    assert!(
        keys.iter().any(|key| key["kid"] == kid(&new)),
        "it was published ahead"
    );
    kit.verify(&old).await;
    kit.verify(&new).await;
}
