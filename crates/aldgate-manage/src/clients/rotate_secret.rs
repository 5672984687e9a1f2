//! `POST /clients/{id}/rotate-secret`: the former secret ends at once.

use aldgate_core::application::secrets;
use aldgate_core::id::ClientId;
use aldgate_store::Tx;
use serde_json::json;

use super::{missing, secret, view};
use crate::op::{ApiError, Call, Reply, ceiling};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: ClientId = call.id("id")?;
    let application = call.app.application(&call.tenant.id, &id).await?;
    if application.ok_or_else(missing)?.is_public() {
        return Err(ApiError::invalid_body(
            "a public application has no secret to rotate",
        ));
    }
    let secret = secret::fresh(&call.app);
    let stored = secret::stored(&call.app, &call.tenant.id, &id, &secret);
    let (audit, actor) = (call.audit().about_application(&id), call.actor.clone());
    let (management, now) = (call.tenant.issuer.management(), call.now);
    let change = move |tx: &mut Tx<'_>| {
        let mut application = tx
            .applications()
            .by_id_to_change(&id)?
            .ok_or_else(missing)?;
        ceiling::application(tx, &actor, &management, &id)?;
        secrets::settle(&mut application, Some(&stored), &stored)?;
        application.updated_at = now;
        tx.applications().update(&application)?;
        audit.record(tx, &json!({}), &json!({"client_secret": true}))?;
        Ok::<_, ApiError>(application)
    };
    let changed = call.app.store.write(&call.tenant.id, change).await?;
    let shown = view(&changed, call.tenant.id.as_str());
    Ok(Reply::ok(secret::show_once(shown, Some(&secret), None)))
}
