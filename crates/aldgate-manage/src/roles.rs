//! `/roles`: roles, what they permit, and who holds them.

mod create;
mod delete;
mod list;
mod permissions;
mod read;
mod update;
mod users;

use aldgate_core::role::{Role, WRITABLE};
use serde_json::{Value, json};

use crate::op::schema::{closed, free, open, page, short, string, writable};
use crate::op::{ApiError, FIELDS, KEYSET, Operation, PAGES, delete, get, patch, post, text};
use crate::rbac::{bounded, permission_shape, permissions_body};

pub(crate) fn operations() -> Vec<Operation> {
    let mut all = of_roles();
    all.extend(of_permissions());
    all.extend(of_users());
    all
}

fn of_roles() -> Vec<Operation> {
    vec![
        get("/roles", "List roles", list::run)
            .scopes(&["read:roles"])
            .query(PAGES)
            .query(KEYSET)
            .query(FIELDS)
            .query([text("name_filter"), text("type")])
            .answers(page("roles", shape())),
        post("/roles", "Create a role", create::run)
            .scopes(&["create:roles"])
            .body(writable(WRITABLE, &["name"]))
            .status(200)
            .answers(shape()),
        get("/roles/{id}", "Get a role", read::run)
            .scopes(&["read:roles"])
            .query(FIELDS)
            .answers(shape()),
        patch("/roles/{id}", "Update a role", update::run)
            .scopes(&["update:roles"])
            .body(writable(WRITABLE, &[]))
            .answers(shape()),
        delete("/roles/{id}", "Delete a role", delete::run)
            .scopes(&["delete:roles"])
            .status(200)
            .answers(free()),
    ]
}

fn of_permissions() -> Vec<Operation> {
    vec![
        get(
            "/roles/{id}/permissions",
            "List the permissions of a role",
            permissions::list,
        )
        .scopes(&["read:roles"])
        .query(PAGES)
        .answers(page("permissions", permission_shape())),
        post(
            "/roles/{id}/permissions",
            "Add permissions to a role",
            permissions::add,
        )
        .scopes(&["update:roles"])
        .body(permissions_body())
        .answers(free()),
        delete(
            "/roles/{id}/permissions",
            "Take permissions from a role",
            permissions::remove,
        )
        .scopes(&["update:roles"])
        .body(permissions_body()),
    ]
}

fn of_users() -> Vec<Operation> {
    let body = closed([("users", bounded(short(255)))], &["users"]);
    let user = open(
        [
            ("user_id", string()),
            ("email", string()),
            ("name", string()),
            ("picture", string()),
        ],
        &["user_id"],
    );
    vec![
        get("/roles/{id}/users", "List the users of a role", users::list)
            .scopes(&["read:roles", "read:role_members"])
            .query(PAGES)
            .query(KEYSET)
            .answers(page("users", user)),
        post("/roles/{id}/users", "Give a role to users", users::give)
            .scopes(&["update:roles", "create:role_members"])
            .body(body)
            .status(200)
            .answers(free()),
    ]
}

/// A role on the wire.
pub(crate) fn view(role: &Role) -> Value {
    let mut view = json!({"id": role.id, "name": role.name, "type": "tenant"});
    if let Some(description) = &role.description {
        view["description"] = description.clone().into();
    }
    view
}

/// A role in an answer.
pub(crate) fn shape() -> Value {
    open(
        [
            ("id", string()),
            ("name", string()),
            ("description", string()),
            ("type", string()),
        ],
        &[],
    )
}

/// The answer for a role that is not there.
pub(crate) fn missing() -> ApiError {
    ApiError::not_found("inexistent_role", "The role does not exist.")
}
