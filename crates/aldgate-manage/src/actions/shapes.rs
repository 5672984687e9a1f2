//! Shapes of bodies and answers of `/actions`.

use aldgate_core::action::Trigger;
use aldgate_core::action::rules::{CODE_BYTES_MAX, RUNTIMES, SECRETS_MAX};
use serde_json::{Value, json};

use crate::op::schema::{any, array, closed, count, flag, free, one_of, open, short, string, time};

/// What a body says of an action.
pub(super) fn body(required: &[&str]) -> Value {
    let ids = Trigger::ALL.map(Trigger::as_str);
    let trigger = closed(
        [
            ("id", one_of(&ids)),
            ("version", string()),
            ("status", string()),
            ("url", string()),
        ],
        &["id"],
    );
    let secret = closed(
        [
            ("name", short(128)),
            ("value", string()),
            ("updated_at", string()),
        ],
        &["name"],
    );
    let dependency = closed(
        [
            ("name", short(255)),
            ("version", string()),
            ("registry_url", string()),
        ],
        &["name"],
    );
    let bounded = |item: Value, most: usize| {
        let mut list = array(item);
        list["maxItems"] = json!(most);
        list
    };
    closed(
        [
            ("name", short(255)),
            ("supported_triggers", bounded(trigger, 1)),
            (
                "code",
                json!({"type": "string", "maxLength": CODE_BYTES_MAX}),
            ),
            ("dependencies", bounded(dependency, 50)),
            ("runtime", one_of(RUNTIMES)),
            ("secrets", bounded(secret, SECRETS_MAX)),
            ("modules", bounded(free(), 0)),
            ("failure_mode", one_of(&["closed", "open", "default"])),
            ("deploy", flag()),
        ],
        required,
    )
}

pub(super) fn action() -> Value {
    open(
        [
            ("id", string()),
            ("name", string()),
            ("supported_triggers", array(free())),
            ("code", string()),
            ("dependencies", array(free())),
            ("runtime", string()),
            ("status", one_of(&["built"])),
            ("secrets", array(free())),
            ("all_changes_deployed", flag()),
            ("deployed_version", version()),
            ("failure_mode", one_of(&["closed", "open"])),
            ("created_at", time()),
            ("updated_at", time()),
        ],
        &[
            "id",
            "name",
            "supported_triggers",
            "code",
            "status",
            "secrets",
        ],
    )
}

pub(super) fn version() -> Value {
    open(
        [
            ("id", string()),
            ("action_id", string()),
            ("number", count()),
            ("code", string()),
            ("status", one_of(&["built"])),
            ("deployed", flag()),
            ("secrets", array(free())),
            ("created_at", time()),
        ],
        &["id", "action_id", "number", "code", "status", "deployed"],
    )
}

pub(super) fn roll_back() -> Value {
    closed([("update_draft", flag())], &[])
}

pub(super) fn bindings() -> Value {
    let reference = closed(
        [
            ("type", one_of(&["action_id", "action_name", "binding_id"])),
            ("value", string()),
        ],
        &["type", "value"],
    );
    let mut none = array(any());
    none["maxItems"] = json!(0);
    let binding = closed(
        [
            ("ref", reference),
            ("display_name", json!({"type": "string", "maxLength": 255})),
            ("secrets", none),
        ],
        &["ref"],
    );
    let mut list = array(binding);
    list["maxItems"] = json!(50);
    closed([("bindings", list)], &["bindings"])
}

pub(super) fn binding() -> Value {
    open(
        [
            ("id", string()),
            ("trigger_id", string()),
            ("action", free()),
            ("display_name", string()),
            ("created_at", time()),
        ],
        &["id", "trigger_id", "action", "display_name"],
    )
}

pub(super) fn triggers() -> Value {
    let trigger = open(
        [("id", string()), ("version", string())],
        &["id", "version"],
    );
    open([("triggers", array(trigger))], &["triggers"])
}

pub(super) fn execution() -> Value {
    open(
        [
            ("id", string()),
            ("trigger_id", string()),
            (
                "status",
                one_of(&["final", "partial", "suspended", "canceled"]),
            ),
            ("results", array(free())),
            ("created_at", time()),
            ("updated_at", time()),
        ],
        &["id", "trigger_id", "status", "results"],
    )
}

pub(super) fn executions() -> Value {
    open(
        [("executions", array(execution())), ("next", string())],
        &["executions"],
    )
}

/// What an action is tried with: Auth0's test takes the event as `payload`.
pub(super) fn event() -> Value {
    closed([("payload", free())], &["payload"])
}

pub(super) fn tested() -> Value {
    open([("payload", free())], &["payload"])
}

/// How many of the last events are replayed.
pub(super) fn replay() -> Value {
    let count = json!({"type": "integer", "minimum": 1, "maximum": 100});
    closed([("count", count), ("allow_requests", flag())], &[])
}

pub(super) fn replayed() -> Value {
    open(
        [
            ("events", count()),
            ("replayed", count()),
            ("changed", count()),
            ("runs", array(free())),
        ],
        &["events", "replayed", "changed", "runs"],
    )
}

/// A list with its page.
pub(super) fn numbered(plural: &'static str, item: Value) -> Value {
    open(
        [
            (plural, array(item)),
            ("total", count()),
            ("page", count()),
            ("per_page", count()),
        ],
        &[plural, "total", "page", "per_page"],
    )
}
