//! One event, and the story around it: the checks that were made, what came before and after.

use aldgate_core::authorize::checks::{AFTER_TARGET, BEFORE_TARGET};
use aldgate_core::time::{Seconds, Timestamp};
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::quoted;
use crate::dashboard::Visit;
use crate::dashboard::applications::text;
use crate::dashboard::events::{self, Row};
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

/// What belongs to one login lies within this time around it.
const AROUND: Seconds = Seconds::minutes(10);

/// The most events of one story.
const STORY_MAX: usize = 50;

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/logs/{id}", "Event", one).needs("GET /logs/{id}"),
        show("/support/{code}", "Support code", by_code).needs("GET /logs"),
    ]
}

#[derive(Serialize)]
struct View {
    event: Row,
    facts: Vec<Fact>,
    refusal: Option<Refused>,
    checks: Vec<Check>,
    /// What happened around it, oldest first.
    story: Vec<Step>,
    details: String,
}

#[derive(Serialize)]
struct Fact {
    name: &'static str,
    value: String,
    /// Where more is told; empty where nothing is.
    href: String,
}

#[derive(Serialize)]
struct Refused {
    cause: String,
    expected: String,
    actual: String,
    remedy: String,
}

/// A check of an authorization request.
#[derive(Serialize)]
struct Check {
    name: &'static str,
    source: &'static str,
    /// `passed`, `refused` or `not reached`.
    outcome: &'static str,
}

#[derive(Serialize)]
struct Step {
    row: Row,
    own: bool,
    cause: String,
    expected: String,
    actual: String,
}

/// `/support/{code}`: the event that a support code names.
async fn by_code(visit: Visit) -> Result<Response, Fault> {
    let query = format!("support_code:\"{}\"", quoted(visit.segment("code")));
    let answer = visit.get(&at("/logs?per_page=1&q={}", &[&query])).await?;
    match answer[0].as_object() {
        Some(_) => tell(&visit, &answer[0]).await,
        None => Err(Fault::NotFound),
    }
}

async fn one(visit: Visit) -> Result<Response, Fault> {
    let event = visit.get(&at("/logs/{}", &[visit.segment("id")])).await?;
    tell(&visit, &event).await
}

async fn tell(visit: &Visit, event: &Value) -> Result<Response, Fault> {
    let row = events::row(event);
    let refusal = &event["details"]["refusal"];
    let view = View {
        facts: facts(visit, event),
        refusal: refusal.is_object().then(|| refused(refusal)),
        checks: checks(event["details"]["check"].as_str()),
        story: story(visit, event).await?,
        details: match &event["details"] {
            Value::Null => String::new(),
            details => serde_json::to_string_pretty(details).unwrap_or_default(),
        },
        event: row.clone(),
    };
    let title = match row.description.is_empty() {
        true => row.label.to_owned(),
        false => row.description,
    };
    Ok(visit
        .page("event", title)
        .under("Logs", "/logs")
        .show(&view))
}

fn refused(refusal: &Value) -> Refused {
    Refused {
        cause: text(refusal, "cause"),
        expected: text(refusal, "expected"),
        actual: text(refusal, "actual"),
        remedy: text(refusal, "remedy"),
    }
}

fn facts(visit: &Visit, event: &Value) -> Vec<Fact> {
    let fact = |name: &'static str, member: &str, page: &str| {
        let value = text(event, member);
        Fact {
            href: match page {
                "" => String::new(),
                page => href(&at(page, &[&value])),
            },
            name,
            value,
        }
    };
    let application = match visit.can("GET /clients/{id}") {
        true => "/applications/{}",
        false => "",
    };
    let all = [
        fact("Support code", "support_code", "/logs?code={}"),
        fact("Application", "client_name", ""),
        fact("Client ID", "client_id", application),
        fact("User", "user_name", "/logs?user={}"),
        fact("User ID", "user_id", "/logs?user={}"),
        fact("Connection", "connection", ""),
        fact("Audience", "audience", ""),
        fact("Scope", "scope", ""),
        fact("Address", "ip", ""),
        fact("Browser", "user_agent", ""),
        fact("Event ID", "log_id", ""),
    ];
    all.into_iter()
        .filter(|fact| !fact.value.is_empty())
        .collect()
}

/// The checks of `/authorize` in their order, as far as one refused.
fn checks(refusing: Option<&str>) -> Vec<Check> {
    let all = || BEFORE_TARGET.iter().chain(AFTER_TARGET);
    let Some(at) = all().position(|(name, _)| Some(*name) == refusing) else {
        return Vec::new();
    };
    let outcome = |index: usize| match index.cmp(&at) {
        std::cmp::Ordering::Less => "passed",
        std::cmp::Ordering::Equal => "refused",
        std::cmp::Ordering::Greater => "not reached",
    };
    let check = |(index, (name, source)): (usize, &(&'static str, &'static str))| Check {
        name,
        source,
        outcome: outcome(index),
    };
    all().enumerate().map(check).collect()
}

/// What the same browser or user did around the event.
async fn story(visit: &Visit, event: &Value) -> Result<Vec<Step>, Fault> {
    let Ok(date) = Timestamp::parse_iso8601(&text(event, "date")) else {
        return Ok(Vec::new());
    };
    let (ip, user) = (text(event, "ip"), text(event, "user_id"));
    if ip.is_empty() && user.is_empty() {
        return Ok(Vec::new());
    }
    let (from, until) = ((date - AROUND).iso8601(), (date + AROUND).iso8601());
    let query = format!("date:[{from} TO {until}]");
    let answer = visit.get(&at("/logs?per_page=100&q={}", &[&query])).await?;
    let agent = text(event, "user_agent");
    let near = |other: &&Value| {
        let same_browser = text(other, "ip") == ip && text(other, "user_agent") == agent;
        let same_user = !user.is_empty() && text(other, "user_id") == user;
        let about_login = other["type"] != "sapi" && other["type"] != "mgmt_api_read";
        other["log_id"] == event["log_id"] || about_login && (same_browser || same_user)
    };
    let events = answer.as_array().cloned().unwrap_or_default();
    let mut steps: Vec<Step> = events
        .iter()
        .filter(near)
        .take(STORY_MAX)
        .map(|other| {
            let refusal = &other["details"]["refusal"];
            Step {
                row: events::row(other),
                own: other["log_id"] == event["log_id"],
                cause: text(refusal, "cause"),
                expected: text(refusal, "expected"),
                actual: text(refusal, "actual"),
            }
        })
        .collect();
    steps.reverse();
    Ok(steps)
}
