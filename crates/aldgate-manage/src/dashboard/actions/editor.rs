//! The code of an action: its draft is edited, and deployed from here.

use aldgate_core::action::rules::CODE_BYTES_MAX;
use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::findings::{self, Finding};
use super::{about, load, operation, sheet, side, text, trigger};
use crate::dashboard::Visit;
use crate::dashboard::api::Refused;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/actions/{id}", "Action", edit).needs("GET /actions/actions/{id}"),
        act("/actions/{id}", "Change an action", save).needs("PATCH /actions/actions/{id}"),
    ]
}

#[derive(Serialize)]
struct View {
    action: String,
    code: String,
    /// The draft that the text was made from: its `updated_at`.
    seen: String,
    stage: &'static str,
    about: &'static str,
    handler: &'static str,
    flow: String,
    /// The number of the deployed version; 0: none.
    version: u64,
    changed: bool,
    bound: bool,
    code_bytes_max: usize,
    findings: Vec<Finding>,
    /// The lines with findings.
    marks: String,
    problem: Option<Problem>,
}

#[derive(Serialize)]
struct Problem {
    cause: String,
    remedy: String,
}

impl From<&Refused> for Problem {
    fn from(refused: &Refused) -> Self {
        Self {
            cause: refused.cause.clone(),
            remedy: refused.remedy.clone().unwrap_or_default(),
        }
    }
}

async fn edit(visit: Visit) -> Result<Response, Fault> {
    let action = load(&visit).await?;
    let code = text(&action, "code");
    page(&visit, &action, code, (StatusCode::OK, None)).await
}

/// The page with a text that may differ from the draft, and why it was refused.
async fn page(
    visit: &Visit,
    action: &Value,
    code: String,
    (status, refused): (StatusCode, Option<&Refused>),
) -> Result<Response, Fault> {
    let trigger = trigger(action);
    let (stage, about) = about(trigger);
    let findings = refused.map_or_else(Vec::new, |one| findings::of_refusal(one, &code));
    // What the lines tell is not told twice.
    let problem = refused.filter(|_| findings.is_empty()).map(Problem::from);
    let view = View {
        action: href(&side(visit, "")),
        seen: text(action, "updated_at"),
        stage,
        about,
        handler: trigger.handler(),
        flow: href(&at("/actions/flow/{}", &[trigger.as_str()])),
        version: action["deployed_version"]["number"].as_u64().unwrap_or(0),
        changed: action["all_changes_deployed"] == false || code != text(action, "code"),
        bound: is_bound(visit, action).await?,
        code_bytes_max: CODE_BYTES_MAX,
        marks: findings::marks(&findings),
        code,
        findings,
        problem,
    };
    let sheet = sheet(visit, "action", action, "");
    Ok(sheet.status(status).show(&view))
}

async fn is_bound(visit: &Visit, action: &Value) -> Result<bool, Refused> {
    let trigger = super::trigger_of(action);
    let path = at("/actions/triggers/{}/bindings?per_page=100", &[&trigger]);
    let bound = visit.get(&path).await?;
    let mut bound = bound["bindings"].as_array().into_iter().flatten();
    Ok(bound.any(|binding| binding["action"]["id"] == action["id"]))
}

async fn save(visit: Visit) -> Result<Response, Fault> {
    let mut action = load(&visit).await?;
    // Browsers send lines as RFC 7578 wants them.
    let code = visit.form.raw("code").replace("\r\n", "\n");
    if visit.form.get("seen") != text(&action, "updated_at") && code != text(&action, "code") {
        let refused = overtaken();
        return page(&visit, &action, code, (refused.status, Some(&refused))).await;
    }
    if code != text(&action, "code") {
        let (path, body) = (operation(&visit, ""), json!({"code": code}));
        match visit.send(Method::PATCH, &path, &body).await {
            Ok(after) => action = after,
            Err(refused) => {
                return page(&visit, &action, code, (refused.status, Some(&refused))).await;
            }
        }
    }
    match visit.form.get("do") {
        "deploy" => deploy(&visit, &action, code).await,
        "test" => Ok(visit.go(&side(&visit, "/test"), "The draft was saved.")),
        _ => Ok(visit.go(&side(&visit, ""), "The draft was saved.")),
    }
}

fn overtaken() -> Refused {
    let cause = "Somebody else changed the action while you wrote.";
    Refused {
        remedy: Some(
            "Your text is kept below and nothing was saved. Look at the action in another \
             window; saving again puts your text in its place."
                .to_owned(),
        ),
        ..Refused::new(StatusCode::CONFLICT, cause)
    }
}

async fn deploy(visit: &Visit, action: &Value, code: String) -> Result<Response, Fault> {
    let path = operation(visit, "/deploy");
    let version = match visit.send(Method::POST, &path, &json!({})).await {
        Ok(version) => version,
        Err(refused) => {
            let shown = page(visit, action, code, (refused.status, Some(&refused)));
            return shown.await;
        }
    };
    let rest = match is_bound(visit, action).await? {
        true => "It runs from now on.",
        false => "Nothing runs it yet: put it into the flow.",
    };
    let said = format!("Version {} is deployed. {rest}", version["number"]);
    Ok(visit.go(&side(visit, ""), &said))
}
