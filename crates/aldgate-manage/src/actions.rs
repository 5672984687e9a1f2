//! `/actions`: tenant JavaScript, its versions, and what runs at each trigger.

mod bindings;
mod create;
mod delete;
mod deploy;
mod executions;
mod list;
mod read;
mod replay;
mod secrets;
mod shapes;
mod test;
mod triggers;
mod update;
mod versions;
mod view;

use aldgate_core::error::Refusal;
use http::StatusCode;

use crate::op::{
    ApiError, KEYSET, Operation, PAGES, boolean, delete, get, list, patch, post, text,
};

pub(crate) fn operations() -> Vec<Operation> {
    let mut all = vec![
        get("/actions/actions", "List actions", list::run)
            .scopes(&["read:actions"])
            .query(PAGES)
            .query([text("triggerId"), text("actionName")])
            .query([boolean("deployed"), boolean("installed")])
            .answers(shapes::numbered("actions", shapes::action())),
        post("/actions/actions", "Create an action", create::run)
            .scopes(&["create:actions"])
            .body(shapes::body(&["name", "supported_triggers"]))
            .answers(shapes::action()),
        get(ACTION, "Get an action", read::run)
            .scopes(&["read:actions"])
            .answers(shapes::action()),
        patch(ACTION, "Update an action", update::run)
            .scopes(&["update:actions"])
            .body(shapes::body(&[]))
            .answers(shapes::action()),
        delete(ACTION, "Delete an action", delete::run)
            .scopes(&["delete:actions"])
            .query([boolean("force")]),
        post(
            "/actions/actions/{id}/deploy",
            "Deploy an action",
            deploy::run,
        )
        .scopes(&["create:actions"])
        .optional_body(crate::op::schema::closed([], &[]))
        .status(200)
        .answers(shapes::version()),
        post("/actions/actions/{id}/test", "Try an action", test::run)
            .scopes(&["create:actions"])
            .body(shapes::event())
            .status(200)
            .answers(shapes::tested()),
        post(
            "/actions/actions/{id}/replay",
            "Replay the last logins with the draft of an action",
            replay::run,
        )
        .scopes(&["create:actions"])
        .optional_body(shapes::replay())
        .status(200)
        .answers(shapes::replayed()),
    ];
    all.extend(version_operations());
    all.extend(trigger_operations());
    all
}

const ACTION: &str = "/actions/actions/{id}";
const VERSION: &str = "/actions/actions/{id}/versions/{version}";

fn version_operations() -> Vec<Operation> {
    vec![
        get(
            "/actions/actions/{id}/versions",
            "List the versions of an action",
            versions::list,
        )
        .scopes(&["read:actions"])
        .query(PAGES)
        .answers(shapes::numbered("versions", shapes::version())),
        get(VERSION, "Get a version of an action", versions::read)
            .scopes(&["read:actions"])
            .answers(shapes::version()),
        post(
            "/actions/actions/{id}/versions/{version}/deploy",
            "Roll back to a version of an action",
            versions::deploy,
        )
        .scopes(&["create:actions"])
        .optional_body(shapes::roll_back())
        .status(200)
        .answers(shapes::version()),
    ]
}

fn trigger_operations() -> Vec<Operation> {
    let path = "/actions/triggers/{id}/bindings";
    vec![
        get("/actions/triggers", "List triggers", triggers::run)
            .scopes(&["read:actions"])
            .answers(shapes::triggers()),
        get(path, "List what a trigger runs", bindings::list)
            .scopes(&["read:actions"])
            .query(PAGES)
            .answers(shapes::numbered("bindings", shapes::binding())),
        patch(path, "Set what a trigger runs", bindings::update)
            .scopes(&["update:actions"])
            .body(shapes::bindings())
            .answers(shapes::numbered("bindings", shapes::binding())),
        get("/actions/executions", "List executions", executions::list)
            .scopes(&["read:actions"])
            .query(KEYSET)
            .query([text("trigger_id"), list("status")])
            .answers(shapes::executions()),
        get(
            "/actions/executions/{id}",
            "Get an execution",
            executions::read,
        )
        .scopes(&["read:actions"])
        .answers(shapes::execution()),
    ]
}

/// 404, in Auth0's words and without a code.
fn missing() -> ApiError {
    let refusal = Refusal::new("inexistent_action", "That action does not exist.");
    ApiError::new(StatusCode::NOT_FOUND, None, refusal)
}

fn taken(name: &str) -> ApiError {
    let cause = "An action with the same name already exists.";
    let refusal = Refusal::new("action_conflict", cause)
        .actual(name)
        .remedy("Choose another name, or change the action that exists.");
    ApiError::conflict(None, refusal)
}
