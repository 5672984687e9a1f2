//! `PATCH /clients/{id}`.

use aldgate_core::application::rules;
use aldgate_core::id::ClientId;
use aldgate_store::Tx;

use super::{missing, view};
use crate::op::{ApiError, Call, Reply, ceiling};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: ClientId = call.id("id")?;
    let body = call.object()?;
    let (audit, actor) = (call.audit().about_application(&id), call.actor.clone());
    let (management, now) = (call.tenant.issuer.management(), call.now);
    let tenant = call.tenant.id.clone();
    let change = move |tx: &mut Tx<'_>| {
        let before = tx
            .applications()
            .by_id_to_change(&id)?
            .ok_or_else(missing)?;
        ceiling::application(tx, &actor, &management, &id)?;
        let after = rules::update(&before, body.clone(), now)?;
        tx.applications().update(&after)?;
        let (before, shown) = (
            view(&before, tenant.as_str()),
            view(&after, tenant.as_str()),
        );
        audit.record(tx, &before, &shown)?;
        Ok::<_, ApiError>(shown)
    };
    Ok(Reply::ok(
        call.app.store.write(&call.tenant.id, change).await?,
    ))
}
