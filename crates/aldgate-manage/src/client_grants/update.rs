//! `PATCH /client-grants/{id}`: neither before nor after beyond the caller's rights (ADM-05).

use aldgate_core::client_grant::rules;
use aldgate_core::id::ClientGrantId;
use aldgate_store::Tx;

use super::{missing, view};
use crate::op::{ApiError, Call, Reply, ceiling};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let (id, body) = (call.id::<ClientGrantId>("id")?, call.object()?);
    let (audit, actor) = (call.audit(), call.actor.clone());
    let (management, now) = (call.tenant.issuer.management(), call.now);
    let change = move |tx: &mut Tx<'_>| {
        let before = tx.client_grants().by_id_to_change(&id)?;
        let before = before.ok_or_else(missing)?;
        ceiling::client_grant(&actor, &management, &before)?;
        let after = rules::update(&before, body.clone(), now)?;
        if let Some(api) = tx.apis().by_identifier(&after.audience, now)? {
            rules::validate(&after, &api)?;
        }
        ceiling::client_grant(&actor, &management, &after)?;
        tx.client_grants().update(&after)?;
        let shown = view(&after);
        let audit = audit.clone().about_application(&after.client_id);
        audit.record(tx, &view(&before), &shown)?;
        Ok::<_, ApiError>(shown)
    };
    Ok(Reply::ok(
        call.app.store.write(&call.tenant.id, change).await?,
    ))
}
