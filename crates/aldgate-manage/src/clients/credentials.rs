//! `/clients/{id}/credentials`: public keys of an application that proves itself by signed
//! assertions. Which of them count says the application's `client_authentication_methods`.

use aldgate_core::application::credentials::{self, CREATABLE, WRITABLE};
use aldgate_core::application::{Application, ClientAuthMethod, ClientCredential};
use aldgate_core::error::Refusal;
use aldgate_core::id::{ClientId, CredentialId};
use aldgate_store::Tx;
use serde_json::Value;

use super::missing;
use crate::op::schema::{array, one_of, open, string, time, writable};
use crate::op::{ApiError, Audit, Call, Operation, Reply, ceiling, delete, get, patch, post};

pub(super) fn operations() -> Vec<Operation> {
    let (all, one) = (
        "/clients/{id}/credentials",
        "/clients/{id}/credentials/{credential_id}",
    );
    vec![
        get(all, "List the credentials of an application", list)
            .scopes(&["read:client_credentials"])
            .answers(array(shape())),
        post(all, "Create a credential of an application", create)
            .scopes(&["create:client_credentials"])
            .body(writable(CREATABLE, &["credential_type"]))
            .answers(shape()),
        get(one, "Get a credential of an application", read)
            .scopes(&["read:client_credentials"])
            .answers(shape()),
        patch(one, "Update a credential of an application", update)
            .scopes(&["update:client_credentials"])
            .body(writable(WRITABLE, &[]))
            .answers(shape()),
        delete(one, "Delete a credential of an application", remove)
            .scopes(&["delete:client_credentials"]),
    ]
}

async fn list(call: Call) -> Result<Reply, ApiError> {
    let application = loaded(&call).await?;
    let items = application.credentials.iter().map(view);
    Ok(Reply::ok(items.collect()))
}

async fn read(call: Call) -> Result<Reply, ApiError> {
    let wanted: CredentialId = call.id("credential_id")?;
    let application = loaded(&call).await?;
    let found = application.credentials.iter().find(|c| c.id == wanted);
    Ok(Reply::ok(view(found.ok_or_else(missing_credential)?)))
}

async fn create(call: Call) -> Result<Reply, ApiError> {
    let fresh = CredentialId::generate(&mut call.app.rng());
    let made = credentials::create(call.object()?, fresh, call.now)?;
    let shown = view(&made);
    change(&call, move |application| {
        credentials::add(application, made.clone())?;
        Ok((Value::Null, view(&made)))
    })
    .await?;
    Ok(Reply::ok(shown))
}

async fn update(call: Call) -> Result<Reply, ApiError> {
    let wanted: CredentialId = call.id("credential_id")?;
    let (body, now) = (call.object()?, call.now);
    let shown = change(&call, move |application| {
        let mut all = application.credentials.iter_mut();
        let found = all.find(|c| c.id == wanted);
        let found = found.ok_or_else(missing_credential)?;
        let before = view(found);
        *found = credentials::update(found, &body, now)?;
        Ok((before, view(found)))
    });
    Ok(Reply::ok(shown.await?))
}

async fn remove(call: Call) -> Result<Reply, ApiError> {
    let wanted: CredentialId = call.id("credential_id")?;
    change(&call, move |application| {
        let found = application.credentials.iter().find(|c| c.id == wanted);
        let found = found.ok_or_else(missing_credential)?;
        let proves = application.token_endpoint_auth_method == ClientAuthMethod::PrivateKeyJwt;
        if proves && found.in_use {
            return Err(in_use());
        }
        let before = view(found);
        application.credentials.retain(|c| c.id != wanted);
        Ok((before, Value::Null))
    })
    .await?;
    Ok(Reply::empty())
}

async fn loaded(call: &Call) -> Result<std::sync::Arc<Application>, ApiError> {
    let id: ClientId = call.id("id")?;
    let application = call.app.application(&call.tenant.id, &id).await?;
    application.ok_or_else(missing)
}

/// Changes the credentials of an application that is not above the caller; `how` answers with
/// before and after, of which the latter is returned.
async fn change<F>(call: &Call, how: F) -> Result<Value, ApiError>
where
    F: Fn(&mut Application) -> Result<(Value, Value), ApiError> + Send + 'static,
{
    let id: ClientId = call.id("id")?;
    let audit: Audit = call.audit().about_application(&id);
    let (actor, management) = (call.actor.clone(), call.tenant.issuer.management());
    let now = call.now;
    let work = move |tx: &mut Tx<'_>| {
        let found = tx.applications().by_id_to_change(&id)?;
        let mut application = found.ok_or_else(missing)?;
        ceiling::application(tx, &actor, &management, &id)?;
        let (before, after) = how(&mut application)?;
        application.updated_at = now;
        tx.applications().update(&application)?;
        audit.record(tx, &before, &after)?;
        Ok::<_, ApiError>(after)
    };
    call.app.store.write(&call.tenant.id, work).await
}

fn view(credential: &ClientCredential) -> Value {
    Value::Object(credentials::public_view(credential))
}

fn shape() -> Value {
    open(
        [
            ("id", string()),
            ("name", string()),
            ("kid", string()),
            ("alg", string()),
            ("credential_type", one_of(&["public_key"])),
            ("created_at", time()),
            ("updated_at", time()),
            ("expires_at", time()),
        ],
        &["id", "alg", "credential_type", "created_at", "updated_at"],
    )
}

fn missing_credential() -> ApiError {
    let message = "The credential does not exist";
    ApiError::not_found("inexistent_client_credential", message)
}

fn in_use() -> ApiError {
    let cause = "The application proves itself with this credential.";
    let refusal = Refusal::new("credential_in_use", cause)
        .expected("a credential that client_authentication_methods does not name")
        .remedy("Name another credential in client_authentication_methods first.");
    ApiError::conflict(Some("credential_in_use"), refusal)
}
