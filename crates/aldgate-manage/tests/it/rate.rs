//! The rate limit of the Management API.

use aldgate_core::time::Seconds;
use http::{Method, StatusCode};
use serde_json::Value;

use crate::kit::Kit;

#[tokio::test]
async fn adm_10_a_burst_is_answered_429_with_auth0s_headers() {
    let rate = "2/s burst 3".parse().expect("a rate");
    let kit = Kit::with(|config| config.server.management_rate = Some(rate)).await;
    let header = |reply: &aldgate_test::Reply, name: &str| {
        let value = reply.headers.get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    for left in ["2", "1", "0"] {
        let answer = kit.get("/clients").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(header(&answer, "x-ratelimit-limit").as_deref(), Some("3"));
        assert_eq!(
            header(&answer, "x-ratelimit-remaining").as_deref(),
            Some(left)
        );
        assert!(header(&answer, "x-ratelimit-reset").is_some());
    }
    let refused = kit.get("/clients").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.json()["errorCode"], "too_many_requests");
    assert_eq!(header(&refused, "retry-after").as_deref(), Some("1"));

    let scopes = ["read:clients"];
    kit.grant(&kit.world.pkj.id, &scopes).await;
    let other = kit.machine_token(&kit.world.pkj.id, &scopes).await;
    let path = "/clients";
    let answer = kit.call_as(&other, Method::GET, path, &Value::Null).await;
    assert_eq!(
        answer.status,
        StatusCode::OK,
        "another application has its own"
    );
    let stranger = kit.call_as("", Method::GET, path, &Value::Null).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        header(&stranger, "x-ratelimit-remaining").as_deref(),
        Some("2")
    );
    kit.server.advance(Seconds(1));
    assert_eq!(kit.get(path).await.status, StatusCode::OK);
}
