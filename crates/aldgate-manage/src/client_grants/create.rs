//! `POST /client-grants`: of the Management API only what the caller holds itself (ADM-05).

use aldgate_core::client_grant::{ClientGrant, rules};
use aldgate_core::error::Refusal;
use aldgate_core::id::ClientGrantId;
use aldgate_core::time::Timestamp;
use aldgate_store::{StoreError, Tx};
use serde_json::Value;

use super::view;
use crate::op::{ApiError, Call, Reply, ceiling};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id = ClientGrantId::generate(&mut call.app.rng());
    let grant = rules::create(call.object()?, id, call.now)?;
    let (audit, actor) = (call.audit(), call.actor.clone());
    let audit = audit.about_application(&grant.client_id);
    let (management, now) = (call.tenant.issuer.management(), call.now);
    let save = move |tx: &mut Tx<'_>| {
        let grant = completed(tx, &grant, now)?;
        ceiling::client_grant(&actor, &management, &grant)?;
        match tx.client_grants().create(&grant) {
            Err(StoreError::Conflict(_)) => Err(taken()),
            other => Ok(other?),
        }?;
        let shown = view(&grant);
        audit.record(tx, &Value::Null, &shown)?;
        Ok::<_, ApiError>(shown)
    };
    Ok(Reply::ok(
        call.app.store.write(&call.tenant.id, save).await?,
    ))
}

/// The grant with the API's identifier of today, once application, API and scopes are known to be.
fn completed(
    tx: &mut Tx<'_>,
    grant: &ClientGrant,
    now: Timestamp,
) -> Result<ClientGrant, ApiError> {
    if tx.applications().by_id(&grant.client_id)?.is_none() {
        let refusal = Refusal::new("inexistent_client", "The client does not exist")
            .actual(grant.client_id.as_str());
        return Err(ApiError::bad_request("inexistent_client", refusal));
    }
    let Some(api) = tx.apis().by_identifier(&grant.audience, now)? else {
        let cause = "The resource server does not exist";
        let refusal = Refusal::new("inexistent_resource_server", cause)
            .actual(&grant.audience)
            .remedy("Create the API first, or correct audience.");
        return Err(ApiError::bad_request("inexistent_resource_server", refusal));
    };
    let mut grant = grant.clone();
    grant.audience.clone_from(&api.identifier);
    rules::validate(&grant, &api)?;
    let known = tx
        .client_grants()
        .of(&grant.client_id, &grant.audience, grant.subject_type)?;
    match known {
        Some(_) => Err(taken()),
        None => Ok(grant),
    }
}

fn taken() -> ApiError {
    let cause = "A client grant with the same client and audience already exists.";
    ApiError::already("client_grant_exists", cause)
}
