//! Recovery: ACC-02, ACC-05, ACC-06, ACC-07, OPS-01 and LOG-01.

use aldgate_core::event::EventType;
use aldgate_core::time::Seconds;
use aldgate_store::Tx;
use aldgate_test::{Browser, PASSWORD, Reply};

use super::{FRESH, ask_for_reset, attempt, change_user, mailed_link, outcome, user};
use crate::stand::{Stand, params};

const HOME: &str = "192.0.2.1";
const ADA: &str = "ada@example.com";

/// Sends the form of the reset page that the browser shows.
async fn set_password(browser: &mut Browser<'_>, password: &str) -> Reply {
    let fields = [("password", password), ("password_again", password)];
    browser.submit("/u/reset-verify", &fields).await
}

async fn link(stand: &Stand) -> String {
    assert_eq!(ask_for_reset(stand, ADA).await.status, 200);
    mailed_link(stand, ADA, "/u/reset-verify?").await
}

#[tokio::test]
async fn acc_05_a_reset_link_survives_scanners_and_works_once() {
    let stand = Stand::new().await;
    let link = link(&stand).await;
    let mut browser = stand.server.browser();
    for _ in 0..10 {
        assert_eq!(browser.get(&link).await.status, 200);
    }
    let different = [("password", FRESH), ("password_again", "something else 77")];
    assert_eq!(
        browser.submit("/u/reset-verify", &different).await.status,
        400
    );
    assert_eq!(set_password(&mut browser, "password1").await.status, 400);
    let form = browser.form("/u/reset-verify");
    let form = form.fill(&[("password", FRESH), ("password_again", FRESH)]);
    assert_eq!(browser.send(&form).await.status, 200);
    assert_eq!(outcome(&stand, HOME, ADA, PASSWORD).await, "wrong");
    assert_eq!(outcome(&stand, HOME, ADA, FRESH).await, "in");
    assert_eq!(browser.send(&form).await.status, 400);
    assert_eq!(browser.get(&link).await.status, 400);
    let mails = stand.server.mails().await;
    assert!(
        mails
            .iter()
            .any(|mail| mail.subject.contains("password was changed"))
    );
}

#[tokio::test]
async fn acc_05_of_parallel_uses_of_a_link_one_succeeds() {
    let stand = Stand::new().await;
    let link = link(&stand).await;
    let mut first = stand.server.browser();
    let mut second = stand.server.browser();
    first.get(&link).await;
    second.get(&link).await;
    let other = "nine otters on a wheel";
    let (a, b) = tokio::join!(
        set_password(&mut first, FRESH),
        set_password(&mut second, other)
    );
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}

#[tokio::test]
async fn acc_05_a_link_expires_to_the_second_and_is_replaced_by_a_newer_one() {
    let stand = Stand::new().await;
    let older = link(&stand).await;
    let newer = link(&stand).await;
    let mut browser = stand.server.browser();
    assert_eq!(browser.get(&older).await.status, 400);
    stand.server.advance(Seconds(3599));
    assert_eq!(browser.get(&newer).await.status, 200);
    let form = browser.form("/u/reset-verify");
    stand.server.advance(Seconds(1));
    assert_eq!(browser.get(&newer).await.status, 400);
    let form = form.fill(&[("password", FRESH), ("password_again", FRESH)]);
    assert_eq!(browser.send(&form).await.status, 400);
    assert_eq!(outcome(&stand, HOME, ADA, PASSWORD).await, "in");
}

