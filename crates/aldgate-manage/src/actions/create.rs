//! `POST /actions/actions`.

use aldgate_core::action::rules::{ACTIONS_MAX, ActionBody, create};
use aldgate_core::error::Refusal;
use aldgate_core::id::ActionId;
use aldgate_store::{ActionFilter, StoreError, Tx};
use serde_json::Value;

use super::{deploy, secrets, taken, view};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let mut body: ActionBody = call.parse()?;
    let id = ActionId::generate(&mut call.app.rng());
    let sealed = secrets::seal(&call, &id, &mut body)?;
    let at_once = body.deploy == Some(true);
    let action = create(body, id.clone(), sealed, call.now)?;
    let shown = view::action(&action, None);
    let audit = call.audit().about("action", id.as_str());
    let after = shown.clone();
    let save = move |tx: &mut Tx<'_>| {
        if tx.actions().by_name(&action.name)?.is_some() {
            return Err(taken(&action.name));
        }
        if tx.actions().count(&ActionFilter::default())? >= ACTIONS_MAX {
            return Err(too_many());
        }
        match tx.actions().create(&action) {
            Err(StoreError::Conflict(_)) => Err(taken(&action.name)),
            other => Ok(other?),
        }?;
        Ok::<_, ApiError>(audit.record(tx, &Value::Null, &after)?)
    };
    call.app.store.write(&call.tenant.id, save).await?;
    if !at_once {
        return Ok(Reply::ok(shown));
    }
    let (action, version) = deploy::deploy(&call, &id).await?;
    Ok(Reply::ok(view::action(&action, Some(&version))))
}

fn too_many() -> ApiError {
    let cause = format!("A tenant has at most {ACTIONS_MAX} actions.");
    let refusal = Refusal::new("too_many_actions", cause).remedy("Delete those that nobody uses.");
    ApiError::conflict(None, refusal)
}
