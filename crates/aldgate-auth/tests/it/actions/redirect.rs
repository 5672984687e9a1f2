//! `api.redirect`: away to another page and back by `/continue`.

use aldgate_core::action::{ExecutionStatus, Trigger, rules};
use aldgate_core::id::ActionVersionId;
use aldgate_core::time::Seconds;
use aldgate_jose::{b64, digest};
use aldgate_store::{StoreError, Tx};
use aldgate_test::{Browser, Reply};
use serde_json::{Value, json};
use url::Url;

use super::desk::{Desk, Written, claims};
use crate::stand::params;

const SECRET: &str = "a shared secret of thirty-two bytes!";

/// Asks a page about the user's age, and takes its signed answer.
fn asks() -> Written<'static> {
    let code = r#"
exports.onExecutePostLogin = async (event, api) => {
  if (!api.redirect.canRedirect()) return;
  api.idToken.setCustomClaim("https://demo/before", true);
  const session_token = api.redirect.encodeToken({
    secret: event.secrets.SECRET, payload: { ask: "age" },
  });
  api.redirect.sendUserTo("https://forms.test/age", { query: { session_token } });
};
exports.onContinuePostLogin = async (event, api) => {
  const answer = api.redirect.validateToken({ secret: event.secrets.SECRET });
  if (answer.age < 18) return api.access.deny("Too young.");
  api.idToken.setCustomClaim("https://demo/age", answer.age);
  api.idToken.setCustomClaim("https://demo/protocol", event.transaction.protocol);
};"#;
    Written {
        code: code.to_owned(),
        secret: Some(("SECRET", SECRET)),
        ..Written::post_login("Age", "")
    }
}

async fn desk() -> Desk {
    let desk = Desk::new().await;
    let counts = r#"api.idToken.setCustomClaim("https://demo/first", 1);"#;
    let last = r#"api.idToken.setCustomClaim("https://demo/last", 1);"#;
    let actions = [
        Written::post_login("First", counts),
        asks(),
        Written::post_login("Last", last),
    ];
    desk.bind(Trigger::PostLogin, &actions).await;
    desk
}

/// The state and the session token of an answer that sends the user away.
fn away(reply: &Reply) -> (String, Value) {
    let url = Url::parse(reply.location().expect("a redirect")).expect("a URL");
    assert_eq!((url.host_str(), url.path()), (Some("forms.test"), "/age"));
    let params = params(reply);
    (
        params["state"].clone(),
        claims(&json!(params["session_token"])),
    )
}

/// What the page answers with.
fn signed(claims: &Value) -> String {
    let encode = |value: &Value| b64::encode(value.to_string().as_bytes());
    let head = encode(&json!({"alg": "HS256", "typ": "JWT"}));
    let signed = format!("{head}.{}", encode(claims));
    let key = {
        let mut key = SECRET.as_bytes().to_vec();
        key.resize(64, 0);
        key
    };
    let with = |pad: u8, rest: &[u8]| {
        let mut bytes: Vec<u8> = key.iter().map(|byte| byte ^ pad).collect();
        bytes.extend_from_slice(rest);
        digest::sha256(&bytes)
    };
    let tag = with(0x5c, &with(0x36, signed.as_bytes()));
    format!("{signed}.{}", b64::encode(&tag))
}

fn answer(desk: &Desk, state: &str, age: u32) -> Value {
    let now = desk.stand.server.now().seconds();
    json!({"age": age, "state": state, "sub": desk.stand.world.ada.id, "iat": now,
        "exp": now + 864_000})
}

async fn back(browser: &mut Browser<'_>, desk: &Desk, state: &str, token: &str) -> Reply {
    let mut url = Url::parse(&desk.stand.server.url("continue")).expect("a URL");
    url.query_pairs_mut()
        .append_pair("state", state)
        .append_pair("session_token", token);
    browser.get(url.as_str()).await
}

#[tokio::test]
async fn a_user_is_sent_away_and_comes_back_once() {
    let desk = desk().await;
    let web = &desk.stand.world.web;
    let mut browser = desk.stand.server.browser();
    let sent = desk.log_in_with(&mut browser, web, "ada", &[]).await;
    let (state, token) = away(&sent);
    assert_eq!(
        (&token["ask"], &token["ip"]),
        (&json!("age"), &json!("127.0.0.1"))
    );
    assert_eq!(token["sub"], json!(desk.stand.world.ada.id));
    let executions = desk.executions(Trigger::PostLogin).await;
    assert_eq!(executions[0].status, ExecutionStatus::Suspended);
    let token = signed(&answer(&desk, &state, 44));
    desk.stand.server.advance(Seconds(1));
    let done = back(&mut browser, &desk, &state, &token).await;
    let id = claims(&desk.redeem(web, &done).await["id_token"]);
    for (name, value) in [
        ("first", json!(1)),
        ("before", json!(true)),
        ("age", json!(44)),
        ("last", json!(1)),
        ("protocol", json!("redirect-callback")),
    ] {
        assert_eq!(id[format!("https://demo/{name}")], value, "{name}");
    }
    let executions = desk.executions(Trigger::PostLogin).await;
    assert_eq!(executions.len(), 2);
    assert_eq!(executions[0].results.len(), 2, "the first action ran once");
    let login = desk.event("s").await;
    let both = json!([executions[1].id, executions[0].id]);
    assert_eq!(login.detail["actions"]["executions"], both);
    let again = back(&mut browser, &desk, &state, &token).await;
    assert_eq!(again.status, 400, "the transaction is spent");
}

