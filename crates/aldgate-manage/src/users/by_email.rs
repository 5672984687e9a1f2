//! `GET /users-by-email`.

use aldgate_core::error::Refusal;
use aldgate_store::Tx;
use serde_json::Value;

use super::view;
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let Some(email) = call.query.get("email").filter(|email| !email.is_empty()) else {
        let cause = "Query validation error: 'Missing required property: email'.";
        let refusal = Refusal::new("email", cause).expected("an e-mail address");
        return Err(ApiError::bad_request("invalid_query_string", refusal));
    };
    let email = email.to_owned();
    let load = move |tx: &mut Tx<'_>| tx.users().by_email(&email);
    let users = call.app.store.read(&call.tenant.id, load).await?;
    let items = users
        .iter()
        .map(|user| call.chosen(Value::Object(view(&call, user))));
    Ok(Reply::ok(items.collect()))
}
