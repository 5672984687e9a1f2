//! Dialects and algorithms of tokens (rulings R6, R11).

use std::collections::HashSet;

use aldgate_app::shared_keys::{client_secret_place, signing_secret_place};
use aldgate_core::api::{Api, SigningAlg, TokenDialect};
use aldgate_core::secret::Secret;
use aldgate_jose::{Alg, VerifyingKey, jwt};
use aldgate_test::API;
use serde_json::json;

use super::code::in_parallel;
use crate::kit::{Kit, Login, error};

async fn change_api(kit: &Kit, change: impl FnOnce(&mut Api)) {
    let mut api = kit.world.api.clone();
    change(&mut api);
    kit.write(move |tx| tx.apis().update(&api).map(drop)).await;
}

async fn machine_token(kit: &Kit) -> String {
    let base = [("grant_type", "client_credentials"), ("audience", API)];
    let reply = kit.token(&kit.world.m2m, &base, &[]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["access_token"]
        .as_str()
        .expect("a token")
        .to_owned()
}

#[tokio::test]
async fn r6_each_dialect_has_its_typ_and_permissions() {
    let kit = Kit::new().await;
    for (dialect, typ, permissions) in [
        (TokenDialect::AccessToken, "JWT", None),
        (
            TokenDialect::AccessTokenAuthz,
            "JWT",
            Some(json!(["read:things", "write:things"])),
        ),
        (TokenDialect::Rfc9068Profile, "at+jwt", None),
        (
            TokenDialect::Rfc9068ProfileAuthz,
            "at+jwt",
            Some(json!(["read:things", "write:things"])),
        ),
    ] {
        change_api(&kit, |api| api.token_dialect = dialect).await;
        let (actual, _, claims) = kit.verify(&machine_token(&kit).await).await;
        assert_eq!(actual, typ, "{dialect:?}");
        assert_eq!(
            claims.get("permissions"),
            permissions.as_ref(),
            "{dialect:?}"
        );
        for claim in ["azp", "client_id", "jti", "scope"] {
            assert!(claims.get(claim).is_some(), "{dialect:?} lacks {claim}");
        }
    }
}

#[tokio::test]
async fn r11_each_algorithm_signs_and_is_published() {
    let kit = Kit::new().await;
    for alg in [
        SigningAlg::Rs256,
        SigningAlg::Ps256,
        SigningAlg::Es256,
        SigningAlg::EdDsa,
    ] {
        change_api(&kit, |api| api.signing_alg = alg).await;
        let (_, actual, _) = kit.verify(&machine_token(&kit).await).await;
        assert_eq!(actual, alg.as_str());
    }
}

#[tokio::test]
async fn the_first_tokens_of_an_algorithm_may_be_asked_for_at_once() {
    let kit = Kit::new().await;
    change_api(&kit, |api| api.signing_alg = SigningAlg::Es256).await;
    let tokens = in_parallel((0..20).map(|_| machine_token(&kit))).await;
    let mut kids = HashSet::new();
    for token in tokens {
        let header = token.split('.').next().expect("a header").to_owned();
        kids.insert(header);
        assert_eq!(kit.verify(&token).await.1, "ES256");
    }
    assert_eq!(kids.len(), 1, "one key came into office");
}

#[tokio::test]
async fn r11_hs256_is_signed_with_the_shared_secret_alone() {
    let kit = Kit::new().await;
    let (tenant, web) = (kit.server.tenant.id.clone(), &kit.world.web);
    let secret = Secret::new("0123456789abcdef0123456789abcdef".to_owned());
    change_api(&kit, |api| {
        api.signing_alg = SigningAlg::Hs256;
        let place = signing_secret_place(&tenant, &api.id);
        api.signing_secret_sealed = Some(kit.server.app.seal_text(&place, &secret));
    })
    .await;
    let client_secret = Secret::new(web.secret.clone());
    kit.change(&web.id, |app| {
        app.jwt_configuration.alg = SigningAlg::Hs256;
        let place = client_secret_place(&tenant, &app.id);
        app.secret_sealed = Some(kit.server.app.seal_text(&place, &client_secret));
    })
    .await;
    let tokens = kit.tokens(Login::full(web)).await;
    let open = |name: &str, secret: &str| {
        let key = VerifyingKey::hmac(Alg::HS256, secret.as_bytes()).unwrap();
        jwt::verify(tokens[name].as_str().unwrap(), &key).unwrap()
    };
    let access = open("access_token", secret.expose());
    assert_eq!(
        access.audience().collect::<Vec<_>>(),
        [API],
        "no userinfo audience"
    );
    let id = open("id_token", &web.secret);
    assert_eq!(id.subject(), Some(kit.world.ada.id.as_str()));
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(error(&kit.userinfo(token).await), "invalid_token");
}

#[tokio::test]
async fn r11_without_the_secret_hs256_is_refused_and_explained() {
    let kit = Kit::new().await;
    change_api(&kit, |api| api.signing_alg = SigningAlg::Hs256).await;
    let base = [("grant_type", "client_credentials"), ("audience", API)];
    let reply = kit.token(&kit.world.m2m, &base, &[]).await;
    assert_eq!(error(&reply), "server_error");
    let events = kit.server.events().await;
    let refusal = events
        .last()
        .and_then(|event| event.refusal.clone())
        .unwrap();
    assert_eq!(refusal.code, "shared_secret");
}
