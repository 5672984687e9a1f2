//! `/clients`: applications (wire: clients).

mod create;
mod delete;
mod list;
mod read;
mod rotate_secret;
mod secret;
mod update;

use aldgate_core::application::Application;
use aldgate_core::application::rules::{self, WRITABLE};
use serde_json::{Value, json};

use crate::op::schema::{open, page, string, writable};
use crate::op::{
    ApiError, FIELDS, KEYSET, Operation, PAGES, boolean, delete, get, patch, post, text,
};

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        get("/clients", "List applications", list::run)
            .scopes(&["read:clients", "read:client_keys", "read:client_summary"])
            .query(PAGES)
            .query(KEYSET)
            .query(FIELDS)
            .query([
                boolean("is_global"),
                boolean("is_first_party"),
                text("app_type"),
                text("q"),
                text("external_client_id"),
            ])
            .answers(page("clients", shape())),
        post("/clients", "Create an application", create::run)
            .scopes(&["create:clients"])
            .body(writable(WRITABLE, &["name"]))
            .answers(shape()),
        get("/clients/{id}", "Get an application", read::run)
            .scopes(&["read:clients", "read:client_keys", "read:client_summary"])
            .query(FIELDS)
            .answers(shape()),
        patch("/clients/{id}", "Update an application", update::run)
            .scopes(&["update:clients", "update:client_keys"])
            .body(writable(WRITABLE, &[]))
            .answers(shape()),
        delete("/clients/{id}", "Delete an application", delete::run).scopes(&["delete:clients"]),
        post(
            "/clients/{id}/rotate-secret",
            "Rotate a client secret",
            rotate_secret::run,
        )
        .scopes(&["update:client_keys"])
        .status(200)
        .answers(shape()),
    ]
}

/// The application on the wire; its secret only in the answers that made it.
fn view(application: &Application, tenant: &str) -> Value {
    let mut view = rules::public_view(application);
    view.insert("tenant".into(), tenant.into());
    Value::Object(view)
}

fn shape() -> Value {
    open(
        [
            ("client_id", string()),
            ("name", string()),
            ("tenant", string()),
            ("global", json!({"type": "boolean"})),
        ],
        &[],
    )
}

fn missing() -> ApiError {
    ApiError::not_found("inexistent_client", "The client does not exist")
}
