//! What a trigger runs, in which order: moved by buttons, or dragged.

use aldgate_core::action::Trigger;
use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Row, about, all, row, text, trigger_of};
use crate::dashboard::Visit;
use crate::dashboard::api::Refused;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

const PATH: &str = "/actions/flow/{trigger}";
const WRITE: &str = "PATCH /actions/triggers/{id}/bindings";

pub(super) fn pages() -> Vec<Page> {
    vec![
        show(PATH, "What a trigger runs", flow)
            .needs("GET /actions/actions")
            .needs("GET /actions/triggers/{id}/bindings"),
        act(PATH, "Change what a trigger runs", change).needs(WRITE),
    ]
}

#[derive(Serialize)]
struct View {
    action: String,
    about: &'static str,
    /// Whether a failure or a refusal ends the login.
    decides: bool,
    steps: Vec<Step>,
    /// Deployed actions that could be added.
    idle: Vec<Row>,
    /// Actions that cannot: they were never deployed.
    drafts: Vec<Row>,
    executions: String,
    problem: String,
}

/// One step of the flow.
#[derive(Serialize)]
struct Step {
    binding: String,
    name: String,
    display_name: String,
    href: String,
    version: u64,
    changed: bool,
    first: bool,
    last: bool,
}

fn trigger(visit: &Visit) -> Result<Trigger, Fault> {
    visit
        .segment("trigger")
        .parse()
        .map_err(|_| Fault::NotFound)
}

async fn bindings(visit: &Visit, trigger: Trigger) -> Result<Vec<Value>, Refused> {
    let path = at(
        "/actions/triggers/{}/bindings?per_page=100",
        &[trigger.as_str()],
    );
    let answer = visit.get(&path).await?;
    Ok(answer["bindings"].as_array().cloned().unwrap_or_default())
}

async fn flow(visit: Visit) -> Result<Response, Fault> {
    page(&visit, StatusCode::OK, String::new()).await
}

async fn page(visit: &Visit, status: StatusCode, problem: String) -> Result<Response, Fault> {
    let trigger = trigger(visit)?;
    let bound = bindings(visit, trigger).await?;
    let actions = all(visit).await?;
    let is_bound = |id: &str| bound.iter().any(|one| one["action"]["id"] == id);
    let own = |action: &&Value| trigger_of(action) == trigger.as_str();
    let free: Vec<Row> = actions
        .iter()
        .filter(own)
        .map(row)
        .filter(|row| !is_bound(&row.id))
        .collect();
    let (idle, drafts) = free.into_iter().partition(|row| row.version > 0);
    let count = bound.len();
    let step = |(index, binding): (usize, &Value)| {
        let action = row(&binding["action"]);
        Step {
            binding: text(binding, "id"),
            display_name: text(binding, "display_name"),
            name: action.name,
            href: action.href,
            version: action.version,
            changed: action.changed,
            first: index == 0,
            last: index + 1 == count,
        }
    };
    let (label, about) = about(trigger);
    let view = View {
        action: href(&own_path(trigger)),
        about,
        decides: trigger.failure() == aldgate_core::action::FailureMode::Closed,
        steps: bound.iter().enumerate().map(step).collect(),
        idle,
        drafts,
        executions: href(&at("/actions/executions?trigger={}", &[trigger.as_str()])),
        problem,
    };
    Ok(visit
        .page("action_flow", format!("Flow: {label}"))
        .under("Actions", "/actions")
        .status(status)
        .show(&view))
}

fn own_path(trigger: Trigger) -> String {
    at("/actions/flow/{}", &[trigger.as_str()])
}

/// What a button of the page asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change<'a> {
    Up(&'a str),
    Down(&'a str),
    Remove(&'a str),
    /// An action's id.
    Add(&'a str),
    /// The order of the fields `binding`.
    Order,
}

impl<'a> Change<'a> {
    fn of(visit: &'a Visit) -> Self {
        match visit.form.get("do").split_once(':') {
            Some(("up", id)) => Self::Up(id),
            Some(("down", id)) => Self::Down(id),
            Some(("remove", id)) => Self::Remove(id),
            _ if visit.form.get("do") == "add" => Self::Add(visit.form.get("action_id")),
            _ => Self::Order,
        }
    }

    fn said(self) -> &'static str {
        match self {
            Self::Up(_) | Self::Down(_) | Self::Order => "The order was saved. It counts at once.",
            Self::Remove(_) => "The action was taken out. It does not run any more.",
            Self::Add(_) => "The action was added. It runs from now on.",
        }
    }

    /// The ids of bindings in their new order. `sent` is the order that the page showed: what
    /// was added since then stays behind it.
    fn apply(self, known: Vec<String>, sent: &[String]) -> Vec<String> {
        let mut order: Vec<String> = Vec::new();
        for id in sent.iter().chain(&known) {
            if known.contains(id) && !order.contains(id) {
                order.push(id.clone());
            }
        }
        let place = |id: &str| order.iter().position(|one| one == id);
        match self {
            Self::Up(id) => match place(id) {
                Some(at) if at > 0 => order.swap(at, at - 1),
                _ => {}
            },
            Self::Down(id) => match place(id) {
                Some(at) if at + 1 < order.len() => order.swap(at, at + 1),
                _ => {}
            },
            Self::Remove(id) => order.retain(|one| one != id),
            Self::Add(_) | Self::Order => {}
        }
        order
    }
}

async fn change(visit: Visit) -> Result<Response, Fault> {
    let trigger = trigger(&visit)?;
    let bound = bindings(&visit, trigger).await?;
    let known = bound.iter().map(|one| text(one, "id")).collect();
    let sent: Vec<String> = visit.form.all("binding").map(str::to_owned).collect();
    let change = Change::of(&visit);
    let order = change.apply(known, &sent);
    let mut wanted: Vec<Value> = order
        .iter()
        .filter_map(|id| bound.iter().find(|one| one["id"] == id.as_str()))
        .map(|one| {
            json!({
                "ref": {"type": "binding_id", "value": one["id"]},
                "display_name": one["display_name"],
            })
        })
        .collect();
    if let Change::Add(id) = change {
        wanted.push(json!({"ref": {"type": "action_id", "value": id}}));
    }
    let path = at("/actions/triggers/{}/bindings", &[trigger.as_str()]);
    let body = json!({"bindings": wanted});
    match visit.send(Method::PATCH, &path, &body).await {
        Ok(_) => {
            // Whoever moved a step by its button is led back to it.
            let own = own_path(trigger);
            let to = match change {
                Change::Up(id) | Change::Down(id) => format!("{own}#step-{id}"),
                _ => own,
            };
            Ok(visit.go(&to, change.said()))
        }
        Err(refused) => page(&visit, refused.status, refused.cause).await,
    }
}

#[cfg(test)]
mod tests {
    use super::Change;

    #[test]
    fn a_step_moves_within_the_order_that_was_seen() {
        let ids = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let table = [
            (Change::Up("b"), "a b c", "b a c"),
            (Change::Up("a"), "a b c", "a b c"),
            (Change::Down("c"), "a b c", "a b c"),
            (Change::Down("a"), "a b c", "b a c"),
            (Change::Remove("b"), "a b c", "a c"),
            (Change::Order, "c a b", "c a b"),
            // One is gone and one is new since the page was made; none is doubled.
            (Change::Order, "c gone a a", "c a b"),
        ];
        for (change, sent, expected) in table {
            let after = change.apply(ids("a b c"), &ids(sent));
            assert_eq!(after, ids(expected), "{change:?} {sent}");
        }
    }
}
