//! The table of operations below `/users`.

use aldgate_core::user::rules::{CREATABLE, WRITABLE};
use serde_json::{Value, json};

use super::{
    access, by_email, create, delete as remove, factors, identities, list, logs, permissions, read,
    roles, update,
};
use crate::op::schema::{
    array, closed, count, flag, free, open, page, short, string, time, writable,
};
use crate::op::{
    FIELDS, KEYSET, Operation, PAGES, Param, boolean, delete, get, patch, post, put, text,
};
use crate::rbac::{permission_shape, permissions_body, roles_body};
use crate::roles::shape as role_shape;

pub(crate) fn operations() -> Vec<Operation> {
    [
        users(),
        rights(),
        effective_rights(),
        accounts(),
        logins(),
        factors_of_users(),
        methods_of_users(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

const READ: &[&str] = &["read:users", "read:user_idp_tokens"];

fn users() -> Vec<Operation> {
    vec![
        get("/users", "List or search users", list::run)
            .scopes(READ)
            .query(PAGES)
            .query(KEYSET)
            .query(FIELDS)
            .query([
                text("q"),
                text("sort"),
                text("connection"),
                text("search_engine"),
                boolean("primary_order"),
            ])
            .answers(page("users", shape())),
        post("/users", "Create a user", create::run)
            .scopes(&["create:users"])
            .body(writable(CREATABLE, &["connection"]))
            .answers(shape()),
        get("/users/{id}", "Get a user", read::run)
            .scopes(READ)
            .query(FIELDS)
            .answers(shape()),
        patch("/users/{id}", "Update a user", update::run)
            .scopes(&["update:users", "update:users_app_metadata"])
            .body(writable(WRITABLE, &[]))
            .answers(shape()),
        delete("/users/{id}", "Delete a user", remove::run).scopes(&["delete:users"]),
        get(
            "/users-by-email",
            "Find users by e-mail address",
            by_email::run,
        )
        .scopes(READ)
        .query(FIELDS)
        .query([text("email")])
        .answers(array(shape())),
    ]
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
    ]
}

/// What a user holds from all sources, and her organizations.
fn effective_rights() -> Vec<Operation> {
    vec![
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
        get(
            "/users/{id}/organizations",
            "List the organizations of a user",
            read::organizations,
        )
        .scopes(&["read:organizations"])
        .query(PAGES)
        .answers(page("organizations", free())),
    ]
}

/// Accounts at connections, and the log.
fn accounts() -> Vec<Operation> {
    let identity = open([("connection", string()), ("provider", string())], &[]);
    let link = closed(
        [
            ("provider", short(255)),
            ("user_id", json!({"type": ["string", "integer"]})),
            ("connection_id", short(64)),
            ("link_with", short(16_384)),
        ],
        &[],
    );
    vec![
        post(
            "/users/{id}/identities",
            "Link an account",
            identities::link,
        )
        .scopes(&["update:users"])
        .body(link)
        .answers(array(identity.clone())),
        delete(
            "/users/{id}/identities/{provider}/{user_id}",
            "Unlink an account",
            identities::unlink,
        )
        .scopes(&["update:users"])
        .status(200)
        .answers(array(identity)),
        get(
            "/users/{id}/logs",
            "List the log events of a user",
            logs::run,
        )
        .scopes(&["read:logs", "read:logs_users"])
        .query(PAGES)
        .query([text("sort")])
        .answers(page("logs", free())),
    ]
}

/// Sessions, tokens, and taking all of them.
fn logins() -> Vec<Operation> {
    let revoke = closed(
        [
            ("session_id", short(64)),
            ("preserve_refresh_tokens", flag()),
        ],
        &[],
    );
    vec![
        get(
            "/users/{id}/sessions",
            "List the sessions of a user",
            access::sessions,
        )
        .scopes(&["read:sessions"])
        .query(KEYSET)
        .query([INCLUDE_TOTALS])
        .answers(page("sessions", free())),
        delete(
            "/users/{id}/sessions",
            "End the sessions of a user",
            access::end_sessions,
        )
        .scopes(&["delete:sessions"])
        .status(202),
        get(
            "/users/{id}/refresh-tokens",
            "List the refresh tokens of a user",
            access::tokens,
        )
        .scopes(&["read:refresh_tokens"])
        .query(KEYSET)
        .query([INCLUDE_TOTALS])
        .answers(page("tokens", free())),
        delete(
            "/users/{id}/refresh-tokens",
            "Revoke the refresh tokens of a user",
            access::revoke_tokens,
        )
        .scopes(&["delete:refresh_tokens"])
        .status(202),
        post(
            "/users/{id}/revoke-access",
            "Revoke the access of a user",
            access::revoke,
        )
        .scopes(&["delete:sessions", "delete:refresh_tokens"])
        .optional_body(revoke)
        .status(202),
    ]
}

/// Second factors: there are none yet, and every list says so.
fn factors_of_users() -> Vec<Operation> {
    vec![
        get(
            "/users/{id}/enrollments",
            "List the enrollments of a user",
            factors::bare_list,
        )
        .scopes(&["read:users"])
        .answers(array(free())),
        post(
            "/users/{id}/recovery-code-regeneration",
            "Make a new recovery code of a user",
            factors::no_recovery_code,
        )
        .scopes(&["update:users"])
        .status(200)
        .answers(open([("recovery_code", string())], &["recovery_code"])),
        delete(
            "/users/{id}/authenticators",
            "Delete the authenticators of a user",
            factors::nothing,
        )
        .scopes(&["delete:guardian_enrollments"]),
        delete(
            "/users/{id}/multifactor/{provider}",
            "Reset a second factor",
            factors::provider,
        )
        .scopes(&["update:users"]),
        post(
            "/users/{id}/multifactor/actions/invalidate-remember-browser",
            "Forget the remembered browsers of a user",
            factors::nothing,
        )
        .scopes(&["update:users"])
        .status(204),
        get(
            "/users/{id}/connected-accounts",
            "List the connected accounts of a user",
            factors::connected,
        )
        .scopes(&["read:users"])
        .query(KEYSET)
        .answers(page("connected_accounts", free())),
    ]
}

/// Ways to prove who she is besides a password.
fn methods_of_users() -> Vec<Operation> {
    vec![
        get(
            "/users/{id}/authentication-methods",
            "List the authentication methods of a user",
            factors::list,
        )
        .scopes(&["read:users", "read:authentication_methods"])
        .query(PAGES)
        .query(KEYSET)
        .answers(page("authenticators", free())),
        post(
            "/users/{id}/authentication-methods",
            "Create an authentication method of a user",
            factors::unable,
        )
        .scopes(&["create:authentication_methods"])
        .body(writable(METHOD, &["type"]))
        .answers(free()),
        put(
            "/users/{id}/authentication-methods",
            "Replace the authentication methods of a user",
            factors::replace,
        )
        .scopes(&["update:authentication_methods"])
        .body(array(writable(METHOD, &["type"])))
        .answers(array(free())),
        patch(
            "/users/{id}/authentication-methods/{method_id}",
            "Update an authentication method of a user",
            factors::missing,
        )
        .scopes(&["update:authentication_methods"])
        .body(writable(&["name", "preferred_authentication_method"], &[]))
        .answers(free()),
        delete(
            "/users/{id}/authentication-methods",
            "Delete the authentication methods of a user",
            factors::nothing,
        )
        .scopes(&["delete:authentication_methods"]),
        get(
            "/users/{id}/authentication-methods/{method_id}",
            "Get an authentication method of a user",
            factors::missing,
        )
        .scopes(&["read:users", "read:authentication_methods"])
        .answers(free()),
        delete(
            "/users/{id}/authentication-methods/{method_id}",
            "Delete an authentication method of a user",
            factors::nothing,
        )
        .scopes(&["delete:authentication_methods"]),
    ]
}

/// Members of an authentication method that a body may have (Auth0).
const METHOD: &[&str] = &[
    "type",
    "name",
    "totp_secret",
    "phone_number",
    "email",
    "preferred_authentication_method",
    "key_id",
    "public_key",
    "relying_party_identifier",
];

const INCLUDE_TOTALS: Param = boolean("include_totals");

fn held_shape() -> Value {
    let mut shape = permission_shape();
    shape["properties"]["sources"] = array(open([("source_type", string())], &[]));
    shape
}

/// A user in an answer.
fn shape() -> Value {
    open(
        [
            ("user_id", string()),
            ("email", string()),
            ("email_verified", flag()),
            ("username", string()),
            ("name", string()),
            ("identities", array(free())),
            ("created_at", time()),
            ("updated_at", time()),
            ("logins_count", count()),
        ],
        &[],
    )
}