#[tokio::test]
async fn acc_05_blocking_deleting_or_moving_the_user_voids_the_link() {
    let stand = Stand::new().await;
    let link = link(&stand).await;
    let mut browser = stand.server.browser();
    browser.get(&link).await;
    let form = browser.form("/u/reset-verify");
    let form = form.fill(&[("password", FRESH), ("password_again", FRESH)]);
    change_user(&stand, &stand.world.ada, |user| user.blocked = true).await;
    assert_eq!(browser.send(&form).await.status, 400);
    change_user(&stand, &stand.world.ada, |user| {
        user.blocked = false;
        user.email = Some("moved@example.com".into());
    })
    .await;
    assert_eq!(browser.send(&form).await.status, 400);
    assert_eq!(
        outcome(&stand, HOME, "moved@example.com", PASSWORD).await,
        "in"
    );
    let id = stand.world.ada.id.clone();
    let delete = move |tx: &mut Tx<'_>| tx.users().delete(&id);
    let deleted = stand
        .server
        .app
        .store
        .write(&stand.server.tenant.id, delete);
    assert!(deleted.await.expect("the store answers"));
    assert_eq!(browser.send(&form).await.status, 400);
}

/// The steps of an honest reset, replayed without its ticket.
#[derive(Clone, Copy, Debug)]
enum Step {
    Ask,
    AskOnPage,
    Show,
    Submit,
    SubmitEmpty,
    SubmitOthers,
}

#[tokio::test]
async fn acc_02_no_order_of_requests_without_the_ticket_changes_the_password() {
    use Step::{Ask, AskOnPage, Show, Submit, SubmitEmpty, SubmitOthers};
    const STEPS: [Step; 6] = [Ask, AskOnPage, Show, Submit, SubmitEmpty, SubmitOthers];
    let stand = Stand::new().await;
    // The attacker's own honest reset gives her a form, and a ticket that is not Ada's.
    assert_eq!(ask_for_reset(&stand, "eve@example.com").await.status, 200);
    let own = mailed_link(&stand, "eve@example.com", "/u/reset-verify?").await;
    let mut browser = stand.server.browser();
    browser.get(&own).await;
    let own_form = browser.form("/u/reset-verify");
    let own_form = own_form.fill(&[("password", FRESH), ("password_again", FRESH)]);
    let forged = "aldt_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
    let forged_link = stand
        .server
        .url(&format!("u/reset-verify?ticket={forged}&email={ADA}"));
    // Every ordered pair with every third step between: all permutations of length three.
    for first in STEPS {
        for second in STEPS {
            for third in STEPS {
                for step in [first, second, third] {
                    match step {
                        Ask => drop(ask_for_reset(&stand, ADA).await),
                        AskOnPage => {
                            let page = stand.server.url("u/reset-password/request");
                            browser.get(&page).await;
                            let fields = [("email", ADA)];
                            browser.submit("/u/reset-password/request", &fields).await;
                        }
                        Show => drop(browser.get(&forged_link).await),
                        Submit => {
                            let fields = [("ticket", forged), ("email", ADA), ("username", ADA)];
                            drop(browser.send(&own_form.clone().fill(&fields)).await);
                        }
                        SubmitEmpty => {
                            let form = own_form.clone().without("ticket");
                            drop(browser.send(&form.fill(&[("username", ADA)])).await);
                        }
                        SubmitOthers => {
                            let fields = [("username", ADA), ("email", ADA)];
                            drop(browser.send(&own_form.clone().fill(&fields)).await);
                        }
                    }
                }
            }
        }
    }
    assert_eq!(outcome(&stand, HOME, ADA, FRESH).await, "wrong");
    assert_eq!(outcome(&stand, HOME, ADA, PASSWORD).await, "in");
    assert_eq!(outcome(&stand, HOME, "eve@example.com", FRESH).await, "in");
    // ACC-14: hundreds of requests, few mails.
    let mails = stand.server.mails().await;
    let to_ada = mails.iter().filter(|mail| mail.to == ADA).count();
    assert_eq!(to_ada, 5);
}

