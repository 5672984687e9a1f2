//! `POST /clients/{id}/rotate-secret`: the former secret ends at once.

use aldgate_core::id::ClientId;
use aldgate_core::secret::TokenHash;
use aldgate_store::Tx;
use serde_json::json;

use super::{missing, secret, view};
use crate::op::{ApiError, Call, Reply, ceiling};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: ClientId = call.id("id")?;
    let application = call.app.application(&call.tenant.id, &id).await?;
    let mut fresh = application.ok_or_else(missing)?.as_ref().clone();
    if fresh.is_public() {
        return Err(ApiError::invalid_body(
            "a public application has no secret to rotate",
        ));
    }
    let secret = secret::renew(&call.app, &call.tenant.id, &mut fresh);
    let (hash, sealed) = (TokenHash::of(secret.expose()), fresh.secret_sealed);
    let (audit, actor) = (call.audit().about_application(&id), call.actor.clone());
    let (management, now) = (call.tenant.issuer.management(), call.now);
    let change = move |tx: &mut Tx<'_>| {
        let mut application = tx
            .applications()
            .by_id_to_change(&id)?
            .ok_or_else(missing)?;
        ceiling::application(tx, &actor, &management, &id)?;
        application.secret_hash = Some(hash.clone());
        application.secret_sealed.clone_from(&sealed);
        application.updated_at = now;
        tx.applications().update(&application)?;
        audit.record(tx, &json!({}), &json!({"client_secret": true}))?;
        Ok::<_, ApiError>(application)
    };
    let changed = call.app.store.write(&call.tenant.id, change).await?;
    let mut shown = view(&changed, call.tenant.id.as_str());
    shown["client_secret"] = secret.expose().as_str().into();
    Ok(Reply::ok(shown))
}
