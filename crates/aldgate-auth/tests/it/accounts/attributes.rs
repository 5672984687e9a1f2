//! Names of a database's users: Auth0's `attributes`.

use serde_json::json;

use super::{FRESH, ask_for_reset, mailed_link, outcome, set_option};
use crate::stand::{Stand, params};

/// Auth0's flexible identifiers: usernames and numbers in place of addresses.
#[tokio::test]
async fn attributes_decide_what_is_asked_and_what_logs_in() {
    let stand = Stand::new().await;
    let active =
        |status: &str| json!({"identifier": {"active": true}, "signup": {"status": status}});
    let attributes = json!({
        "username": active("required"), "phone_number": active("optional"),
        "email": {"identifier": {"active": false}, "signup": {"status": "optional"}},
    });
    set_option(&stand.server, "attributes", attributes).await;
    let mut browser = stand.server.browser();
    let url = stand.authorize(&stand.world.web, &[("screen_hint", "signup")]);
    let page = browser.get(&url).await.text();
    for field in ["email", "username", "phone_number"] {
        assert!(
            page.contains(&format!("name=\"{field}\"")),
            "{field} in {page}"
        );
    }
    let fields = [
        ("email", ""),
        ("username", "joan"),
        ("phone_number", "0151"),
        ("password", FRESH),
    ];
    let page = browser.submit("/u/signup", &fields).await;
    assert_eq!(page.status, 400);
    assert!(
        page.text().contains("phone_number-problem"),
        "{}",
        page.text()
    );
    let fields = [
        ("email", "joan@example.com"),
        ("username", "joan"),
        ("phone_number", "+49 151 2345678"),
        ("password", FRESH),
    ];
    let done = browser.submit("/u/signup", &fields).await;
    assert!(params(&done).contains_key("code"), "{}", done.text());
    // What identifies logs in; an address that does not identify does not.
    for (name, expected) in [
        ("joan", "in"),
        ("JOAN", "in"),
        ("+491512345678", "in"),
        ("joan@example.com", "wrong"),
    ] {
        assert_eq!(
            outcome(&stand, "192.0.2.1", name, FRESH).await,
            expected,
            "{name}"
        );
    }
    // She can be mailed there all the same.
    ask_for_reset(&stand, "joan@example.com").await;
    mailed_link(&stand, "joan@example.com", "/u/reset-verify?").await;
}
