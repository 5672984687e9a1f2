//! `DELETE /roles/{id}`: with its permissions; whoever held it holds it no more.

use aldgate_core::error::Refusal;
use aldgate_core::id::RoleId;
use aldgate_store::Tx;
use serde_json::{Value, json};

use super::{missing, view};
use crate::op::{ApiError, Call, Reply, ceiling};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: RoleId = call.id("id")?;
    let (audit, actor) = (call.audit(), call.actor.clone());
    let management = call.tenant.issuer.management();
    let remove = move |tx: &mut Tx<'_>| {
        let before = tx.roles().by_id(&id)?.ok_or_else(missing)?;
        if before.is_administrator() {
            return Err(keeps("The role of administrators cannot be deleted."));
        }
        ceiling::role(tx, &actor, &management, &id)?;
        tx.roles().delete(&id)?;
        Ok::<_, ApiError>(audit.record(tx, &view(&before), &Value::Null)?)
    };
    call.app.store.write(&call.tenant.id, remove).await?;
    Ok(Reply::ok(json!({})))
}

/// 403: the role of administrators stays as it is, so that somebody can always give rights back.
pub(super) fn keeps(cause: &'static str) -> ApiError {
    let refusal = Refusal::new("administrator_role", cause)
        .remedy("Make another role, and give it to those who should hold less.");
    ApiError::forbidden("administrator_role", refusal)
}
