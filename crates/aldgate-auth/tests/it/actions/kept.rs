//! Events of logins that are kept to try drafts on, also before the first action is bound.

use aldgate_core::action::{KeptEvent, Trigger};
use aldgate_core::tenant::rules;
use aldgate_core::time::Seconds;
use aldgate_store::{StoreError, Tx};
use serde_json::json;

use super::desk::{Desk, Written};

async fn kept(desk: &Desk, trigger: Trigger) -> Vec<KeptEvent> {
    desk.app().sandbox.settled().await;
    let now = desk.stand.server.now();
    let read = move |tx: &mut Tx<'_>| tx.action_records().kept(trigger, 100, now);
    let store = &desk.app().store;
    let found: Result<_, StoreError> = store.read(&desk.stand.server.tenant.id, read).await;
    found.expect("read")
}

async fn allow(desk: &Desk) {
    let body = json!({"kept_action_events": {"enabled": true}});
    let body = body.as_object().cloned().expect("an object");
    let now = desk.stand.server.now();
    let change = move |tx: &mut Tx<'_>| {
        let mut tenant = tx.own_tenant().load_to_change()?.expect("a tenant");
        tenant.settings = rules::update(&tenant.settings, body.clone()).expect("a setting");
        tx.own_tenant().update(&tenant, now)
    };
    let store = &desk.app().store;
    let done: Result<_, StoreError> = store.write(&desk.stand.server.tenant.id, change).await;
    done.expect("allowed");
}

#[tokio::test]
async fn log_01_a_login_without_actions_is_kept_redacted_and_only_where_allowed() {
    let desk = Desk::new().await;
    let web = &desk.stand.world.web;
    desk.log_in(web, "ada", &[]).await;
    assert_eq!(kept(&desk, Trigger::PostLogin).await, []);
    allow(&desk).await;
    desk.log_in(web, "ada", &[]).await;
    let events = kept(&desk, Trigger::PostLogin).await;
    assert_eq!(events.len(), 1);
    let event = &events[0].event;
    assert_eq!(event["client"]["client_id"], json!(web.id));
    assert_eq!(event["transaction"]["protocol"], "oidc-basic-profile");
    let text = event.to_string();
    assert!(!text.contains("ada@example.com"), "{text}");
    // A machine's token as well.
    let m2m = &desk.stand.world.m2m;
    let audience = desk.stand.world.api.identifier.as_str();
    let fields = [("grant_type", "client_credentials"), ("audience", audience)];
    assert_eq!(desk.token(m2m, &fields).await.status, 200);
    let events = kept(&desk, Trigger::CredentialsExchange).await;
    assert_eq!(events.len(), 1);
    assert_eq!(
        events[0].event["resource_server"]["identifier"],
        json!(audience)
    );
    desk.stand.server.advance(Seconds(1));
    // From the first action on each login is kept once, with its execution.
    desk.bind(Trigger::PostLogin, &[Written::post_login("First", "")])
        .await;
    desk.log_in(web, "ada", &[]).await;
    let executions = desk.executions(Trigger::PostLogin).await;
    let events = kept(&desk, Trigger::PostLogin).await;
    assert_eq!((executions.len(), events.len()), (1, 2));
    assert_eq!(events[0].id, executions[0].id);
}
