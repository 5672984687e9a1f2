//! The web hook that sends text messages.

use aldgate_app::config::Cidr;
use aldgate_core::secret::Secret;
use aldgate_core::time::Seconds;
use aldgate_test::{TestServer, World};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{equip, set};
use crate::hook;
use crate::stand::Stand;

async fn stand(allowed: bool) -> Stand {
    let server = TestServer::start_with(aldgate_auth::routes(), |config| {
        let network: Cidr = "127.0.0.0/8".parse().expect("a network");
        config
            .outbound
            .allow_cidrs
            .extend(allowed.then_some(network));
        config.outbound.allow_http = true;
    })
    .await;
    let world = World::make(&server).await;
    equip(Stand { server, world }).await
}

async fn ask(stand: &Stand) {
    let body = json!({
        "client_id": stand.world.web.id, "connection": "sms", "phone_number": "+15550100123",
    });
    let url = stand.server.url("passwordless/start");
    assert_eq!(stand.server.post_json(&url, &body, &[]).await.status, 200);
}

#[tokio::test]
async fn a_text_message_goes_through_the_gateway_and_again_if_it_stumbles() {
    let stand = stand(true).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/sms", listener.local_addr().expect("an address"));
    set(&stand, "sms", "gateway_url", json!(url)).await;
    set(&stand, "sms", "from", json!("+15550199")).await;
    seal_authentication(&stand).await;
    ask(&stand).await;
    let app = &stand.server.app;
    let (sent, (head, body)) = tokio::join!(app.deliver_mail(), hook::take_one(&listener, 503));
    assert_eq!(sent.expect("tried"), 0);
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert!(
        head.contains("post /sms ") && head.contains("authorization: bearer eyj"),
        "{head}"
    );
    assert_eq!(
        (&body["recipient"], &body["sender"]),
        (&json!("+15550100123"), &json!("+15550199"))
    );
    stand.server.advance(Seconds(61));
    let (sent, (_, again)) = tokio::join!(app.deliver_mail(), hook::take_one(&listener, 200));
    let again: Value = serde_json::from_str(&again).expect("JSON");
    assert_eq!((sent.expect("sent"), again), (1, body));
}

#[tokio::test]
async fn net_01_a_gateway_inside_is_refused_and_a_late_code_is_given_up() {
    let stand = stand(false).await;
    set(
        &stand,
        "sms",
        "gateway_url",
        json!("http://127.0.0.1:9/sms"),
    )
    .await;
    ask(&stand).await;
    let app = &stand.server.app;
    assert_eq!(app.deliver_mail().await.expect("tried"), 0);
    stand.server.advance(Seconds(200));
    assert_eq!(app.deliver_mail().await.expect("tried"), 0);
    let events = stand.server.events().await;
    let failed = events
        .iter()
        .find(|event| event.kind.code() == "aldgate_mail_failed");
    let text = &failed.expect("an event").description;
    assert!(text.contains("not on the public internet"), "{text}");
}

/// Stores `gateway_authentication` as the Management API does.
async fn seal_authentication(stand: &Stand) {
    let app = &stand.server.app;
    let tenant = &stand.server.tenant.id;
    let connection = app
        .connection_by_name(tenant, "sms")
        .await
        .expect("the store answers");
    let connection = connection.expect("it exists");
    let place = aldgate_app::seal::Place {
        tenant,
        table: "connections",
        row: connection.id.as_str(),
        column: "gateway_authentication",
    };
    let settings = json!({
        "method": "bearer", "subject": "aldgate", "audience": "gateway",
        "secret": "a secret of at least thirty-two bytes", "secret_base64_encoded": false,
    });
    let sealed = app.seal_text(&place, &Secret::new(settings.to_string()));
    set(stand, "sms", "gateway_authentication_sealed", json!(sealed)).await;
}
