//! `GET /actions/actions`.

use aldgate_core::action::{Action, ActionVersion, Trigger};
use aldgate_store::{ActionFilter, StoreError, Tx};
use serde_json::Value;

use super::view;
use crate::op::{ApiError, Call, Paging, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?;
    let trigger = call.query.get("triggerId");
    let known = trigger.map(str::parse::<Trigger>).transpose().ok();
    // There are no actions of a trigger that is not built, and none from a marketplace.
    let Some(trigger) = known.filter(|_| call.query.flag("installed") != Some(true)) else {
        return Ok(view::numbered(&call, "actions", Vec::new(), 0));
    };
    let filter = ActionFilter {
        trigger,
        name: call.query.get("actionName").map(str::to_owned),
        deployed: call.query.flag("deployed"),
    };
    let page = paging.page();
    let load = move |tx: &mut Tx<'_>| {
        let mut actions = Vec::new();
        for action in tx.actions().list(&filter, &page)? {
            let version = deployed(tx, &action)?;
            actions.push(view::action(&action, version.as_ref()));
        }
        Ok::<(Vec<Value>, u64), StoreError>((actions, tx.actions().count(&filter)?))
    };
    let (actions, total) = call.app.store.read(&call.tenant.id, load).await?;
    Ok(view::numbered(&call, "actions", actions, total))
}

/// The version of an action that is deployed.
pub(super) fn deployed(
    tx: &mut Tx<'_>,
    action: &Action,
) -> Result<Option<ActionVersion>, StoreError> {
    match &action.deployed {
        Some(version) => tx.actions().version(&action.id, version),
        None => Ok(None),
    }
}
