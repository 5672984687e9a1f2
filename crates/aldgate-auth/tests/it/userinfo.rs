//! `GET|POST /userinfo` (JWT-03, ACC-07).

use aldgate_core::secret::{TokenHash, TokenKind};
use aldgate_core::time::Seconds;
use serde_json::json;

use crate::kit::{Kit, Login, error};

#[tokio::test]
async fn both_kinds_of_access_token_open_it_in_every_way() {
    let kit = Kit::new().await;
    let (web, url) = (&kit.world.web, kit.server.url("userinfo"));
    let ada = &kit.world.ada;
    let expected = json!({
        "sub": ada.id, "name": "ada", "nickname": "ada", "email": "ada@example.com",
        "email_verified": true, "updated_at": ada.updated_at.iso8601(),
    });
    for login in [Login::opaque(web), Login::full(web)] {
        let tokens = kit.tokens(login).await;
        let token = tokens["access_token"].as_str().unwrap();
        let header = format!("Bearer {token}");
        let header = [("authorization", header.as_str())];
        let in_query = format!("{url}?access_token={token}");
        let replies = [
            kit.server.get(&url, &header).await,
            kit.server.post_form(&url, &[], &header).await,
            kit.server
                .post_form(&url, &[("access_token", token)], &[])
                .await,
            kit.server.get(&in_query, &[]).await,
        ];
        for reply in replies {
            assert_eq!(reply.status, 200, "{}", reply.text());
            assert_eq!(reply.json(), expected);
            assert_eq!(reply.header("cache-control"), Some("no-store"));
        }
        let twice = kit.server.get(&in_query, &header).await;
        assert_eq!(
            (twice.status.as_u16(), error(&twice)),
            (400, "invalid_request".into())
        );
    }
}

#[tokio::test]
async fn the_answer_has_only_what_the_scopes_open() {
    let kit = Kit::new().await;
    let login = Login {
        scope: "openid",
        ..Login::opaque(&kit.world.web)
    };
    let tokens = kit.tokens(login).await;
    let reply = kit.userinfo(tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(reply.json(), json!({"sub": kit.world.ada.id}));
}

#[tokio::test]
async fn jwt_03_nothing_but_an_access_token_opens_it() {
    let kit = Kit::new().await;
    let tokens = kit.tokens(Login::opaque(&kit.world.web)).await;
    let code = kit.login(Login::opaque(&kit.world.web)).await;
    let base = [
        ("grant_type", "client_credentials"),
        ("audience", aldgate_test::API),
    ];
    let machine = kit.token(&kit.world.m2m, &base, &[]).await.json();
    let stranger = aldgate_jose::SigningKey::generate(aldgate_jose::Alg::ES256).unwrap();
    let forged = stranger.sign("at+jwt", b"{}");
    for other in [
        tokens["id_token"].as_str().unwrap(),
        tokens["refresh_token"].as_str().unwrap(),
        machine["access_token"].as_str().unwrap(),
        &code,
        &forged,
        "garbage",
    ] {
        let reply = kit.userinfo(other).await;
        assert_eq!(
            (reply.status.as_u16(), error(&reply)),
            (401, "invalid_token".into())
        );
        let challenge = reply.header("www-authenticate").unwrap();
        assert!(challenge.starts_with("Bearer ") && challenge.contains("invalid_token"));
    }
    let events = kit.server.events().await;
    let told = |code: &str| {
        let refusals = events.iter().filter_map(|event| event.refusal.as_ref());
        refusals.filter(|refusal| refusal.code == code).count()
    };
    assert_eq!(told("access_token_kind"), 1, "the ID token is explained");
    assert_eq!(
        told("access_token_audience"),
        1,
        "the token of the API, too"
    );
    assert_eq!(
        told("access_token_invalid"),
        0,
        "forgeries do not fill the log"
    );
    let nothing = kit.server.get(&kit.server.url("userinfo"), &[]).await;
    assert_eq!(nothing.status, 401);
    assert!(
        !nothing
            .header("www-authenticate")
            .unwrap()
            .contains("error")
    );
}

#[tokio::test]
async fn acc_07_state_counts_at_once() {
    let kit = Kit::new().await;
    let web = &kit.world.web;
    for login in [Login::opaque(web), Login::full(web)] {
        let tokens = kit.tokens(login).await;
        let token = tokens["access_token"].as_str().unwrap();
        kit.block(true).await;
        assert_eq!(kit.userinfo(token).await.status, 401, "blocked");
        kit.block(false).await;
        assert_eq!(kit.userinfo(token).await.status, 200);
        kit.change(&web.id, |app| app.disabled = true).await;
        assert_eq!(kit.userinfo(token).await.status, 401, "disabled");
        kit.change(&web.id, |app| app.disabled = false).await;
        let refresh = TokenHash::of(tokens["refresh_token"].as_str().unwrap());
        let now = kit.server.now();
        kit.write(move |tx| {
            let found = tx.refresh_tokens().find(&refresh)?.expect("it is there");
            tx.grants().revoke(&found.token.grant_id, now).map(drop)
        })
        .await;
        assert_eq!(kit.userinfo(token).await.status, 401, "revoked");
    }
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let kit = Kit::new().await;
    for login in [Login::opaque(&kit.world.web), Login::full(&kit.world.web)] {
        let tokens = kit.tokens(login).await;
        let token = tokens["access_token"].as_str().unwrap();
        kit.server.advance(Seconds(86_399));
        assert_eq!(kit.userinfo(token).await.status, 200);
        kit.server.advance(Seconds(1));
        assert_eq!(error(&kit.userinfo(token).await), "invalid_token");
    }
}

#[tokio::test]
async fn an_unknown_opaque_token_is_refused() {
    let kit = Kit::new().await;
    let never_issued = TokenKind::Access.generate(&mut kit.server.app.rng());
    assert_eq!(
        error(&kit.userinfo(never_issued.expose()).await),
        "invalid_token"
    );
}
