//! `GET /clients/{id}`.

use aldgate_core::id::ClientId;

use super::{missing, readable};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: ClientId = call.id("id")?;
    let application = call.app.application(&call.tenant.id, &id).await?;
    let application = application.ok_or_else(missing)?;
    Ok(Reply::ok(call.chosen(readable(&application, &call))))
}
