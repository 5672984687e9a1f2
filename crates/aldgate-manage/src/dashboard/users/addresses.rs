//! Another e-mail address or username.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Change, UPDATE_WHOLLY, account, load, patch, side};
use crate::dashboard::Visit;
use crate::dashboard::api::Refused;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{self, Filled, Form};
use crate::dashboard::page::{Page, act, show};

pub(super) fn pages() -> Vec<Page> {
    let page = |page: Page| {
        page.needs("GET /users/{id}")
            .needs("PATCH /users/{id}")
            .needs(UPDATE_WHOLLY)
    };
    vec![
        page(show("/users/{id}/email", "Change an address", email)),
        page(act("/users/{id}/email", "Change an address", save_email)),
        page(show("/users/{id}/username", "Change a username", username)),
        page(act(
            "/users/{id}/username",
            "Change a username",
            save_username,
        )),
    ]
}

fn email_form() -> Form {
    Form::new()
        .section("", "")
        .field(form::text_of("email", "email", "E-mail address").required())
        .field(
            form::flag("email_verified", "The address is verified")
                .hint("Tick this only if you know that it is hers."),
        )
        .field(form::flag(
            "verify_email",
            "Send a mail that verifies the address",
        ))
}

async fn email(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let form = email_form().filled(&user);
    Ok(email_page(&visit, &user, form, StatusCode::OK))
}

fn email_page(visit: &Visit, user: &Value, form: Filled, status: StatusCode) -> Response {
    let change = Change {
        heading: "Change the e-mail address",
        path: "/email",
        notes: &[
            "She logs in with the new address from now on.",
            "Links that were mailed to the former address stop working.",
            "If the former address was verified, a mail there lets its owner take it back.",
        ],
        button: "Change the address",
    };
    change.page(visit, user, form, status)
}

async fn save_email(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let form = email_form();
    let mut changes = match form.changes(&visit.form, &user) {
        Ok(changes) => changes,
        Err(form) => return Ok(email_page(&visit, &user, *form, StatusCode::BAD_REQUEST)),
    };
    let back = side(&visit, "/sign-in");
    if changes.is_empty() {
        return Ok(visit.go(&back, "Nothing was different, so nothing was changed."));
    }
    // A new address is not verified unless that is said of it.
    if changes.contains_key("email") {
        let verified = visit.form.has("email_verified");
        changes.insert("email_verified".to_owned(), json!(verified));
    }
    let mut body = account(&user);
    body.append(&mut changes);
    match patch(&visit, body).await {
        Ok(_) => Ok(visit.go(&back, "The address was changed.")),
        Err(refused) if super::is_gone(&refused) => Err(refused.into()),
        Err(refused) => {
            let form = form
                .submitted(&visit.form)
                .refused(&about("email", refused));
            Ok(email_page(&visit, &user, form, StatusCode::BAD_REQUEST))
        }
    }
}

fn username_form() -> Form {
    Form::new()
        .section("", "")
        .field(form::text("username", "Username").required())
}

async fn username(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let form = username_form().filled(&user);
    Ok(username_page(&visit, &user, form, StatusCode::OK))
}

fn username_page(visit: &Visit, user: &Value, form: Filled, status: StatusCode) -> Response {
    let change = Change {
        heading: "Change the username",
        path: "/username",
        notes: &["She logs in with the new username from now on; the former one is free."],
        button: "Change the username",
    };
    change.page(visit, user, form, status)
}

async fn save_username(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let form = username_form();
    let mut changes = match form.changes(&visit.form, &user) {
        Ok(changes) => changes,
        Err(form) => return Ok(username_page(&visit, &user, *form, StatusCode::BAD_REQUEST)),
    };
    let back = side(&visit, "/sign-in");
    if changes.is_empty() {
        return Ok(visit.go(&back, "Nothing was different, so nothing was changed."));
    }
    let mut body = account(&user);
    body.append(&mut changes);
    match patch(&visit, body).await {
        Ok(_) => Ok(visit.go(&back, "The username was changed.")),
        Err(refused) if super::is_gone(&refused) => Err(refused.into()),
        Err(refused) => {
            let form = form
                .submitted(&visit.form)
                .refused(&about("username", refused));
            Ok(username_page(&visit, &user, form, StatusCode::BAD_REQUEST))
        }
    }
}

/// Somebody else has it: the refusal is about the field.
fn about(field: &str, mut refused: Refused) -> Refused {
    if refused.status == StatusCode::CONFLICT {
        refused.cause = format!("{field}: {}", refused.cause);
    }
    refused
}
