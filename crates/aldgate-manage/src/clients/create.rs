//! `POST /clients`.

use aldgate_core::application::rules;
use serde_json::Value;

use super::{secret, view};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let mut rng = call.app.rng();
    let mut application = rules::create(call.object()?, None, call.now, &mut rng)?;
    let confidential = !application.is_public();
    let secret = confidential.then(|| secret::renew(&call.app, &call.tenant.id, &mut application));
    let mut shown = view(&application, call.tenant.id.as_str());
    let audit = call.audit().about_application(&application.id);
    let after = shown.clone();
    let save = move |tx: &mut aldgate_store::Tx<'_>| {
        tx.applications().create(&application)?;
        audit.record(tx, &Value::Null, &after)
    };
    call.app.store.write(&call.tenant.id, save).await?;
    if let Some(secret) = secret {
        shown["client_secret"] = secret.expose().as_str().into();
    }
    Ok(Reply::ok(shown))
}
