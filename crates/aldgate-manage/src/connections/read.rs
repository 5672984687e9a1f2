//! `GET /connections/{id}`.

use aldgate_core::id::ConnectionId;

use super::{missing, view};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: ConnectionId = call.id("id")?;
    let found = call.app.connection(&call.tenant.id, &id).await?;
    Ok(Reply::ok(call.chosen(view(&*found.ok_or_else(missing)?))))
}
