//! `DELETE /connections/{id}/users?email=`.

use aldgate_core::error::Refusal;
use aldgate_core::id::ConnectionId;
use aldgate_core::logout::backchannel::Initiator;
use aldgate_store::{LoginName, Tx};
use serde_json::{Value, json};

use super::missing;
use crate::op::{ApiError, Call, Reply, ceiling};

pub(super) async fn remove(call: Call) -> Result<Reply, ApiError> {
    let (id, audit): (ConnectionId, _) = (call.id("id")?, call.audit());
    let Some(email) = call.query.get("email").map(ToOwned::to_owned) else {
        let problem = "Missing required property: email";
        return Err(ApiError::bad_request(
            "invalid_query_string",
            Refusal::new("query", format!("Query validation error: '{problem}'.")),
        ));
    };
    let (actor, management) = (call.actor.clone(), call.tenant.issuer.management());
    let now = call.now;
    let remove = move |tx: &mut Tx<'_>| {
        tx.connections().by_id(&id)?.ok_or_else(missing)?;
        let Some(user) = tx.users().by_login(&id, LoginName::Email, &email)? else {
            return Ok::<_, ApiError>(());
        };
        ceiling::user(tx, &actor, &management, &user.id)?;
        ceiling::not_the_last_administrator(tx, &user.id)?;
        tx.logouts()
            .of_user(&user.id, None, Initiator::AccountDeleted, now)?;
        tx.users().delete(&user.id)?;
        let audit = audit.clone().about_user(&user.id);
        Ok(audit.record(tx, &json!({"email": email}), &Value::Null)?)
    };
    call.app.store.write(&call.tenant.id, remove).await?;
    Ok(Reply::empty())
}
