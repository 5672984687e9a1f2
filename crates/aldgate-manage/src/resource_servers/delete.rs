//! `DELETE /resource-servers/{id}`: with its client grants and permissions.

use aldgate_core::error::Refusal;
use aldgate_store::Tx;
use serde_json::Value;

use super::{find, view};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let (key, now) = (call.segment("id").to_owned(), call.now);
    let audit = call.audit().about("resource_server", &key);
    let remove = move |tx: &mut Tx<'_>| {
        // Auth0 answers 204 for one that is not there.
        let Some(api) = find(tx, &key, now)? else {
            return Ok::<_, ApiError>(());
        };
        if api.is_system {
            return Err(system());
        }
        tx.apis().delete(&api)?;
        Ok(audit.record(tx, &view(&api), &Value::Null)?)
    };
    call.app.store.write(&call.tenant.id, remove).await?;
    Ok(Reply::empty())
}

fn system() -> ApiError {
    let cause = "The Management API cannot be deleted.";
    let refusal = Refusal::new("system_api", cause)
        .remedy("It belongs to the tenant; delete the tenant instead.");
    ApiError::forbidden("operation_not_supported", refusal)
}
