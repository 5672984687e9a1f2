//! `/users`: people, and everything below them.

mod permissions;
mod roles;

use serde_json::{Value, json};

use crate::op::schema::{array, free, open, page};
use crate::op::{ApiError, KEYSET, Operation, PAGES, delete, get, post, text};
use crate::rbac::{permission_shape, permissions_body, roles_body};
use crate::roles::shape as role_shape;

pub(crate) fn operations() -> Vec<Operation> {
    rights()
}

/// Roles and permissions of a user.
fn rights() -> Vec<Operation> {
    vec![
        get("/users/{id}/roles", "List the roles of a user", roles::list)
            .scopes(&["read:users", "read:role_members", "read:roles"])
            .query(PAGES)
            .answers(page("roles", role_shape())),
        post("/users/{id}/roles", "Give roles to a user", roles::give)
            .scopes(&["update:users", "create:role_members"])
            .body(roles_body())
            .status(204),
        delete(
            "/users/{id}/roles",
            "Take roles from a user",
            roles::withdraw,
        )
        .scopes(&["update:users", "delete:role_members"])
        .body(roles_body()),
        get(
            "/users/{id}/permissions",
            "List the permissions of a user",
            permissions::list,
        )
        .scopes(&["read:users"])
        .query(PAGES)
        .answers(page("permissions", held_shape())),
        post(
            "/users/{id}/permissions",
            "Give permissions to a user",
            permissions::give,
        )
        .scopes(&["update:users"])
        .body(permissions_body())
        .answers(free()),
        delete(
            "/users/{id}/permissions",
            "Take permissions from a user",
            permissions::withdraw,
        )
        .scopes(&["update:users"])
        .body(permissions_body()),
        get(
            "/users/{id}/effective-roles",
            "List the effective roles of a user",
            roles::effective,
        )
        .scopes(&["read:user_effective_roles"])
        .query(KEYSET)
        .answers(page("roles", role_shape())),
        get(
            "/users/{id}/effective-permissions",
            "List the effective permissions of a user",
            permissions::effective,
        )
        .scopes(&["read:user_effective_permissions"])
        .query(KEYSET)
        .query([text("resource_server_identifier")])
        .answers(page("permissions", held_shape())),
    ]
}

fn held_shape() -> Value {
    let mut shape = permission_shape();
    shape["properties"]["sources"] = array(open([("source_type", json!({"type": "string"}))], &[]));
    shape
}

/// The answer for a user who is not there.
pub(crate) fn missing() -> ApiError {
    ApiError::not_found("inexistent_user", "The user does not exist.")
}
