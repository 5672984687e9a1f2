//! `GET /tenants/settings`.

use super::view;
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    Ok(Reply::ok(call.chosen(view(&call.tenant.settings))))
}
