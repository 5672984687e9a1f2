//! `POST /custom-domains/{id}/verify` and `/test`: whether Aldgate answers at a name.

use aldgate_core::custom_domain;
use serde_json::json;

use super::{host, loaded, view};
use crate::op::{ApiError, Call, Reply};

/// The state follows from the tenant's issuer alone, so there is nothing to write.
pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    Ok(Reply::ok(view(&loaded(&call).await?, &host(&call))))
}

pub(super) async fn test(call: Call) -> Result<Reply, ApiError> {
    let (domain, host) = (loaded(&call).await?, host(&call));
    if custom_domain::is_ready(&domain, &host) {
        return Ok(Reply::ok(json!({"success": true})));
    }
    let message = format!(
        "This tenant answers at {host} only. Give a tenant this domain as its issuer instead."
    );
    Ok(Reply::ok(json!({"success": false, "message": message})))
}
