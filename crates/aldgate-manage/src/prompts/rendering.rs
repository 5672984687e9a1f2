//! `/prompts/rendering` and `/prompts/{prompt}/screen/{screen}/rendering`: every page is rendered
//! by the server (`standard`); the advanced mode is not built.

use serde_json::{Value, json};

use super::prompt;
use crate::later::not_built;
use crate::op::schema::{array, count, free, one_of, open, string};
use crate::op::{ApiError, Call, FIELDS, Operation, PAGES, Paging, Reply, get, patch, text};

pub(super) fn operations() -> Vec<Operation> {
    let configs = open(
        [
            ("configs", array(free())),
            ("start", count()),
            ("limit", count()),
            ("total", count()),
        ],
        &["configs"],
    );
    let one = open(
        [
            ("tenant", string()),
            ("prompt", string()),
            ("screen", string()),
            ("rendering_mode", one_of(&["standard", "advanced"])),
        ],
        &["rendering_mode"],
    );
    vec![
        get("/prompts/rendering", "List rendering settings", list)
            .scopes(&["read:prompts"])
            .query(PAGES)
            .query(FIELDS)
            .query([text("prompt"), text("screen"), text("rendering_mode")])
            .answers(json!({"anyOf": [array(free()), configs]})),
        patch("/prompts/rendering", "Update rendering settings", refuse)
            .scopes(&["update:prompts"])
            .body(free())
            .answers(free()),
        get(
            "/prompts/{prompt}/screen/{screen}/rendering",
            "Get the rendering of a screen",
            read,
        )
        .scopes(&["read:prompts"])
        .answers(one.clone()),
        patch(
            "/prompts/{prompt}/screen/{screen}/rendering",
            "Update the rendering of a screen",
            change,
        )
        .scopes(&["update:prompts"])
        .body(free())
        .answers(one),
    ]
}

async fn list(call: Call) -> Result<Reply, ApiError> {
    Ok(Paging::of(&call)?.reply(&call, "configs", Vec::new(), 0))
}

async fn refuse(_call: Call) -> Result<Reply, ApiError> {
    Err(not_built("Advanced rendering of the login pages"))
}

async fn read(call: Call) -> Result<Reply, ApiError> {
    Ok(Reply::ok(standard(&call)?))
}

/// `standard` is what there is; anything else is refused.
async fn change(call: Call) -> Result<Reply, ApiError> {
    let shown = standard(&call)?;
    let body = call.object()?;
    if body
        .get("rendering_mode")
        .is_none_or(|mode| mode == "standard")
    {
        return Ok(Reply::ok(shown));
    }
    Err(not_built("Advanced rendering of the login pages"))
}

fn standard(call: &Call) -> Result<Value, ApiError> {
    Ok(json!({
        "tenant": call.tenant.id,
        "prompt": prompt(call)?,
        "screen": call.segment("screen"),
        "rendering_mode": "standard",
        "context_configuration": [],
        "default_head_tags_disabled": false,
        "head_tags": [],
    }))
}
