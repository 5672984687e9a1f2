//! Refreshing (RTK-01, RTK-02, SES-04, ACC-07; ruling R9).

use std::collections::HashSet;

use aldgate_core::application::RotationType;
use aldgate_core::event::EventType;
use aldgate_core::grant::Grant;
use aldgate_core::grant::refresh::RefreshToken;
use aldgate_core::secret::TokenHash;
use aldgate_core::time::Seconds;
use aldgate_store::StoreError;
use serde_json::{Value, json};

use super::code::in_parallel;
use crate::kit::{Kit, Login, error, refusal};

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name}: {tokens}"))
}

const UNKNOWN: &str = "Unknown or invalid refresh token.";

#[tokio::test]
async fn rtk_01_a_chain_rotates_and_reuse_kills_it() {
    let kit = Kit::new().await;
    let spa = &kit.world.spa;
    let first = kit.tokens(Login::opaque(spa)).await;
    let second = kit
        .refresh(spa, text(&first, "refresh_token"), &[])
        .await
        .json();
    let third = kit
        .refresh(spa, text(&second, "refresh_token"), &[])
        .await
        .json();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_eq!(kit.userinfo(text(&third, "access_token")).await.status, 200);
    let replay = refusal(&kit.refresh(spa, text(&first, "refresh_token"), &[]).await);
    assert_eq!(replay, (400, "invalid_grant".into(), UNKNOWN.into()));
    let dead = kit.refresh(spa, text(&third, "refresh_token"), &[]).await;
    assert_eq!(error(&dead), "invalid_grant");
    assert_eq!(kit.userinfo(text(&third, "access_token")).await.status, 401);
    let events = kit.server.events().await;
    let reuse = events
        .iter()
        .filter(|event| event.kind == EventType::RefreshTokenReuse)
        .count();
    assert_eq!(reuse, 1);
}

#[tokio::test]
async fn rtk_02_within_the_leeway_the_answer_is_the_same_to_the_byte() {
    let kit = Kit::new().await;
    let spa = &kit.world.spa;
    for login in [Login::full(spa), Login::opaque(spa)] {
        let first = kit.tokens(login).await;
        let token = text(&first, "refresh_token");
        let once = kit.refresh(spa, token, &[]).await;
        kit.server.advance(Seconds(29));
        let again = kit.refresh(spa, token, &[]).await;
        assert_eq!(once.status, 200);
        assert_eq!(once.body, again.body);
        let tokens = again.json();
        assert_eq!(
            kit.userinfo(text(&tokens, "access_token")).await.status,
            200
        );
        let next = kit.refresh(spa, text(&tokens, "refresh_token"), &[]).await;
        assert_eq!(next.status, 200);
    }
}

#[tokio::test]
async fn rtk_02_after_the_leeway_reuse_kills_the_family() {
    let kit = Kit::new().await;
    let spa = &kit.world.spa;
    let first = kit.tokens(Login::full(spa)).await;
    let token = text(&first, "refresh_token");
    let second = kit.refresh(spa, token, &[]).await.json();
    kit.server.advance(Seconds(30));
    assert_eq!(error(&kit.refresh(spa, token, &[]).await), "invalid_grant");
    let dead = kit.refresh(spa, text(&second, "refresh_token"), &[]).await;
    assert_eq!(error(&dead), "invalid_grant");
    assert_eq!(
        kit.userinfo(text(&second, "access_token")).await.status,
        401
    );
}

#[tokio::test]
async fn rtk_02_fifty_at_once_leave_one_chain() {
    let kit = Kit::new().await;
    let spa = &kit.world.spa;
    let mut token = text(&kit.tokens(Login::full(spa)).await, "refresh_token").to_owned();
    for _round in 0..20 {
        let replies = in_parallel((0..50).map(|_| kit.refresh(spa, &token, &[]))).await;
        assert!(replies.iter().all(|reply| reply.status == 200));
        let answers: HashSet<_> = replies.iter().map(|reply| reply.body.clone()).collect();
        assert_eq!(answers.len(), 1, "every caller got the same answer");
        token = text(&replies[0].json(), "refresh_token").to_owned();
    }
}

#[tokio::test]
async fn rtk_02_without_leeway_fifty_at_once_leave_no_second_chain() {
    let kit = Kit::new().await;
    let spa = &kit.world.spa;
    kit.change(&spa.id, |app| app.refresh_token.leeway = Seconds(0))
        .await;
    for _round in 0..10 {
        let token = text(&kit.tokens(Login::full(spa)).await, "refresh_token").to_owned();
        let replies = in_parallel((0..50).map(|_| kit.refresh(spa, &token, &[]))).await;
        let won: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
        assert!(won.len() <= 1, "{} winners", won.len());
        for reply in won {
            let next = kit
                .refresh(spa, text(&reply.json(), "refresh_token"), &[])
                .await;
            assert_eq!(error(&next), "invalid_grant", "reuse killed the family");
        }
    }
}

