//! `post-login` at `/authorize`.

use std::time::Duration;

use aldgate_core::action::{ExecutionStatus, Trigger};
use aldgate_test::API;
use serde_json::json;

use super::desk::{Desk, Written, claims};
use crate::stand::params;

const SCOPE: &str = "openid profile email read:things";

#[tokio::test]
async fn claims_of_actions_are_in_the_tokens_and_at_userinfo() {
    let desk = Desk::new().await;
    let first = r#"
        console.log("hello", event.user.email, event.client.name, event.transaction.protocol);
        api.idToken.setCustomClaim("plan", "gold");
        api.idToken.setCustomClaim("https://demo/roles", event.authorization.roles);
        api.accessToken.setCustomClaim("https://demo/email", event.user.email);
        api.user.setAppMetadata("logins", event.stats.logins_count);"#;
    let second = r#"
        api.accessToken.setCustomClaim("seen", event.user.app_metadata.logins);
        api.accessToken.setCustomClaim("name", event.user.name);"#;
    let actions = [
        Written::post_login("First", first),
        Written::post_login("Second", second),
    ];
    desk.bind(Trigger::PostLogin, &actions).await;
    let web = &desk.stand.world.web;
    let extra = [("scope", "openid email read:things"), ("audience", API)];
    let answer = desk.log_in(web, "admin", &extra).await;
    let tokens = desk.redeem(web, &answer).await;
    let id = claims(&tokens["id_token"]);
    assert_eq!(id["plan"], "gold");
    assert_eq!(id["https://demo/roles"], json!(["Administrator"]));
    let access = claims(&tokens["access_token"]);
    assert_eq!(access["https://demo/email"], "admin@example.com");
    assert_eq!(
        access["seen"], 1,
        "a later action sees what an earlier one asked for"
    );
    assert_eq!(
        access.get("name"),
        None,
        "the scope profile was not asked for"
    );
    let bearer = format!(
        "Bearer {}",
        tokens["access_token"].as_str().expect("a token")
    );
    let url = desk.stand.server.url("userinfo");
    let told = desk
        .stand
        .server
        .get(&url, &[("authorization", &bearer)])
        .await
        .json();
    assert_eq!(told["https://demo/roles"], json!(["Administrator"]));
    assert_eq!(
        told.get("plan"),
        None,
        "only namespaced claims, as in Auth0"
    );
    // The record, and what the log tells of it.
    let executions = desk.executions(Trigger::PostLogin).await;
    let [execution] = &executions[..] else {
        panic!("{executions:?}")
    };
    assert_eq!(execution.status, ExecutionStatus::Final);
    let logs = &execution.results[0].logs;
    assert_eq!(
        logs[0].text,
        "hello admin@example.com Web oidc-basic-profile"
    );
    let warning = &execution.results[1].logs[0];
    assert!(
        warning.text.contains("Ask for the scope profile"),
        "{warning:?}"
    );
    let login = desk.event("s").await;
    assert_eq!(login.detail["actions"]["executions"], json!([execution.id]));
    assert_eq!(login.detail["actions"]["runs"][0]["name"], "First");
    let warned = desk.event("w").await;
    assert_eq!(
        warned.refusal.map(|r| r.code.into_owned()),
        Some("claim_scope".into())
    );
    // The metadata is stored.
    let ada = desk.stand.world.admin.id.clone();
    let read = move |tx: &mut aldgate_store::Tx<'_>| tx.users().by_id(&ada);
    let tenant = &desk.stand.server.tenant.id;
    let user = desk
        .app()
        .store
        .read(tenant, read)
        .await
        .expect("read")
        .expect("she exists");
    assert_eq!(user.app_metadata["logins"], 1);
}

#[tokio::test]
async fn a_denied_login_gives_nothing_and_says_why() {
    let desk = Desk::new().await;
    let body = r#"
        api.user.setUserMetadata("tried", true);
        if (event.user.email.startsWith("eve")) api.access.deny("No Eves <today>.");"#;
    let never = r#"api.idToken.setCustomClaim("x", 1);"#;
    let actions = [
        Written::post_login("Door", body),
        Written::post_login("Never", never),
    ];
    desk.bind(Trigger::PostLogin, &actions).await;
    let web = &desk.stand.world.web;
    let mut browser = desk.stand.server.browser();
    browser.get(&desk.stand.authorize(web, &[])).await;
    let state = browser.url().query().expect("a state").to_owned();
    let answer = desk.stand.log_in(&mut browser, "eve").await;
    let told = params(&answer);
    assert_eq!(told["error"], "access_denied");
    assert_eq!(told["error_description"], "No Eves <today>.");
    assert_eq!((told.get("code"), told["state"].as_str()), (None, "s-1"));
    let again = browser
        .get(&format!(
            "{}?{state}",
            desk.stand.server.url("authorize/resume")
        ))
        .await;
    assert_eq!(again.status, 400, "the transaction has ended");
    let event = desk.event("f").await;
    assert_eq!(
        event.refusal.map(|r| r.code.into_owned()),
        Some("action_denied".into())
    );
    assert!(event.detail["actions"]["executions"][0].is_string());
    let execution = &desk.executions(Trigger::PostLogin).await[0];
    assert_eq!(execution.status, ExecutionStatus::Partial);
    assert_eq!(execution.results.len(), 1, "the second action did not run");
    let eve = desk.stand.world.eve.id.clone();
    let read = move |tx: &mut aldgate_store::Tx<'_>| tx.users().by_id(&eve);
    let tenant = &desk.stand.server.tenant.id;
    let user = desk
        .app()
        .store
        .read(tenant, read)
        .await
        .expect("read")
        .expect("she exists");
    assert_eq!(
        user.user_metadata["tried"], true,
        "a denial cancels no other effects"
    );
    // Her session stands, and is asked again silently.
    let silent = desk.stand.authorize(web, &[("prompt", "none")]);
    assert_eq!(
        params(&browser.get(&silent).await)["error"],
        "access_denied"
    );
    let ada = desk.log_in(web, "ada", &[]).await;
    assert_eq!(claims(&desk.redeem(web, &ada).await["id_token"])["x"], 1);
}

