//! `POST /resource-servers`.

use aldgate_app::shared_keys::signing_secret_place;
use aldgate_core::api::rules;
use aldgate_core::id::ApiId;
use aldgate_store::{StoreError, Tx};
use serde_json::Value;

use super::{signing_secret, taken, view, without_needless_secret};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let mut body = call.object()?;
    let id = ApiId::generate(&mut call.app.rng());
    let sealed = signing_secret(&mut body)?.map(|secret| {
        let place = signing_secret_place(&call.tenant.id, &id);
        call.app.seal_text(&place, &secret)
    });
    let api = without_needless_secret(rules::create(body, id, sealed, call.now)?);
    let (shown, now) = (view(&api), call.now);
    let audit = call.audit().about("resource_server", api.id.as_str());
    let after = shown.clone();
    let save = move |tx: &mut Tx<'_>| {
        // A former identifier of another API is taken too, until its end.
        if tx.apis().by_identifier(&api.identifier, now)?.is_some() {
            return Err(taken());
        }
        match tx.apis().create(&api) {
            Err(StoreError::Conflict(_)) => Err(taken()),
            other => Ok(other?),
        }?;
        Ok::<_, ApiError>(audit.record(tx, &Value::Null, &after)?)
    };
    call.app.store.write(&call.tenant.id, save).await?;
    Ok(Reply::ok(shown))
}
