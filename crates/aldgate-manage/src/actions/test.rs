//! `POST /actions/actions/{id}/test`: the draft runs once, in the sandbox of logins and within its
//! limits, with the event that the caller sends. Nothing of what it asks for is done.

use aldgate_actions::{Fault, Finding, Job, Outcome};
use aldgate_core::action::preview::Scene;
use aldgate_core::action::{Action, Next, Verdict};
use aldgate_core::error::Refusal;
use aldgate_core::id::{ActionId, ClientId};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::deploy::{busy, load, unreadable};
use crate::op::{ApiError, Call, Reply};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    payload: Map<String, Value>,
}

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: ActionId = call.id("id")?;
    let mut event = call.parse::<Body>()?.payload;
    let action = load(&call, &id).await?;
    // Auth0's own tests send the event within the payload.
    if let Some(Value::Object(inner)) = event.remove("event") {
        event = inner;
    }
    // The action gets its own secrets, never those of a caller.
    event.remove("secrets");
    let compiled = call.app.sandbox.compile(&action.code).await.map_err(busy)?;
    let code = compiled.map_err(|fault| unreadable(&fault))?;
    let code = code.unwrap_or_else(|| action.code.clone());
    let findings = aldgate_actions::check(&code, action.trigger);
    let event = Value::Object(event);
    let scene = Scene::of(action.trigger, &event)?;
    let scene = living(&call, scene).await?;
    let secrets = call
        .app
        .open_action_secrets(&call.tenant.id, &id, &action.secrets)?;
    let job = Job {
        name: action.name.clone(),
        code,
        trigger: action.trigger,
        handler: action.trigger.handler_of(&event).to_owned(),
        event,
        secrets,
        limits: call.app.sandbox.limits(),
    };
    let ran = call.app.sandbox.run(&call.tenant.id, job).await;
    let outcome = ran.map_err(busy)?;
    let payload = shown(&call, &action, &scene, (&findings, &outcome));
    Ok(Reply::ok(json!({"payload": payload})))
}

/// The scene with the lifetimes of the application and the API that its event names.
pub(super) async fn living(call: &Call, scene: Scene) -> Result<Scene, ApiError> {
    let (app, tenant) = (&call.app, &call.tenant.id);
    let application = match ClientId::parse(scene.client_id()) {
        Ok(id) => app.application(tenant, &id).await?,
        Err(_) => None,
    };
    let api = match scene.audience() {
        Some(identifier) => app.api(tenant, identifier, call.now).await?,
        None => None,
    };
    Ok(scene.living(application.as_deref(), api.as_deref()))
}

fn shown(
    call: &Call,
    action: &Action,
    scene: &Scene,
    (findings, outcome): (&[Finding], &Outcome),
) -> Value {
    let mut payload = json!({
        "action_id": action.id,
        "commands": outcome.commands,
        "logs": outcome.logs,
        "findings": findings,
        "stats": {
            "action_duration_ms": outcome.stats.wall_us / 1000,
            "wall_us": outcome.stats.wall_us,
            "heap_bytes": outcome.stats.heap_bytes,
            "fetches": outcome.stats.fetches,
        },
    });
    if let Some(Fault {
        kind,
        message,
        stack,
    }) = &outcome.fault
    {
        payload["result"] = json!("failed");
        payload["error"] = json!({"id": kind, "msg": message, "stack": stack});
        return payload;
    }
    match Verdict::default().apply(&outcome.commands, &scene.ground()) {
        Err(refusal) => {
            payload["result"] = json!("failed");
            payload["error"] = story(&refusal);
        }
        Ok(applied) => {
            payload["result"] = match &applied.next {
                Next::GoOn => json!("passed"),
                Next::Denied(denial) => json!(format!("denied: {}", denial.reason)),
                Next::Redirect(to) => json!(format!("redirect: {to}")),
            };
            let left_out: Vec<Value> = applied.left_out.iter().map(story).collect();
            payload["left_out"] = json!(left_out);
            payload["tokens"] = json!(scene.tokens(&applied.verdict.tokens, call.now));
        }
    }
    payload
}

fn story(refusal: &Refusal) -> Value {
    let remedy = refusal.remedy.as_deref().unwrap_or_default();
    json!({"id": refusal.code, "msg": format!("{} {remedy}", refusal.cause).trim_end()})
}