#[tokio::test]
async fn r12_a_collision_fails_the_action_with_its_remedy() {
    let desk = Desk::new().await;
    let body = r#"
        api.idToken.setCustomClaim("https://demo/ok", 1);
        api.idToken.setCustomClaim("sub", "auth0|somebody-else");"#;
    desk.bind(Trigger::PostLogin, &[Written::post_login("Forger", body)])
        .await;
    let web = &desk.stand.world.web;
    let page = desk.log_in(web, "ada", &[]).await;
    assert_eq!((page.status.as_u16(), page.location()), (403, None));
    let event = desk.event("f").await;
    let code = event.support_code.expect("a support code");
    assert!(page.text().contains(&code), "{}", page.text());
    assert!(
        !page.text().contains("https://your-domain"),
        "the page tells no internals"
    );
    let refusal = event.refusal.expect("the story");
    assert_eq!(refusal.code, "claim_reserved");
    assert!(
        refusal
            .remedy
            .is_some_and(|text| text.contains("https://your-domain.example/sub"))
    );
    let failure = desk.event("actions_execution_failed").await;
    assert_eq!(
        failure.refusal.map(|r| r.code.into_owned()),
        Some("claim_reserved".into())
    );
    let execution = &desk.executions(Trigger::PostLogin).await[0];
    let error = execution.results[0].error.as_ref().expect("an error");
    assert!(error.msg.contains("your-domain.example/sub"), "{error:?}");
}

#[tokio::test]
async fn sbx_06_an_action_that_fails_open_changes_nothing() {
    let desk = Desk::new().await;
    let bad = r#"
        api.idToken.setCustomClaim("https://demo/half", 1);
        throw new Error("no service, secret " + event.secrets.KEY);"#;
    let good = r#"api.idToken.setCustomClaim("https://demo/whole", 1);"#;
    let bad = Written {
        secret: Some(("KEY", "hush-hush-42")),
        ..Written::post_login("Bad", bad).open()
    };
    desk.bind(
        Trigger::PostLogin,
        &[bad, Written::post_login("Good", good)],
    )
    .await;
    let web = &desk.stand.world.web;
    let answer = desk.log_in(web, "ada", &[]).await;
    let id = claims(&desk.redeem(web, &answer).await["id_token"]);
    assert_eq!(
        (id.get("https://demo/half"), &id["https://demo/whole"]),
        (None, &json!(1))
    );
    let failure = desk.event("actions_execution_failed").await;
    let story = serde_json::to_string(&failure).expect("JSON");
    assert!(
        story.contains("no service") && !story.contains("hush-hush"),
        "SBX-03: {story}"
    );
    let login = desk.event("s").await;
    let error = login.detail["actions"]["runs"][0]["error"]
        .as_str()
        .expect("an error");
    assert!(error.contains("[secret KEY]"), "{error}");
}

#[tokio::test]
async fn sbx_02_a_login_whose_action_loops_ends_with_a_page_and_others_go_on() {
    let limit = Duration::from_secs(2);
    let desk = Desk::with(|config| config.actions.timeout = limit).await;
    let body = r#"while (event.user.email.startsWith("eve"));"#;
    desk.bind(Trigger::PostLogin, &[Written::post_login("Loop", body)])
        .await;
    let web = &desk.stand.world.web;
    let (eve, ada) = tokio::join!(desk.log_in(web, "eve", &[]), desk.log_in(web, "ada", &[]));
    assert!(params(&ada).contains_key("code"));
    assert_eq!((eve.status.as_u16(), eve.location()), (403, None));
    let event = desk.event("f").await;
    assert!(
        eve.text()
            .contains(&event.support_code.expect("a support code"))
    );
    assert_eq!(
        event.refusal.map(|r| r.code.into_owned()),
        Some("action_time".into())
    );
}

