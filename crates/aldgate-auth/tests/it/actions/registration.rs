//! `pre-user-registration`, `post-user-registration` and `post-change-password`.

use aldgate_core::action::Trigger;
use aldgate_store::LoginName;
use aldgate_test::{PASSWORD, Reply};
use serde_json::json;

use super::desk::{Desk, Written};
use crate::passwordless;
use crate::stand::params;

const CHECK: &str = r#"
    if (event.user.user_id !== undefined) throw new Error("there is no user yet");
    if (JSON.stringify(event).includes("battery staple")) throw new Error("a password!");
    if (event.user.email.endsWith("@spam.test"))
      api.access.deny("spam: " + event.request.ip, "Not with this address, please.");
    api.user.setAppMetadata("from", event.client.name);"#;

async fn desk() -> Desk {
    let desk = Desk::new().await;
    let (before, after) = (Trigger::PreUserRegistration, Trigger::PostUserRegistration);
    desk.bind(before, &[Written::of("Check", before, CHECK)])
        .await;
    let tell = r#"console.log("welcome", event.user.user_id, event.user.app_metadata.from);"#;
    desk.bind(after, &[Written::of("Tell", after, tell)]).await;
    desk
}

async fn sign_up(desk: &Desk, email: &str) -> Reply {
    let body = json!({
        "client_id": desk.stand.world.web.id,
        "connection": "Username-Password-Authentication",
        "email": email,
        "password": PASSWORD,
    });
    let url = desk.stand.server.url("dbconnections/signup");
    desk.stand.server.post_json(&url, &body, &[]).await
}

#[tokio::test]
async fn an_action_may_refuse_a_registration_at_the_endpoint() {
    let desk = desk().await;
    let refused = sign_up(&desk, "eve@spam.test").await;
    assert_eq!(refused.status, 400);
    let body = refused.json();
    assert_eq!(body["code"], "extensibility_error");
    assert_eq!(body["description"], "Not with this address, please.");
    assert!(
        !refused.text().contains("spam:"),
        "the inner reason stays inside"
    );
    let event = desk.event("fs").await;
    let reason = event.refusal.and_then(|refusal| refusal.actual);
    assert_eq!(reason.as_deref(), Some("spam: 127.0.0.1"));
    let accepted = sign_up(&desk, "joan@example.com").await;
    assert_eq!(accepted.status, 200, "{}", accepted.text());
    let told = &desk.executions(Trigger::PostUserRegistration).await[0];
    let id = accepted.json()["_id"].as_str().expect("an id").to_owned();
    assert_eq!(
        told.results[0].logs[0].text,
        format!("welcome auth0|{id} Web")
    );
    let event = desk.event("ss").await;
    assert!(event.detail["actions"]["executions"][0].is_string());
}

#[tokio::test]
async fn sbx_04_an_action_may_refuse_a_registration_at_the_page_in_its_own_words() {
    let desk = Desk::new().await;
    let trigger = Trigger::PreUserRegistration;
    let deny = r#"if (event.user.email.startsWith("x")) api.access.deny("no", "Größe <b>passt</b> nicht");"#;
    desk.bind(trigger, &[Written::of("Deny", trigger, deny)])
        .await;
    let mut browser = desk.stand.server.browser();
    let url = desk
        .stand
        .authorize(&desk.stand.world.web, &[("screen_hint", "signup")]);
    browser.get(&url).await;
    let fields = [("email", "x@example.com"), ("password", PASSWORD)];
    let page = browser.submit("/u/signup", &fields).await;
    assert_eq!(page.status, 400);
    let text = page.text();
    assert!(
        text.contains("Größe") && !text.contains("<b>passt"),
        "{text}"
    );
    let fields = [("email", "y@example.com"), ("password", PASSWORD)];
    let done = browser.submit("/u/signup", &fields).await;
    assert!(params(&done).contains_key("code"));
}

