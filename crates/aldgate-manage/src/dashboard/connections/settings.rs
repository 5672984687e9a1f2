//! The settings of a connection.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};

use super::kinds::Kind;
use super::{kind_label, load, options, sheet, side, text};
use crate::dashboard::Visit;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{Filled, Form};
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

const PATH: &str = "/connections/{id}";

pub(super) fn pages() -> Vec<Page> {
    vec![
        show(PATH, "Connection", settings).needs("GET /connections/{id}"),
        act(PATH, "Change a connection", save).needs("PATCH /connections/{id}"),
    ]
}

#[derive(Serialize)]
struct View {
    form: Option<Filled>,
    action: String,
    name: String,
    kind: String,
    /// What to register at the provider, and where.
    callback: Option<String>,
    register: &'static str,
    /// Where the provider sends people back after a logout there.
    logged_out: String,
    delete: String,
}

/// The address to register at a provider.
pub(super) fn callback(visit: &Visit) -> String {
    visit.tenant.issuer.join("login/callback")
}

/// What proves the server to the web hook of text messages is a JSON object.
pub(super) fn proof(body: &mut Map<String, Value>) -> Result<(), String> {
    let option = body
        .get_mut("options")
        .and_then(|options| options.get_mut("gateway_authentication"));
    let Some(option) = option else {
        return Ok(());
    };
    let read = option.as_str().map(serde_json::from_str::<Value>);
    match read {
        Some(Ok(read @ Value::Object(_))) => *option = read,
        Some(_) => return Err("Expected a JSON object. Nothing was saved.".to_owned()),
        None => {}
    }
    Ok(())
}

async fn settings(visit: Visit) -> Result<Response, Fault> {
    let connection = loaded(&visit).await?;
    let form = form(&connection).map(|form| form.filled(&connection));
    Ok(page(&visit, &connection, form, StatusCode::OK))
}

/// The connection with what holds where its settings are silent.
async fn loaded(visit: &Visit) -> Result<Value, Fault> {
    let connection = load(visit).await?;
    Ok(match Kind::of(&connection) {
        Some(kind) => kind.with_defaults(connection),
        None => connection,
    })
}

/// The form; there is none for what is only stored.
fn form(connection: &Value) -> Option<Form> {
    Kind::of(connection).map(options::change)
}

fn page(visit: &Visit, connection: &Value, form: Option<Filled>, status: StatusCode) -> Response {
    let kind = Kind::of(connection);
    let federated = kind.filter(|kind| kind.is_federated());
    let view = View {
        form,
        action: href(&side(visit, "")),
        name: text(connection, "name"),
        kind: kind_label(connection),
        callback: federated.map(|_| callback(visit)),
        register: federated.map_or("", |kind| kind.register),
        logged_out: visit.tenant.issuer.join("login/logged-out"),
        delete: href(&side(visit, "/delete")),
    };
    sheet(visit, "connection", connection, "")
        .status(status)
        .show(&view)
}

async fn save(visit: Visit) -> Result<Response, Fault> {
    let connection = loaded(&visit).await?;
    let form = form(&connection).ok_or(Fault::NotFound)?;
    let bad = StatusCode::BAD_REQUEST;
    let mut body = match form.changes(&visit.form, &connection) {
        Ok(body) => body,
        Err(form) => return Ok(page(&visit, &connection, Some(*form), bad)),
    };
    if let Err(problem) = proof(&mut body) {
        let mut form = form.submitted(&visit.form);
        form.mark("options.gateway_authentication", problem);
        return Ok(page(&visit, &connection, Some(form), bad));
    }
    let own = side(&visit, "");
    if body.is_empty() {
        return Ok(visit.go(&own, "Nothing was different, so nothing was changed."));
    }
    let path = at("/connections/{}", &[visit.segment("id")]);
    match visit.send(Method::PATCH, &path, &Value::Object(body)).await {
        Ok(_) => Ok(visit.go(&own, "The connection was saved. It counts at once.")),
        Err(refused) => {
            let form = form.submitted(&visit.form).refused(&refused);
            Ok(page(&visit, &connection, Some(form), refused.status))
        }
    }
}
