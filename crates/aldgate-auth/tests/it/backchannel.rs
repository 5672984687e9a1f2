//! Back-channel logout: applications are told that a session ended (OpenID Connect Back-Channel
//! Logout 1.0).

use aldgate_app::config::Cidr;
use aldgate_core::logout::backchannel::Initiator;
use aldgate_core::time::Seconds;
use aldgate_store::{StoreError, Tx};
use aldgate_test::{Browser, TestServer, World};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::hook::take_one;
use crate::kit::Kit;
use crate::stand::{Stand, params};

/// A kit whose outbound client may reach this machine, and a listener that `web` wants told.
async fn kit(initiators: Value) -> (Kit, TcpListener) {
    let server = TestServer::start_with(aldgate_auth::routes(), |config| {
        let network: Cidr = "127.0.0.0/8".parse().expect("a network");
        config.outbound.allow_cidrs.push(network);
        config.outbound.allow_http = true;
    })
    .await;
    let world = World::make(&server).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/bye", listener.local_addr().expect("an address"));
    let kit = Kit { server, world };
    let settings = json!({
        "backchannel_logout_urls": [url], "backchannel_logout_initiators": initiators,
    });
    kit.change(&kit.world.web.id, |application| {
        application
            .extra
            .insert("oidc_logout".into(), settings.clone());
    })
    .await;
    (kit, listener)
}

/// Logs Ada in to `web`; gives the browser and the session's name.
async fn log_in(stand: &Stand) -> (Browser<'_>, String) {
    let mut browser = stand.server.browser();
    browser.get(&stand.authorize(&stand.world.web, &[])).await;
    let answer = stand.log_in(&mut browser, "ada").await;
    assert!(params(&answer).contains_key("code"));
    let user = stand.world.ada.id.clone();
    let find = move |tx: &mut Tx<'_>| {
        tx.sessions()
            .of_user(&user, &aldgate_store::Page::largest())
    };
    let sessions = stand.server.app.store.read(&stand.server.tenant.id, find);
    let sessions = sessions.await.expect("the store answers");
    let id = sessions.last().expect("a session").id.to_string();
    (browser, id)
}

fn stand(kit: Kit) -> Stand {
    Stand {
        server: kit.server,
        world: kit.world,
    }
}

#[tokio::test]
async fn an_application_is_told_of_a_logout_with_a_token_that_it_can_verify() {
    let (kit, listener) = kit(Value::Null).await;
    let stand = stand(kit);
    let (mut browser, sid) = log_in(&stand).await;
    browser.get(&stand.server.url("v2/logout")).await;
    let app = stand.server.app.clone();
    let (told, (head, body)) = tokio::join!(app.deliver_logouts(), take_one(&listener, 503));
    assert_eq!(told.expect("tried"), 0);
    assert!(head.contains("application/x-www-form-urlencoded"), "{head}");
    let first = body
        .strip_prefix("logout_token=")
        .expect("a token")
        .to_owned();
    stand.server.advance(Seconds(61));
    let (told, (_, body)) = tokio::join!(app.deliver_logouts(), take_one(&listener, 200));
    assert_eq!(told.expect("told"), 1, "tried again");
    let token = body
        .strip_prefix("logout_token=")
        .expect("a token")
        .to_owned();
    assert_ne!(token, first, "a fresh one each time");
    let kit = Kit {
        server: stand.server,
        world: stand.world,
    };
    let (typ, _, claims) = kit.verify(&token).await;
    assert_eq!((typ.as_str(), &claims["sid"]), ("logout+jwt", &json!(sid)));
    assert_eq!(claims["sub"], kit.world.ada.id.as_str());
    assert_eq!(claims["aud"], kit.world.web.id.as_str());
    assert!(claims.get("nonce").is_none() && claims["events"].is_object());
    assert_eq!(app.deliver_logouts().await.expect("nothing left"), 0);
    let url = kit.server.url(".well-known/openid-configuration");
    let document = kit.server.get(&url, &[]).await.json();
    for member in [
        "backchannel_logout_supported",
        "backchannel_logout_session_supported",
    ] {
        assert_eq!(document[member], true);
    }
}

