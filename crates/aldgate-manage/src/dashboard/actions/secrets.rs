//! The secrets of an action: written here, shown nowhere.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::{load, operation, settings, side, text};
use crate::dashboard::Visit;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::events::when;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{self, Form};
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

const PATH: &str = "/actions/{id}/secrets";
const REMOVE: &str = "/actions/{id}/secrets/{name}/remove";

pub(super) fn pages() -> Vec<Page> {
    vec![
        act(PATH, "Set a secret", set).needs("PATCH /actions/actions/{id}"),
        show(REMOVE, "Remove a secret?", ask).needs("PATCH /actions/actions/{id}"),
        act(REMOVE, "Remove a secret", remove).needs("PATCH /actions/actions/{id}"),
    ]
}

/// A secret as it can be told of.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Secret {
    name: String,
    at: String,
    when: String,
    remove: String,
}

/// The secrets of an action.
pub(super) fn of(visit: &Visit, action: &Value) -> Vec<Secret> {
    let all = action["secrets"].as_array().cloned().unwrap_or_default();
    all.iter()
        .map(|secret| {
            let (name, at) = (text(secret, "name"), text(secret, "updated_at"));
            Secret {
                when: when(&at),
                remove: href(&remove_path(visit, &name)),
                name,
                at,
            }
        })
        .collect()
}

fn remove_path(visit: &Visit, name: &str) -> String {
    at(
        "/actions/{}/secrets/{}/remove",
        &[visit.segment("id"), name],
    )
}

/// Sets one secret.
pub(super) fn form() -> Form {
    Form::new()
        .section(
            "Set a secret",
            "A name that exists gets the new value. Deploy, so that what runs has it.",
        )
        .field(
            form::text("secret_name", "Name of the secret")
                .hint("The code reads it as event.secrets.NAME.")
                .required(),
        )
        .field(
            form::text_of("password", "secret_value", "Value")
                .hint("It is sealed when you save it, and never shown again.")
                .required(),
        )
}

async fn set(visit: Visit) -> Result<Response, Fault> {
    let action = load(&visit).await?;
    let forms = |secret| (settings::filled(&action), secret);
    if let Err(secret) = form().changes(&visit.form, &Value::Null) {
        let status = StatusCode::BAD_REQUEST;
        return Ok(settings::page(&visit, &action, forms(*secret), status));
    }
    let name = visit.form.get("secret_name");
    let mut secrets = kept(&action, name);
    secrets.push(json!({"name": name, "value": visit.form.raw("secret_value")}));
    let (path, body) = (operation(&visit, ""), json!({"secrets": secrets}));
    match visit.send(Method::PATCH, &path, &body).await {
        Ok(_) => {
            let said = format!("{name} was set. Deploy, so that what runs has it.");
            Ok(visit.go(&side(&visit, "/settings"), &said))
        }
        Err(refused) => {
            let secret = form().submitted(&visit.form);
            let secret = match refused.cause.contains("value") {
                true => secret.blamed("secret_value", &refused),
                false => secret.blamed("secret_name", &refused),
            };
            Ok(settings::page(
                &visit,
                &action,
                forms(secret),
                refused.status,
            ))
        }
    }
}

/// The names of all secrets but one: without a value they keep theirs.
fn kept(action: &Value, but: &str) -> Vec<Value> {
    let all = action["secrets"].as_array().cloned().unwrap_or_default();
    let others = all.iter().filter(|secret| secret["name"] != but);
    others
        .map(|secret| json!({"name": secret["name"]}))
        .collect()
}

async fn ask(visit: Visit) -> Result<Response, Fault> {
    let action = load(&visit).await?;
    let name = visit.segment("name");
    let known = action["secrets"].as_array();
    if !known.is_some_and(|all| all.iter().any(|secret| secret["name"] == name)) {
        return Err(Fault::NotFound);
    }
    let confirm = Confirm {
        action: href(&remove_path(&visit, name)),
        question: format!("Remove the secret {name}?"),
        consequences: vec![
            "Its value is gone from the draft; nobody can read it back.".to_owned(),
            "Versions that were deployed with it keep it until the next deployment.".to_owned(),
        ],
        button: format!("Remove {name}"),
        back: href(&side(&visit, "/settings")),
        is_final: true,
        hidden: Vec::new(),
    };
    Ok(visit
        .page("confirm", "Remove a secret")
        .under("Actions", "/actions")
        .under(text(&action, "name"), &side(&visit, ""))
        .show(&confirm))
}

async fn remove(visit: Visit) -> Result<Response, Fault> {
    let action = load(&visit).await?;
    let name = visit.segment("name");
    let body = json!({"secrets": kept(&action, name)});
    visit
        .send(Method::PATCH, &operation(&visit, ""), &body)
        .await?;
    let said = format!("{name} was removed from the draft.");
    Ok(visit.go(&side(&visit, "/settings"), &said))
}