#[tokio::test]
async fn rtk_01_idle_and_absolute_lifetimes() {
    let kit = Kit::new().await;
    let spa = &kit.world.spa;
    let mut token = text(&kit.tokens(Login::full(spa)).await, "refresh_token").to_owned();
    for _ in 0..2 {
        kit.server.advance(Seconds::days(14));
        let reply = kit.refresh(spa, &token, &[]).await;
        token = text(&reply.json(), "refresh_token").to_owned();
    }
    kit.server.advance(Seconds::days(2));
    let over = refusal(&kit.refresh(spa, &token, &[]).await);
    assert_eq!(
        over.2, UNKNOWN,
        "rotation does not extend the absolute lifetime"
    );
    let idle = text(&kit.tokens(Login::full(spa)).await, "refresh_token").to_owned();
    kit.server.advance(Seconds::days(15));
    assert_eq!(error(&kit.refresh(spa, &idle, &[]).await), "invalid_grant");
}

#[tokio::test]
async fn rtk_01_a_token_is_bound_to_its_client() {
    let kit = Kit::new().await;
    let (spa, web) = (&kit.world.spa, &kit.world.web);
    let tokens = kit.tokens(Login::full(spa)).await;
    let token = text(&tokens, "refresh_token");
    assert_eq!(error(&kit.refresh(web, token, &[]).await), "invalid_grant");
    assert_eq!(
        error(&kit.refresh(&kit.world.native, token, &[]).await),
        "invalid_grant"
    );
    assert_eq!(
        kit.refresh(spa, token, &[]).await.status,
        200,
        "and it lives on"
    );
    for other in [
        text(&tokens, "access_token"),
        text(&tokens, "id_token"),
        "aldr_x",
    ] {
        assert_eq!(
            error(&kit.refresh(spa, other, &[]).await),
            "invalid_grant",
            "JWT-03"
        );
    }
}

#[tokio::test]
async fn rtk_01_scope_shrinks_for_one_answer_only() {
    let kit = Kit::new().await;
    let spa = &kit.world.spa;
    let first = kit.tokens(Login::full(spa)).await;
    let narrow = [("scope", "openid read:things")];
    let second = kit
        .refresh(spa, text(&first, "refresh_token"), &narrow)
        .await
        .json();
    assert_eq!(second["scope"], "openid read:things");
    let (_, _, access) = kit.verify(text(&second, "access_token")).await;
    assert_eq!(access["scope"], "openid read:things");
    let (_, _, id) = kit.verify(text(&second, "id_token")).await;
    assert!(id.get("email").is_none() && id.get("nonce").is_none());
    let third = kit
        .refresh(spa, text(&second, "refresh_token"), &[])
        .await
        .json();
    assert_eq!(
        third["scope"], first["scope"],
        "the next token keeps the original scope"
    );
    let wide = [("scope", "openid admin")];
    let refused = kit.refresh(spa, text(&third, "refresh_token"), &wide).await;
    assert_eq!(error(&refused), "invalid_scope");
    let unharmed = kit.refresh(spa, text(&third, "refresh_token"), &[]).await;
    assert_eq!(
        unharmed.status, 200,
        "a refused refresh does not burn the token"
    );
}

#[tokio::test]
async fn oau_11_another_audience_is_refused() {
    let kit = Kit::new().await;
    let spa = &kit.world.spa;
    let tokens = kit.tokens(Login::full(spa)).await;
    let token = text(&tokens, "refresh_token");
    for name in ["audience", "resource"] {
        let reply = kit
            .refresh(spa, token, &[(name, &kit.server.url("api/v2/"))])
            .await;
        assert_eq!(error(&reply), "invalid_target", "{name}");
    }
    let same = kit
        .refresh(spa, token, &[("audience", aldgate_test::API)])
        .await;
    assert_eq!(same.status, 200);
}