#[tokio::test]
async fn what_ends_a_session_is_told_where_it_was_chosen() {
    let chosen = json!({"mode": "custom", "selected_initiators": [
        "password-changed", "session-revoked", "account-deleted", "account-deactivated",
    ]});
    let (kit, listener) = kit(chosen).await;
    let stand = stand(kit);
    let app = stand.server.app.clone();
    let (mut browser, _) = log_in(&stand).await;
    browser.get(&stand.server.url("v2/logout")).await;
    assert_eq!(app.deliver_logouts().await.expect("not chosen"), 0);
    for initiator in [
        Initiator::PasswordChanged,
        Initiator::AccountDeactivated,
        Initiator::AccountDeleted,
    ] {
        let (_browser, sid) = log_in(&stand).await;
        let (user, now) = (stand.world.ada.id.clone(), stand.server.now());
        let cut = move |tx: &mut Tx<'_>| tx.access().cut(&user, None, initiator, now);
        let done: Result<(), StoreError> = app.store.write(&stand.server.tenant.id, cut).await;
        done.expect("it is done");
        let (told, (_, body)) = tokio::join!(app.deliver_logouts(), take_one(&listener, 200));
        assert_eq!(told.expect("told"), 1, "{initiator:?}");
        let token = body.strip_prefix("logout_token=").expect("a token");
        let parsed = aldgate_jose::jws::parse(token).expect("a token");
        let claims = parsed.dangerous_payload().expect("claims");
        let claims: Value = serde_json::from_slice(&claims).expect("JSON");
        assert_eq!(claims["sid"], json!(sid));
    }
}

#[tokio::test]
async fn telling_ends_after_a_refusal_and_after_the_last_try() {
    let (kit, listener) = kit(Value::Null).await;
    let stand = stand(kit);
    let app = stand.server.app.clone();
    let (mut browser, _) = log_in(&stand).await;
    browser.get(&stand.server.url("v2/logout")).await;
    let (told, _) = tokio::join!(app.deliver_logouts(), take_one(&listener, 400));
    assert_eq!(told.expect("tried"), 0);
    drop(listener);
    let failed = || async {
        let events = stand.server.events().await;
        let kind = "oidc_backchannel_logout_failed";
        events
            .iter()
            .filter(|event| event.kind.code() == kind)
            .count()
    };
    assert_eq!(failed().await, 1);
    let (mut browser, _) = log_in(&stand).await;
    browser.get(&stand.server.url("v2/logout")).await;
    for _ in 0..12 {
        assert_eq!(app.deliver_logouts().await.expect("tried"), 0);
        stand.server.advance(Seconds::hours(10));
    }
    assert_eq!(failed().await, 2, "given up, once");
}

#[tokio::test]
async fn acc_07_who_logs_in_over_somebody_else_ends_her_session_and_it_is_told() {
    let chosen = json!({"mode": "custom", "selected_initiators": ["session-revoked"]});
    let (kit, listener) = kit(chosen).await;
    let stand = stand(kit);
    let (mut browser, sid) = log_in(&stand).await;
    let app = stand.server.app.clone();
    let again = stand.authorize(&stand.world.web, &[("prompt", "login")]);
    browser.get(&again).await;
    assert!(params(&stand.log_in(&mut browser, "ada").await).contains_key("code"));
    assert_eq!(app.deliver_logouts().await.expect("the same user"), 0);
    browser.get(&again).await;
    assert!(params(&stand.log_in(&mut browser, "eve").await).contains_key("code"));
    let (told, (_, body)) = tokio::join!(app.deliver_logouts(), take_one(&listener, 200));
    assert_eq!(told.expect("told"), 1);
    let token = body.strip_prefix("logout_token=").expect("a token");
    let parsed = aldgate_jose::jws::parse(token).expect("a token");
    let claims = parsed.dangerous_payload().expect("claims");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    assert_eq!(claims["sid"], json!(sid));
}
