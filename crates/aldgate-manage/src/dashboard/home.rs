//! The first page: what happened lately, as plots and as the errors worth attention.

use std::collections::HashMap;

use aldgate_core::mistake;
use aldgate_core::time::{Seconds, Timestamp};
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::api::Refused;
use super::applications::text;
use super::fault::Fault;
use super::page::{Group, Page, show};
use super::path::at;
use super::visit::href;
use super::{Visit, events, plot};

/// Days of the plots.
const DAYS: u64 = 14;

/// Days in which errors are worth attention.
const LATELY: Seconds = Seconds::days(7);

/// Pages of a hundred failures that are added up.
const FAILURE_PAGES: u64 = 3;

/// Errors that are shown.
const ERRORS_MAX: usize = 6;

pub(super) fn pages() -> Vec<Page> {
    vec![show("/", "Overview", run).nav(Group::Top)]
}

#[derive(Serialize)]
struct View {
    /// Whether her roles permit anything here.
    permitted: bool,
    plots: Vec<Plot>,
    errors: Vec<Failure>,
    /// Whether the log may be read.
    logs: bool,
}

#[derive(Serialize)]
struct Plot {
    title: &'static str,
    total: u64,
    svg: Option<String>,
    days: Vec<(String, u64)>,
}

/// Something that went wrong several times, and what helps.
#[derive(Serialize)]
struct Failure {
    what: String,
    count: u64,
    remedy: String,
    href: String,
}

async fn run(visit: Visit) -> Result<Response, Fault> {
    let logs = visit.can("GET /logs");
    let plots = match visit.can("GET /stats/daily") {
        true => plots(&visit).await?,
        false => Vec::new(),
    };
    let view = View {
        permitted: !visit.actor.scopes().is_empty(),
        plots,
        errors: match logs {
            true => errors(&visit).await?,
            false => Vec::new(),
        },
        logs,
    };
    Ok(visit.page("home", "Overview").show(&view))
}

async fn plots(visit: &Visit) -> Result<Vec<Plot>, Refused> {
    let day = |at: Timestamp| at.iso8601()[..10].replace('-', "");
    let from = visit.now - Seconds::days(DAYS - 1);
    let path = format!("/stats/daily?from={}&to={}", day(from), day(visit.now));
    let answer = visit.get(&path).await?;
    let days = answer.as_array().cloned().unwrap_or_default();
    let series = [
        ("Logins", "logins"),
        ("Sign-ups", "signups"),
        ("Failures", "failures"),
        ("Tokens", "tokens"),
    ];
    let plot = |(title, member): (&'static str, &str)| {
        let value = |day: &Value| day[member].as_u64().unwrap_or_default();
        let label = |day: &Value| text(day, "date").get(5..10).unwrap_or_default().to_owned();
        let days: Vec<(String, u64)> = days.iter().map(|day| (label(day), value(day))).collect();
        let total = days.iter().map(|(_, value)| value).sum();
        let about = format!("{title} on each of the last {DAYS} days, {total} in all");
        Plot {
            svg: plot::bars(&about, &days),
            title,
            total,
            days,
        }
    };
    Ok(series.map(plot).into_iter().collect())
}

/// What failed most often lately: refusals by their code, and wrong tokens at APIs.
async fn errors(visit: &Visit) -> Result<Vec<Failure>, Refused> {
    let since = (visit.now - LATELY).iso8601();
    let query = format!("date:[{since} TO *] AND (type:f* OR type:limit_* OR type:ferrt)");
    let mut sums: HashMap<String, Failure> = HashMap::new();
    for page in 0..FAILURE_PAGES {
        let path = at(
            "/logs?per_page=100&page={}&q={}",
            &[&page.to_string(), &query],
        );
        let answer = visit.get(&path).await?;
        let found = answer.as_array().cloned().unwrap_or_default();
        for event in &found {
            let failure = failure(event);
            let sum = sums.entry(failure.what.clone()).or_insert(failure);
            sum.count += 1;
        }
        if found.len() < 100 {
            break;
        }
    }
    let mut all: Vec<Failure> = sums.into_values().collect();
    for mistake in mistake::summarize(events::mistakes(visit).await?) {
        all.push(Failure {
            what: mistake.sentence(),
            count: mistake.count,
            remedy: mistake.remedy().to_owned(),
            href: href("/logs?type=w"),
        });
    }
    all.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.what.cmp(&b.what)));
    all.truncate(ERRORS_MAX);
    Ok(all)
}

/// A failure without its count. The newest one is the example that the link leads to.
fn failure(event: &Value) -> Failure {
    let (row, refusal) = (events::row(event), &event["details"]["refusal"]);
    let what = match text(refusal, "cause") {
        cause if cause.is_empty() => row.description,
        cause => cause,
    };
    Failure {
        what: if what.is_empty() {
            row.label.to_owned()
        } else {
            what
        },
        count: 0,
        remedy: text(refusal, "remedy"),
        href: row.href,
    }
}
