//! A new user of a database connection.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::dashboard::Visit;
use crate::dashboard::api::Refused;
use crate::dashboard::applications::text;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{self, Field, Filled, Form, choice};
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/users/new", "New user", blank).needs("POST /users"),
        act("/users/new", "Create a user", create).needs("POST /users"),
    ]
}

#[derive(Serialize)]
struct View {
    form: Filled,
}

async fn form(visit: &Visit) -> Result<Form, Refused> {
    let databases = visit
        .get_if_permitted("/connections?per_page=100&strategy=auth0")
        .await?;
    Ok(Form::new()
        .section("", "")
        .field(connection(&databases))
        .field(form::text_of("email", "email", "E-mail address"))
        .field(
            form::text("username", "Username")
                .hint("Only for connections whose users log in with one. Else leave it empty."),
        )
        .field(form::text("name", "Name").hint("As people and applications see it."))
        .field(form::text_of("password", "password", "Password").hint(
            "Leave it empty if she shall choose one herself: send her a link on the next page.",
        ))
        .field(
            form::flag("verify_email", "Send a mail that verifies the address")
                .hint("Clear this if you know that the address is hers."),
        ))
}

fn connection(databases: &Value) -> Field {
    let label = "Connection";
    match databases.as_array().filter(|all| !all.is_empty()) {
        Some(all) => {
            let choices = all.iter().map(|one| {
                let name = text(one, "name");
                choice(name.clone(), name)
            });
            form::one("connection", label, choices.collect()).required()
        }
        None => form::text("connection", label)
            .hint("The name of a database connection.")
            .required(),
    }
}

async fn blank(visit: Visit) -> Result<Response, Fault> {
    let usual = json!({
        "connection": aldgate_core::connection::DEFAULT_DATABASE,
        "verify_email": true,
    });
    let form = form(&visit).await?.filled(&usual);
    Ok(page(&visit, form, StatusCode::OK))
}

fn page(visit: &Visit, form: Filled, status: StatusCode) -> Response {
    visit
        .page("user_new", "New user")
        .under("Users", "/users")
        .status(status)
        .show(&View { form })
}

async fn create(visit: Visit) -> Result<Response, Fault> {
    let form = form(&visit).await?;
    let mut body = match form.changes(&visit.form, &Value::Null) {
        Ok(body) => body,
        Err(form) => return Ok(page(&visit, *form, StatusCode::BAD_REQUEST)),
    };
    // Nothing said means yes (Auth0), so a box that is not ticked has to be told.
    let verify = visit.form.has("verify_email");
    body.insert("verify_email".to_owned(), json!(verify));
    if !verify && body.contains_key("email") {
        body.insert("email_verified".to_owned(), json!(true));
    }
    let without_password = !body.contains_key("password");
    match visit
        .send(Method::POST, "/users", &Value::Object(body))
        .await
    {
        Ok(user) => {
            let own = at("/users/{}", &[&text(&user, "user_id")]);
            Ok(match without_password {
                true => visit.go(
                    &(own + "/sign-in"),
                    "The user was created, without a password. Send her a link to choose one.",
                ),
                false => visit.go(&own, "The user was created and can log in."),
            })
        }
        Err(refused) => {
            let form = form.submitted(&visit.form).refused(&named(refused));
            let status = StatusCode::BAD_REQUEST;
            Ok(page(&visit, form, status))
        }
    }
}

/// The refusal with the field at fault in front, where the operation does not name it.
fn named(mut refused: Refused) -> Refused {
    let field = match refused.cause.as_str() {
        cause if cause.starts_with("PasswordStrengthError") => "password",
        cause if cause.starts_with("Password") => "password",
        cause if cause.contains("connection") => "connection",
        _ if refused.status == StatusCode::CONFLICT => "email",
        _ => return refused,
    };
    refused.cause = format!("{field}: {}", refused.cause);
    refused
}