#[tokio::test]
async fn sbx_07_who_is_back_goes_on_with_the_version_that_sent_her_away() {
    let desk = desk().await;
    let web = &desk.stand.world.web;
    let mut browser = desk.stand.server.browser();
    let sent = desk.log_in_with(&mut browser, web, "ada", &[]).await;
    let (state, _) = away(&sent);
    // Meanwhile the action is deployed anew, with nothing to go on with.
    let version = ActionVersionId::generate(&mut desk.app().rng());
    let now = desk.stand.server.now();
    let work = move |tx: &mut Tx<'_>| {
        let mut action = tx.actions().by_name("Age")?.expect("the action");
        action.code = "exports.onExecutePostLogin = async () => {};
            exports.onContinuePostLogin = async (event, api) => api.access.deny('Newer.');"
            .to_owned();
        let (after, version) = rules::deploy(&action, version.clone(), 2, None, now);
        tx.actions().add_version(&version)?;
        tx.actions().update(&after)
    };
    let store = &desk.app().store;
    let done: Result<_, StoreError> = store.write(&desk.stand.server.tenant.id, work).await;
    done.expect("deployed");
    let token = signed(&answer(&desk, &state, 44));
    let done = back(&mut browser, &desk, &state, &token).await;
    let id = claims(&desk.redeem(web, &done).await["id_token"]);
    assert_eq!(id["https://demo/age"], 44);
    let executions = desk.executions(Trigger::PostLogin).await;
    let versions: Vec<u32> = executions[0]
        .results
        .iter()
        .map(|one| one.version)
        .collect();
    assert_eq!(versions, [1, 1], "and the last action, which is as it was");
    // The next login has the newer one from its beginning.
    let next = desk.log_in(web, "eve", &[]).await;
    assert!(params(&next).contains_key("code"));
}

#[tokio::test]
async fn sbx_04_a_tampered_way_back_gives_nothing() {
    let desk = desk().await;
    let web = &desk.stand.world.web;
    let mut browser = desk.stand.server.browser();
    let sent = desk.log_in_with(&mut browser, web, "ada", &[]).await;
    let (state, _) = away(&sent);
    let good = signed(&answer(&desk, &state, 44));
    // Another state, or another browser.
    let other = format!("{}x", &state[..state.len() - 1]);
    assert_eq!(back(&mut browser, &desk, &other, &good).await.status, 400);
    let mut thief = desk.stand.server.browser();
    assert_eq!(back(&mut thief, &desk, &state, &good).await.status, 400);
    // A token that says more than was signed, is for another user, or of another transaction.
    let (head, tail) = good.split_once('.').expect("a JWT");
    let tag = tail.split_once('.').expect("a JWT").1;
    let forged = b64::encode(answer(&desk, &state, 99).to_string().as_bytes());
    let mut stranger = answer(&desk, &state, 44);
    stranger["sub"] = json!(desk.stand.world.eve.id);
    let old = answer(&desk, "another", 44);
    for bad in [
        format!("{head}.{forged}.{tag}"),
        signed(&stranger),
        signed(&old),
        String::new(),
    ] {
        let page = back(&mut browser, &desk, &state, &bad).await;
        assert_eq!(
            (page.status.as_u16(), page.location()),
            (403, None),
            "{bad}"
        );
    }
    // Without the page's answer the user is sent there again.
    let resumed = format!("authorize/resume?state={state}");
    away(&browser.get(&desk.stand.server.url(&resumed)).await);
    let denied = back(
        &mut browser,
        &desk,
        &state,
        &signed(&answer(&desk, &state, 17)),
    )
    .await;
    assert_eq!(params(&denied)["error_description"], "Too young.");
}

#[tokio::test]
async fn a_form_brings_the_user_back_as_well() {
    let desk = desk().await;
    let web = &desk.stand.world.web;
    let mut browser = desk.stand.server.browser();
    let sent = desk.log_in_with(&mut browser, web, "ada", &[]).await;
    let (state, _) = away(&sent);
    let token = signed(&answer(&desk, &state, 44));
    let form = aldgate_test::Form {
        method: http::Method::POST,
        action: desk.stand.server.url(&format!("continue?state={state}")),
        fields: vec![("session_token".to_owned(), token)],
    };
    let done = browser.send(&form).await;
    let id = claims(&desk.redeem(web, &done).await["id_token"]);
    assert_eq!(id["https://demo/age"], 44);
}

#[tokio::test]
async fn nobody_is_sent_away_where_no_page_may_be_shown() {
    let desk = Desk::new().await;
    let always = r#"api.redirect.sendUserTo("https://forms.test/age");"#;
    let web = &desk.stand.world.web;
    let mut browser = desk.stand.server.browser();
    desk.log_in_with(&mut browser, web, "ada", &[]).await;
    desk.bind(Trigger::PostLogin, &[Written::post_login("Always", always)])
        .await;
    let silent = desk.stand.authorize(web, &[("prompt", "none")]);
    let told = params(&browser.get(&silent).await);
    assert_eq!(told["error"], "access_denied");
    let event = desk.event("fsa").await;
    let code = event.refusal.map(|refusal| refusal.code.into_owned());
    assert_eq!(code, Some("redirect_impossible".into()));
}
