//! `DELETE /users/{id}`: with her sessions, tokens, roles and everything else that is hers.

use aldgate_core::attempts::Account;
use aldgate_core::id::UserId;
use aldgate_core::logout::backchannel::Initiator;
use aldgate_store::Tx;
use serde_json::Value;

use super::picture;
use crate::op::{ApiError, Call, Reply, ceiling};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: UserId = call.id("id")?;
    let (audit, actor, now) = (call.audit().about_user(&id), call.actor.clone(), call.now);
    let management = call.tenant.issuer.management();
    let remove = move |tx: &mut Tx<'_>| {
        // Auth0 answers 204 for one that is not there.
        let Some(before) = tx.users().by_id_to_change(&id)? else {
            return Ok::<_, ApiError>(());
        };
        ceiling::user(tx, &actor, &management, &id)?;
        ceiling::not_the_last_administrator(tx, &id)?;
        tx.logouts()
            .of_user(&id, None, Initiator::AccountDeleted, now)?;
        tx.users().delete(&id)?;
        tx.attempts().unblock(&Account::Known(id.clone()))?;
        Ok(audit.record(tx, &picture(&before), &Value::Null)?)
    };
    call.app.store.write(&call.tenant.id, remove).await?;
    Ok(Reply::empty())
}