#[tokio::test]
async fn acc_07_blocking_and_disabling_stop_refreshes() {
    let kit = Kit::new().await;
    let web = &kit.world.web;
    let tokens = kit.tokens(Login::full(web)).await;
    let token = text(&tokens, "refresh_token");
    kit.block(true).await;
    let blocked = refusal(&kit.refresh(web, token, &[]).await);
    assert_eq!(
        blocked,
        (400, "invalid_grant".into(), "user is blocked".into())
    );
    kit.block(false).await;
    kit.change(&web.id, |app| app.disabled = true).await;
    assert_eq!(error(&kit.refresh(web, token, &[]).await), "invalid_client");
    kit.change(&web.id, |app| app.disabled = false).await;
    assert_eq!(kit.refresh(web, token, &[]).await.status, 200);
    let user = kit.world.ada.id.clone();
    kit.write(move |tx| tx.users().delete(&user).map(drop))
        .await;
    assert_eq!(error(&kit.refresh(web, token, &[]).await), "invalid_grant");
}

#[tokio::test]
async fn ses_04_permissions_count_anew_at_every_refresh() {
    let kit = Kit::new().await;
    let (spa, ada) = (&kit.world.spa, kit.world.ada.id.clone());
    let mut api = kit.world.api.clone();
    api.enforce_policies = true;
    let permission = aldgate_core::role::Permission {
        api: api.identifier.clone(),
        name: "read:things".into(),
    };
    let (user, held) = (ada.clone(), permission.clone());
    kit.write(move |tx| {
        tx.apis().update(&api)?;
        tx.permissions().give(&user, std::slice::from_ref(&held))
    })
    .await;
    let first = kit.tokens(Login::full(spa)).await;
    assert_eq!(
        first["scope"],
        "openid profile email offline_access read:things"
    );
    kit.write(move |tx| {
        let taken = std::slice::from_ref(&permission);
        tx.permissions().withdraw(&ada, taken)?;
        Ok::<_, StoreError>(())
    })
    .await;
    let refused = kit.refresh(spa, text(&first, "refresh_token"), &[]).await;
    assert_eq!(error(&refused), "access_denied");
}

#[tokio::test]
async fn an_application_that_does_not_rotate_keeps_its_token() {
    let kit = Kit::new().await;
    let web = &kit.world.web;
    kit.change(&web.id, |app| {
        app.refresh_token.rotation_type = RotationType::NonRotating;
    })
    .await;
    let first = kit.tokens(Login::full(web)).await;
    let token = text(&first, "refresh_token");
    for _ in 0..3 {
        kit.server.advance(Seconds::days(9));
        let reply = kit.refresh(web, token, &[]).await.json();
        assert!(reply.get("refresh_token").is_none());
        assert!(reply["id_token"].is_string());
    }
    kit.server.advance(Seconds::days(4));
    assert_eq!(
        error(&kit.refresh(web, token, &[]).await),
        "invalid_grant",
        "absolute lifetime"
    );
}

#[tokio::test]
async fn a_refreshed_access_token_says_so() {
    let kit = Kit::new().await;
    let spa = &kit.world.spa;
    let first = kit.tokens(Login::full(spa)).await;
    let second = kit
        .refresh(spa, text(&first, "refresh_token"), &[])
        .await
        .json();
    let (_, _, access) = kit.verify(text(&second, "access_token")).await;
    assert_eq!(access["gty"], json!("refresh_token"));
}

#[tokio::test]
async fn the_two_hundred_and_first_refresh_token_ends_the_oldest() {
    let kit = Kit::new().await;
    let spa = &kit.world.spa;
    let first = kit.tokens(Login::full(spa)).await;
    let oldest = text(&first, "refresh_token").to_owned();
    kit.server.advance(Seconds(1));
    let (client, user, now) = (spa.id.clone(), kit.world.ada.id.clone(), kit.server.now());
    kit.write(move |tx| {
        for n in 0..199 {
            let grant = json!({
                "id": format!("gnt_{n}"), "client_id": client, "user_id": user,
                "requested": ["openid"], "scope": ["openid"], "origin": "code", "created_at": now,
            });
            let grant: Grant = serde_json::from_value(grant).expect("a grant");
            let end = now + Seconds::days(1);
            tx.grants().create(&grant, end)?;
            let token = RefreshToken {
                grant_id: grant.id,
                generation: 0,
                idle_expires_at: end,
                expires_at: end,
                retired_at: None,
            };
            let hash = TokenHash::of(&format!("token {n}"));
            tx.refresh_tokens().create(&hash, &token, now)?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
    let reply = kit.refresh(spa, &oldest, &[]).await;
    assert_eq!(reply.status, 200, "two hundred may live");
    let oldest = text(&reply.json(), "refresh_token").to_owned();
    kit.server.advance(Seconds(1));
    let last = kit.tokens(Login::full(spa)).await;
    assert_eq!(refusal(&kit.refresh(spa, &oldest, &[]).await).2, UNKNOWN);
    let newest = text(&last, "refresh_token");
    assert_eq!(kit.refresh(spa, newest, &[]).await.status, 200);
}
