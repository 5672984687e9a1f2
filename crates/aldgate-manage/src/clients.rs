//! `/clients`: applications (wire: clients).

mod create;
mod credentials;
mod delete;
mod list;
mod read;
mod rotate_secret;
mod secret;
mod update;

use aldgate_core::application::Application;
use aldgate_core::application::rules::{self, WRITABLE};
use serde_json::Value;

use crate::op::schema::{array, flag, open, page, string, writable};
use crate::op::{
    ApiError, Call, FIELDS, KEYSET, Operation, PAGES, boolean, delete, get, patch, post, text,
};

/// What everybody may see who may see anything (Auth0: any of the scopes).
const SUMMARY: &[&str] = &["app_type", "client_id", "description", "name"];

/// What `read:clients` alone does not show.
const ABOUT_KEYS: &[&str] = &[
    "client_authentication_methods",
    "encryption_key",
    "signing_keys",
];

pub(crate) fn operations() -> Vec<Operation> {
    let writable = {
        let members = [WRITABLE, &["client_secret"]].concat();
        move |required: &[&str]| writable(&members, required)
    };
    let mut all = vec![
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
            .body(writable(&["name"]))
            .answers(shape()),
        get("/clients/{id}", "Get an application", read::run)
            .scopes(&["read:clients", "read:client_keys", "read:client_summary"])
            .query(FIELDS)
            .answers(shape()),
        patch("/clients/{id}", "Update an application", update::run)
            .scopes(&["update:clients", "update:client_keys"])
            .body(writable(&[]))
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
    ];
    all.extend(credentials::operations());
    all
}

/// The application on the wire; its secret only in the answers that made it.
fn view(application: &Application, tenant: &str) -> Value {
    let mut view = rules::public_view(application);
    view.insert("tenant".into(), tenant.into());
    Value::Object(view)
}

/// The application as far as the caller may read it.
fn readable(application: &Application, call: &Call) -> Value {
    let mut view = view(application, call.tenant.id.as_str());
    let holds = |scope| call.actor.holds(scope);
    if let Some(members) = view.as_object_mut() {
        if !holds("read:clients") && !holds("read:client_keys") {
            members.retain(|name, _| SUMMARY.contains(&name.as_str()));
        } else if !holds("read:client_keys") && !holds("read:client_credentials") {
            members.retain(|name, _| !ABOUT_KEYS.contains(&name.as_str()));
        }
    }
    view
}

fn shape() -> Value {
    open(
        [
            ("client_id", string()),
            ("name", string()),
            ("tenant", string()),
            ("app_type", string()),
            ("callbacks", array(string())),
            ("client_secret", string()),
            ("grant_types", array(string())),
            ("is_first_party", flag()),
            ("oidc_conformant", flag()),
            ("global", flag()),
        ],
        &[],
    )
}

fn missing() -> ApiError {
    ApiError::not_found("inexistent_client", "The client does not exist")
}
