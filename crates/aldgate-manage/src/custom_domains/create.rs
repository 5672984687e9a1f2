//! `POST /custom-domains`.

use aldgate_core::custom_domain::{self, CustomDomain, DOMAINS_MAX};
use aldgate_core::error::Refusal;
use aldgate_core::id::CustomDomainId;
use aldgate_store::Tx;
use serde_json::Value;

use super::{KIND, host, view};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id = CustomDomainId::generate(&mut call.app.rng());
    let domain = custom_domain::create(call.object()?, id, call.now)?;
    let audit = call.audit().about("custom_domain", domain.id.as_str());
    let (shown, now) = (view(&domain, &host(&call)), call.now);
    let after = shown.clone();
    let save = move |tx: &mut Tx<'_>| {
        let all = tx.settings().all::<CustomDomain>(KIND)?;
        if all.iter().any(|(_, other)| other.domain == domain.domain) {
            let message = "The specified custom domain already exists";
            return Err(ApiError::already("custom_domain_exists", message));
        }
        if all.len() >= DOMAINS_MAX {
            let cause = format!("A tenant can have {DOMAINS_MAX} custom domains.");
            let refusal = Refusal::new("too_many", cause).remedy("Delete one first.");
            return Err(ApiError::conflict(Some("too_many_custom_domains"), refusal));
        }
        tx.settings().save(KIND, domain.id.as_str(), &domain, now)?;
        Ok(audit.record(tx, &Value::Null, &after)?)
    };
    call.app.store.write(&call.tenant.id, save).await?;
    Ok(Reply::ok(shown))
}
