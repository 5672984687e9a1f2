//! What is not built yet: empty lists in the forms that Auth0's tools read.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::kit::Kit;

#[tokio::test]
async fn lists_are_empty_and_valid() {
    let kit = Kit::new().await;
    let totals = "page=0&per_page=100&include_totals=true";
    for (path, plural) in [
        (format!("/rules?{totals}"), "rules"),
        (format!("/hooks?{totals}"), "hooks"),
        (format!("/forms?{totals}"), "forms"),
        (format!("/flows?{totals}"), "flows"),
        (format!("/flows/vault/connections?{totals}"), "connections"),
        (format!("/network-acls?{totals}"), "network_acls"),
        (
            format!("/self-service-profiles?{totals}"),
            "self_service_profiles",
        ),
        ("/actions/modules?page=0&per_page=100".into(), "modules"),
        ("/event-streams?take=50".into(), "eventStreams"),
        (
            "/user-attribute-profiles?take=10".into(),
            "user_attribute_profiles",
        ),
        ("/connection-profiles?take=10".into(), "connection_profiles"),
        (
            "/token-exchange-profiles?take=50".into(),
            "token_exchange_profiles",
        ),
        ("/branding/phone/providers".into(), "providers"),
        ("/branding/phone/templates".into(), "templates"),
    ] {
        let answer = kit.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
        assert_eq!(answer.json()[plural], json!([]), "{path}");
    }
    for path in ["/rules-configs", "/rules", "/guardian/policies"] {
        assert_eq!(kit.get(path).await.json(), json!([]), "{path}");
    }
    for path in [
        "/risk-assessments/settings",
        "/risk-assessments/settings/new-device",
        "/supplemental-signals",
    ] {
        assert!(kit.get(path).await.json().is_object(), "{path}");
    }
}

#[tokio::test]
async fn writing_says_that_it_is_not_built() {
    let kit = Kit::new().await;
    for (method, path) in [
        (Method::POST, "/actions/modules"),
        (Method::POST, "/rules"),
        (Method::PUT, "/rules-configs/KEY"),
        (Method::PATCH, "/forms/ap_1"),
        (Method::POST, "/keys/encryption"),
    ] {
        let refused = kit.call(method, path, &json!({"name": "x"})).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
        let body = refused.json();
        assert_eq!(body["errorCode"], "operation_not_supported", "{path}");
        let message = body["message"].as_str().expect("a message");
        assert!(message.contains("not built yet"), "{message}");
    }
    let none = kit.get("/actions/modules/1").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert_eq!(none.json().get("errorCode"), None);
}

#[tokio::test]
async fn factors_cannot_promise_what_is_not_there() {
    let kit = Kit::new().await;
    let factors = kit.get("/guardian/factors").await.json();
    let on = |factor: &Value| factor["enabled"] == true;
    assert_eq!(factors.as_array().map(Vec::len), Some(8));
    assert!(!factors.as_array().expect("a list").iter().any(on));
    let path = "/guardian/factors/otp";
    let off = kit
        .call(Method::PUT, path, &json!({"enabled": false}))
        .await;
    assert_eq!(off.json(), json!({"enabled": false}));
    let on = kit.call(Method::PUT, path, &json!({"enabled": true})).await;
    assert_eq!(on.status, StatusCode::FORBIDDEN);
    let unknown = kit
        .call(
            Method::PUT,
            "/guardian/factors/x",
            &json!({"enabled": false}),
        )
        .await;
    assert_eq!(unknown.json()["errorCode"], "invalid_uri");
    let types = "/guardian/factors/phone/message-types";
    assert_eq!(kit.get(types).await.json(), json!({"message_types": []}));
    let body = json!({"message_types": ["sms"]});
    assert_eq!(kit.call(Method::PUT, types, &body).await.json(), body);
}

#[tokio::test]
async fn attack_protection_that_is_not_built_keeps_its_settings_without_secrets() {
    let kit = Kit::new().await;
    let path = "/attack-protection/captcha";
    let body = json!({
        "active_provider_id": "hcaptcha",
        "hcaptcha": {"site_key": "site", "secret": "s3cret"},
    });
    let changed = kit.patch(path, body).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert!(!kit.get(path).await.text().contains("s3cret"));
    let bots = "/attack-protection/bot-detection";
    assert_eq!(kit.get(bots).await.json()["bot_detection_level"], "medium");
    let wrong = kit
        .patch(bots, json!({"bot_detection_level": "extreme"}))
        .await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_brakes_on_guessing_are_set_here() {
    let kit = Kit::new().await;
    let path = "/attack-protection/brute-force-protection";
    let shown = kit.get(path).await.json();
    assert_eq!(
        (&shown["max_attempts"], &shown["enabled"]),
        (&json!(10), &json!(true))
    );
    let body = json!({"max_attempts": 3, "allowlist": ["10.0.0.0/8"]});
    let changed = kit.patch(path, body).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert_eq!(changed.json()["mode"], "count_per_identifier_and_ip");
    let app = &kit.server.app;
    let acts = app.attack_protection(&kit.server.tenant.id).await;
    assert_eq!(acts.expect("read").brute_force.max_attempts, 3);
    for bad in [
        json!({"max_attempts": 0}),
        json!({"allowlist": ["10.0.0.0/99"]}),
        json!({"stage": {}}),
    ] {
        assert_eq!(
            kit.patch(path, bad.clone()).await.status,
            StatusCode::BAD_REQUEST,
            "{bad}"
        );
    }
    let stage = json!({"stage": {"pre-login": {"max_attempts": 5, "rate": 1000}}});
    let throttling = "/attack-protection/suspicious-ip-throttling";
    let changed = kit.patch(throttling, stage).await.json();
    assert_eq!(changed["stage"]["pre-login"]["max_attempts"], 5);
    let breached = kit
        .get("/attack-protection/breached-password-detection")
        .await;
    assert_eq!(breached.json()["method"], "standard");
}

#[tokio::test]
async fn log_streams_are_kept_paused_and_without_secrets() {
    let kit = Kit::new().await;
    let sink = json!({"httpEndpoint": "https://logs.test/", "httpAuthorization": "Bearer s3cret"});
    let body = json!({"name": "Mine", "type": "http", "sink": sink});
    let made = kit.post("/log-streams", body).await;
    assert_eq!(made.status, StatusCode::OK, "{made:?}");
    assert_eq!(made.json()["status"], "paused", "nothing is delivered yet");
    assert!(!made.text().contains("s3cret"));
    let path = format!(
        "/log-streams/{}",
        made.json()["id"].as_str().expect("an id")
    );
    let changed = kit
        .patch(&path, json!({"name": "Ours", "status": "active"}))
        .await;
    assert_eq!(
        (&changed.json()["name"], &changed.json()["status"]),
        (&json!("Ours"), &json!("paused"))
    );
    assert_eq!(
        kit.get("/log-streams").await.json(),
        json!([changed.json()])
    );
    assert_eq!(kit.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        kit.get(&path).await.json()["errorCode"],
        "inexistent_log_stream"
    );
    assert_eq!(
        kit.get("/log-streams/x").await.json()["errorCode"],
        "invalid_uri"
    );
}

#[tokio::test]
async fn tools_may_send_back_what_they_read() {
    let kit = Kit::new().await;
    let path = "/risk-assessments/settings";
    let same = kit.patch(path, json!({"enabled": false})).await;
    assert_eq!(same.status, 200);
    let other = kit.patch(path, json!({"enabled": true})).await;
    assert_eq!(other.status, 403);
}
