//! `DELETE /client-grants/{id}`.

use aldgate_core::id::ClientGrantId;
use aldgate_store::Tx;
use serde_json::Value;

use super::view;
use crate::op::{ApiError, Call, Reply, ceiling};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: ClientGrantId = call.id("id")?;
    let (audit, actor) = (call.audit(), call.actor.clone());
    let management = call.tenant.issuer.management();
    let remove = move |tx: &mut Tx<'_>| {
        // Auth0 answers 204 for one that is not there.
        let Some(before) = tx.client_grants().by_id_to_change(&id)? else {
            return Ok::<_, ApiError>(());
        };
        ceiling::client_grant(&actor, &management, &before)?;
        tx.client_grants().delete(&id)?;
        let audit = audit.clone().about_application(&before.client_id);
        Ok(audit.record(tx, &view(&before), &Value::Null)?)
    };
    call.app.store.write(&call.tenant.id, remove).await?;
    Ok(Reply::empty())
}
