//! `PATCH /actions/actions/{id}`: the draft only; what is deployed stays until the next deployment.

use aldgate_core::action::rules::{ActionBody, update};
use aldgate_core::id::ActionId;
use aldgate_store::{StoreError, Tx};

use super::{deploy, list::deployed, missing, secrets, taken, view};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: ActionId = call.id("id")?;
    let mut body: ActionBody = call.parse()?;
    let sealed = secrets::seal(&call, &id, &mut body)?;
    let at_once = body.deploy == Some(true);
    let (audit, now, key) = (
        call.audit().about("action", id.as_str()),
        call.now,
        id.clone(),
    );
    let change = move |tx: &mut Tx<'_>| {
        let before = tx.actions().by_id_to_change(&key)?.ok_or_else(missing)?;
        let after = update(&before, body.clone(), sealed.clone(), now)?;
        if after.name != before.name && tx.actions().by_name(&after.name)?.is_some() {
            return Err(taken(&after.name));
        }
        match tx.actions().update(&after) {
            Err(StoreError::Conflict(_)) => Err(taken(&after.name)),
            other => Ok(other?),
        }?;
        let version = deployed(tx, &after)?;
        let (was, is) = (view::action(&before, None), view::action(&after, None));
        audit.record(tx, &was, &is)?;
        Ok::<_, ApiError>(view::action(&after, version.as_ref()))
    };
    let shown = call.app.store.write(&call.tenant.id, change).await?;
    if !at_once {
        return Ok(Reply::ok(shown));
    }
    let (action, version) = deploy::deploy(&call, &id).await?;
    Ok(Reply::ok(view::action(&action, Some(&version))))
}
