//! Replaying real logins with a draft: what would differ.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::findings::{self, Finding};
use super::trial::{mebibytes, milliseconds};
use super::{load, operation, sheet, side, text};
use crate::dashboard::Visit;
use crate::dashboard::events::when;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::visit::href;

const PATH: &str = "/actions/{id}/replay";
const KEEP: &str = "/actions/{id}/keep-events";
const NEEDS: &str = "POST /actions/actions/{id}/replay";

/// How many of the last logins can be chosen.
const COUNTS: [u64; 4] = [10, 20, 50, 100];

pub(super) fn pages() -> Vec<Page> {
    vec![
        show(PATH, "Replay logins", form).needs(NEEDS),
        act(PATH, "Replay logins with a draft", run).needs(NEEDS),
        act(KEEP, "Keep events of logins", keep).needs("PATCH /tenants/settings"),
    ]
}

#[derive(Serialize)]
struct View {
    action: String,
    keep: String,
    /// Whether events of logins are kept; `null`: she may not know.
    kept: Option<bool>,
    counts: [u64; 4],
    count: u64,
    allow_requests: bool,
    findings: Vec<Finding>,
    problem: String,
    summary: Option<Summary>,
}

#[derive(Serialize)]
struct Summary {
    events: u64,
    replayed: u64,
    changed: u64,
    outcomes: Vec<Outcome>,
    budget: Vec<Budget>,
    runs: Vec<Run>,
}

/// How many runs ended in one way.
#[derive(Serialize)]
struct Outcome {
    label: &'static str,
    before: u64,
    after: u64,
}

/// What the slowest or largest run used up of what there is.
#[derive(Serialize)]
struct Budget {
    label: &'static str,
    most: String,
    limit: String,
    /// Of a hundred.
    percent: u64,
}

#[derive(Serialize)]
struct Run {
    at: String,
    when: String,
    client_id: String,
    user_id: String,
    before: String,
    after: String,
    changed: bool,
    claims: Vec<Claim>,
    time: String,
}

#[derive(Serialize)]
struct Claim {
    token: &'static str,
    name: String,
    before: String,
    after: String,
}

async fn view(visit: &Visit) -> Result<View, Fault> {
    let settings = visit.get_if_permitted("/tenants/settings").await?;
    let kept = (!settings.is_null()).then(|| settings["kept_action_events"]["enabled"] == true);
    Ok(View {
        action: href(&side(visit, "/replay")),
        keep: href(&side(visit, "/keep-events")),
        kept,
        counts: COUNTS,
        count: 20,
        allow_requests: false,
        findings: Vec::new(),
        problem: String::new(),
        summary: None,
    })
}

async fn form(visit: Visit) -> Result<Response, Fault> {
    let action = load(&visit).await?;
    let view = view(&visit).await?;
    Ok(sheet(&visit, "action_replay", &action, "/replay").show(&view))
}

async fn run(visit: Visit) -> Result<Response, Fault> {
    let action = load(&visit).await?;
    let mut view = view(&visit).await?;
    view.count = visit.form.number("count").unwrap_or(20).clamp(1, 100);
    view.allow_requests = visit.form.has("allow_requests");
    let body = json!({"count": view.count, "allow_requests": view.allow_requests});
    let path = operation(&visit, "/replay");
    let status = match visit.send(Method::POST, &path, &body).await {
        Ok(answer) => {
            view.summary = Some(summary(&answer));
            StatusCode::OK
        }
        Err(refused) => {
            view.findings = findings::of_refusal(&refused, &text(&action, "code"));
            if view.findings.is_empty() {
                view.problem = refused.cause;
            }
            refused.status
        }
    };
    let sheet = sheet(&visit, "action_replay", &action, "/replay");
    Ok(sheet.status(status).show(&view))
}

fn summary(answer: &Value) -> Summary {
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    let outcome = |label, name: &str| Outcome {
        label,
        before: number(&answer[name]["before"]),
        after: number(&answer[name]["after"]),
    };
    let budget = |label, name: &str, unit: fn(u64) -> String| {
        let (most, limit) = (
            number(&answer[name]["most"]),
            number(&answer[name]["limit"]),
        );
        Budget {
            label,
            most: unit(most),
            limit: unit(limit),
            percent: (most * 100).checked_div(limit).unwrap_or(0).min(100),
        }
    };
    let runs = answer["runs"].as_array().cloned().unwrap_or_default();
    let mut runs: Vec<Run> = runs.iter().map(one).collect();
    // What would differ is what one came for.
    runs.sort_by_key(|run| !run.changed);
    Summary {
        events: number(&answer["events"]),
        replayed: number(&answer["replayed"]),
        changed: number(&answer["changed"]),
        outcomes: vec![
            outcome("Went on", "passed"),
            outcome("Refused", "denied"),
            outcome("Sent elsewhere", "redirected"),
            outcome("Failed", "failed"),
        ],
        budget: vec![
            budget("Time of all actions", "wall_us", milliseconds),
            budget("Memory", "heap_bytes", mebibytes),
            budget("Custom claims of a token", "claims_bytes", mebibytes),
        ],
        runs,
    }
}

fn one(run: &Value) -> Run {
    let at = text(run, "at");
    let mut claims = claims("ID token", &run["id_token"]);
    claims.extend(self::claims("access token", &run["access_token"]));
    let (before, after) = (text(run, "before"), text(run, "after"));
    Run {
        when: when(&at),
        at,
        client_id: text(run, "client_id"),
        user_id: text(run, "user_id"),
        changed: !claims.is_empty() || before != after,
        before,
        after,
        claims,
        time: milliseconds(run["wall_us"]["after"].as_u64().unwrap_or(0)),
    }
}

fn claims(token: &'static str, differs: &Value) -> Vec<Claim> {
    let shown = |value: &Value| match value {
        Value::Null => String::new(),
        value => value.to_string(),
    };
    let all = differs.as_array().cloned().unwrap_or_default();
    all.iter()
        .map(|one| Claim {
            token,
            name: text(one, "claim"),
            before: shown(&one["before"]),
            after: shown(&one["after"]),
        })
        .collect()
}

async fn keep(visit: Visit) -> Result<Response, Fault> {
    let body = json!({"kept_action_events": {"enabled": true}});
    visit
        .send(Method::PATCH, "/tenants/settings", &body)
        .await?;
    let said = "Events of logins are kept from now on. Log in, then replay.";
    Ok(visit.go(&side(&visit, "/replay"), said))
}
