//! `GET /actions/actions/{id}`.

use aldgate_core::id::ActionId;
use aldgate_store::{StoreError, Tx};

use super::{list::deployed, missing, view};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: ActionId = call.id("id")?;
    let load = move |tx: &mut Tx<'_>| {
        let Some(action) = tx.actions().by_id(&id)? else {
            return Ok::<_, StoreError>(None);
        };
        let version = deployed(tx, &action)?;
        Ok(Some(view::action(&action, version.as_ref())))
    };
    let found = call.app.store.read(&call.tenant.id, load).await?;
    Ok(Reply::ok(found.ok_or_else(missing)?))
}