#[tokio::test]
async fn sbx_06_a_version_that_breaks_its_limits_again_and_again_is_paused() {
    let limit = Duration::from_millis(100);
    let desk = Desk::with(|config| config.actions.timeout = limit).await;
    let body = "for (;;);";
    desk.bind(
        Trigger::PostLogin,
        &[Written::post_login("Stuck", body).open()],
    )
    .await;
    let web = &desk.stand.world.web;
    for _ in 0..6 {
        assert!(params(&desk.log_in(web, "ada", &[]).await).contains_key("code"));
    }
    let executions = desk.executions(Trigger::PostLogin).await;
    let paused = |execution: &aldgate_core::action::Execution| {
        let error = execution.results[0].error.as_ref().expect("an error");
        error.msg.contains("paused")
    };
    assert_eq!(executions.iter().filter(|one| paused(one)).count(), 1);
}

#[tokio::test]
async fn scopes_that_actions_change_hold_at_the_code_exchange() {
    let desk = Desk::new().await;
    let body = r#"
        api.accessToken.addScope("extra:things");
        api.accessToken.removeScope("read:things");"#;
    desk.bind(Trigger::PostLogin, &[Written::post_login("Scopes", body)])
        .await;
    let web = &desk.stand.world.web;
    let extra = [("scope", SCOPE), ("audience", API)];
    let answer = desk.log_in(web, "ada", &extra).await;
    let tokens = desk.redeem(web, &answer).await;
    assert_eq!(tokens["scope"], "openid profile email extra:things");
    let access = claims(&tokens["access_token"]);
    assert_eq!(access["scope"], "openid profile email extra:things");
}

#[tokio::test]
async fn actions_run_once_with_a_consent_page_between() {
    let desk = Desk::new().await;
    let body = r#"api.idToken.setCustomClaim("https://demo/at", event.stats.logins_count);"#;
    desk.bind(Trigger::PostLogin, &[Written::post_login("Once", body)])
        .await;
    let client = &desk.stand.world.tp;
    let mut browser = desk.stand.server.browser();
    desk.log_in_with(&mut browser, client, "ada", &[]).await;
    assert_eq!(browser.url().path(), "/u/consent");
    let answer = browser.submit("/u/consent", &[("action", "accept")]).await;
    let tokens = desk.redeem(client, &answer).await;
    assert_eq!(claims(&tokens["id_token"])["https://demo/at"], 1);
    let executions = desk.executions(Trigger::PostLogin).await;
    assert_eq!(executions.len(), 1);
    let login = desk.event("s").await;
    assert_eq!(
        login.detail["actions"]["executions"],
        json!([executions[0].id])
    );
}

#[tokio::test]
async fn sbx_06_operators_can_switch_actions_off() {
    let desk = Desk::with(|config| config.actions.enabled = false).await;
    let body = r#"api.access.deny("Nobody.");"#;
    desk.bind(Trigger::PostLogin, &[Written::post_login("Nobody", body)])
        .await;
    let answer = desk.log_in(&desk.stand.world.web, "ada", &[]).await;
    assert!(params(&answer).contains_key("code"));
    let warning = desk.event("w").await;
    assert_eq!(
        warning.refusal.map(|r| r.code.into_owned()),
        Some("actions_bypassed".into())
    );
    assert!(desk.executions(Trigger::PostLogin).await.is_empty());
}

#[tokio::test]
async fn a_validation_error_is_a_page_with_the_actions_own_words() {
    let desk = Desk::new().await;
    let body =
        r#"api.validation.error("no_terms", "Bitte die <b>Bedingungen</b> lösen: größer.");"#;
    desk.bind(Trigger::PostLogin, &[Written::post_login("Terms", body)])
        .await;
    let page = desk.log_in(&desk.stand.world.web, "ada", &[]).await;
    assert_eq!(page.status, 403);
    let text = page.text();
    assert!(
        text.contains("größer") && !text.contains("<b>Bedingungen"),
        "SBX-04: {text}"
    );
}

#[tokio::test]
async fn session_revoke_ends_the_session() {
    let desk = Desk::new().await;
    let body = r#"api.session.revoke("Stolen.");"#;
    desk.bind(Trigger::PostLogin, &[Written::post_login("Revoke", body)])
        .await;
    let web = &desk.stand.world.web;
    let mut browser = desk.stand.server.browser();
    let answer = desk.log_in_with(&mut browser, web, "ada", &[]).await;
    assert_eq!(params(&answer)["error_description"], "Stolen.");
    let silent = desk.stand.authorize(web, &[("prompt", "none")]);
    assert_eq!(
        params(&browser.get(&silent).await)["error"],
        "login_required"
    );
}

#[tokio::test]
async fn nobody_becomes_a_user_whose_account_is_not_linked() {
    let desk = Desk::new().await;
    let body = format!(
        "api.authentication.setPrimaryUser('{}');",
        desk.stand.world.ada.id
    );
    desk.bind(Trigger::PostLogin, &[Written::post_login("Link", &body)])
        .await;
    let web = &desk.stand.world.web;
    let refused = desk.log_in(web, "eve", &[]).await;
    assert_eq!((refused.status.as_u16(), refused.location()), (403, None));
    let event = desk.event("f").await;
    assert_eq!(
        event.refusal.map(|r| r.code.into_owned()),
        Some("primary_user".into())
    );
    assert!(params(&desk.log_in(web, "ada", &[]).await).contains_key("code"));
}
