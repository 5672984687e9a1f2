//! The rate limit of the Authentication API, and its headers.

use aldgate_core::event::EventType;
use aldgate_core::time::Seconds;
use aldgate_test::{Reply, TestServer};
use serde_json::json;

async fn server(rate: Option<&str>) -> TestServer {
    let rate = rate.map(|rate| rate.parse().expect("a rate"));
    TestServer::start_with(aldgate_auth::routes(), |config| {
        config.server.authentication_rate = rate;
    })
    .await
}

async fn ask(server: &TestServer) -> Reply {
    let url = server.url("oauth/token");
    server
        .post_json(&url, &json!({"grant_type": "x"}), &[])
        .await
}

fn header(reply: &Reply, name: &str) -> Option<String> {
    let value = reply.headers.get(name)?;
    Some(value.to_str().expect("ASCII").to_owned())
}

#[tokio::test]
async fn ops_03_the_authentication_api_is_limited_where_the_operator_says_so() {
    let server = server(Some("1/s burst 2")).await;
    let now = server.now().seconds();
    for remaining in ["1", "0"] {
        let reply = ask(&server).await;
        assert_eq!(reply.status, 400);
        let limit = header(&reply, "x-ratelimit-limit");
        assert_eq!(limit.as_deref(), Some("2"));
        let left = header(&reply, "x-ratelimit-remaining");
        assert_eq!(left.as_deref(), Some(remaining));
    }
    let refused = ask(&server).await;
    assert_eq!(refused.status, 429);
    let json: serde_json::Value = serde_json::from_slice(&refused.body).expect("JSON");
    assert_eq!(json["error"], "too_many_requests");
    assert_eq!(header(&refused, "retry-after").as_deref(), Some("1"));
    let reset = header(&refused, "x-ratelimit-reset");
    assert_eq!(reset, Some((now + 1).to_string()));
    ask(&server).await;
    let events = server.events().await;
    let told = events
        .iter()
        .filter(|event| event.kind == EventType::RateLimit);
    assert_eq!(told.count(), 1, "once a minute is enough");
    let mut browser = server.browser();
    assert_eq!(
        browser
            .get(&server.url(".well-known/jwks.json"))
            .await
            .status,
        200
    );
    server.advance(Seconds(1));
    assert_eq!(ask(&server).await.status, 400);
}

#[tokio::test]
async fn without_a_rate_nothing_is_limited_and_nothing_is_claimed() {
    let server = server(None).await;
    for _ in 0..50 {
        let reply = ask(&server).await;
        assert_eq!(reply.status, 400);
        assert_eq!(header(&reply, "x-ratelimit-limit"), None);
    }
}
