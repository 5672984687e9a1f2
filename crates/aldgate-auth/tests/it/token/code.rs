//! Redeeming authorization codes (OAU-02, OAU-03, OAU-04, OID-01).

use aldgate_core::application::GrantType;
use aldgate_core::time::Seconds;
use aldgate_jose::{b64, digest};
use aldgate_test::API;
use serde_json::{Value, json};

use crate::kit::{Kit, Login, VERIFIER, error, refusal};

const INVALID: &str = "invalid_grant";

#[tokio::test]
async fn oid_01_a_code_gives_the_three_tokens() {
    let kit = Kit::new().await;
    let (spa, ada) = (&kit.world.spa, &kit.world.ada);
    let tokens = kit.tokens(Login::full(spa)).await;
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 86_400);
    let scope = "openid profile email offline_access read:things write:things";
    assert_eq!(tokens["scope"], scope);
    let (typ, alg, id) = kit.verify(tokens["id_token"].as_str().unwrap()).await;
    assert_eq!((typ.as_str(), alg.as_str()), ("JWT", "RS256"));
    let now = kit.server.now().seconds();
    assert_eq!(id["iss"], kit.server.url(""));
    assert_eq!(id["aud"], json!(spa.id));
    assert_eq!(id["sub"], json!(ada.id));
    assert_eq!(id["nonce"], "n-0S6_WzA2Mj");
    assert_eq!(
        (&id["iat"], &id["exp"]),
        (&json!(now), &json!(now + 36_000))
    );
    assert_eq!(
        (&id["email"], &id["name"]),
        (&json!("ada@example.com"), &json!("ada"))
    );
    assert!(id.get("at_hash").is_none() && id.get("auth_time").is_none());
    let (typ, _, access) = kit.verify(tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(typ, "at+jwt");
    assert_eq!(access["aud"], json!([API, kit.server.url("userinfo")]));
    assert_eq!(access["scope"], scope);
    assert_eq!(
        (&access["azp"], &access["client_id"]),
        (&json!(spa.id), &json!(spa.id))
    );
    assert!(
        access.get("email").is_none(),
        "user data is for the ID token and /userinfo"
    );
}

#[tokio::test]
async fn without_audience_the_access_token_is_opaque_and_opens_userinfo() {
    let kit = Kit::new().await;
    let tokens = kit.tokens(Login::opaque(&kit.world.web)).await;
    let token = tokens["access_token"].as_str().unwrap();
    assert!(token.starts_with("alda_"));
    assert_eq!(
        kit.userinfo(token).await.json()["sub"],
        json!(kit.world.ada.id)
    );
}

#[tokio::test]
async fn oau_02_the_pkce_matrix() {
    let kit = Kit::new().await;
    let challenge = b64::encode(&digest::sha256(VERIFIER.as_bytes()));
    let wrong = "x".repeat(43);
    for client in [&kit.world.web, &kit.world.spa, &kit.world.native] {
        for with_challenge in [true, false] {
            for verifier in [
                "",
                VERIFIER,
                &wrong,
                &challenge,
                &"x".repeat(42),
                &"x".repeat(129),
            ] {
                let login = Login {
                    challenge: with_challenge,
                    ..Login::full(client)
                };
                let code = kit.login(login).await;
                let reply = kit
                    .redeem(client, &code, &[("code_verifier", verifier)])
                    .await;
                let right = if with_challenge {
                    verifier == VERIFIER
                } else {
                    verifier.is_empty()
                };
                let expected = if right { 200 } else { 400 };
                assert_eq!(
                    reply.status, expected,
                    "challenge {with_challenge}, {verifier:?}"
                );
                assert!(right || error(&reply) == INVALID);
            }
        }
    }
}

#[tokio::test]
async fn oau_03_a_code_is_bound_to_client_redirect_uri_and_time() {
    let kit = Kit::new().await;
    let (web, spa) = (&kit.world.web, &kit.world.spa);
    let code = kit.login(Login::full(web)).await;
    let try_it = async |more: &[(&str, &str)]| refusal(&kit.redeem(web, &code, more).await);
    let other = try_it(&[("redirect_uri", "https://web.test/callback?tenant=1")]).await;
    assert_eq!((other.0, other.1.as_str()), (400, INVALID));
    assert!(
        other
            .2
            .contains("You sent https://web.test/callback?tenant=1"),
        "{}",
        other.2
    );
    assert_eq!(try_it(&[("redirect_uri", "")]).await.1, INVALID);
    assert_eq!(try_it(&[("code", "aldc_short")]).await.1, INVALID);
    assert_eq!(error(&kit.redeem(spa, &code, &[]).await), INVALID);
    kit.server.advance(Seconds(60));
    assert_eq!(
        try_it(&[]).await,
        (400, INVALID.into(), "Invalid authorization code".into())
    );
    let code = kit.login(Login::full(web)).await;
    kit.server.advance(Seconds(59));
    assert_eq!(kit.redeem(web, &code, &[]).await.status, 200);
}

