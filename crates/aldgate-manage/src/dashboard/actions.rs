//! Actions: what each trigger runs, and one page for each side of an action.

mod commands;
mod delete;
mod diff;
mod editor;
mod executions;
mod findings;
mod flow;
mod new;
mod replay;
mod samples;
mod secrets;
mod settings;
mod templates;
mod trial;
mod versions;

use aldgate_core::action::Trigger;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::Visit;
use super::api::Refused;
use super::applications::text;
use super::fault::Fault;
use super::page::{Group, Page, show};
use super::path::at;
use super::visit::{Link, Sheet, href};

/// Pages of a hundred actions: a tenant has at most 500.
const LIST_PAGES: u64 = 5;

pub(super) fn pages() -> Vec<Page> {
    let list = show("/actions", "Actions", list)
        .needs("GET /actions/actions")
        .nav(Group::Build);
    let mut all = vec![list];
    all.extend(new::pages());
    all.extend(flow::pages());
    all.extend(executions::pages());
    all.extend(editor::pages());
    all.extend(settings::pages());
    all.extend(secrets::pages());
    all.extend(trial::pages());
    all.extend(replay::pages());
    all.extend(versions::pages());
    all.extend(delete::pages());
    all
}

/// What a trigger is called, and when it runs.
pub(super) const fn about(trigger: Trigger) -> (&'static str, &'static str) {
    match trigger {
        Trigger::PostLogin => (
            "Login",
            "At every login, silent login and refresh, before tokens are made.",
        ),
        Trigger::CredentialsExchange => (
            "Machine to machine",
            "When an application gets a token for itself.",
        ),
        Trigger::PreUserRegistration => (
            "Before registration",
            "Before a user is made; may refuse it.",
        ),
        Trigger::PostUserRegistration => (
            "After registration",
            "Once a user exists; it only hears of it.",
        ),
        Trigger::PostChangePassword => (
            "After a change of the password",
            "Behind a reset or a change; it only hears of it.",
        ),
    }
}

#[derive(Serialize)]
struct List {
    stages: Vec<Stage>,
    /// Whether there is any action.
    any: bool,
}

/// One trigger with its actions.
#[derive(Serialize)]
struct Stage {
    id: &'static str,
    label: &'static str,
    about: &'static str,
    flow: String,
    executions: String,
    new: String,
    /// What runs, in its order.
    runs: Vec<Row>,
    /// Actions of the trigger that do not run.
    idle: Vec<Row>,
}

/// One action in a list.
#[derive(Clone, Debug, Serialize)]
struct Row {
    id: String,
    name: String,
    href: String,
    /// The number of the deployed version; 0: none.
    version: u64,
    /// Whether the draft differs from it.
    changed: bool,
}

async fn list(visit: Visit) -> Result<Response, Fault> {
    let actions = all(&visit).await?;
    let mut stages = Vec::new();
    for trigger in Trigger::ALL {
        let path = at(
            "/actions/triggers/{}/bindings?per_page=100",
            &[trigger.as_str()],
        );
        let bound = visit.get(&path).await?;
        let bound = bound["bindings"].as_array().cloned().unwrap_or_default();
        let bound: Vec<String> = bound.iter().map(|one| text(&one["action"], "id")).collect();
        let own: Vec<Row> = actions
            .iter()
            .filter(|action| trigger_of(action) == trigger.as_str())
            .map(row)
            .collect();
        let (label, about) = about(trigger);
        let find = |id: &String| own.iter().find(|row| row.id == *id).cloned();
        stages.push(Stage {
            id: trigger.as_str(),
            label,
            about,
            flow: href(&at("/actions/flow/{}", &[trigger.as_str()])),
            executions: href(&at("/actions/executions?trigger={}", &[trigger.as_str()])),
            new: href(&at("/actions/new?trigger={}", &[trigger.as_str()])),
            runs: bound.iter().filter_map(find).collect(),
            idle: own
                .iter()
                .filter(|row| !bound.contains(&row.id))
                .cloned()
                .collect(),
        });
    }
    let view = List {
        any: !actions.is_empty(),
        stages,
    };
    Ok(visit.page("actions", "Actions").show(&view))
}

/// Every action of the tenant.
async fn all(visit: &Visit) -> Result<Vec<Value>, Refused> {
    let mut found = Vec::new();
    for page in 0..LIST_PAGES {
        let answer = visit
            .get(&format!("/actions/actions?per_page=100&page={page}"))
            .await?;
        let items = answer["actions"].as_array().cloned().unwrap_or_default();
        let count = items.len();
        found.extend(items);
        if count < 100 {
            break;
        }
    }
    Ok(found)
}

fn row(action: &Value) -> Row {
    let id = text(action, "id");
    Row {
        href: href(&at("/actions/{}", &[&id])),
        name: text(action, "name"),
        version: action["deployed_version"]["number"].as_u64().unwrap_or(0),
        changed: action["all_changes_deployed"] == false,
        id,
    }
}

/// The name of an action's trigger.
fn trigger_of(action: &Value) -> String {
    text(&action["supported_triggers"][0], "id")
}

/// The trigger of an action.
fn trigger(action: &Value) -> Trigger {
    trigger_of(action).parse().unwrap_or(Trigger::PostLogin)
}

/// The action of a page's path.
async fn load(visit: &Visit) -> Result<Value, Refused> {
    visit.get(&operation(visit, "")).await
}

/// The path of an operation on the action of a page's path.
fn operation(visit: &Visit, rest: &str) -> String {
    at("/actions/actions/{}", &[visit.segment("id")]) + rest
}

/// The path of a side of the action below `/dashboard`.
fn side(visit: &Visit, side: &str) -> String {
    at("/actions/{}", &[visit.segment("id")]) + side
}

/// Begins a page about an action, with its tabs.
fn sheet<'v>(visit: &'v Visit, template: &'static str, action: &Value, tab: &str) -> Sheet<'v> {
    let tabs = [
        ("Code", "", "GET /actions/actions/{id}"),
        ("Test", "/test", "POST /actions/actions/{id}/test"),
        ("Replay", "/replay", "POST /actions/actions/{id}/replay"),
        (
            "Versions",
            "/versions",
            "GET /actions/actions/{id}/versions",
        ),
        ("Settings", "/settings", "GET /actions/actions/{id}"),
        ("Executions", "/executions", "GET /actions/executions"),
    ];
    let tabs = tabs
        .into_iter()
        .filter(|(_, _, operation)| visit.can(operation))
        .map(|(label, path, _)| Link::to(label, &side(visit, path)));
    visit
        .page(template, text(action, "name"))
        .under("Actions", "/actions")
        .tabs(tabs.collect(), &side(visit, tab))
}
