//! ACC-03: guessing is limited, whichever way it goes.

use aldgate_core::event::EventType;
use aldgate_core::time::Seconds;
use aldgate_test::PASSWORD;

use super::{ask_for_reset, attempt, change_user, mailed_link, outcome, set_option};
use crate::stand::Stand;

const HOME: &str = "192.0.2.1";
const ELSEWHERE: &str = "192.0.2.2";

async fn fail_ten_times(stand: &Stand, ip: &str, name: &str) {
    for _ in 0..10 {
        assert_eq!(outcome(stand, ip, name, "wrong").await, "wrong");
    }
}

#[tokio::test]
async fn acc_03_after_ten_failures_the_right_password_does_not_help_from_there() {
    let stand = Stand::new().await;
    fail_ten_times(&stand, HOME, "ada@example.com").await;
    assert_eq!(
        outcome(&stand, HOME, "ada@example.com", PASSWORD).await,
        "too many"
    );
    assert_eq!(
        outcome(&stand, HOME, "ADA@example.com ", PASSWORD).await,
        "too many"
    );
    assert_eq!(
        outcome(&stand, ELSEWHERE, "ada@example.com", PASSWORD).await,
        "in"
    );
    let events = stand.server.events().await;
    let count = |kind| events.iter().filter(|event| event.kind == kind).count();
    assert_eq!(count(EventType::WrongPassword), 10);
    assert_eq!(count(EventType::BlockedAccount), 3);
    let of_ada =
        |event: &aldgate_core::event::Event| event.user_id.as_ref() == Some(&stand.world.ada.id);
    assert_eq!(events.into_iter().filter(of_ada).count(), 13);
}

#[tokio::test]
async fn acc_03_the_login_page_and_embedded_login_share_the_count() {
    let stand = Stand::new().await;
    let client = &stand.world.web.id;
    stand
        .change(client, |application| {
            application.cross_origin_authentication = true;
            application.web_origins = vec!["https://web.test".into()];
        })
        .await;
    let mut browser = stand.server.browser();
    browser.get(&stand.authorize(&stand.world.web, &[])).await;
    for n in 0..5 {
        let fields = [("username", "ada@example.com"), ("password", "wrong")];
        let reply = browser.submit("/u/login", &fields).await;
        assert_eq!(reply.status, 400, "{n}");
    }
    let body = |password: &str| {
        serde_json::json!({
            "client_id": client, "username": "ada@example.com", "password": password,
            "realm": "Username-Password-Authentication",
            "credential_type": "http://auth0.com/oauth/grant-type/password-realm",
        })
    };
    let url = stand.server.url("co/authenticate");
    let origin = [("origin", "https://web.test")];
    for _ in 0..5 {
        let reply = stand.server.post_json(&url, &body("wrong"), &origin).await;
        assert_eq!(reply.status, 403, "{}", reply.text());
    }
    let reply = stand.server.post_json(&url, &body(PASSWORD), &origin).await;
    assert_eq!(reply.status, 429, "{}", reply.text());
    let reply = stand.log_in(&mut browser, "ada").await;
    assert_eq!(reply.status, 429);
    assert_eq!(
        outcome(&stand, "127.0.0.1", "ada@example.com", PASSWORD).await,
        "too many"
    );
}

#[tokio::test]
async fn acc_03_parallel_guesses_get_no_more_evaluations() {
    let stand = std::sync::Arc::new(Stand::new().await);
    let guesses: Vec<_> = (0..30)
        .map(|_| {
            let stand = std::sync::Arc::clone(&stand);
            tokio::spawn(async move { outcome(&stand, HOME, "ada@example.com", "wrong").await })
        })
        .collect();
    let mut evaluated = 0;
    for guess in guesses {
        evaluated += usize::from(guess.await.expect("it ran") == "wrong");
    }
    assert_eq!(evaluated, 10);
}

#[tokio::test]
async fn acc_03_success_forgets_failures_and_time_lifts_the_block() {
    let stand = Stand::new().await;
    for _ in 0..3 {
        for _ in 0..9 {
            assert_eq!(
                outcome(&stand, HOME, "ada@example.com", "wrong").await,
                "wrong"
            );
        }
        assert_eq!(
            outcome(&stand, HOME, "ada@example.com", PASSWORD).await,
            "in"
        );
    }
    fail_ten_times(&stand, HOME, "ada@example.com").await;
    stand.server.advance(Seconds(30 * 86_400 - 1));
    assert_eq!(
        outcome(&stand, HOME, "ada@example.com", PASSWORD).await,
        "too many"
    );
    stand.server.advance(Seconds(1));
    assert_eq!(
        outcome(&stand, HOME, "ada@example.com", PASSWORD).await,
        "in"
    );
}

