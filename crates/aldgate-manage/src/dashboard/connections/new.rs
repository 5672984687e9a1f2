//! A new connection, from the kind that was chosen.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};

use super::kinds::{KINDS, Kind, Sort};
use super::options;
use super::settings::{callback, proof};
use crate::dashboard::Visit;
use crate::dashboard::applications::text;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::Filled;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

const PATH: &str = "/connections/new/{kind}";

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/connections/new", "New connection", choose).needs("POST /connections"),
        show(PATH, "New connection", blank).needs("POST /connections"),
        act(PATH, "Create a connection", create).needs("POST /connections"),
    ]
}

#[derive(Serialize)]
struct Choices {
    groups: Vec<Offer>,
}

#[derive(Serialize)]
struct Offer {
    label: &'static str,
    kinds: Vec<&'static Kind>,
}

#[derive(Serialize)]
struct View {
    form: Filled,
    action: String,
    kind: &'static Kind,
    callback: Option<String>,
}

async fn choose(visit: Visit) -> Result<Response, Fault> {
    let groups = Sort::ALL.map(|sort| Offer {
        label: sort.label(),
        kinds: KINDS.iter().filter(|kind| kind.sort == sort).collect(),
    });
    let view = Choices {
        groups: groups.into(),
    };
    Ok(visit
        .page("connection_choose", "New connection")
        .under("Connections", "/connections")
        .show(&view))
}

fn kind(visit: &Visit) -> Result<&'static Kind, Fault> {
    Kind::named(visit.segment("kind")).ok_or(Fault::NotFound)
}

async fn blank(visit: Visit) -> Result<Response, Fault> {
    let kind = kind(&visit)?;
    let form = options::creation(kind).filled(&kind.blank());
    Ok(page(&visit, kind, form, StatusCode::OK))
}

fn page(visit: &Visit, kind: &'static Kind, form: Filled, status: StatusCode) -> Response {
    let view = View {
        form,
        action: href(&at("/connections/new/{}", &[kind.strategy])),
        kind,
        callback: kind.is_federated().then(|| callback(visit)),
    };
    visit
        .page("connection_new", format!("New connection: {}", kind.label))
        .under("Connections", "/connections")
        .under("New connection", "/connections/new")
        .status(status)
        .show(&view)
}

async fn create(visit: Visit) -> Result<Response, Fault> {
    let kind = kind(&visit)?;
    let form = options::creation(kind);
    let blank = kind.blank();
    let changes = match form.changes(&visit.form, &blank) {
        Ok(changes) => changes,
        Err(form) => return Ok(page(&visit, kind, *form, StatusCode::BAD_REQUEST)),
    };
    let mut body = blank.as_object().cloned().unwrap_or_default();
    body.extend(changes);
    body.retain(|_, value| !value.is_null());
    if let Err(problem) = proof(&mut body) {
        let mut form = form.submitted(&visit.form);
        form.mark("options.gateway_authentication", problem);
        return Ok(page(&visit, kind, form, StatusCode::BAD_REQUEST));
    }
    let made = match visit
        .send(Method::POST, "/connections", &complete(body))
        .await
    {
        Ok(made) => made,
        Err(refused) => {
            let form = form.submitted(&visit.form).refused(&refused);
            return Ok(page(&visit, kind, form, refused.status));
        }
    };
    let own = at("/connections/{}", &[&text(&made, "id")]);
    let everywhere = made["is_domain_connection"] == true;
    Ok(match everywhere || !visit.can("GET /clients") {
        true => visit.go(&own, "The connection was created."),
        false => visit.go(
            &(own + "/applications"),
            "The connection was created. Choose the applications that may use it.",
        ),
    })
}

/// A passwordless mail's own text is in Liquid.
fn complete(mut body: Map<String, Value>) -> Value {
    if let Some(mail) = body
        .get_mut("options")
        .and_then(|options| options.get_mut("email"))
        && let Some(mail) = mail.as_object_mut()
    {
        mail.entry("syntax").or_insert_with(|| "liquid".into());
    }
    Value::Object(body)
}
