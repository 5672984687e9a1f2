//! Actions that decide as whom a login goes on, and what is remembered of how it was proved.

use aldgate_app::accounts::{Linked, link_users};
use aldgate_app::config::Cidr;
use aldgate_core::action::Trigger;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::desk::{Desk, Written, claims};
use crate::hook::take_one_then;

#[tokio::test]
async fn a_login_goes_on_as_the_user_to_whom_an_action_linked_the_account() {
    let desk = Desk::with(|config| {
        let network: Cidr = "127.0.0.0/8".parse().expect("a network");
        config.outbound.allow_cidrs.push(network);
        config.outbound.allow_http = true;
    })
    .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (ada, eve) = (&desk.stand.world.ada.id, &desk.stand.world.eve.id);
    let body = format!(
        "if (event.user.user_id !== '{eve}') return;
         const linked = await fetch('http://{address}/link', {{method: 'POST', body: 'eve'}});
         if (!linked.ok) throw new Error('not linked: ' + linked.status);
         api.authentication.setPrimaryUser('{ada}');"
    );
    let claim = "api.idToken.setCustomClaim('https://demo/user', event.user.user_id);";
    let actions = [
        Written::post_login("Link", &body),
        Written::post_login("Claim", claim),
    ];
    desk.bind(Trigger::PostLogin, &actions).await;
    // Another system links the accounts by the Management API while the action waits for it.
    let link = async {
        let (primary, secondary, now) = (ada.clone(), eve.clone(), desk.stand.server.now());
        let work = move |tx: &mut aldgate_store::Tx<'_>| {
            let linked = link_users(tx, &primary, &secondary, now)?;
            assert!(matches!(linked, Linked::Done { .. }));
            Ok::<_, aldgate_store::StoreError>(())
        };
        let store = &desk.app().store;
        let done = store.write(&desk.stand.server.tenant.id, work).await;
        done.expect("linked");
    };
    let web = &desk.stand.world.web;
    let mut browser = desk.stand.server.browser();
    let logging_in = desk.log_in_with(&mut browser, web, "eve", &[]);
    let (answer, _) = tokio::join!(logging_in, take_one_then(&listener, 200, link));
    let id = claims(&desk.redeem(web, &answer).await["id_token"]);
    assert_eq!(
        (&id["sub"], &id["email"]),
        (&json!(ada), &json!("ada@example.com"))
    );
    // Each action ran once: what it saw was the account that she proved.
    assert_eq!(id["https://demo/user"], json!(eve));
    // The session is hers, too.
    let silent = browser
        .get(&desk.stand.authorize(web, &[("prompt", "none")]))
        .await;
    let id = claims(&desk.redeem(web, &silent).await["id_token"]);
    assert_eq!(id["sub"], json!(ada));
}

#[tokio::test]
async fn the_token_doctor_names_the_action_that_set_a_claim() {
    let desk = Desk::new().await;
    let set = |name: &str| format!("api.accessToken.setCustomClaim('https://demo/{name}', 1);");
    let (first, second) = (set("a") + &set("b"), set("c"));
    let actions = [
        Written::post_login("First", &first),
        Written::post_login("Second", &second),
    ];
    desk.bind(Trigger::PostLogin, &actions).await;
    let (web, api) = (&desk.stand.world.web, &desk.stand.world.api.identifier);
    let answer = desk.log_in(web, "ada", &[("audience", api)]).await;
    let token = claims(&desk.redeem(web, &answer).await["access_token"]);
    let jti = token["jti"].as_str().expect("a jti");
    let url = desk.stand.server.url("token-doctor/lookup");
    let told = desk
        .stand
        .server
        .post_form(&url, &[("jti", jti)], &[])
        .await;
    let expected = json!({
        "https://demo/a": "First", "https://demo/b": "First", "https://demo/c": "Second",
    });
    assert_eq!(told.json()["actions"], expected);
}

#[tokio::test]
async fn a_method_that_an_action_records_is_remembered_by_the_session() {
    const CHECK: &str = "https://checks.test/face";
    let desk = Desk::new().await;
    let body = format!(
        "const names = event.authentication.methods.map((method) => method.name);
         api.idToken.setCustomClaim('https://demo/methods', names);
         if (!names.includes('{CHECK}')) api.authentication.recordMethod('{CHECK}');"
    );
    desk.bind(Trigger::PostLogin, &[Written::post_login("Record", &body)])
        .await;
    let web = &desk.stand.world.web;
    let mut browser = desk.stand.server.browser();
    let methods = |token: &Value| claims(&token["id_token"])["https://demo/methods"].clone();
    let first = desk.log_in_with(&mut browser, web, "ada", &[]).await;
    assert_eq!(methods(&desk.redeem(web, &first).await), json!(["pwd"]));
    for _ in 0..2 {
        let silent = browser
            .get(&desk.stand.authorize(web, &[("prompt", "none")]))
            .await;
        let seen = methods(&desk.redeem(web, &silent).await);
        assert_eq!(seen, json!(["pwd", CHECK]), "once, and again");
    }
}
