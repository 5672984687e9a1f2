//! `GET /custom-domains/{id}` and `GET /custom-domains/default`.

use serde_json::json;

use super::{host, loaded, view};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    Ok(Reply::ok(view(&loaded(&call).await?, &host(&call))))
}

/// The tenant's own host: links in mails lead there.
pub(super) async fn default(call: Call) -> Result<Reply, ApiError> {
    Ok(Reply::ok(json!({"domain": host(&call)})))
}
