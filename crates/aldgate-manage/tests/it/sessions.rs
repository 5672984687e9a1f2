//! `/sessions`, `/refresh-tokens`, and what lets a user in below `/users/{id}`: what ends is gone,
//! applications are told of every session, and the log says who did it.

use aldgate_core::logout::backchannel::Ended;
use aldgate_core::time::Seconds;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::kit::Kit;

/// The sessions whose applications are to be told, with the reason.
async fn told(kit: &Kit) -> Vec<(String, String)> {
    let now = kit.server.now();
    let claim = move |system: &mut aldgate_store::SystemTx<'_>| {
        let mut jobs = system.job_queue();
        jobs.claim("ended_session", now, now + Seconds::hours(1), 100)
    };
    let jobs = kit.server.app.store.write_system(claim).await;
    let mut told: Vec<_> = jobs
        .expect("the store answers")
        .iter()
        .map(|job| {
            let ended: Ended = job.document().expect("a document");
            (
                ended.session.id.to_string(),
                ended.initiator.as_str().to_owned(),
            )
        })
        .collect();
    told.sort();
    told
}

fn revoked(ids: &[&String]) -> Vec<(String, String)> {
    let mut expected: Vec<_> = ids
        .iter()
        .map(|id| ((*id).clone(), "session-revoked".to_owned()))
        .collect();
    expected.sort();
    expected
}

async fn live(kit: &Kit, what: &str) -> usize {
    let list = kit.get(&format!("{}/{what}", kit.user_path("ada"))).await;
    let list = list.json();
    let name = if what == "sessions" {
        "sessions"
    } else {
        "tokens"
    };
    list[name].as_array().expect("a list").len()
}

#[tokio::test]
async fn acc_07_a_session_ends_by_each_way_and_its_applications_are_told() {
    let kit = Kit::new().await;
    let ada = kit.world.ada.clone();
    let path = kit.user_path("ada");
    let nothing = Value::Null;
    let one = kit.session(&ada).await;
    let read = kit.get(&format!("/sessions/{one}")).await;
    assert_eq!(read.json()["user_id"], ada.id.as_str());
    for (method, url, body) in [
        (Method::DELETE, "/sessions/{}", nothing.clone()),
        (Method::POST, "/sessions/{}/revoke", nothing.clone()),
        (Method::DELETE, "{path}/sessions", nothing.clone()),
        (Method::POST, "{path}/revoke-access", json!({})),
        (
            Method::POST,
            "{path}/revoke-access",
            json!({"session_id": "{}"}),
        ),
    ] {
        let id = match live(&kit, "sessions").await {
            0 => kit.session(&ada).await,
            _ => one.clone(),
        };
        let fill = |text: &str| text.replace("{path}", &path).replace("{}", &id);
        let mut body = body;
        if body["session_id"].is_string() {
            body["session_id"] = json!(id);
        }
        let ended = kit.call(method.clone(), &fill(url), &body).await;
        assert!(ended.status.is_success(), "{method} {url}: {ended:?}");
        assert_eq!(told(&kit).await, revoked(&[&id]), "{method} {url}");
        assert_eq!(live(&kit, "sessions").await, 0, "{method} {url}");
        let gone = kit.get(&format!("/sessions/{id}")).await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND, "{method} {url}");
    }
    let again = kit.delete(&format!("/sessions/{one}")).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    assert_eq!(told(&kit).await, [], "told once");
    // Each is in the log, with who did it.
    let events = kit.server.events().await;
    let count = events
        .iter()
        .filter(|event| event.client_id.as_ref() == Some(&kit.world.m2m.id))
        .filter(|event| event.kind.code() == "sapi")
        .count();
    assert_eq!(count, 5, "{events:?}");
}

#[tokio::test]
async fn acc_07_all_sessions_of_a_user_end_and_nobody_elses() {
    let kit = Kit::new().await;
    let (ada, eve) = (kit.world.ada.clone(), kit.world.eve.clone());
    let (one, two) = (kit.session(&ada).await, kit.session(&ada).await);
    let other = kit.session(&eve).await;
    let path = kit.user_path("ada");
    // Another user's session is none of hers.
    let body = json!({"session_id": other});
    kit.post(&format!("{path}/revoke-access"), body).await;
    assert_eq!(told(&kit).await, []);
    assert_eq!(live(&kit, "sessions").await, 2);
    kit.delete(&format!("{path}/sessions")).await;
    assert_eq!(told(&kit).await, revoked(&[&one, &two]));
    let read = kit.get(&format!("/sessions/{other}")).await;
    assert_eq!(read.status, StatusCode::OK);
}

#[tokio::test]
async fn acc_07_refresh_tokens_end_by_each_way() {
    let kit = Kit::new().await;
    let ada = kit.world.ada.clone();
    let path = kit.user_path("ada");
    for (method, url, body) in [
        (Method::DELETE, "/refresh-tokens/{}", Value::Null),
        (
            Method::POST,
            "/refresh-tokens/revoke",
            json!({"ids": ["{}"]}),
        ),
        (
            Method::POST,
            "/refresh-tokens/revoke",
            json!({"user_id": ada.id, "client_id": kit.world.spa.id}),
        ),
        (Method::DELETE, "{path}/refresh-tokens", Value::Null),
        (Method::POST, "{path}/revoke-access", json!({})),
    ] {
        let id = kit.refresh_family(&ada).await;
        assert_eq!(live(&kit, "refresh-tokens").await, 1);
        let mut body = body;
        if body["ids"].is_array() {
            body["ids"] = json!([id]);
        }
        let url = url.replace("{path}", &path).replace("{}", &id);
        let ended = kit.call(method.clone(), &url, &body).await;
        assert!(ended.status.is_success(), "{method} {url}: {ended:?}");
        assert_eq!(live(&kit, "refresh-tokens").await, 0, "{method} {url}");
        let gone = kit.get(&format!("/refresh-tokens/{id}")).await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND, "{method} {url}");
    }
    // Kept where it is asked for.
    kit.refresh_family(&ada).await;
    kit.session(&ada).await;
    let keep = json!({"preserve_refresh_tokens": true});
    kit.post(&format!("{path}/revoke-access"), keep).await;
    assert_eq!(live(&kit, "sessions").await, 0);
    assert_eq!(live(&kit, "refresh-tokens").await, 1);
}

#[tokio::test]
async fn acc_07_linking_users_ends_the_sessions_of_the_one_who_is_no_more() {
    let kit = Kit::new().await;
    let session = kit.session(&kit.world.eve).await;
    let (_, subject) = kit.world.eve.id.as_str().split_once('|').expect("an id");
    let body = json!({"provider": "auth0", "user_id": subject});
    let linked = kit
        .post(&format!("{}/identities", kit.user_path("ada")), body)
        .await;
    assert_eq!(linked.status, StatusCode::CREATED, "{linked:?}");
    let expected = vec![(session, "account-deleted".to_owned())];
    assert_eq!(told(&kit).await, expected);
}
