//! ACC-08: former passwords do not come back where the connection keeps a history.

use aldgate_test::{PASSWORD, Reply};
use serde_json::json;

use super::{FRESH, ask_for_reset, mailed_link, outcome, set_option};
use crate::stand::Stand;

const ADA: &str = "ada@example.com";
const SECOND: &str = "nine otters on a wheel";
const THIRD: &str = "eleven barges upstream";

async fn reset(stand: &Stand, password: &str) -> Reply {
    assert_eq!(ask_for_reset(stand, ADA).await.status, 200);
    let link = mailed_link(stand, ADA, "/u/reset-verify?").await;
    let mut browser = stand.server.browser();
    browser.get(&link).await;
    let fields = [("password", password), ("password_again", password)];
    browser.submit("/u/reset-verify", &fields).await
}

#[tokio::test]
async fn acc_08_the_last_passwords_do_not_come_back() {
    let stand = Stand::new().await;
    set_option(
        &stand.server,
        "password_history",
        json!({"enable": true, "size": 2}),
    )
    .await;
    assert_eq!(reset(&stand, FRESH).await.status, 200);
    // The present one and the one before, by every way.
    for again in [FRESH, PASSWORD] {
        let page = reset(&stand, again).await;
        assert_eq!(page.status, 400, "{again}");
        assert!(page.text().contains("You used this password before"));
    }
    let mut browser = stand.server.browser();
    browser.get(&stand.server.url("account")).await;
    let typed = [("username", ADA), ("password", FRESH)];
    browser.submit("/u/login", &typed).await;
    browser.get(&stand.server.url("account/password")).await;
    let fields = [
        ("current", FRESH),
        ("password", PASSWORD),
        ("password_again", PASSWORD),
    ];
    let page = browser.submit("/account/password", &fields).await;
    assert_eq!(page.status, 400);
    assert_eq!(outcome(&stand, "192.0.2.1", ADA, FRESH).await, "in");
    // Two others later it may.
    for next in [SECOND, THIRD, PASSWORD] {
        stand.server.advance(aldgate_core::time::Seconds::hours(1));
        assert_eq!(reset(&stand, next).await.status, 200, "{next}");
    }
    assert_eq!(outcome(&stand, "192.0.2.1", ADA, PASSWORD).await, "in");
}
