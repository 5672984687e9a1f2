//! `DELETE /clients/{id}`: with its client grants, consents and tokens.

use aldgate_core::id::ClientId;
use aldgate_store::Tx;
use serde_json::Value;

use super::view;
use crate::op::{ApiError, Call, Reply, ceiling};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: ClientId = call.id("id")?;
    let (audit, actor) = (call.audit().about_application(&id), call.actor.clone());
    let now = call.now;
    let (management, tenant) = (call.tenant.issuer.management(), call.tenant.id.clone());
    let remove = move |tx: &mut Tx<'_>| {
        // Auth0 answers 204 for one that is not there.
        let Some(before) = tx.applications().by_id_to_change(&id)? else {
            return Ok::<_, ApiError>(());
        };
        ceiling::application(tx, &actor, &management, &id)?;
        crate::connections::forget_application(tx, &id, now)?;
        tx.applications().delete(&id)?;
        Ok(audit.record(tx, &view(&before, tenant.as_str()), &Value::Null)?)
    };
    call.app.store.write(&call.tenant.id, remove).await?;
    Ok(Reply::empty())
}
