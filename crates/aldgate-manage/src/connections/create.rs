//! `POST /connections`.

use aldgate_core::connection::rules;
use aldgate_core::id::ConnectionId;
use aldgate_store::{StoreError, Tx};
use serde_json::Value;

use super::{secrets, taken, view};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let mut body = call.object()?;
    let id = ConnectionId::generate(&mut call.app.rng());
    secrets::seal(&call, &id, &mut body)?;
    let connection = rules::create(body, id, call.now)?;
    let audit = call.audit().about("connection", connection.id.as_str());
    let shown = view(&connection);
    let after = shown.clone();
    let save = move |tx: &mut Tx<'_>| {
        if tx.connections().by_name(&connection.name)?.is_some() {
            return Err(taken());
        }
        match tx.connections().create(&connection) {
            Err(StoreError::Conflict(_)) => Err(taken()),
            other => Ok(other?),
        }?;
        Ok::<_, ApiError>(audit.record(tx, &Value::Null, &after)?)
    };
    call.app.store.write(&call.tenant.id, save).await?;
    Ok(Reply::ok(shown))
}
