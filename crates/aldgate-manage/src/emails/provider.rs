//! The verbs of `/emails/provider`.

use aldgate_app::mail::{PROVIDER, credentials_place};
use aldgate_core::error::Refusal;
use aldgate_core::mail::provider::Provider;
use aldgate_core::secret::Secret;
use aldgate_store::{StoreError, Tx};
use serde_json::{Map, Value};

use crate::op::{ApiError, Call, Reply};

pub(super) async fn read(call: Call) -> Result<Reply, ApiError> {
    let provider = stored(&call).await?.ok_or_else(missing)?;
    Ok(Reply::ok(call.chosen(provider.view())))
}

pub(super) async fn create(call: Call) -> Result<Reply, ApiError> {
    let (provider, credentials) = Provider::create(&call.object()?)?;
    let provider = seal(&call, provider, &credentials);
    let (audit, now, shown) = (call.audit(), call.now, provider.view());
    let save = move |tx: &mut Tx<'_>| {
        if tx.settings().load::<Value>(PROVIDER, "")?.is_some() {
            let cause = "Email provider is already configured.";
            let refusal = Refusal::new("email_provider_exists", cause)
                .remedy("Change it with PATCH, or delete it first.");
            return Err(ApiError::conflict(None, refusal));
        }
        tx.settings().save(PROVIDER, "", &provider, now)?;
        Ok(audit.record(tx, &Value::Null, &provider.view())?)
    };
    call.app.store.write(&call.tenant.id, save).await?;
    Ok(Reply::ok(shown))
}

pub(super) async fn update(call: Call) -> Result<Reply, ApiError> {
    let body = call.object()?;
    let before = stored(&call).await?.ok_or_else(missing)?;
    let known = open(&call, &before);
    let (changed, credentials) = before.update(&known, &body)?;
    let after = seal(&call, changed, &credentials);
    let (audit, now, shown) = (call.audit(), call.now, after.view());
    let save = move |tx: &mut Tx<'_>| {
        // Sealing happens outside of the unit of work: what it was based on must still hold.
        let current: Option<Provider> = tx.settings().load(PROVIDER, "")?;
        if current.as_ref() != Some(&before) {
            return Err(StoreError::Conflict("settings"));
        }
        tx.settings().save(PROVIDER, "", &after, now)?;
        audit.record(tx, &before.view(), &after.view())
    };
    call.app.store.write(&call.tenant.id, save).await?;
    Ok(Reply::ok(shown))
}

pub(super) async fn remove(call: Call) -> Result<Reply, ApiError> {
    let audit = call.audit();
    let remove = move |tx: &mut Tx<'_>| {
        let before: Option<Provider> = tx.settings().load(PROVIDER, "")?;
        let Some(before) = before else {
            return Ok(());
        };
        tx.settings().delete(PROVIDER, "")?;
        audit.record(tx, &before.view(), &Value::Null)
    };
    call.app.store.write(&call.tenant.id, remove).await?;
    Ok(Reply::empty())
}

async fn stored(call: &Call) -> Result<Option<Provider>, ApiError> {
    let load = |tx: &mut Tx<'_>| tx.settings().load::<Provider>(PROVIDER, "");
    Ok(call.app.store.read(&call.tenant.id, load).await?)
}

fn seal(call: &Call, mut provider: Provider, credentials: &Map<String, Value>) -> Provider {
    let text = Value::Object(credentials.clone()).to_string();
    let place = credentials_place(&call.tenant.id);
    provider.credentials_sealed = call.app.seal_text(&place, &Secret::new(text));
    provider
}

/// The credentials; empty if they do not open, so that they can be set anew.
fn open(call: &Call, provider: &Provider) -> Map<String, Value> {
    let place = credentials_place(&call.tenant.id);
    let opened = call.app.open_text(&place, &provider.credentials_sealed);
    let opened = opened.and_then(|text| serde_json::from_str(text.expose()).ok());
    opened.unwrap_or_default()
}

fn missing() -> ApiError {
    let message = "There is not a configured email provider";
    ApiError::not_found("inexistent_email_provider", message)
}
