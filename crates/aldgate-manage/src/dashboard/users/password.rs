//! Setting a password for a user.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Change, UPDATE_WHOLLY, account, database, load, patch, side};
use crate::dashboard::Visit;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{self, Filled, Form};
use crate::dashboard::page::{Page, act, show};

pub(super) fn pages() -> Vec<Page> {
    let path = "/users/{id}/password";
    let page = |page: Page| {
        page.needs("GET /users/{id}")
            .needs("PATCH /users/{id}")
            .needs(UPDATE_WHOLLY)
    };
    vec![
        page(show(path, "Set a password", blank)),
        page(act(path, "Set a password", save)),
    ]
}

fn form() -> Form {
    Form::new().section("", "").field(
        form::text_of("password", "password", "New password")
            .hint("You will know it; she should change it. A link lets her choose one herself.")
            .required(),
    )
}

async fn blank(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    if database(&user).is_none() {
        return Err(Fault::NotFound);
    }
    Ok(page(
        &visit,
        &user,
        form().filled(&Value::Null),
        StatusCode::OK,
    ))
}

fn page(visit: &Visit, user: &Value, form: Filled, status: StatusCode) -> Response {
    let change = Change {
        heading: "Set a password",
        path: "/password",
        notes: &[
            "The former password stops working.",
            "Her sessions end and her refresh tokens stop working at once.",
        ],
        button: "Set the password",
    };
    change.page(visit, user, form, status)
}

async fn save(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    if let Err(form) = form().changes(&visit.form, &Value::Null) {
        return Ok(page(&visit, &user, *form, StatusCode::BAD_REQUEST));
    }
    let mut body = account(&user);
    body.insert("password".to_owned(), json!(visit.form.raw("password")));
    match patch(&visit, body).await {
        Ok(_) => Ok(visit.go(
            &side(&visit, "/sign-in"),
            "The password was set. She is logged out everywhere.",
        )),
        Err(refused) if super::is_gone(&refused) => Err(refused.into()),
        Err(mut refused) => {
            if refused.status == StatusCode::BAD_REQUEST {
                refused.cause = format!("password: {}", refused.cause);
            }
            let form = form().submitted(&visit.form).refused(&refused);
            Ok(page(&visit, &user, form, refused.status))
        }
    }
}
