//! `/client-grants`: which scopes of an API an application may have.

mod create;
mod delete;
mod list;
mod organizations;
mod read;
mod update;

use aldgate_core::client_grant::ClientGrant;
use aldgate_core::client_grant::rules::{CREATABLE, WRITABLE};
use serde_json::Value;

use crate::op::schema::{any, array, flag, one_of, open, page, string, writable};
use crate::op::{
    ApiError, FIELDS, KEYSET, Operation, PAGES, boolean, delete, get, patch, post, text,
};

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        get("/client-grants", "List client grants", list::run)
            .scopes(&["read:client_grants"])
            .query(PAGES)
            .query(KEYSET)
            .query([
                text("audience"),
                text("client_id"),
                boolean("allow_any_organization"),
                text("subject_type"),
                text("default_for"),
            ])
            .answers(page("client_grants", shape())),
        post("/client-grants", "Create a client grant", create::run)
            .scopes(&["create:client_grants"])
            .body(writable(CREATABLE, &["client_id", "audience"]))
            .answers(shape()),
        get("/client-grants/{id}", "Get a client grant", read::run)
            .scopes(&["read:client_grants"])
            .query(FIELDS)
            .answers(shape()),
        patch("/client-grants/{id}", "Update a client grant", update::run)
            .scopes(&["update:client_grants"])
            .body(writable(WRITABLE, &[]))
            .answers(shape()),
        delete("/client-grants/{id}", "Delete a client grant", delete::run)
            .scopes(&["delete:client_grants"]),
        get(
            "/client-grants/{id}/organizations",
            "List the organizations of a client grant",
            organizations::run,
        )
        .scopes(&["read:organization_client_grants"])
        .query(PAGES)
        .query(KEYSET)
        .answers(page("organizations", any())),
    ]
}

fn view(grant: &ClientGrant) -> Value {
    let mut view = serde_json::to_value(grant).unwrap_or_default();
    if let Some(members) = view.as_object_mut() {
        members.remove("created_at");
        members.remove("updated_at");
    }
    view
}

fn shape() -> Value {
    open(
        [
            ("id", string()),
            ("client_id", string()),
            ("audience", string()),
            ("scope", array(string())),
            ("allow_all_scopes", flag()),
            ("subject_type", one_of(&["client", "user"])),
        ],
        &[],
    )
}

fn missing() -> ApiError {
    ApiError::not_found("inexistent_client_grant", "The client grant does not exist")
}
