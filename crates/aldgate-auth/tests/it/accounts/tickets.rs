//! Links that verify an address or take a change of it back (ACC-05, ACC-06).

use aldgate_app::accounts::{ChangeEmail, Post, change_email};
use aldgate_app::page::Chrome;
use aldgate_core::event::{Event, EventType};
use aldgate_core::id::EventId;
use aldgate_core::time::Seconds;
use aldgate_test::PASSWORD;

use super::{FRESH, ask_for_reset, mailed_link, outcome, sign_up, user};
use crate::stand::Stand;

const HOME: &str = "192.0.2.1";

/// Moves Ada to another address, as her account page or an administrator does.
async fn move_ada(stand: &Stand, email: &str) {
    let server = &stand.server;
    let ada = user(stand, &stand.world.ada).await.expect("she exists");
    let chrome = Chrome::of(&server.tenant, "", "");
    let id = EventId::at(server.now(), &mut server.app.rng());
    let change = ChangeEmail {
        user: &ada,
        email,
        verified: false,
        post: Post {
            app: &server.app,
            tenant: &server.tenant,
            chrome: &chrome,
            application: None,
            ip: None,
        },
        event: Event::new(id, EventType::ChangeEmail, server.now()),
    };
    let changed = change_email(&server.app, &server.tenant, change).await;
    assert!(!changed.expect("it is changed").email_verified);
}

#[tokio::test]
async fn acc_06_a_new_address_is_verified_by_proof_only_and_the_old_one_can_take_it_back() {
    let stand = Stand::new().await;
    assert_eq!(ask_for_reset(&stand, "ada@example.com").await.status, 200);
    let reset = mailed_link(&stand, "ada@example.com", "/u/reset-verify?").await;
    move_ada(&stand, "moved@example.com").await;
    let mut browser = stand.server.browser();
    assert_eq!(
        browser.get(&reset).await.status,
        400,
        "an older link is void"
    );
    assert_eq!(
        outcome(&stand, HOME, "ada@example.com", PASSWORD).await,
        "wrong"
    );
    assert_eq!(
        outcome(&stand, HOME, "moved@example.com", PASSWORD).await,
        "in"
    );
    let verify = mailed_link(&stand, "moved@example.com", "/u/email-verification?").await;
    browser.get(&verify).await;
    assert_eq!(
        browser.submit("/u/email-verification", &[]).await.status,
        200
    );
    assert!(
        user(&stand, &stand.world.ada)
            .await
            .expect("she exists")
            .email_verified
    );
    let undo = mailed_link(&stand, "ada@example.com", "/u/undo-email-change?").await;
    browser.get(&undo).await;
    assert_eq!(
        browser.submit("/u/undo-email-change", &[]).await.status,
        200
    );
    let back = user(&stand, &stand.world.ada).await.expect("she exists");
    assert_eq!(back.email.as_deref(), Some("ada@example.com"));
    assert!(back.email_verified);
    assert_eq!(browser.get(&undo).await.status, 400);
}

#[tokio::test]
async fn acc_06_an_unproved_change_to_a_victims_address_dies_with_the_next_change() {
    let stand = Stand::new().await;
    move_ada(&stand, "victim@example.com").await;
    let verify = mailed_link(&stand, "victim@example.com", "/u/email-verification?").await;
    move_ada(&stand, "attacker@example.com").await;
    let mut browser = stand.server.browser();
    assert_eq!(browser.get(&verify).await.status, 400);
    assert!(
        !user(&stand, &stand.world.ada)
            .await
            .expect("she exists")
            .email_verified
    );
}

#[tokio::test]
async fn acc_05_a_ticket_of_one_purpose_opens_no_other_page() {
    let stand = Stand::new().await;
    assert_eq!(sign_up(&stand, serde_json::json!({})).await.status, 200);
    let verify = mailed_link(&stand, "new@example.com", "/u/email-verification?").await;
    let mut browser = stand.server.browser();
    for path in ["reset-verify", "unblock", "undo-email-change"] {
        let other = verify.replace("email-verification", path);
        assert_eq!(browser.get(&other).await.status, 400, "{path}");
    }
    browser.get(&verify).await;
    let form = browser.form("/u/email-verification");
    for (path, status) in [("/u/unblock", 403), ("/u/reset-verify", 403)] {
        let mut forged = form.clone();
        forged.action = form.action.replace("/u/email-verification", path);
        assert_eq!(
            browser.send(&forged).await.status.as_u16(),
            status,
            "{path}"
        );
    }
    assert_eq!(outcome(&stand, HOME, "new@example.com", FRESH).await, "in");
    stand.server.advance(Seconds::days(1));
    assert_eq!(browser.send(&form).await.status, 400, "expired");
}
