//! `DELETE /actions/actions/{id}`: with its versions. One that is bound goes only by `force`.

use aldgate_core::error::Refusal;
use aldgate_core::id::ActionId;
use aldgate_store::Tx;
use serde_json::Value;

use super::{missing, view};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: ActionId = call.id("id")?;
    let force = call.query.flag("force").unwrap_or(false);
    let audit = call.audit().about("action", id.as_str());
    let remove = move |tx: &mut Tx<'_>| {
        let before = tx.actions().by_id_to_change(&id)?.ok_or_else(missing)?;
        if !force && let Some(binding) = tx.actions().binding_of(&id)? {
            return Err(bound(binding.trigger.as_str()));
        }
        tx.actions().delete(&id)?;
        Ok::<_, ApiError>(audit.record(tx, &view::action(&before, None), &Value::Null)?)
    };
    call.app.store.write(&call.tenant.id, remove).await?;
    Ok(Reply::empty())
}

fn bound(trigger: &str) -> ApiError {
    let cause = format!("The action is bound to the trigger {trigger}.");
    let refusal = Refusal::new("action_bound", cause)
        .expected("an action that no trigger runs")
        .remedy("Take it out of the trigger's bindings first, or send force=true.");
    ApiError::conflict(None, refusal)
}
