//! Actions on the wire, in Auth0's members; never a secret's value.

use aldgate_core::action::{
    Action, ActionVersion, Binding, Dependency, Execution, ExecutionResult, FailureMode,
    SealedSecret, Trigger, rules,
};
use serde_json::{Map, Value, json};

use crate::op::{Call, Paging, Reply};

/// An action, with the version that is deployed.
pub(super) fn action(action: &Action, deployed: Option<&ActionVersion>) -> Value {
    let mut shown = head(action);
    shown.insert("code".into(), json!(action.code));
    shown.insert("dependencies".into(), dependencies(&action.dependencies));
    let runtime = rules::runtime(action.runtime.as_deref());
    shown.insert("runtime".into(), json!(runtime));
    // A draft is checked when it is deployed: there is nothing to wait for before.
    shown.insert("status".into(), json!("built"));
    shown.insert("secrets".into(), secrets(&action.secrets));
    if let Some(version) = deployed {
        shown.insert("deployed_version".into(), self::version(version, None));
        shown.insert("built_at".into(), time(version.created_at));
    }
    Value::Object(shown)
}

/// What is told of an action wherever it is mentioned.
fn head(action: &Action) -> Map<String, Value> {
    let version = action.trigger_version.as_deref();
    let mut shown = Map::new();
    shown.insert("id".into(), json!(action.id));
    shown.insert("name".into(), json!(action.name));
    shown.insert(
        "supported_triggers".into(),
        triggers(action.trigger, version),
    );
    shown.insert("created_at".into(), time(action.created_at));
    shown.insert("updated_at".into(), time(action.updated_at));
    shown.insert(
        "all_changes_deployed".into(),
        json!(action.all_changes_deployed),
    );
    if let Some(mode) = action.failure_mode {
        let mode = match mode {
            FailureMode::Closed => "closed",
            FailureMode::Open => "open",
        };
        shown.insert("failure_mode".into(), json!(mode));
    }
    shown
}

/// A version; with its action, whether it is the one that is deployed.
pub(super) fn version(version: &ActionVersion, of: Option<&Action>) -> Value {
    let mut shown = Map::new();
    shown.insert("id".into(), json!(version.id));
    shown.insert("action_id".into(), json!(version.action_id));
    shown.insert("number".into(), json!(version.number));
    shown.insert("code".into(), json!(version.code));
    shown.insert("dependencies".into(), dependencies(&version.dependencies));
    let runtime = rules::runtime(version.runtime.as_deref());
    shown.insert("runtime".into(), json!(runtime));
    shown.insert("secrets".into(), secrets(&version.secrets));
    shown.insert("status".into(), json!("built"));
    shown.insert("errors".into(), json!([]));
    let trigger_version = version.trigger_version.as_deref();
    shown.insert(
        "supported_triggers".into(),
        triggers(version.trigger, trigger_version),
    );
    for name in ["built_at", "created_at", "updated_at"] {
        shown.insert(name.into(), time(version.created_at));
    }
    let deployed = of.is_none_or(|action| action.deployed.as_ref() == Some(&version.id));
    shown.insert("deployed".into(), json!(deployed));
    if let Some(action) = of {
        shown.insert("action".into(), Value::Object(head(action)));
    }
    Value::Object(shown)
}

/// An action's place at its trigger.
pub(super) fn binding(
    binding: &Binding,
    action: &Action,
    deployed: Option<&ActionVersion>,
) -> Value {
    let mut shown = head(action);
    if let Some(version) = deployed {
        let version = json!({"id": version.id, "number": version.number, "deployed": true});
        shown.insert("deployed_version".into(), version);
    }
    json!({
        "id": binding.id,
        "trigger_id": binding.trigger.as_str(),
        "action": shown,
        "display_name": binding.display_name,
        "created_at": time(binding.created_at),
        "updated_at": time(binding.updated_at),
    })
}

/// What came of running a trigger.
pub(super) fn execution(execution: &Execution) -> Value {
    let results: Vec<Value> = execution.results.iter().map(result).collect();
    json!({
        "id": execution.id,
        "trigger_id": execution.trigger.as_str(),
        "status": execution.status,
        "results": results,
        "created_at": time(execution.created_at),
        "updated_at": time(execution.updated_at),
    })
}

fn result(result: &ExecutionResult) -> Value {
    let mut shown = json!({
        "action_id": result.action_id,
        "action_name": result.action_name,
        "version": result.version,
        "started_at": time(result.started_at),
        "ended_at": time(result.ended_at),
        "logs": result.logs,
        "heap_bytes": result.heap_bytes,
        "fetches": result.fetches,
    });
    if let Some(error) = &result.error {
        shown["error"] = json!(error);
    }
    shown
}

/// A list in the form that the actions of Auth0 have: `{plural, total, page, per_page}`.
pub(super) fn numbered(call: &Call, plural: &str, items: Vec<Value>, total: u64) -> Reply {
    let page = call.query.number("page").unwrap_or(0);
    let per_page = call.query.number("per_page").unwrap_or(50);
    Reply::ok(json!({plural: items, "total": total, "page": page, "per_page": per_page}))
}

/// A list by key, with `next` where there is more.
pub(super) fn keyed(call: &Call, plural: &str, items: Vec<Value>, last: Option<String>) -> Reply {
    let mut shown = json!({plural: items});
    if let Some(last) = last {
        shown["next"] = json!(Paging::cursor(call, &last));
    }
    Reply::ok(shown)
}

fn triggers(trigger: Trigger, version: Option<&str>) -> Value {
    let version = version.unwrap_or_else(|| trigger.version());
    json!([{"id": trigger.as_str(), "version": version}])
}

fn dependencies(dependencies: &[Dependency]) -> Value {
    json!(dependencies)
}

fn secrets(secrets: &[SealedSecret]) -> Value {
    let one =
        |secret: &SealedSecret| json!({"name": secret.name, "updated_at": time(secret.updated_at)});
    secrets.iter().map(one).collect()
}

fn time(at: aldgate_core::time::Timestamp) -> Value {
    json!(at.iso8601())
}