#[tokio::test]
async fn acc_12_an_attack_from_many_addresses_slows_down_and_spares_her_own() {
    let stand = Stand::new().await;
    let name = "ada@example.com";
    assert_eq!(outcome(&stand, HOME, name, PASSWORD).await, "in");
    for n in 1..=50 {
        let ip = format!("198.51.100.{n}");
        assert_eq!(outcome(&stand, &ip, name, "wrong").await, "wrong");
    }
    assert_eq!(
        outcome(&stand, "203.0.113.9", name, "wrong").await,
        "too many"
    );
    assert_eq!(outcome(&stand, HOME, name, PASSWORD).await, "in");
}

#[tokio::test]
async fn acc_03_an_address_that_tries_many_accounts_is_slowed_down() {
    let stand = Stand::new().await;
    for n in 0..100 {
        let name = format!("nobody{n}@example.com");
        assert_eq!(outcome(&stand, HOME, &name, "wrong").await, "wrong");
    }
    assert_eq!(
        outcome(&stand, HOME, "ada@example.com", PASSWORD).await,
        "too many"
    );
    assert_eq!(
        outcome(&stand, ELSEWHERE, "ada@example.com", PASSWORD).await,
        "in"
    );
    stand.server.advance(Seconds(863));
    assert_eq!(
        outcome(&stand, HOME, "ada@example.com", PASSWORD).await,
        "too many"
    );
    stand.server.advance(Seconds(1));
    assert_eq!(
        outcome(&stand, HOME, "ada@example.com", PASSWORD).await,
        "in"
    );
    let events = stand.server.events().await;
    assert!(
        events
            .iter()
            .any(|event| event.kind == EventType::BlockedAddress)
    );
}

#[tokio::test]
async fn acc_03_a_mailed_link_lifts_the_block_and_a_scanner_does_not() {
    let stand = Stand::new().await;
    fail_ten_times(&stand, HOME, "ada@example.com").await;
    let link = mailed_link(&stand, "ada@example.com", "/u/unblock?").await;
    let mut browser = stand.server.browser();
    for _ in 0..10 {
        assert_eq!(browser.get(&link).await.status, 200);
    }
    assert_eq!(
        outcome(&stand, HOME, "ada@example.com", PASSWORD).await,
        "too many"
    );
    browser.get(&link).await;
    assert_eq!(browser.submit("/u/unblock", &[]).await.status, 200);
    assert_eq!(
        outcome(&stand, HOME, "ada@example.com", PASSWORD).await,
        "in"
    );
    assert_eq!(browser.get(&link).await.status, 400);
}

#[tokio::test]
async fn acc_03_the_connection_can_switch_off_the_block_but_not_the_delay() {
    let stand = Stand::new().await;
    set_option(&stand.server, "brute_force_protection", false.into()).await;
    for _ in 0..50 {
        assert_eq!(
            outcome(&stand, HOME, "ada@example.com", "wrong").await,
            "wrong"
        );
    }
    assert_eq!(
        outcome(&stand, HOME, "ada@example.com", "wrong").await,
        "too many"
    );
}

#[tokio::test]
async fn acc_07_only_the_right_password_tells_that_an_administrator_blocked_her() {
    let stand = Stand::new().await;
    change_user(&stand, &stand.world.ada, |user| user.blocked = true).await;
    assert_eq!(
        outcome(&stand, HOME, "ada@example.com", "wrong").await,
        "wrong"
    );
    assert_eq!(
        outcome(&stand, HOME, "ada@example.com", PASSWORD).await,
        "blocked"
    );
    assert_eq!(ask_for_reset(&stand, "ada@example.com").await.status, 200);
    assert_eq!(stand.server.mails().await, []);
}

#[tokio::test]
async fn a_login_is_counted_at_the_user() {
    let stand = Stand::new().await;
    let first = attempt(&stand, HOME, "ada@example.com", PASSWORD)
        .await
        .expect("in")
        .user;
    assert_eq!(
        (first.logins_count, first.last_ip.as_deref()),
        (1, Some(HOME))
    );
    let second = attempt(&stand, ELSEWHERE, "ada@example.com", PASSWORD)
        .await
        .expect("in")
        .user;
    assert_eq!(
        (second.logins_count, second.last_login),
        (2, Some(stand.server.now()))
    );
}
