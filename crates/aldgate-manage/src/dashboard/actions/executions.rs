//! What came of running a trigger: the last executions, and one of them with its logs.

use aldgate_core::action::Trigger;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::trial::{mebibytes, milliseconds};
use super::{about, load, sheet, text, trigger};
use crate::dashboard::Visit;
use crate::dashboard::events::when;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/actions/executions", "Executions", list).needs("GET /actions/executions"),
        show("/actions/executions/{execution}", "An execution", one)
            .needs("GET /actions/executions/{id}"),
        show(
            "/actions/{id}/executions",
            "Executions of an action",
            of_action,
        )
        .needs("GET /actions/executions"),
    ]
}

#[derive(Serialize)]
struct List {
    /// The triggers to choose from; empty on the page of an action.
    triggers: Vec<Choice>,
    /// Which outcome is wanted: `partial` or empty.
    status: String,
    rows: Vec<Row>,
    older: Option<String>,
}

#[derive(Serialize)]
struct Choice {
    id: &'static str,
    label: &'static str,
    chosen: bool,
}

#[derive(Serialize)]
struct Row {
    href: String,
    at: String,
    when: String,
    label: &'static str,
    tone: &'static str,
    /// The names of the actions, in their order.
    actions: Vec<String>,
    problem: String,
    time: String,
    lines: usize,
}

async fn list(visit: Visit) -> Result<Response, Fault> {
    let chosen = visit.query.get("trigger").parse();
    let chosen = chosen.unwrap_or(Trigger::PostLogin);
    let status = match visit.query.get("status") {
        "partial" => "partial",
        _ => "",
    };
    let mut path = at(
        "/actions/executions?take=50&trigger_id={}",
        &[chosen.as_str()],
    );
    for (name, value) in [("status", status), ("from", visit.query.get("from"))] {
        if !value.is_empty() {
            path.push_str(&at(&format!("&{name}={{}}"), &[value]));
        }
    }
    let answer = visit.get(&path).await?;
    let older = |next: &str| {
        let query = visit.query.with("from", next);
        format!("{}?{query}", href("/actions/executions"))
    };
    let view = List {
        triggers: Trigger::ALL
            .map(|one| Choice {
                id: one.as_str(),
                label: about(one).0,
                chosen: one == chosen,
            })
            .into(),
        status: status.to_owned(),
        rows: rows(&answer, None),
        older: answer["next"].as_str().map(older),
    };
    Ok(visit
        .page("action_executions", "Executions")
        .under("Actions", "/actions")
        .show(&view))
}

async fn of_action(visit: Visit) -> Result<Response, Fault> {
    let action = load(&visit).await?;
    let path = at(
        "/actions/executions?take=100&trigger_id={}",
        &[trigger(&action).as_str()],
    );
    let answer = visit.get(&path).await?;
    let view = List {
        triggers: Vec::new(),
        status: String::new(),
        rows: rows(&answer, Some(visit.segment("id"))),
        older: None,
    };
    Ok(sheet(&visit, "action_executions", &action, "/executions").show(&view))
}

/// The executions of an answer; those in which one action ran, or all.
fn rows(answer: &Value, action: Option<&str>) -> Vec<Row> {
    let all = answer["executions"].as_array().cloned().unwrap_or_default();
    let ran = |execution: &&Value| {
        let mut results = results(execution);
        action.is_none_or(|id| results.any(|result| result["action_id"] == id))
    };
    all.iter().filter(ran).map(row).collect()
}

fn results(execution: &Value) -> impl Iterator<Item = &Value> {
    execution["results"].as_array().into_iter().flatten()
}

fn row(execution: &Value) -> Row {
    let at_iso = text(execution, "created_at");
    let failed = results(execution).find(|result| result["error"].is_object());
    let (label, tone) = outcome(execution, failed.is_some());
    let lines = results(execution).filter_map(|result| result["logs"].as_array());
    Row {
        href: href(&at("/actions/executions/{}", &[&text(execution, "id")])),
        when: when(&at_iso),
        at: at_iso,
        label,
        tone,
        actions: results(execution)
            .map(|result| text(result, "action_name"))
            .collect(),
        problem: failed.map_or(String::new(), |result| text(&result["error"], "msg")),
        time: milliseconds(results(execution).map(micros).sum()),
        lines: lines.map(Vec::len).sum(),
    }
}

/// What an execution's status means, and its tone.
fn outcome(execution: &Value, failed: bool) -> (&'static str, &'static str) {
    match (text(execution, "status").as_str(), failed) {
        ("partial", false) => ("Refused", "warn"),
        ("partial", true) => ("Failed", "bad"),
        ("suspended", _) => ("Sent elsewhere", "warn"),
        ("canceled", _) => ("Not finished", "warn"),
        (_, true) => ("Went on after a failure", "bad"),
        (_, false) => ("Went on", "good"),
    }
}

/// How long one action ran, in microseconds.
fn micros(result: &Value) -> u64 {
    use aldgate_core::time::Timestamp;
    let at = |name: &str| Timestamp::parse_iso8601(&text(result, name)).ok();
    match (at("started_at"), at("ended_at")) {
        (Some(start), Some(end)) => {
            u64::try_from(end.micros().saturating_sub(start.micros())).unwrap_or(0)
        }
        _ => 0,
    }
}

#[derive(Serialize)]
struct One {
    at: String,
    when: String,
    label: &'static str,
    tone: &'static str,
    stage: &'static str,
    steps: Vec<Step>,
}

#[derive(Serialize)]
struct Step {
    name: String,
    /// Where the action is edited.
    href: String,
    version: u64,
    time: String,
    heap: String,
    fetches: u64,
    error: String,
    /// The support code of the event in the tenant log.
    code: String,
    story: String,
    logs: Vec<Value>,
}

async fn one(visit: Visit) -> Result<Response, Fault> {
    let path = at("/actions/executions/{}", &[visit.segment("execution")]);
    let execution = visit.get(&path).await?;
    let failed = results(&execution).any(|result| result["error"].is_object());
    let (label, tone) = outcome(&execution, failed);
    let at_iso = text(&execution, "created_at");
    let trigger = text(&execution, "trigger_id").parse();
    let trigger = trigger.unwrap_or(Trigger::PostLogin);
    let view = One {
        when: when(&at_iso),
        at: at_iso,
        label,
        tone,
        stage: about(trigger).0,
        steps: results(&execution).map(step).collect(),
    };
    let back = at("/actions/executions?trigger={}", &[trigger.as_str()]);
    Ok(visit
        .page("action_execution", "Execution")
        .under("Actions", "/actions")
        .under("Executions", &back)
        .show(&view))
}

fn step(result: &Value) -> Step {
    let error = &result["error"];
    let code = text(error, "url");
    Step {
        name: text(result, "action_name"),
        href: href(&at("/actions/{}", &[&text(result, "action_id")])),
        version: result["version"].as_u64().unwrap_or(0),
        time: milliseconds(micros(result)),
        heap: mebibytes(result["heap_bytes"].as_u64().unwrap_or(0)),
        fetches: result["fetches"].as_u64().unwrap_or(0),
        error: text(error, "msg"),
        story: href(&at("/logs?code={}", &[&code])),
        code,
        logs: result["logs"].as_array().cloned().unwrap_or_default(),
    }
}
