//! The scopes of an API: what applications can ask for, and roles can permit.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::{load, sheet, side};
use crate::dashboard::Visit;
use crate::dashboard::api::Refused;
use crate::dashboard::applications::text;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

const REMOVE: &str = "/apis/{id}/scopes/{scope}/remove";

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/apis/{id}/scopes", "Scopes", scopes).needs("GET /resource-servers/{id}"),
        act("/apis/{id}/scopes", "Add a scope", add).needs("PATCH /resource-servers/{id}"),
        show(REMOVE, "Remove a scope?", ask).needs("PATCH /resource-servers/{id}"),
        act(REMOVE, "Remove a scope", remove).needs("PATCH /resource-servers/{id}"),
    ]
}

#[derive(Serialize)]
struct View {
    rows: Vec<Row>,
    action: String,
    is_system: bool,
    rbac: bool,
    /// What was typed into a form that was refused.
    value: String,
    description: String,
    problem: String,
}

#[derive(Serialize)]
struct Row {
    value: String,
    description: String,
    remove: String,
}

async fn scopes(visit: Visit) -> Result<Response, Fault> {
    let api = load(&visit).await?;
    Ok(page(&visit, &api, None))
}

fn page(visit: &Visit, api: &Value, refused: Option<&Refused>) -> Response {
    let row = |scope: &Value| {
        let value = text(scope, "value");
        Row {
            remove: href(&side(visit, &at("/scopes/{}/remove", &[&value]))),
            description: text(scope, "description"),
            value,
        }
    };
    let view = View {
        rows: list(api).iter().map(row).collect(),
        action: href(&side(visit, "/scopes")),
        is_system: api["is_system"] == true,
        rbac: api["enforce_policies"] == true,
        value: visit.form.get("value").to_owned(),
        description: visit.form.get("description").to_owned(),
        problem: refused.map(sentence).unwrap_or_default(),
    };
    let status = refused.map_or(StatusCode::OK, |refused| refused.status);
    sheet(visit, "api_scopes", api, "/scopes")
        .status(status)
        .show(&view)
}

fn sentence(refused: &Refused) -> String {
    let remedy = refused.remedy.as_deref().unwrap_or_default();
    format!("{} {remedy}", refused.cause).trim_end().to_owned()
}

fn list(api: &Value) -> Vec<Value> {
    api["scopes"].as_array().cloned().unwrap_or_default()
}

async fn add(visit: Visit) -> Result<Response, Fault> {
    let api = load(&visit).await?;
    let (value, description) = (visit.form.get("value"), visit.form.get("description"));
    let mut scopes = list(&api);
    scopes.push(match description {
        "" => json!({"value": value}),
        description => json!({"value": value, "description": description}),
    });
    match save(&visit, scopes).await {
        Ok(()) => Ok(visit.go(&side(&visit, "/scopes"), &format!("{value} was added."))),
        Err(refused) => Ok(page(&visit, &api, Some(&refused))),
    }
}

async fn save(visit: &Visit, scopes: Vec<Value>) -> Result<(), Refused> {
    let path = at("/resource-servers/{}", &[visit.segment("id")]);
    let body = json!({"scopes": scopes});
    visit.send(Method::PATCH, &path, &body).await.map(drop)
}

async fn ask(visit: Visit) -> Result<Response, Fault> {
    let (api, scope) = (load(&visit).await?, visit.segment("scope"));
    let confirm = Confirm {
        action: href(&visit.path),
        question: format!("Remove {scope} from {}?", text(&api, "name")),
        consequences: vec![
            "Every role and every user that has it as a permission loses it.".to_owned(),
            "Every application that was given it loses it.".to_owned(),
            "Tokens that hold it stay good until they expire.".to_owned(),
        ],
        button: format!("Remove {scope}"),
        back: href(&side(&visit, "/scopes")),
        is_final: true,
        hidden: Vec::new(),
    };
    Ok(visit
        .page("confirm", "Remove a scope")
        .under("APIs", "/apis")
        .under(text(&api, "name"), &side(&visit, ""))
        .show(&confirm))
}

async fn remove(visit: Visit) -> Result<Response, Fault> {
    let (api, scope) = (load(&visit).await?, visit.segment("scope"));
    let mut scopes = list(&api);
    scopes.retain(|known| known["value"] != scope);
    save(&visit, scopes).await?;
    Ok(visit.go(&side(&visit, "/scopes"), &format!("{scope} was removed.")))
}
