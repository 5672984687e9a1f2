//! `DELETE /custom-domains/{id}`.

use aldgate_core::id::CustomDomainId;
use aldgate_store::Tx;
use serde_json::Value;

use super::{KIND, find, host, view};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: CustomDomainId = call.id("id")?;
    let audit = call.audit().about("custom_domain", id.as_str());
    let host = host(&call);
    let remove = move |tx: &mut Tx<'_>| {
        // Auth0 answers 204 for one that is not there.
        let Some(before) = find(tx, &id)? else {
            return Ok::<_, ApiError>(());
        };
        tx.settings().delete(KIND, id.as_str())?;
        Ok(audit.record(tx, &view(&before, &host), &Value::Null)?)
    };
    call.app.store.write(&call.tenant.id, remove).await?;
    Ok(Reply::empty())
}
