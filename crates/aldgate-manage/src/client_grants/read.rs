//! `GET /client-grants/{id}`.

use aldgate_core::id::ClientGrantId;

use super::{missing, view};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: ClientGrantId = call.id("id")?;
    let load = move |tx: &mut aldgate_store::Tx<'_>| tx.client_grants().by_id(&id);
    let grant = call.app.store.read(&call.tenant.id, load).await?;
    Ok(Reply::ok(call.chosen(view(&grant.ok_or_else(missing)?))))
}
