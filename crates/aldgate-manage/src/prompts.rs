//! `/prompts`: the login pages' flow, and their texts.

mod custom_text;
mod partials;
mod rendering;

use aldgate_app::page::custom_text::PROMPTS;
use aldgate_core::error::Refusal;
use aldgate_core::members::{Kind, member};
use serde_json::json;

use crate::document::{Document, SOUND};
use crate::op::schema::{flag, open, string};
use crate::op::{ApiError, Call, Operation, get, patch};

/// What can be read of the flow. Aldgate asks for name and password on one page, or on two when
/// the connection wants it; these settings are stored and returned.
const DOCUMENT: Document = Document {
    kind: "prompts",
    id: "",
    members: &[
        member(
            "universal_login_experience",
            Kind::OneOf(&["new", "classic"]),
        ),
        member("identifier_first", Kind::Flag),
        member("webauthn_platform_first_factor", Kind::Flag),
    ],
    defaults: || json!({"universal_login_experience": "new", "identifier_first": false}),
    check: SOUND,
};

pub(crate) fn operations() -> Vec<Operation> {
    let shape = open(
        [
            ("universal_login_experience", string()),
            ("identifier_first", flag()),
            ("webauthn_platform_first_factor", flag()),
        ],
        &["universal_login_experience"],
    );
    let mut all = vec![
        get("/prompts", "Get the prompt settings", |call| {
            DOCUMENT.read(call)
        })
        .scopes(&["read:prompts"])
        .answers(shape.clone()),
        patch("/prompts", "Update the prompt settings", |call| {
            DOCUMENT.change(call)
        })
        .scopes(&["update:prompts"])
        .body(DOCUMENT.body())
        .answers(shape),
    ];
    all.extend(custom_text::operations());
    all.extend(partials::operations());
    all.extend(rendering::operations());
    all
}

/// The prompt that the path names.
fn prompt(call: &Call) -> Result<&'static str, ApiError> {
    let named = call.segment("prompt");
    let known = PROMPTS.iter().find(|prompt| **prompt == named);
    known.copied().ok_or_else(|| {
        let cause = "Path validation error: 'No enum match' on property prompt.";
        let refusal = Refusal::new("prompt", cause)
            .expected(PROMPTS.join(", "))
            .actual(named);
        ApiError::bad_request("invalid_uri", refusal)
    })
}
