//! Where the files of actions differ from the wire: `deployed` is a wish, secrets have names only,
//! and what a trigger runs is a list of names.

use aldgate_manage::Local;
use anyhow::Result;
use http::Method;
use serde_json::{Map, Value, json};

use super::schema::encoded;
use crate::cmd::api;

/// The section of actions.
pub(super) const ACTIONS: &str = "actions";

/// The section of what triggers run.
pub(super) const TRIGGERS: &str = "triggers";

/// An action of the wire as files have it.
pub(super) fn action_of_files(body: &mut Map<String, Value>) {
    let deployed = body.get("all_changes_deployed") == Some(&json!(true));
    body.insert("deployed".into(), deployed.into());
    if let Some(Value::Array(secrets)) = body.get_mut("secrets") {
        let names = secrets.iter().map(|secret| json!({"name": secret["name"]}));
        *secrets = names.collect();
    }
}

/// What files ask of an action, next to what there is: secrets whose values cannot be compared are
/// taken out of what there is, and what is deployed stays so.
pub(super) fn comparable(before: &mut Map<String, Value>, wanted: &mut Map<String, Value>) {
    if wanted.get("deployed") == Some(&json!(false)) {
        wanted.remove("deployed");
    }
    for secret in secrets(wanted).into_iter().flatten() {
        if let Some(members) = secret.as_object_mut() {
            members.remove("updated_at");
        }
    }
    let names = |body: &mut Map<String, Value>| -> Vec<Value> {
        let all = secrets(body).into_iter().flatten();
        all.map(|secret| secret["name"].clone()).collect()
    };
    let given = secrets(wanted).is_some_and(|all| all.iter().any(|one| one.get("value").is_some()));
    if given && names(before) == names(wanted) {
        before.remove("secrets");
    }
}

fn secrets(body: &mut Map<String, Value>) -> Option<&mut Vec<Value>> {
    body.get_mut("secrets").and_then(Value::as_array_mut)
}

/// What a trigger runs, of the wire, as files have it.
pub(super) fn bindings_of_files(body: &mut Map<String, Value>) {
    let bound = body.get("bindings").and_then(Value::as_array);
    let one = |binding: &Value| {
        json!({
            "action_name": binding["action"]["name"],
            "display_name": binding["display_name"],
        })
    };
    let bound: Vec<Value> = bound.into_iter().flatten().map(one).collect();
    body.retain(|name, _| name == "bindings");
    body.insert("bindings".into(), bound.into());
}

/// What files have of a trigger, as the wire takes it.
pub(super) fn bindings_of_wire(body: &Map<String, Value>) -> Value {
    let wanted = body.get("bindings").and_then(Value::as_array);
    let one = |binding: &Value| {
        let name = &binding["action_name"];
        let shown = binding.get("display_name").unwrap_or(name);
        json!({"ref": {"type": "action_name", "value": name}, "display_name": shown})
    };
    let wanted: Vec<Value> = wanted.into_iter().flatten().map(one).collect();
    json!({"bindings": wanted})
}

/// Deploys the draft of an action.
pub(super) async fn deploy(local: &Local, id: &str) -> Result<()> {
    let path = format!("/actions/actions/{}/deploy", encoded(id));
    let answer = local.call(Method::POST, &path, None).await?;
    match answer.status.is_success() {
        true => Ok(()),
        false => Err(api::refusal(&answer)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn secrets_are_compared_by_their_names() {
        let mut before = map(json!({"secrets": [{"name": "KEY"}]}));
        let with_values = json!({"secrets": [{"name": "KEY", "value": "v"}], "deployed": false});
        let mut wanted = map(with_values);
        comparable(&mut before, &mut wanted);
        assert!(before.is_empty(), "their values cannot be compared");
        assert_eq!(wanted.get("deployed"), None, "nothing is taken back");
        let mut before = map(json!({"secrets": [{"name": "KEY"}]}));
        let mut wanted = map(json!({"secrets": [{"name": "KEY", "updated_at": "x"}]}));
        comparable(&mut before, &mut wanted);
        assert_eq!(before, wanted);
    }

    #[test]
    fn bindings_go_there_and_back() {
        let mut wire = map(json!({"total": 1, "bindings": [
            {"id": "b", "action": {"name": "A", "id": "x"}, "display_name": "First"},
        ]}));
        bindings_of_files(&mut wire);
        let files = json!({"bindings": [{"action_name": "A", "display_name": "First"}]});
        assert_eq!(Value::Object(wire.clone()), files);
        assert_eq!(bindings_of_wire(&wire)["bindings"][0]["ref"]["value"], "A");
    }
}
