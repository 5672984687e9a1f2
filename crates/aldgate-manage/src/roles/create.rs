//! `POST /roles`.

use aldgate_core::error::Refusal;
use aldgate_core::role::Role;
use aldgate_store::Tx;
use serde_json::Value;

use super::view;
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let role = Role::create(call.object()?, &mut call.app.rng())?;
    let (shown, audit, now) = (view(&role), call.audit(), call.now);
    let after = shown.clone();
    let save = move |tx: &mut Tx<'_>| {
        if tx.roles().by_name(&role.name)?.is_some() {
            return Err(taken(&role.name));
        }
        tx.roles().create(&role, now)?;
        Ok(audit.record(tx, &Value::Null, &after)?)
    };
    call.app.store.write(&call.tenant.id, save).await?;
    Ok(Reply::ok(shown))
}

/// 409: another role has the name.
pub(super) fn taken(name: &str) -> ApiError {
    let refusal = Refusal::new("role_conflict", "A role with the same name already exists.")
        .expected("a name that no other role has")
        .actual(name)
        .remedy("Choose another name, or change the role that is there.");
    ApiError::conflict(Some("role_conflict"), refusal)
}
