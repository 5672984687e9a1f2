//! `PATCH /custom-domains/{id}` and `PATCH /custom-domains/default`.

use aldgate_core::custom_domain;
use aldgate_core::error::Refusal;
use aldgate_core::id::CustomDomainId;
use aldgate_store::Tx;
use serde::Deserialize;

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Default {
    domain: String,
}

/// Sets the domain that links have. It is the host of the issuer, and can be no other: every
/// absolute URL comes from there (OPS-01).
pub(super) async fn default(call: Call) -> Result<Reply, ApiError> {
    let wanted: Default = call.parse()?;
    let host = host(&call);
    if wanted.domain.eq_ignore_ascii_case(&host) {
        return super::read::default(call).await;
    }
    let cause = "The default domain has to be verified";
    let refusal = Refusal::new("invalid_body", cause)
        .expected(host)
        .actual(&wanted.domain)
        .remedy("Change the tenant's host: see `aldgate tenant` and server.public_url.");
    Err(refusal.into())
}
