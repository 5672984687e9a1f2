//! ACC-03: an administrator's settings of attack protection decide, at once.

use aldgate_core::attack_protection::{BruteForce, BruteForceMode, BruteForceShield, SuspiciousIp};
use aldgate_core::event::EventType;
use aldgate_core::settings::Document;
use aldgate_store::Tx;
use aldgate_test::PASSWORD;
use serde_json::json;

use super::outcome;
use crate::stand::Stand;

const HOME: &str = "192.0.2.1";
const ELSEWHERE: &str = "198.51.100.2";
const ADA: &str = "ada@example.com";

async fn save<D: Document + Clone + Send + Sync + 'static>(stand: &Stand, document: D) {
    let now = stand.server.now();
    let write = move |tx: &mut Tx<'_>| tx.settings().save(D::KIND, "", &document, now);
    let saved = stand
        .server
        .app
        .store
        .write(&stand.server.tenant.id, write)
        .await;
    saved.expect("it is stored");
}

async fn fail(stand: &Stand, ip: &str, times: usize) {
    for _ in 0..times {
        assert_eq!(outcome(stand, ip, ADA, "wrong").await, "wrong");
    }
}

#[tokio::test]
async fn acc_03_the_threshold_is_a_setting() {
    let stand = Stand::new().await;
    fail(&stand, HOME, 2).await;
    let settings = BruteForce {
        max_attempts: 3,
        shields: vec![BruteForceShield::Block],
        ..BruteForce::default()
    };
    save(&stand, settings).await;
    fail(&stand, HOME, 1).await;
    assert_eq!(outcome(&stand, HOME, ADA, PASSWORD).await, "too many");
    assert_eq!(outcome(&stand, ELSEWHERE, ADA, PASSWORD).await, "in");
    assert_eq!(stand.server.mails().await, [], "that shield is down");
}

#[tokio::test]
async fn acc_03_in_the_mode_per_account_other_addresses_are_blocked_too() {
    let stand = Stand::new().await;
    let settings = BruteForce {
        mode: BruteForceMode::CountPerIdentifier,
        ..BruteForce::default()
    };
    save(&stand, settings).await;
    fail(&stand, HOME, 5).await;
    fail(&stand, ELSEWHERE, 5).await;
    assert_eq!(
        outcome(&stand, "203.0.113.9", ADA, PASSWORD).await,
        "too many"
    );
    let mails = stand.server.mails().await;
    assert_eq!(mails.len(), 1, "she is told, with a way out");
}

#[tokio::test]
async fn acc_03_an_exempt_address_is_never_refused() {
    let stand = Stand::new().await;
    let settings = json!({"max_attempts": 2, "allowlist": ["192.0.2.0/24"]});
    let settings: BruteForce = serde_json::from_value(settings).expect("settings");
    save(&stand, settings).await;
    fail(&stand, HOME, 12).await;
    assert_eq!(outcome(&stand, HOME, ADA, PASSWORD).await, "in");
    fail(&stand, ELSEWHERE, 2).await;
    assert_eq!(outcome(&stand, ELSEWHERE, ADA, PASSWORD).await, "too many");
}

#[tokio::test]
async fn acc_03_without_the_shield_the_log_tells_and_nobody_is_refused() {
    let stand = Stand::new().await;
    let settings = json!({"max_attempts": 2, "shields": []});
    save::<BruteForce>(&stand, serde_json::from_value(settings).expect("settings")).await;
    fail(&stand, HOME, 5).await;
    assert_eq!(outcome(&stand, HOME, ADA, PASSWORD).await, "in");
    let events = stand.server.events().await;
    let told = events
        .iter()
        .filter(|event| event.kind == EventType::BlockedAccount);
    assert_eq!(told.count(), 1);
}

#[tokio::test]
async fn acc_03_the_throttle_of_an_address_is_a_setting() {
    let stand = Stand::new().await;
    let mut settings = SuspiciousIp::default();
    settings.stage.pre_login.max_attempts = 4;
    save(&stand, settings.clone()).await;
    for n in 0..4 {
        let name = format!("nobody{n}@example.com");
        assert_eq!(outcome(&stand, HOME, &name, "wrong").await, "wrong");
    }
    assert_eq!(outcome(&stand, HOME, ADA, PASSWORD).await, "too many");
    settings.enabled = false;
    save(&stand, settings).await;
    assert_eq!(outcome(&stand, HOME, ADA, PASSWORD).await, "in");
}

#[tokio::test]
async fn acc_03_sign_ups_of_an_address_are_throttled() {
    let stand = Stand::new().await;
    let mut settings = SuspiciousIp::default();
    settings.stage.pre_user_registration.max_attempts = 2;
    save(&stand, settings).await;
    let url = stand.server.url("dbconnections/signup");
    let mut statuses = Vec::new();
    for n in 0..3 {
        let body = json!({
            "client_id": stand.world.web.id, "email": format!("new{n}@example.com"),
            "password": "correct-horse-battery-staple",
            "connection": "Username-Password-Authentication",
        });
        let reply = stand.server.post_json(&url, &body, &[]).await;
        statuses.push(reply.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 429]);
}
