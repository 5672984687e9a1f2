//! `PATCH /tenants/settings`.

use aldgate_core::tenant::rules;
use aldgate_store::{StoreError, Tx};

use super::view;
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let (body, audit, now) = (call.object()?, call.audit(), call.now);
    let change = move |tx: &mut Tx<'_>| {
        let gone = || StoreError::unavailable("the tenant was deleted");
        let mut tenant = tx.own_tenant().load_to_change()?.ok_or_else(gone)?;
        let before = view(&tenant.settings);
        tenant.settings = rules::update(&tenant.settings, body.clone())?;
        tx.own_tenant().update(&tenant, now)?;
        // What was kept while it was allowed goes when it no longer is.
        if tenant.settings.kept_action_events().is_none() {
            tx.action_records().forget_kept()?;
        }
        let after = view(&tenant.settings);
        audit.record(tx, &before, &after)?;
        Ok::<_, ApiError>(after)
    };
    Ok(Reply::ok(
        call.app.store.write(&call.tenant.id, change).await?,
    ))
}