#[tokio::test]
async fn acc_07_a_code_dies_with_user_and_application() {
    let kit = Kit::new().await;
    let web = &kit.world.web;
    let code = kit.login(Login::full(web)).await;
    kit.block(true).await;
    let blocked = refusal(&kit.redeem(web, &code, &[]).await);
    assert_eq!(blocked, (400, INVALID.into(), "user is blocked".into()));
    kit.block(false).await;
    kit.change(&web.id, |app| app.disabled = true).await;
    let disabled = refusal(&kit.redeem(web, &code, &[]).await);
    assert_eq!((disabled.0, disabled.1.as_str()), (401, "invalid_client"));
    kit.change(&web.id, |app| {
        assert!(app.grant_types.remove(&GrantType::AuthorizationCode));
    })
    .await;
    kit.change(&web.id, |app| app.disabled = false).await;
    assert_eq!(
        error(&kit.redeem(web, &code, &[]).await),
        "unauthorized_client"
    );
}

#[tokio::test]
async fn oau_04_a_valid_replay_revokes_everything() {
    let kit = Kit::new().await;
    let web = &kit.world.web;
    let code = kit.login(Login::opaque(web)).await;
    let tokens = kit.redeem(web, &code, &[]).await.json();
    let access = tokens["access_token"].as_str().unwrap();
    let wrong = kit
        .redeem(web, &code, &[("code_verifier", &"x".repeat(43))])
        .await;
    assert_eq!(error(&wrong), INVALID);
    assert_eq!(
        kit.userinfo(access).await.status,
        200,
        "a wrong replay revokes nothing"
    );
    assert_eq!(error(&kit.redeem(web, &code, &[]).await), INVALID);
    assert_eq!(kit.userinfo(access).await.status, 401);
    let refresh = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(error(&kit.refresh(web, refresh, &[]).await), INVALID);
    let events = kit.server.events().await;
    let replay = |refusal: &Option<aldgate_core::error::Refusal>| {
        refusal
            .as_ref()
            .is_some_and(|refusal| refusal.code == "code_replayed")
    };
    assert!(events.iter().any(|event| replay(&event.refusal)));
}

#[tokio::test]
async fn oau_03_fifty_at_once_redeem_a_code_once() {
    let kit = Kit::new().await;
    let web = &kit.world.web;
    for _round in 0..10 {
        let code = kit.login(Login::opaque(web)).await;
        let all = (0..50).map(|_| kit.redeem(web, &code, &[]));
        let replies = in_parallel(all).await;
        let won: Vec<Value> = replies
            .iter()
            .filter(|r| r.status == 200)
            .map(aldgate_test::Reply::json)
            .collect();
        assert_eq!(won.len(), 1);
        assert!(
            replies
                .iter()
                .all(|r| r.status == 200 || error(r) == INVALID)
        );
        // The others were valid replays: even the winner's tokens are dead now.
        assert_eq!(
            kit.userinfo(won[0]["access_token"].as_str().unwrap())
                .await
                .status,
            401
        );
    }
}

#[tokio::test]
async fn oid_01_the_nonce_is_echoed_exactly_if_sent() {
    let kit = Kit::new().await;
    let long = "~".repeat(384);
    for nonce in [None, Some("ünïcode ~._"), Some(long.as_str())] {
        let login = Login {
            nonce,
            ..Login::full(&kit.world.web)
        };
        let tokens = kit.tokens(login).await;
        let (_, _, id) = kit.verify(tokens["id_token"].as_str().unwrap()).await;
        assert_eq!(id.get("nonce"), nonce.map(|n| json!(n)).as_ref());
    }
}

#[tokio::test]
async fn without_openid_and_offline_access_there_is_only_an_access_token() {
    let kit = Kit::new().await;
    let login = Login {
        scope: "read:things",
        ..Login::full(&kit.world.web)
    };
    let tokens = kit.tokens(login).await;
    assert!(tokens.get("id_token").is_none() && tokens.get("refresh_token").is_none());
    let (_, _, access) = kit.verify(tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(access["aud"], API);
    assert_eq!(
        kit.userinfo(tokens["access_token"].as_str().unwrap())
            .await
            .status,
        401
    );
}

/// Runs futures side by side on this thread's runtime and waits for all.
pub(super) async fn in_parallel<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = all.map(Box::pin).collect();
    let mut done = Vec::with_capacity(waiting.len());
    std::future::poll_fn(|context| {
        waiting.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(output) => {
                done.push(output);
                false
            }
            std::task::Poll::Pending => true,
        });
        if waiting.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done
}
