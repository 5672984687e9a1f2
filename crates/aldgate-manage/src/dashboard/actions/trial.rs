//! Trying a draft: it runs once over an event that can be edited, and the page shows what comes of
//! it.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::findings::{self, Finding};
use super::{commands, load, operation, samples, sheet, side, text, trigger};
use crate::dashboard::Visit;
use crate::dashboard::api::Refused;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::visit::href;

const PATH: &str = "/actions/{id}/test";
const NEEDS: &str = "POST /actions/actions/{id}/test";

pub(super) fn pages() -> Vec<Page> {
    vec![
        show(PATH, "Test an action", form).needs(NEEDS),
        act(PATH, "Run an action once", run).needs(NEEDS),
    ]
}

#[derive(Serialize)]
struct View {
    action: String,
    editor: String,
    /// The event, as JSON text.
    event: String,
    /// Why the event cannot be used.
    problem: String,
    findings: Vec<Finding>,
    ran: Option<Ran>,
}

/// What came of a run.
#[derive(Serialize)]
struct Ran {
    passed: bool,
    result: String,
    error: String,
    stack: String,
    commands: Vec<String>,
    logs: Vec<Value>,
    left_out: Vec<String>,
    tokens: Vec<Token>,
    milliseconds: String,
    limit: String,
    heap: String,
    heap_limit: String,
    fetches: u64,
}

#[derive(Serialize)]
struct Token {
    label: &'static str,
    claims: String,
}

async fn form(visit: Visit) -> Result<Response, Fault> {
    let action = load(&visit).await?;
    let host = visit.tenant.issuer.authority();
    let event = pretty(&samples::event(trigger(&action), host));
    Ok(page(&visit, &action, view(&visit, event), StatusCode::OK))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn view(visit: &Visit, event: String) -> View {
    View {
        action: href(&side(visit, "/test")),
        editor: href(&side(visit, "")),
        event,
        problem: String::new(),
        findings: Vec::new(),
        ran: None,
    }
}

fn page(visit: &Visit, action: &Value, view: View, status: StatusCode) -> Response {
    sheet(visit, "action_test", action, "/test")
        .status(status)
        .show(&view)
}

async fn run(visit: Visit) -> Result<Response, Fault> {
    let action = load(&visit).await?;
    let sent = visit.form.raw("event").to_owned();
    let mut view = view(&visit, sent.clone());
    let event: Value = match serde_json::from_str(&sent) {
        Ok(event @ Value::Object(_)) => event,
        Ok(_) => {
            view.problem = "The event must be a JSON object.".to_owned();
            return Ok(page(&visit, &action, view, StatusCode::BAD_REQUEST));
        }
        Err(error) => {
            view.problem = format!("The event is not JSON: {error}.");
            return Ok(page(&visit, &action, view, StatusCode::BAD_REQUEST));
        }
    };
    let body = json!({"payload": event});
    let path = operation(&visit, "/test");
    match visit.send(Method::POST, &path, &body).await {
        Ok(answer) => {
            let payload = &answer["payload"];
            view.findings = findings::of(&payload["findings"], &text(&action, "code"));
            view.ran = Some(ran(&visit, payload));
            Ok(page(&visit, &action, view, StatusCode::OK))
        }
        Err(refused) => {
            view.findings = findings::of_refusal(&refused, &text(&action, "code"));
            if view.findings.is_empty() {
                view.problem = said(&refused);
            }
            Ok(page(&visit, &action, view, refused.status))
        }
    }
}

fn said(refused: &Refused) -> String {
    let rest = |text: &Option<String>| match text.as_deref() {
        Some(text) if !text.is_empty() => format!(" {text}"),
        _ => String::new(),
    };
    format!("{}{}", refused.cause, rest(&refused.remedy))
}

fn ran(visit: &Visit, payload: &Value) -> Ran {
    let limits = visit.app.sandbox.limits();
    let result = text(payload, "result");
    let stats = &payload["stats"];
    let number = |name: &str| stats[name].as_u64().unwrap_or(0);
    let tokens = [("ID token", "id_token"), ("Access token", "access_token")];
    let tokens = tokens.into_iter().filter_map(|(label, name)| {
        let claims = &payload["tokens"][name];
        claims.is_object().then(|| Token {
            label,
            claims: pretty(claims),
        })
    });
    let left_out = payload["left_out"].as_array().cloned().unwrap_or_default();
    Ran {
        passed: !result.starts_with("failed"),
        result,
        error: text(&payload["error"], "msg"),
        stack: text(&payload["error"], "stack"),
        commands: commands::sentences(&payload["commands"]),
        logs: payload["logs"].as_array().cloned().unwrap_or_default(),
        left_out: left_out.iter().map(|one| text(one, "msg")).collect(),
        tokens: tokens.collect(),
        milliseconds: milliseconds(number("wall_us")),
        limit: milliseconds(limits.wall_ms * 1000),
        heap: mebibytes(number("heap_bytes")),
        heap_limit: mebibytes(limits.heap_bytes as u64),
        fetches: number("fetches"),
    }
}

/// Microseconds as people read them.
pub(super) fn milliseconds(micros: u64) -> String {
    match micros {
        0..10_000 => format!("{}.{} ms", micros / 1000, micros % 1000 / 100),
        10_000..1_000_000 => format!("{} ms", micros / 1000),
        more if more.is_multiple_of(1_000_000) => format!("{} s", more / 1_000_000),
        more => format!("{}.{} s", more / 1_000_000, more % 1_000_000 / 100_000),
    }
}

/// Bytes as people read them.
pub(super) fn mebibytes(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        more if more.is_multiple_of(1 << 20) => format!("{} MiB", more >> 20),
        more => format!("{}.{} MiB", more >> 20, ((more % (1 << 20)) * 10) >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_told_in_a_unit_that_fits() {
        let times = [430, 9_940, 25_000, 1_250_000, 5_000_000].map(milliseconds);
        assert_eq!(times, ["0.4 ms", "9.9 ms", "25 ms", "1.2 s", "5 s"]);
        let sizes = [12, 150_000, 1_600_000, 32 << 20].map(mebibytes);
        assert_eq!(sizes, ["12 B", "146 KiB", "1.5 MiB", "32 MiB"]);
    }
}
