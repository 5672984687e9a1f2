//! `POST /clients`.

use aldgate_core::application::{rules, secrets};
use aldgate_core::id::ClientId;
use aldgate_store::Tx;
use serde_json::{Map, Value};

use super::{secret, view};
use crate::op::{ApiError, Call, Reply, Who, secret_of};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let mut body = call.object()?;
    let given = secret_of(&mut body, "client_secret")?;
    let id = chosen_id(&call, &mut body)?;
    let mut application = rules::create(body, id, call.now, &mut call.app.rng())?;
    let store = |secret| secret::stored(&call.app, &call.tenant.id, &application.id, secret);
    let fresh = secret::fresh(&call.app);
    let (given_stored, fresh_stored) = (given.as_ref().map(store), store(&fresh));
    let made = secrets::settle(&mut application, given_stored.as_ref(), &fresh_stored)?;
    let shown = view(&application, call.tenant.id.as_str());
    let audit = call.audit().about_application(&application.id);
    let after = shown.clone();
    let save = move |tx: &mut Tx<'_>| {
        tx.applications().create(&application)?;
        audit.record(tx, &Value::Null, &after)
    };
    call.app.store.write(&call.tenant.id, save).await?;
    Ok(Reply::ok(secret::show_once(
        shown,
        made.then_some(&fresh),
        given.as_ref(),
    )))
}

/// The operator of the machine may choose the id: applications that move here keep theirs.
fn chosen_id(call: &Call, body: &mut Map<String, Value>) -> Result<Option<ClientId>, ApiError> {
    if *call.actor.who() != Who::Operator {
        return Ok(None);
    }
    match body.remove("client_id") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id)) => Ok(Some(ClientId::parse(&id)?)),
        Some(_) => Err(ApiError::invalid_body("client_id must be a string")),
    }
}
