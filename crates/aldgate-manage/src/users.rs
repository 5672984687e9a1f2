//! `/users`: people, and everything below them.

mod access;
mod by_email;
mod create;
mod delete;
mod factors;
mod identities;
mod list;
mod logs;
mod permissions;
mod read;
mod roles;
mod search;
mod table;
mod update;

use aldgate_core::user::User;
use serde_json::{Map, Value};

use crate::op::{ApiError, Call};

pub(crate) use create::no_mail;
pub(crate) use search::refused as search_refused;
pub(crate) use table::operations;

/// A user on the wire, with what the caller may see of her.
fn view(call: &Call, user: &User) -> Map<String, Value> {
    user.to_wire(call.actor.holds("read:user_idp_tokens"))
}

/// A user as she was, for the tenant log: never with what a provider handed out.
fn picture(user: &User) -> Value {
    Value::Object(user.to_wire(false))
}

/// The answer for a user who is not there.
pub(crate) fn missing() -> ApiError {
    ApiError::not_found("inexistent_user", "The user does not exist.")
}
