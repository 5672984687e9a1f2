//! `GET /actions/triggers`.

use aldgate_core::action::{RUNTIME, Trigger};
use aldgate_core::error::Refusal;
use http::StatusCode;
use serde_json::json;

use crate::op::{ApiError, Call, Reply};

/// Triggers of Auth0 that are not built yet, with the version that its tools name. They are listed
/// so that tools find nothing bound there; no action can be made for them.
const UNBUILT: &[(&str, &str)] = &[
    ("send-phone-message", "v2"),
    ("password-reset-post-challenge", "v1"),
    ("custom-token-exchange", "v1"),
    ("custom-email-provider", "v1"),
    ("custom-phone-provider", "v1"),
    ("event-stream", "v1"),
    ("password-hash-migration", "v1"),
    ("mcp-tool", "v1"),
];

pub(super) async fn run(_call: Call) -> Result<Reply, ApiError> {
    let built = Trigger::ALL.map(|trigger| (trigger.as_str(), trigger.version()));
    let all = built.iter().chain(UNBUILT).map(|(id, version)| {
        json!({
            "id": id,
            "version": version,
            "status": "CURRENT",
            "runtimes": [RUNTIME],
            "default_runtime": RUNTIME,
            "compatible_triggers": [],
            "binding_policy": "trigger-bound",
        })
    });
    Ok(Reply::ok(json!({"triggers": all.collect::<Vec<_>>()})))
}

/// The trigger that a path names; `None`: one that is not built, where nothing is ever bound.
///
/// # Errors
/// 404 for anything else.
pub(super) fn of(call: &Call) -> Result<Option<Trigger>, ApiError> {
    let name = call.segment("id");
    if let Ok(trigger) = name.parse() {
        return Ok(Some(trigger));
    }
    if UNBUILT.iter().any(|(id, _)| *id == name) {
        return Ok(None);
    }
    let known: Vec<&str> = Trigger::ALL.iter().map(|one| one.as_str()).collect();
    let refusal = Refusal::new("inexistent_trigger", "That trigger does not exist.")
        .expected(known.join(", "))
        .actual(name);
    Err(ApiError::new(StatusCode::NOT_FOUND, None, refusal))
}
