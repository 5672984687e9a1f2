//! `/actions/triggers/{id}/bindings`: which actions a trigger runs, in which order.

use aldgate_core::action::{Action, Binding, Trigger};
use aldgate_core::error::Refusal;
use aldgate_core::id::{ActionId, ActionVersionId};
use aldgate_core::time::Timestamp;
use aldgate_store::{StoreError, Tx};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{list::deployed, triggers, view};
use crate::later::not_built;
use crate::op::{ApiError, Call, Paging, Reply};

/// The most actions of one trigger.
const BINDINGS_MAX: usize = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    bindings: Vec<Wanted>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(rename = "ref")]
    reference: Reference,
    display_name: Option<String>,
    secrets: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
enum Reference {
    ActionId(String),
    ActionName(String),
    BindingId(String),
}

pub(super) async fn list(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?;
    let Some(trigger) = triggers::of(&call)? else {
        return Ok(view::numbered(&call, "bindings", Vec::new(), 0));
    };
    let load = move |tx: &mut Tx<'_>| shown(tx, trigger);
    let all = call.app.store.read(&call.tenant.id, load).await?;
    let total = all.len() as u64;
    let part = paging.part_of(all, |_| String::new());
    Ok(view::numbered(&call, "bindings", part, total))
}

pub(super) async fn update(call: Call) -> Result<Reply, ApiError> {
    let wanted = call.parse::<Body>()?.bindings;
    let Some(trigger) = triggers::of(&call)? else {
        // Tools send back the empty list that they read.
        return match wanted.is_empty() {
            true => Ok(view::numbered(&call, "bindings", Vec::new(), 0)),
            false => Err(not_built("This trigger")),
        };
    };
    check(&wanted)?;
    let mut rng = call.app.rng();
    // A binding's id is as an action's version's: a UUID of its own.
    let fresh: Vec<String> = wanted
        .iter()
        .map(|_| ActionVersionId::generate(&mut rng).to_string())
        .collect();
    let (audit, now) = (call.audit().about("trigger", trigger.as_str()), call.now);
    let change = move |tx: &mut Tx<'_>| {
        let before = tx.actions().bindings(trigger)?;
        let mut after: Vec<Binding> = Vec::new();
        for (wanted, fresh) in wanted.iter().zip(&fresh) {
            let action = find(tx, trigger, &before, &wanted.reference)?;
            if after.iter().any(|other| other.action_id == action.id) {
                let cause = format!("bindings names the action {:?} twice", action.name);
                return Err(Refusal::new("invalid_body", cause).into());
            }
            after.push(binding(&before, &action, wanted, (fresh, now)));
        }
        tx.actions().bind(trigger, &after)?;
        let names = |all: &[Binding]| {
            let all = all.iter().map(|one| one.display_name.clone());
            json!({"bindings": all.collect::<Vec<_>>()})
        };
        audit.record(tx, &names(&before), &names(&after))?;
        Ok::<_, ApiError>(shown(tx, trigger)?)
    };
    let all = call.app.store.write(&call.tenant.id, change).await?;
    let total = all.len() as u64;
    Ok(view::numbered(&call, "bindings", all, total))
}

fn check(wanted: &[Wanted]) -> Result<(), ApiError> {
    if wanted.len() > BINDINGS_MAX {
        let refusal = Refusal::new("invalid_body", "bindings has too many entries")
            .expected(format!("at most {BINDINGS_MAX}"))
            .actual(&wanted.len().to_string());
        return Err(refusal.into());
    }
    for one in wanted {
        if one
            .secrets
            .as_ref()
            .is_some_and(|secrets| !secrets.is_empty())
        {
            let refusal = Refusal::new(
                "invalid_body",
                "bindings.secrets: they belong to the action",
            )
            .remedy("Set the secrets of the action itself.");
            return Err(refusal.into());
        }
        let name = one.display_name.as_deref().unwrap_or_default();
        if name.chars().count() > 255 || name.chars().any(char::is_control) {
            return Err(ApiError::invalid_body(
                "display_name has more than 255 characters",
            ));
        }
    }
    Ok(())
}

/// The action that a reference means; it must be of the trigger, and deployed.
fn find(
    tx: &mut Tx<'_>,
    trigger: Trigger,
    bound: &[Binding],
    reference: &Reference,
) -> Result<Action, ApiError> {
    let (found, name) = match reference {
        Reference::ActionName(name) => (tx.actions().by_name(name)?, name),
        Reference::ActionId(id) => {
            let found = match ActionId::parse(id) {
                Ok(id) => tx.actions().by_id(&id)?,
                Err(_) => None,
            };
            (found, id)
        }
        Reference::BindingId(id) => {
            let binding = bound.iter().find(|binding| binding.id == *id);
            let found = match binding {
                Some(binding) => tx.actions().by_id(&binding.action_id)?,
                None => None,
            };
            (found, id)
        }
    };
    let refuse = |cause: String, remedy: &'static str| {
        ApiError::from(
            Refusal::new("invalid_body", cause)
                .actual(name)
                .remedy(remedy),
        )
    };
    let action = found.ok_or_else(|| {
        let cause = "bindings names an action that does not exist".to_owned();
        refuse(cause, "GET /actions/actions lists the actions.")
    })?;
    if action.trigger != trigger {
        let cause = format!("the action {:?} is for {}", action.name, action.trigger);
        return Err(refuse(cause, "Bind it to its own trigger."));
    }
    if action.deployed.is_none() {
        let cause = format!("the action {:?} was never deployed", action.name);
        return Err(refuse(
            cause,
            "Deploy it first: POST /actions/actions/{id}/deploy.",
        ));
    }
    Ok(action)
}

fn binding(
    before: &[Binding],
    action: &Action,
    wanted: &Wanted,
    (fresh, now): (&str, Timestamp),
) -> Binding {
    let known = before.iter().find(|other| other.action_id == action.id);
    let given = wanted.display_name.clone().filter(|name| !name.is_empty());
    Binding {
        id: known.map_or_else(|| fresh.to_owned(), |known| known.id.clone()),
        trigger: action.trigger,
        action_id: action.id.clone(),
        display_name: given.unwrap_or_else(|| action.name.clone()),
        created_at: known.map_or(now, |known| known.created_at),
        updated_at: now,
    }
}

fn shown(tx: &mut Tx<'_>, trigger: Trigger) -> Result<Vec<Value>, StoreError> {
    let mut all = Vec::new();
    for binding in tx.actions().bindings(trigger)? {
        if let Some(action) = tx.actions().by_id(&binding.action_id)? {
            let version = deployed(tx, &action)?;
            all.push(view::binding(&binding, &action, version.as_ref()));
        }
    }
    Ok(all)
}
