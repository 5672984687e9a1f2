//! The pages of actions.

use aldgate_core::action::{Execution, ExecutionResult, ExecutionStatus, KeptEvent, Trigger};
use aldgate_core::id::ExecutionId;
use aldgate_core::time::Seconds;
use http::StatusCode;
use serde_json::json;

use super::desk::{Desk, Person};

const FLOW: &str = "/actions/flow/post-login";

/// A server whose sandbox has its workers.
async fn desk() -> Desk {
    aldgate_test::build_worker();
    Desk::new().await
}

/// Makes an action from a template; gives its path below `/dashboard`.
async fn create(admin: &mut Person<'_>, name: &str, template: &str) -> String {
    admin.see("/actions/new").await;
    let new = [("name", name), ("template", template)];
    let page = admin.send("/actions/new", &new).await;
    assert!(page.text().contains("was created"), "{}", page.text());
    let path = admin.browser.url().path().to_owned();
    path.strip_prefix("/dashboard").expect("a page").to_owned()
}

async fn write(admin: &mut Person<'_>, path: &str, code: &str, what: &str) -> String {
    admin.see(path).await;
    let page = admin.send(path, &[("code", code), ("do", what)]).await;
    page.text()
}

/// Where the link with this text leads, below `/dashboard`.
fn link(page: &str, text: &str) -> String {
    let page = page.replace("&#x2f;", "/");
    let links = page.split("href=\"/dashboard").skip(1);
    let own = |part: &&str| {
        part.split("</a>")
            .next()
            .is_some_and(|own| own.ends_with(text))
    };
    let found = links
        .into_iter()
        .find(own)
        .unwrap_or_else(|| panic!("no link {text}"));
    found.split('"').next().expect("an address").to_owned()
}

fn claim(name: &str) -> String {
    format!(
        "exports.onExecutePostLogin = async (event, api) => {{\r\n  \
         console.log('ran for ' + event.user.email);\r\n  \
         api.accessToken.setCustomClaim('https://demo/{name}', event.user.email);\r\n}};\r\n"
    )
}

#[tokio::test]
async fn an_action_is_made_from_a_template_deployed_and_put_into_the_flow() {
    let desk = desk().await;
    let mut admin = desk.admin().await;
    let path = create(&mut admin, "", "add-email-to-access-token").await;
    let editor = admin.see(&path).await;
    assert!(
        editor.contains("Address in the access token"),
        "as the template is called"
    );
    assert!(
        editor.contains("https:&#x2f;&#x2f;demo&#x2f;email") && editor.contains("Not deployed")
    );
    let page = write(&mut admin, &path, &claim("email"), "deploy").await;
    assert!(
        page.contains("Version 1 is deployed. Nothing runs it yet"),
        "{page}"
    );
    let flow = admin.see(FLOW).await;
    let id = path.rsplit('/').next().expect("an id");
    assert!(flow.contains(&format!("value=\"{id}\"")), "{flow}");
    let form = admin.browser.forms().pop().expect("the form that adds");
    let add = form.fill(&[("action_id", id), ("do", "add")]);
    let page = admin.browser.send(&add).await;
    assert!(
        page.text().contains("It runs from now on"),
        "{}",
        page.text()
    );
    assert!(admin.see(&path).await.contains(">Version 1<"));
    let list = admin.see("/actions").await;
    assert!(list.contains("<ol class=\"flow\">"), "{list}");
    // Lines end as they do in files, whatever browsers send.
    let stored = desk
        .server
        .app
        .bound_actions(&desk.server.tenant.id, Trigger::PostLogin);
    let code = &stored.await.expect("bound")[0].code;
    assert!(
        !code.contains('\r') && code.contains("event.user.email"),
        "{code:?}"
    );
}

