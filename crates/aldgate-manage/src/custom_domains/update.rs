//! `PATCH /custom-domains/{id}`.

use aldgate_core::custom_domain;
use aldgate_core::id::CustomDomainId;
use aldgate_store::Tx;

use super::{KIND, find, host, missing, view};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let (id, body): (CustomDomainId, _) = (call.id("id")?, call.object()?);
    let audit = call.audit().about("custom_domain", id.as_str());
    let (host, now) = (host(&call), call.now);
    let change = move |tx: &mut Tx<'_>| {
        let before = find(tx, &id)?.ok_or_else(missing)?;
        let after = custom_domain::update(&before, body.clone(), now)?;
        tx.settings().save(KIND, id.as_str(), &after, now)?;
        let shown = view(&after, &host);
        audit.record(tx, &view(&before, &host), &shown)?;
        Ok::<_, ApiError>(shown)
    };
    Ok(Reply::ok(
        call.app.store.write(&call.tenant.id, change).await?,
    ))
}
