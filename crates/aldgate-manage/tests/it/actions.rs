//! Actions: drafts, versions, what a trigger runs, trying them out.

use aldgate_core::action::{KeptEvent, Trigger};
use aldgate_core::id::ExecutionId;
use aldgate_core::time::Seconds;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::kit::Kit;

const CODE: &str = "exports.onExecutePostLogin = async (event, api) => {
  api.accessToken.setCustomClaim('https://demo/email', event.user.email);
};";

fn body(name: &str, code: &str) -> Value {
    let trigger = json!({"id": "post-login", "version": "v3"});
    json!({"name": name, "supported_triggers": [trigger], "code": code})
}

/// A server whose sandbox has its workers.
async fn kit() -> Kit {
    aldgate_test::build_worker();
    Kit::new().await
}

async fn create(kit: &Kit, body: Value) -> Value {
    let made = kit.post("/actions/actions", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    made.json()
}

fn path(action: &Value) -> String {
    format!("/actions/actions/{}", action["id"].as_str().expect("an id"))
}

async fn deploy(kit: &Kit, action: &Value) -> Value {
    let deployed = kit
        .post(&format!("{}/deploy", path(action)), Value::Null)
        .await;
    assert_eq!(deployed.status, StatusCode::OK, "{deployed:?}");
    deployed.json()
}

async fn bind(kit: &Kit, names: &[&str]) -> aldgate_test::Reply {
    let one = |name: &&str| json!({"ref": {"type": "action_name", "value": name}});
    let bindings: Vec<Value> = names.iter().map(one).collect();
    let path = "/actions/triggers/post-login/bindings";
    kit.patch(path, json!({"bindings": bindings})).await
}

#[tokio::test]
async fn sbx_07_an_action_lives_from_draft_to_version_to_rollback() {
    let kit = kit().await;
    let action = create(&kit, body("Add address", CODE)).await;
    assert_eq!(
        (&action["status"], &action["runtime"]),
        (&json!("built"), &json!("node22"))
    );
    assert_eq!(action["all_changes_deployed"], false);
    let first = deploy(&kit, &action).await;
    assert_eq!(
        (&first["number"], &first["deployed"]),
        (&json!(1), &json!(true))
    );
    let edited = kit
        .patch(&path(&action), json!({"code": format!("{CODE} // two")}))
        .await;
    assert_eq!(edited.json()["all_changes_deployed"], false);
    assert_eq!(edited.json()["deployed_version"]["code"], CODE);
    assert_eq!(deploy(&kit, &action).await["number"], 2);
    let first_path = format!(
        "{}/versions/{}",
        path(&action),
        first["id"].as_str().unwrap()
    );
    assert_eq!(kit.get(&first_path).await.json()["deployed"], false);
    let back = kit
        .post(
            &format!("{first_path}/deploy"),
            json!({"update_draft": true}),
        )
        .await;
    assert_eq!(
        (back.status, &back.json()["number"]),
        (StatusCode::OK, &json!(3)),
        "{back:?}"
    );
    let shown = kit.get(&path(&action)).await.json();
    assert_eq!(
        (&shown["code"], &shown["all_changes_deployed"]),
        (&json!(CODE), &json!(true))
    );
    let versions = kit
        .get(&format!("{}/versions?per_page=2", path(&action)))
        .await
        .json();
    assert_eq!(
        (&versions["total"], &versions["per_page"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(versions["versions"][0]["number"], 3);
}

#[tokio::test]
async fn lists_are_filtered_and_names_are_unique() {
    let kit = kit().await;
    let first = create(&kit, body("B", CODE)).await;
    create(&kit, body("A", CODE)).await;
    deploy(&kit, &first).await;
    let names = async |query: &str| {
        let list = kit.get(&format!("/actions/actions?{query}")).await.json();
        let all = list["actions"].as_array().unwrap().iter();
        all.map(|one| one["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(",")
    };
    assert_eq!(names("page=0&per_page=100").await, "A,B");
    assert_eq!(names("deployed=true").await, "B");
    assert_eq!(names("actionName=A").await, "A");
    assert_eq!(names("triggerId=post-login&page=1&per_page=1").await, "B");
    assert_eq!(names("triggerId=credentials-exchange").await, "");
    assert_eq!(names("triggerId=send-phone-message").await, "");
    let twice = kit.post("/actions/actions", body("A", CODE)).await;
    assert_eq!(twice.status, StatusCode::CONFLICT, "{twice:?}");
    let renamed = kit.patch(&path(&first), json!({"name": "A"})).await;
    assert_eq!(renamed.status, StatusCode::CONFLICT);
    let missing = kit
        .get("/actions/actions/00000000-0000-4000-8000-000000000000")
        .await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(missing.json()["message"], "That action does not exist.");
    for bad in [
        json!({"name": "x"}),
        json!({"name": "x", "supported_triggers": [{"id": "send-phone-message"}]}),
        json!({"name": "x", "supported_triggers": [{"id": "post-login"}], "deployed": true}),
    ] {
        let refused = kit.post("/actions/actions", bad.clone()).await;
        assert_eq!(
            refused.status,
            StatusCode::BAD_REQUEST,
            "{bad}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn what_would_not_work_is_refused_at_deployment_with_its_lines() {
    let kit = kit().await;
    let code = "const fs = require('fs');\nexports.onExecutePostLogin = async (event, api) => {\n\
                  api.multifactor.enable('any');\n};";
    let action = create(&kit, body("Not here", code)).await;
    let refused = kit
        .post(&format!("{}/deploy", path(&action)), json!({}))
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{refused:?}");
    let answer = refused.json();
    let lines: Vec<&Value> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["line"])
        .collect();
    assert_eq!(lines, [1, 3]);
    assert!(
        answer["message"].as_str().unwrap().contains("line 3:"),
        "{answer}"
    );
    let broken = create(&kit, body("Broken", "exports.onExecutePostLogin = async (")).await;
    let refused = kit
        .post(&format!("{}/deploy", path(&broken)), json!({}))
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{refused:?}");
    assert_eq!(
        bind(&kit, &["Broken"]).await.status,
        StatusCode::BAD_REQUEST
    );
    let typed =
        "export const onExecutePostLogin = async (event: any, api: any): Promise<void> => {};";
    let typed = create(&kit, body("Typed", typed)).await;
    assert_eq!(
        deploy(&kit, &typed).await["code"],
        typed["code"],
        "shown as it was written"
    );
    let bound = kit
        .server
        .app
        .bound_actions(&kit.server.tenant.id, Trigger::PostLogin);
    assert!(bound.await.unwrap().is_empty());
    assert_eq!(bind(&kit, &["Typed"]).await.status, StatusCode::OK);
    let bound = kit
        .server
        .app
        .bound_actions(&kit.server.tenant.id, Trigger::PostLogin);
    let bound = bound.await.unwrap();
    assert!(!bound[0].code.contains(": any"), "{}", bound[0].code);
}

#[tokio::test]
async fn bindings_have_an_order_and_hold_their_actions() {
    let kit = kit().await;
    let mut actions = Vec::new();
    for name in ["One", "Two"] {
        let mut whole = body(name, CODE);
        whole["deploy"] = json!(true);
        actions.push(create(&kit, whole).await);
    }
    assert_eq!(actions[0]["all_changes_deployed"], true);
    let bound = bind(&kit, &["Two", "One"]).await;
    assert_eq!(bound.status, StatusCode::OK, "{bound:?}");
    let order = |list: &Value| -> Vec<String> {
        let all = list["bindings"].as_array().unwrap().iter();
        all.map(|one| one["action"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(order(&bound.json()), ["Two", "One"]);
    let id = bound.json()["bindings"][1]["id"].clone();
    let again = bind(&kit, &["One", "Two"]).await.json();
    assert_eq!(
        (order(&again), &again["bindings"][0]["id"]),
        (vec!["One".into(), "Two".into()], &id)
    );
    assert_eq!(
        bind(&kit, &["One", "One"]).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(bind(&kit, &["Three"]).await.status, StatusCode::BAD_REQUEST);
    let kept = kit.delete(&path(&actions[0])).await;
    assert_eq!(kept.status, StatusCode::CONFLICT, "{kept:?}");
    let forced = kit
        .delete(&format!("{}?force=true", path(&actions[0])))
        .await;
    assert_eq!(forced.status, StatusCode::NO_CONTENT);
    let left = kit
        .get("/actions/triggers/post-login/bindings")
        .await
        .json();
    assert_eq!(
        (order(&left), &left["total"]),
        (vec!["Two".into()], &json!(1))
    );
    let triggers = kit.get("/actions/triggers").await.json();
    assert_eq!(triggers["triggers"].as_array().map(Vec::len), Some(13));
    let unbuilt = "/actions/triggers/mcp-tool/bindings";
    assert_eq!(kit.get(unbuilt).await.json()["bindings"], json!([]));
    assert_eq!(
        kit.patch(unbuilt, json!({"bindings": []})).await.status,
        StatusCode::OK
    );
    let unknown = kit.get("/actions/triggers/post-logout/bindings").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn sbx_03_secrets_are_write_only_and_reach_their_action_alone() {
    let kit = kit().await;
    let code = "exports.onExecutePostLogin = async (event, api) => {
        console.log(event.secrets.KEY);
        api.idToken.setCustomClaim('https://a.test/length', event.secrets.KEY.length);
    };";
    let mut whole = body("Secretive", code);
    whole["secrets"] = json!([{"name": "KEY", "value": "hush-hush-hush"}]);
    let action = create(&kit, whole).await;
    assert_eq!(action["secrets"][0]["name"], "KEY");
    let payload = json!({"payload": {"user": {"user_id": "auth0|1"}, "secrets": {"KEY": "other"}}});
    let tried = kit.post(&format!("{}/test", path(&action)), payload).await;
    assert_eq!(tried.status, StatusCode::OK, "{tried:?}");
    let payload = &tried.json()["payload"];
    assert_eq!(payload["commands"][0]["value"], 14);
    assert_eq!(payload["tokens"]["id_token"]["https://a.test/length"], 14);
    let renamed = kit
        .patch(&path(&action), json!({"secrets": [{"name": "KEY"}]}))
        .await;
    assert_eq!(
        renamed.json()["secrets"][0]["updated_at"],
        action["secrets"][0]["updated_at"]
    );
    kit.server.app.events.flush().await;
    for place in [
        path(&action),
        "/logs?per_page=100".into(),
        "/actions/actions".into(),
    ] {
        assert!(
            !kit.get(&place).await.text().contains("hush-hush"),
            "{place}"
        );
    }
    assert!(!tried.text().contains("hush-hush"), "{tried:?}");
}

/// Three logins at a shop, as they are kept.
async fn keep_three(kit: &Kit) {
    let now = kit.server.now();
    kit.write(move |tx| {
        for number in 0..3 {
            let event = json!({
                "user": {"user_id": "auth0|x", "email": format!("user-{number}@example.com")},
                "client": {"client_id": "shop"}, "request": {"hostname": "login.test"},
                "resource_server": {"identifier": "https://api.test/"},
                "transaction": {"requested_scopes": ["openid"]},
            });
            let event = KeptEvent {
                id: ExecutionId::parse(&format!("{number:020}")).expect("an id"),
                trigger: Trigger::PostLogin,
                continues: None,
                event,
                at: now,
            };
            tx.action_records().keep(&event, now + Seconds::hours(2))?;
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_draft_is_tried_on_real_logins_without_doing_anything() {
    let kit = kit().await;
    let mut live = body("Address", CODE);
    live["deploy"] = json!(true);
    let action = create(&kit, live).await;
    bind(&kit, &["Address"]).await;
    let settings = json!({"kept_action_events": {"enabled": true, "retention_hours": 2}});
    let changed = kit.patch("/tenants/settings", settings).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    keep_three(&kit).await;
    let draft = "exports.onExecutePostLogin = async (event, api) => {
        if (event.user.email.startsWith('user-0')) api.access.deny('no');
        if (event.user.email.startsWith('user-2')) await fetch('https://x.test/');
        api.accessToken.setCustomClaim('https://demo/mail', event.user.email);
    };";
    kit.patch(&path(&action), json!({"code": draft})).await;
    let replay = kit
        .post(&format!("{}/replay", path(&action)), json!({"count": 10}))
        .await;
    assert_eq!(replay.status, StatusCode::OK, "{replay:?}");
    let replay = replay.json();
    let counts = |word: &str| {
        (
            replay[word]["before"].clone(),
            replay[word]["after"].clone(),
        )
    };
    assert_eq!(
        (&replay["replayed"], &replay["changed"]),
        (&json!(3), &json!(3)),
        "{replay}"
    );
    assert_eq!(counts("denied"), (json!(0), json!(1)));
    assert_eq!(
        counts("failed"),
        (json!(0), json!(1)),
        "no request leaves the sandbox"
    );
    let run = &replay["runs"][1];
    let names: Vec<&Value> = run["access_token"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| &d["claim"])
        .collect();
    assert_eq!(names, ["https://demo/email", "https://demo/mail"]);
    assert_eq!(replay["wall_us"]["limit"], 5_000_000);
    kit.patch(
        "/tenants/settings",
        json!({"kept_action_events": {"enabled": false}}),
    )
    .await;
    let nothing = kit
        .post(&format!("{}/replay", path(&action)), Value::Null)
        .await;
    assert_eq!(nothing.json()["events"], 0, "what was kept is gone");
}

#[tokio::test]
async fn executions_can_be_looked_at() {
    let kit = kit().await;
    let execution = json!({
        "id": "00000000000000000001", "trigger": "post-login", "status": "partial",
        "results": [{"action_id": "00000000-0000-4000-8000-000000000001", "action_name": "A",
            "version": 1, "started_at": 1, "ended_at": 2, "error": {"id": "thrown", "msg": "x"}}],
        "created_at": 1, "updated_at": 2,
    });
    let now = kit.server.now();
    kit.write(move |tx| {
        let execution = serde_json::from_value(execution.clone()).unwrap();
        tx.action_records()
            .executed(&execution, now + Seconds::days(10))
    })
    .await;
    let one = kit.get("/actions/executions/00000000000000000001").await;
    assert_eq!(one.status, StatusCode::OK, "{one:?}");
    assert_eq!(one.json()["results"][0]["error"]["msg"], "x");
    let list = kit
        .get("/actions/executions?trigger_id=post-login&take=10")
        .await
        .json();
    assert_eq!(list["executions"], json!([one.json()]));
    let none = kit.get("/actions/executions?status=final").await.json();
    assert_eq!(none["executions"], json!([]));
    let missing = kit.get("/actions/executions/00000000000000000002").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let odd = kit
        .call(
            Method::GET,
            "/actions/executions?trigger_id=x",
            &Value::Null,
        )
        .await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
}
