//! The name of an action, what its failure means, and its secrets.

use aldgate_core::action::FailureMode;
use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::secrets::{self, Secret};
use super::{load, operation, sheet, side, text, trigger};
use crate::dashboard::Visit;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{self, Filled, Form, choice};
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::visit::href;

const PATH: &str = "/actions/{id}/settings";

pub(super) fn pages() -> Vec<Page> {
    vec![
        show(PATH, "Settings of an action", settings).needs("GET /actions/actions/{id}"),
        act(PATH, "Change an action's settings", save).needs("PATCH /actions/actions/{id}"),
    ]
}

#[derive(Serialize)]
struct View {
    form: Filled,
    action: String,
    id: String,
    secrets: Vec<Secret>,
    secret_form: Filled,
    set_secret: String,
    delete: String,
    /// What one run may use up, in seconds and MiB: the server's setting.
    seconds: u64,
    heap_mib: usize,
}

async fn settings(visit: Visit) -> Result<Response, Fault> {
    let action = load(&visit).await?;
    let form = form(&action).filled(&with_mode(&action));
    let secret = secrets::form().filled(&Value::Null);
    Ok(page(&visit, &action, (form, secret), StatusCode::OK))
}

/// The page with its two forms.
pub(super) fn page(
    visit: &Visit,
    action: &Value,
    (form, secret_form): (Filled, Filled),
    status: StatusCode,
) -> Response {
    let limits = visit.app.sandbox.limits();
    let view = View {
        form,
        action: href(&side(visit, "/settings")),
        id: text(action, "id"),
        secrets: secrets::of(visit, action),
        secret_form,
        set_secret: href(&side(visit, "/secrets")),
        delete: href(&side(visit, "/delete")),
        seconds: limits.wall_ms / 1000,
        heap_mib: limits.heap_bytes >> 20,
    };
    sheet(visit, "action_settings", action, "/settings")
        .status(status)
        .show(&view)
}

/// The form with what the action has.
pub(super) fn filled(action: &Value) -> Filled {
    form(action).filled(&with_mode(action))
}

/// The action as a body would say it: the mode of its trigger is a value of its own there.
fn with_mode(action: &Value) -> Value {
    let mut shown = action.clone();
    if shown["failure_mode"].is_null() {
        shown["failure_mode"] = json!("default");
    }
    shown
}

fn form(action: &Value) -> Form {
    let usual = match trigger(action).failure() {
        FailureMode::Closed => "Closed at this trigger.",
        FailureMode::Open => "Open at this trigger.",
    };
    let modes = vec![
        choice("default", "As its trigger has it").hint(usual),
        choice("closed", "Closed").hint(
            "Whoever decides about a login must be heard: if the action fails, the login, \
             token or registration is refused.",
        ),
        choice("open", "Open")
            .hint("If it fails, everything goes on as if it had not been there.")
            .warning("Never for an action that keeps somebody out."),
    ];
    Form::new()
        .section("", "")
        .field(form::text("name", "Name").hint("Logs tell it.").required())
        .field(form::one("failure_mode", "When it fails", modes))
}

async fn save(visit: Visit) -> Result<Response, Fault> {
    let action = load(&visit).await?;
    let entity = with_mode(&action);
    let secret = secrets::form().filled(&Value::Null);
    let body = match form(&action).changes(&visit.form, &entity) {
        Ok(body) => body,
        Err(form) => {
            let forms = (*form, secret);
            return Ok(page(&visit, &action, forms, StatusCode::BAD_REQUEST));
        }
    };
    let own = side(&visit, "/settings");
    if body.is_empty() {
        return Ok(visit.go(&own, "Nothing was different, so nothing was changed."));
    }
    let path = operation(&visit, "");
    match visit.send(Method::PATCH, &path, &Value::Object(body)).await {
        Ok(_) => Ok(visit.go(&own, "The settings were saved. They count at once.")),
        Err(refused) => {
            let form = form(&action).submitted(&visit.form);
            let form = match refused.status {
                StatusCode::CONFLICT => form.blamed("name", &refused),
                _ => form.refused(&refused),
            };
            Ok(page(&visit, &action, (form, secret), refused.status))
        }
    }
}
