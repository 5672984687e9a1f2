//! `GET /resource-servers/{id}`.

use super::{find, missing, view};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let (key, now) = (call.segment("id").to_owned(), call.now);
    let load = move |tx: &mut aldgate_store::Tx<'_>| find(tx, &key, now);
    let api = call.app.store.read(&call.tenant.id, load).await?;
    Ok(Reply::ok(call.chosen(view(&api.ok_or_else(missing)?))))
}
