//! A new role, and the name and description of one.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::Value;

use super::{is_administrator, load, operation, sheet, side};
use crate::dashboard::Visit;
use crate::dashboard::api::Refused;
use crate::dashboard::applications::text;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{self, Filled, Form};
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/roles/new", "New role", blank).needs("POST /roles"),
        act("/roles/new", "Create a role", create).needs("POST /roles"),
        show("/roles/{id}", "Role", settings).needs("GET /roles/{id}"),
        act("/roles/{id}", "Change a role", save)
            .needs("GET /roles/{id}")
            .needs("PATCH /roles/{id}"),
    ]
}

#[derive(Serialize)]
struct View {
    form: Filled,
    action: String,
    is_administrator: bool,
    delete: String,
}

#[derive(Serialize)]
struct New {
    form: Filled,
}

fn form() -> Form {
    Form::new()
        .section("", "")
        .field(
            form::text("name", "Name")
                .hint("What its holders are: Editor, Support, Accountant.")
                .required(),
        )
        .field(form::long("description", "Description").hint("For you and your colleagues."))
}

async fn blank(visit: Visit) -> Result<Response, Fault> {
    let form = form().filled(&Value::Null);
    Ok(new_page(&visit, form, StatusCode::OK))
}

fn new_page(visit: &Visit, form: Filled, status: StatusCode) -> Response {
    visit
        .page("role_new", "New role")
        .under("Roles", "/roles")
        .status(status)
        .show(&New { form })
}

async fn create(visit: Visit) -> Result<Response, Fault> {
    let body = match form().changes(&visit.form, &Value::Null) {
        Ok(body) => body,
        Err(form) => return Ok(new_page(&visit, *form, StatusCode::BAD_REQUEST)),
    };
    match visit
        .send(Method::POST, "/roles", &Value::Object(body))
        .await
    {
        Ok(role) => Ok(visit.go(
            &at("/roles/{}/permissions", &[&text(&role, "id")]),
            "The role was created. Now say what it permits.",
        )),
        Err(refused) => {
            let refused = named(refused);
            let form = form().submitted(&visit.form).refused(&refused);
            Ok(new_page(&visit, form, refused.status))
        }
    }
}

/// Another role has the name: the refusal is about that field.
fn named(mut refused: Refused) -> Refused {
    if refused.status == StatusCode::CONFLICT {
        refused.cause = format!("name: {}", refused.cause);
    }
    refused
}

async fn settings(visit: Visit) -> Result<Response, Fault> {
    let role = load(&visit).await?;
    let form = form().filled(&role);
    Ok(page(&visit, &role, form, StatusCode::OK))
}

fn page(visit: &Visit, role: &Value, form: Filled, status: StatusCode) -> Response {
    let view = View {
        form,
        action: href(&side(visit, "")),
        is_administrator: is_administrator(role),
        delete: href(&side(visit, "/delete")),
    };
    sheet(visit, "role", role, "").status(status).show(&view)
}

async fn save(visit: Visit) -> Result<Response, Fault> {
    let role = load(&visit).await?;
    let body = match form().changes(&visit.form, &role) {
        Ok(body) => body,
        Err(form) => return Ok(page(&visit, &role, *form, StatusCode::BAD_REQUEST)),
    };
    let own = side(&visit, "");
    if body.is_empty() {
        return Ok(visit.go(&own, "Nothing was different, so nothing was changed."));
    }
    let path = operation(&visit, "");
    match visit.send(Method::PATCH, &path, &Value::Object(body)).await {
        Ok(_) => Ok(visit.go(&own, "The role was saved.")),
        Err(refused) if refused.status == StatusCode::NOT_FOUND => Err(refused.into()),
        Err(refused) => {
            let refused = named(refused);
            let form = form().submitted(&visit.form).refused(&refused);
            Ok(page(&visit, &role, form, refused.status))
        }
    }
}
