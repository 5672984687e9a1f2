//! `GET /client-grants/{id}/organizations`: none, there are no organizations yet.

use aldgate_core::id::ClientGrantId;

use super::missing;
use crate::op::{ApiError, Call, Paging, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let (paging, id) = (Paging::of(&call)?, call.id::<ClientGrantId>("id")?);
    let load = move |tx: &mut aldgate_store::Tx<'_>| tx.client_grants().by_id(&id);
    let grant = call.app.store.read(&call.tenant.id, load).await?;
    grant.ok_or_else(missing)?;
    Ok(paging.reply(&call, "organizations", Vec::new(), 0))
}