#[tokio::test]
async fn lines_that_would_not_work_are_marked_and_the_text_is_kept() {
    let desk = desk().await;
    let mut admin = desk.admin().await;
    let path = create(&mut admin, "Marked", "empty:post-login").await;
    let code = "exports.onExecutePostLogin = async (event, api) => {\n  \
                api.multifactor.enable('any');\n  require('left-pad');\n};\n";
    let page = write(&mut admin, &path, code, "deploy").await;
    for part in [
        "data-marks=\"2 3\"",
        "data-line=\"2\">Line 2</a>: <code>api.multifactor.enable",
        "left-pad",
        "but not deployed",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(
        admin.see(&path).await.contains("left-pad"),
        "the draft was saved"
    );
    // Somebody who wrote over an older draft is told, and loses nothing.
    let stale = admin
        .browser
        .form(&path)
        .fill(&[("code", "// mine"), ("do", "save")]);
    desk.server.advance(Seconds(5));
    write(&mut admin, &path, "// hers", "save").await;
    let page = admin.browser.send(&stale).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.text().contains("mine") && page.text().contains("Somebody else changed"));
    assert!(admin.see(&path).await.contains("hers"));
}

#[tokio::test]
async fn a_draft_is_tried_with_an_event_of_ones_own() {
    let desk = desk().await;
    let mut admin = desk.admin().await;
    let path = create(&mut admin, "Tried", "empty:post-login").await;
    write(&mut admin, &path, &claim("email"), "test").await;
    let test = format!("{path}/test");
    assert_eq!(admin.browser.url().path(), format!("/dashboard{test}"));
    let page = admin.send(&test, &[]).await.text();
    for part in [
        "Sets https:&#x2f;&#x2f;demo&#x2f;email in the access token to",
        "ran for ada@example.com",
        "<h3>Access token</h3>",
        " of 5 s",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let event = json!({"user": {"user_id": "auth0|1", "email": "eve@example.com"},
        "resource_server": {"identifier": "https://api.test/"}});
    let page = admin.send(&test, &[("event", &event.to_string())]).await;
    assert!(page.text().contains("ran for eve@example.com"));
    let page = admin.send(&test, &[("event", "{\"user\": oops")]).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    let text = page.text();
    assert!(
        text.contains("id=\"event-problem\"") && text.contains("oops"),
        "{text}"
    );
}

#[tokio::test]
async fn sbx_03_secrets_are_set_replaced_and_removed_and_never_shown() {
    let desk = desk().await;
    let mut admin = desk.admin().await;
    let path = create(&mut admin, "With secrets", "deny-by-email-domain").await;
    let (settings, secrets) = (format!("{path}/settings"), format!("{path}/secrets"));
    for value in ["aperture.test", "blackmesa.test"] {
        admin.see(&settings).await;
        let set = [("secret_name", "DOMAINS"), ("secret_value", value)];
        let page = admin.send(&secrets, &set).await;
        assert!(page.text().contains("DOMAINS was set"), "{}", page.text());
        assert!(!page.text().contains(value));
    }
    admin.see(&settings).await;
    let page = admin
        .send(
            &secrets,
            &[("secret_name", ""), ("secret_value", "kept-out")],
        )
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(!admin.see(&settings).await.contains("blackmesa"));
    let remove = format!("{secrets}/DOMAINS/remove");
    assert!(
        admin
            .see(&remove)
            .await
            .contains("until the next deployment")
    );
    let page = admin.send(&remove, &[]).await;
    assert!(page.text().contains("It has none"), "{}", page.text());
    // The mode of failure, back and forth.
    admin.see(&settings).await;
    let page = admin.send(&settings, &[("failure_mode", "open")]).await;
    assert!(
        page.text().contains("The settings were saved"),
        "{}",
        page.text()
    );
    let page = admin
        .send(&settings, &[("failure_mode", "default"), ("name", "")])
        .await;
    assert!(page.text().contains("Name is needed."));
}

#[tokio::test]
async fn sbx_07_versions_are_compared_and_rolled_back() {
    let desk = desk().await;
    let mut admin = desk.admin().await;
    let path = create(&mut admin, "Versioned", "empty:post-login").await;
    write(&mut admin, &path, &claim("first"), "deploy").await;
    desk.server.advance(Seconds(5));
    write(&mut admin, &path, &claim("second"), "deploy").await;
    let list = admin.see(&format!("{path}/versions")).await;
    let first = link(&list, ">Version 1");
    let one = admin.see(&first).await;
    assert!(
        one.contains("data-kind=\"gone\"") && one.contains("data-kind=\"new\""),
        "{one}"
    );
    assert!(one.contains("which is deployed"));
    let ask = admin.see(&format!("{first}/deploy")).await;
    assert!(ask.contains("run in place of 2"), "{ask}");
    let page = admin.send(&format!("{first}/deploy"), &[]).await;
    assert!(page.text().contains("as version 3"), "{}", page.text());
    assert!(page.text().contains("The draft differs"));
    admin.see(&first).await;
    let page = admin.send(&format!("{first}/draft"), &[]).await;
    assert!(page.text().contains("demo&#x2f;first"), "{}", page.text());
}

#[tokio::test]
async fn the_order_is_changed_by_buttons_and_by_a_list() {
    let desk = desk().await;
    let mut admin = desk.admin().await;
    for name in ["Alpha", "Beta", "Gamma"] {
        let path = create(&mut admin, name, "empty:post-login").await;
        write(&mut admin, &path, &claim(name), "deploy").await;
        admin.see(FLOW).await;
        let id = path.rsplit('/').next().expect("an id");
        let form = admin.browser.forms().pop().expect("the form that adds");
        let page = admin
            .browser
            .send(&form.fill(&[("action_id", id), ("do", "add")]))
            .await;
        assert!(
            page.text().contains("It runs from now on"),
            "{}",
            page.text()
        );
    }
    let order = || async {
        let bound = desk
            .server
            .app
            .bound_actions(&desk.server.tenant.id, Trigger::PostLogin);
        let bound = bound.await.expect("bound");
        bound
            .iter()
            .map(|step| step.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(order().await, ["Alpha", "Beta", "Gamma"]);
    let page = admin.see(FLOW).await;
    let ids: Vec<String> = page
        .split("name=\"binding\" value=\"")
        .skip(1)
        .filter_map(|part| part.split('"').next().map(str::to_owned))
        .take(3)
        .collect();
    admin.send(FLOW, &[("do", &format!("up:{}", ids[2]))]).await;
    assert_eq!(order().await, ["Alpha", "Gamma", "Beta"]);
    admin.see(FLOW).await;
    admin
        .send(FLOW, &[("do", &format!("down:{}", ids[0]))])
        .await;
    assert_eq!(order().await, ["Gamma", "Alpha", "Beta"]);
    admin.see(FLOW).await;
    admin
        .send(FLOW, &[("do", &format!("remove:{}", ids[0]))])
        .await;
    assert_eq!(order().await, ["Gamma", "Beta"]);
    let page = admin.see("/actions").await;
    assert!(page.contains("Not in the flow") && page.contains("Alpha"));
    // A bound action goes with its place, after a question.
    let delete = format!("{}/delete", link(&page, ">Gamma"));
    assert!(admin.see(&delete).await.contains("It leaves the flow"));
    admin.send(&delete, &[]).await;
    assert_eq!(order().await, ["Beta"]);
}

#[tokio::test]
async fn logins_are_replayed_once_the_tenant_lets_events_be_kept() {
    let desk = desk().await;
    let mut admin = desk.admin().await;
    let path = create(&mut admin, "Replayed", "empty:post-login").await;
    write(&mut admin, &path, &claim("email"), "save").await;
    let replay = format!("{path}/replay");
    assert!(
        admin
            .see(&replay)
            .await
            .contains("No events of logins are kept")
    );
    admin.send(&format!("{path}/keep-events"), &[]).await;
    assert!(
        !admin
            .see(&replay)
            .await
            .contains("No events of logins are kept")
    );
    let kept = KeptEvent {
        id: ExecutionId::generate(&mut desk.server.app.rng()),
        trigger: Trigger::PostLogin,
        continues: None,
        event: json!({"user": {"user_id": "auth0|1", "email": "x@example.com"},
            "client": {"client_id": "shop"},
            "transaction": {"requested_scopes": ["openid", "email"]},
            "resource_server": {"identifier": "https://api.test/"}}),
        at: desk.server.now(),
    };
    let until = desk.server.now() + Seconds::hours(1);
    desk.write(move |tx| tx.action_records().keep(&kept, until))
        .await;
    let page = admin.send(&replay, &[("count", "10")]).await.text();
    for part in [
        "1 of 1 logins would end otherwise or get other tokens",
        "https:&#x2f;&#x2f;demo&#x2f;email",
        "<meter",
        "With the draft",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[tokio::test]
async fn executions_tell_what_ran_what_it_said_and_why_it_failed() {
    let desk = desk().await;
    let mut admin = desk.admin().await;
    let path = create(&mut admin, "Watched", "empty:post-login").await;
    let id = path.rsplit('/').next().expect("an id");
    let now = desk.server.now();
    let result: ExecutionResult = serde_json::from_value(json!({
        "action_id": id, "action_name": "Watched", "version": 4,
        "started_at": now.micros(), "ended_at": now.micros() + 2000,
        "error": {"id": "thrown", "msg": "It threw: <oops>", "url": "CODE-1"},
        "logs": [{"level": "warning", "text": "careful"}],
    }))
    .expect("a result");
    let execution = Execution {
        id: ExecutionId::generate(&mut desk.server.app.rng()),
        trigger: Trigger::PostLogin,
        status: ExecutionStatus::Partial,
        results: vec![result],
        created_at: now,
        updated_at: now,
    };
    let own = execution.id.clone();
    let until = now + Seconds::days(1);
    desk.write(move |tx| tx.action_records().executed(&execution, until))
        .await;
    for list in [
        format!("{path}/executions"),
        "/actions/executions?status=partial".to_owned(),
    ] {
        let page = admin.see(&list).await;
        assert!(
            page.contains("It threw: &lt;oops&gt;") && page.contains("2.0 ms"),
            "{page}"
        );
    }
    let page = admin.see(&format!("/actions/executions/{own}")).await;
    for part in [
        "careful",
        "version 4",
        "/dashboard/logs?code=CODE-1",
        "Failed",
    ] {
        assert!(page.replace("&#x2f;", "/").contains(part), "{part}: {page}");
    }
    let other = admin
        .see("/actions/executions?trigger=credentials-exchange")
        .await;
    assert!(other.contains("Nothing has run"));
}

#[tokio::test]
async fn adm_01_who_may_only_read_actions_changes_nothing() {
    let desk = desk().await;
    let mut admin = desk.admin().await;
    let path = create(&mut admin, "Seen", "empty:post-login").await;
    let mut ada = desk.with_scopes(&["read:actions"]).await;
    let page = ada.see(&path).await;
    assert!(
        page.contains("readonly") && !page.contains("Save"),
        "{page}"
    );
    assert!(!page.contains(">Test<") && !page.contains(">Replay<"));
    assert!(!ada.see("/actions").await.contains("New action"));
    assert!(
        !ada.see(&format!("{path}/settings"))
            .await
            .contains("Set the secret")
    );
    for closed in ["/test", "/replay", "/delete"] {
        let page = ada.open(&format!("{path}{closed}")).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{closed}");
    }
    ada.see(&path).await;
    let form = ada.browser.form(&path);
    let forced = ada.browser.send(&form.fill(&[("code", "// taken")])).await;
    assert_eq!(forced.status, StatusCode::FORBIDDEN);
}
