//! `PATCH /connections/{id}`. Who may move the place where users are known from could log in as any
//! of them: that takes the rights of all of them (ADM-04).

use aldgate_core::connection::rules;
use aldgate_core::id::ConnectionId;
use aldgate_store::Tx;

use super::{missing, secrets, view};
use crate::op::{ApiError, Call, Reply, ceiling};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let (id, mut body): (ConnectionId, _) = (call.id("id")?, call.object()?);
    secrets::seal(&call, &id, &mut body)?;
    let audit = call.audit().about("connection", id.as_str());
    let (actor, management) = (call.actor.clone(), call.tenant.issuer.management());
    let now = call.now;
    let change = move |tx: &mut Tx<'_>| {
        let before = tx.connections().by_id_to_change(&id)?;
        let before = before.ok_or_else(missing)?;
        let after = rules::update(&before, body.clone(), now)?;
        if rules::moves_trust(&before, &after) {
            ceiling::connection(tx, &actor, &management, &id)?;
        }
        if let Err(refusal) = rules::confirm_provider(&before, &after)
            && !tx.connections().users(&id, 1)?.is_empty()
        {
            return Err(ApiError::conflict(Some("provider_change"), refusal));
        }
        tx.connections().update(&after)?;
        let shown = view(&after);
        audit.record(tx, &view(&before), &shown)?;
        Ok::<_, ApiError>(shown)
    };
    Ok(Reply::ok(
        call.app.store.write(&call.tenant.id, change).await?,
    ))
}