#[tokio::test]
async fn a_changed_password_is_told_to_actions() {
    let desk = Desk::new().await;
    let trigger = Trigger::PostChangePassword;
    let tell = r#"console.log("changed", event.user.email, event.connection.name);"#;
    desk.bind(trigger, &[Written::of("Tell", trigger, tell)])
        .await;
    let body = json!({
        "client_id": desk.stand.world.web.id,
        "connection": "Username-Password-Authentication",
        "email": "ada@example.com",
    });
    let url = desk.stand.server.url("dbconnections/change_password");
    desk.stand.server.post_json(&url, &body, &[]).await;
    let mails = desk.stand.server.mails().await;
    let mail = mails.last().expect("a mail");
    let at = mail
        .text
        .find("http://localhost:4455/u/reset-verify")
        .expect("a link");
    let link: &str = mail.text[at..].split_whitespace().next().expect("a link");
    let mut browser = desk.stand.server.browser();
    browser.get(link).await;
    let again = "another correct horse battery 9";
    let fields = [("password", again), ("password_again", again)];
    let done = browser.submit("/u/reset-verify", &fields).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let told = &desk.executions(trigger).await[0];
    let expected = "changed ada@example.com Username-Password-Authentication";
    assert_eq!(told.results[0].logs[0].text, expected);
}

#[tokio::test]
async fn who_registers_by_a_code_is_judged_like_everybody() {
    let mut desk = desk().await;
    desk.stand = passwordless::equip(desk.stand).await;
    let stand = &desk.stand;
    // Refused: with the right code only, in the action's words, and no user is made.
    let spam = "eve@spam.test";
    passwordless::start(stand, spam, json!({})).await;
    let code = passwordless::code(stand, spam).await;
    let wrong = passwordless::wrong(&code);
    let reply = passwordless::exchange(stand, &stand.world.web, spam, &wrong).await;
    assert_eq!(reply.json()["error"], "invalid_grant");
    assert!(
        desk.executions(Trigger::PreUserRegistration)
            .await
            .is_empty()
    );
    let reply = passwordless::exchange(stand, &stand.world.web, spam, &code).await;
    assert_eq!(reply.json()["error"], "access_denied", "{}", reply.text());
    assert_eq!(
        reply.json()["error_description"],
        "Not with this address, please."
    );
    let made = passwordless::holder(stand, "email", LoginName::Email, spam).await;
    assert_eq!(made, None);
    let reason = desk.event("fs").await.refusal.and_then(|one| one.actual);
    assert_eq!(reason.as_deref(), Some("spam: 127.0.0.1"));
    // Taken: with what the action adds, and told afterwards.
    let joan = "joan@example.com";
    passwordless::start(stand, joan, json!({})).await;
    let code = passwordless::code(stand, joan).await;
    let reply = passwordless::exchange(stand, &stand.world.web, joan, &code).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let made = passwordless::holder(stand, "email", LoginName::Email, joan)
        .await
        .expect("a user");
    assert_eq!(made.app_metadata["from"], "Web");
    let told = &desk.executions(Trigger::PostUserRegistration).await[0];
    let expected = format!("welcome {} Web", made.id);
    assert_eq!(told.results[0].logs[0].text, expected);
    // Later logins ask nobody.
    let before = desk.executions(Trigger::PreUserRegistration).await.len();
    passwordless::start(stand, joan, json!({})).await;
    let code = passwordless::code(stand, joan).await;
    let reply = passwordless::exchange(stand, &stand.world.web, joan, &code).await;
    assert_eq!(reply.status, 200);
    let after = desk.executions(Trigger::PreUserRegistration).await.len();
    assert_eq!(before, after);
    // The page says it, too, and leads nobody on.
    let mut browser = stand.server.browser();
    let url = stand.authorize(&stand.world.web, &[("connection", "email")]);
    browser.get(&url).await;
    browser
        .submit("/u/login/passwordless", &[("email", spam)])
        .await;
    let code = passwordless::code(stand, spam).await;
    let page = browser
        .submit("/u/login/passwordless/code", &[("code", &code)])
        .await;
    assert_eq!((page.status.as_u16(), page.location()), (403, None));
    assert!(page.text().contains("Not with this address, please."));
}
