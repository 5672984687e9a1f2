//! `PATCH /roles/{id}`.

use aldgate_core::id::RoleId;
use aldgate_store::Tx;

use super::create::taken;
use super::{missing, view};
use crate::op::{ApiError, Call, Reply, ceiling};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: RoleId = call.id("id")?;
    let body = call.object()?;
    let (audit, actor, now) = (call.audit(), call.actor.clone(), call.now);
    let management = call.tenant.issuer.management();
    let change = move |tx: &mut Tx<'_>| {
        let before = tx.roles().by_id(&id)?.ok_or_else(missing)?;
        ceiling::role(tx, &actor, &management, &id)?;
        let after = before.update(body.clone())?;
        if after.name != before.name && tx.roles().by_name(&after.name)?.is_some() {
            return Err(taken(&after.name));
        }
        tx.roles().update(&after, now)?;
        audit.record(tx, &view(&before), &view(&after))?;
        Ok::<_, ApiError>(view(&after))
    };
    Ok(Reply::ok(
        call.app.store.write(&call.tenant.id, change).await?,
    ))
}
