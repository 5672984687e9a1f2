//! `PUT /keys/signing/{kid}/revoke`: its tokens stop working at once. Auth0 revokes previous keys
//! only; here the current one can go too, since it is the one that may be stolen.

use aldgate_core::error::Refusal;
use aldgate_core::id::KeyId;
use aldgate_core::key::KeyState;
use serde_json::Value;

use super::{brief, missing, refused, view};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: KeyId = call.id("kid")?;
    let ring = call.app.key_ring(&call.tenant.id).await.map_err(refused)?;
    let key = ring.keys().iter().find(|key| key.id == id);
    let key = key.ok_or_else(missing)?.clone();
    if key.state == KeyState::Revoked {
        let refusal = Refusal::new("key_revoked", "This signing key is revoked already.");
        return Err(ApiError::conflict(Some("key_revoked"), refusal));
    }
    call.app
        .revoke_key(&call.tenant, &id)
        .await
        .map_err(refused)?;
    let (audit, before) = (call.audit(), view(&ring, &key));
    let note = move |tx: &mut aldgate_store::Tx<'_>| audit.record(tx, &before, &Value::Null);
    call.app.store.write(&call.tenant.id, note).await?;
    Ok(Reply::ok(brief(&key)))
}
