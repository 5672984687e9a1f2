//! `POST /oauth/refusals`: what an API's verifier refused, told in the tenant log.

use aldgate_core::event::EventType;
use aldgate_core::mistake;
use aldgate_core::time::Seconds;
use aldgate_test::{API, Client};
use serde_json::{Value, json};

use crate::kit::{Kit, error};

async fn report(kit: &Kit, client: &Client, report: &Value) -> (u16, Value) {
    let report = report.to_string();
    let reply = kit
        .post("oauth/refusals", client, &[("report", &report)], &[])
        .await;
    (reply.status.as_u16(), reply.json())
}

async fn told(kit: &Kit) -> Vec<String> {
    let events = kit.server.events().await;
    let mistakes = events
        .iter()
        .filter(|event| event.detail["mistake"].is_object());
    mistakes.map(|event| event.description.clone()).collect()
}

#[tokio::test]
async fn the_log_names_the_application_and_the_api_and_counts() {
    let kit = Kit::new().await;
    let (m2m, spa) = (&kit.world.m2m, &kit.world.spa);
    let line = |count| json!([{"code": "id_token", "application": spa.id, "audience": API, "count": count}]);
    assert_eq!(
        report(&kit, m2m, &line(12)).await,
        (202, json!({"accepted": 1}))
    );
    let events = kit.server.events().await;
    let event = events
        .iter()
        .find(|event| event.kind == EventType::Warning)
        .expect("an event");
    assert_eq!(event.client_id.as_ref(), Some(&spa.id));
    assert_eq!(event.audience.as_deref(), Some(API));
    assert!(event.description.contains("sent 12 ID tokens to"));
    // The same again within a minute is counted, and told with the next.
    assert_eq!(report(&kit, m2m, &line(1)).await.0, 202);
    assert_eq!(told(&kit).await.len(), 1);
    kit.server.advance(Seconds(61));
    assert_eq!(report(&kit, m2m, &line(2)).await.0, 202);
    assert_eq!(told(&kit).await.len(), 2);
    let events = kit.server.events().await;
    let told = events.iter().map(|event| event.detail["mistake"].clone());
    let sums = mistake::summarize(told.filter_map(|told| serde_json::from_value(told).ok()));
    assert_eq!((sums.len(), sums[0].count), (1, 15));
}

#[tokio::test]
async fn log_01_names_that_the_tenant_does_not_have_are_not_repeated() {
    let kit = Kit::new().await;
    let lines = json!([
        {"code": "opaque", "application": "<script>", "audience": API, "count": 1},
        {"code": "opaque", "audience": "https://not-ours.test/", "count": 1},
    ]);
    let answer = report(&kit, &kit.world.m2m, &lines).await;
    assert_eq!(answer, (202, json!({"accepted": 1})));
    let told = told(&kit).await;
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with("1 opaque token was sent to"),
        "{told:?}"
    );
}

#[tokio::test]
async fn oau_06_only_confidential_first_party_applications_report() {
    let kit = Kit::new().await;
    let line = json!([{"code": "opaque", "audience": API, "count": 1}]);
    for client in [&kit.world.spa, &kit.world.tp] {
        let (status, answer) = report(&kit, client, &line).await;
        assert_eq!((status, &answer["error"]), (401, &json!("invalid_client")));
    }
    let reply = kit
        .post("oauth/refusals", &kit.world.m2m, &[("report", "{}")], &[])
        .await;
    assert_eq!(
        (reply.status.as_u16(), error(&reply)),
        (400, "invalid_request".into())
    );
    assert!(told(&kit).await.is_empty());
}

#[tokio::test]
async fn log_01_an_acceptance_is_told_once_in_a_while_and_of_nobody() {
    let kit = Kit::new().await;
    let (m2m, spa) = (&kit.world.m2m, &kit.world.spa);
    let line = |application: &str| {
        let count = 1;
        json!([{"code": "accepted", "application": application, "audience": API, "count": count}])
    };
    for _ in 0..3 {
        assert_eq!(report(&kit, m2m, &line(spa.id.as_str())).await.0, 202);
    }
    // Nobody's application, and an acceptance without one: nothing to tell.
    assert_eq!(report(&kit, m2m, &line("nobody")).await.0, 202);
    let accepted = async || {
        let mut events = kit.server.events().await;
        events.retain(|event| event.kind == EventType::TokenAccepted);
        events
    };
    let events = accepted().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].client_id.as_ref(), Some(&spa.id));
    assert_eq!(events[0].audience.as_deref(), Some(API));
    assert_eq!(events[0].user_id, None);
    assert!(told(&kit).await.is_empty(), "it is no mistake");
    kit.server.advance(Seconds::hours(6));
    report(&kit, m2m, &line(spa.id.as_str())).await;
    assert_eq!(accepted().await.len(), 2);
}