#[tokio::test]
async fn acc_07_a_reset_ends_sessions_and_lifts_the_block() {
    let stand = Stand::new().await;
    let mut browser = stand.server.browser();
    browser.get(&stand.authorize(&stand.world.web, &[])).await;
    let reply = stand.log_in(&mut browser, "ada").await;
    assert!(params(&reply).contains_key("code"));
    let silent = stand.authorize(&stand.world.web, &[("prompt", "none")]);
    assert!(params(&browser.get(&silent).await).contains_key("code"));
    for _ in 0..10 {
        outcome(&stand, HOME, ADA, "wrong").await;
    }
    assert_eq!(outcome(&stand, HOME, ADA, PASSWORD).await, "too many");
    let link = link(&stand).await;
    let mut hers = stand.server.browser();
    hers.get(&link).await;
    assert_eq!(set_password(&mut hers, FRESH).await.status, 200);
    assert_eq!(
        params(&browser.get(&silent).await)["error"],
        "login_required"
    );
    assert_eq!(outcome(&stand, HOME, ADA, FRESH).await, "in");
}

#[tokio::test]
async fn acc_06_a_reset_proves_the_address_and_drops_what_an_impostor_linked() {
    let stand = Stand::new().await;
    change_user(&stand, &stand.world.eve, |user| {
        let mut trojan = user.identities[0].clone();
        trojan.provider = "google-oauth2".into();
        trojan.user_id = "trojan".into();
        user.identities.push(trojan);
    })
    .await;
    let eve = "eve@example.com";
    assert_eq!(ask_for_reset(&stand, eve).await.status, 200);
    let link = mailed_link(&stand, eve, "/u/reset-verify?").await;
    let mut browser = stand.server.browser();
    browser.get(&link).await;
    assert_eq!(set_password(&mut browser, FRESH).await.status, 200);
    let after = user(&stand, &stand.world.eve).await.expect("she exists");
    assert!(after.email_verified);
    assert_eq!(after.identities.len(), 1);
    assert_eq!(after.last_password_reset, Some(stand.server.now()));
}

#[tokio::test]
async fn ops_01_the_links_host_is_the_tenants_whatever_the_request_says() {
    let stand = Stand::new().await;
    let body = serde_json::json!({
        "client_id": stand.world.web.id, "email": ADA,
        "connection": "Username-Password-Authentication",
    });
    let hostile = [
        ("host", "evil.test"),
        ("x-forwarded-host", "evil.test"),
        ("forwarded", "host=evil.test"),
        ("x-forwarded-proto", "https"),
    ];
    let url = "/dbconnections/change_password";
    assert_eq!(
        stand.server.post_json(url, &body, &hostile).await.status,
        200
    );
    let mails = stand.server.mails().await;
    assert_eq!(mails.len(), 1);
    assert!(!format!("{mails:?}").contains("evil"), "{mails:?}");
    assert!(
        mails[0]
            .text
            .contains("http://localhost:4455/u/reset-verify?ticket=")
    );
}

#[tokio::test]
async fn log_01_passwords_and_tickets_are_in_no_event_and_in_no_row() {
    let stand = Stand::new().await;
    let link = link(&stand).await;
    let ticket = link.split_once("ticket=").expect("a ticket").1.to_owned();
    let sentinel = "sentinel otter wheel 4711";
    assert_eq!(outcome(&stand, HOME, ADA, sentinel).await, "wrong");
    assert_eq!(outcome(&stand, HOME, sentinel, sentinel).await, "wrong");
    assert_eq!(
        outcome(&stand, HOME, "a\r\n{\"level\":\"info\"}", "x").await,
        "wrong"
    );
    assert_eq!(ask_for_reset(&stand, sentinel).await.status, 200);
    let mut browser = stand.server.browser();
    browser.get(&link).await;
    assert_eq!(set_password(&mut browser, sentinel).await.status, 200);
    assert_eq!(outcome(&stand, HOME, ADA, sentinel).await, "in");
    let events = stand.server.events().await;
    assert!(
        events
            .iter()
            .any(|event| event.kind == EventType::ChangePassword)
    );
    let text = serde_json::to_string(&events).expect("JSON");
    for secret in [sentinel, &ticket, "level"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let login = attempt(&stand, HOME, ADA, sentinel).await;
    assert!(!format!("{login:?}").contains(sentinel));
}
