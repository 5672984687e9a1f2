//! `GET /roles/{id}`.

use aldgate_core::id::RoleId;
use aldgate_store::Tx;

use super::{missing, view};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: RoleId = call.id("id")?;
    let load = move |tx: &mut Tx<'_>| tx.roles().by_id(&id);
    let role = call.app.store.read(&call.tenant.id, load).await?;
    let role = role.ok_or_else(missing)?;
    Ok(Reply::ok(call.chosen(view(&role))))
}
