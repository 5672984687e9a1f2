//! Secrets among the options of a connection: sealed, write-only.

use aldgate_app::shared_keys::connection_secret_place;
use aldgate_core::connection::rules;
use aldgate_core::id::ConnectionId;
use serde_json::{Map, Value};

use crate::op::{ApiError, Call};

/// Seals the secrets among the options of a body.
pub(super) fn seal(
    call: &Call,
    id: &ConnectionId,
    body: &mut Map<String, Value>,
) -> Result<(), ApiError> {
    for option in rules::take_secrets(body)? {
        let place = connection_secret_place(&call.tenant.id, id.as_str(), option.name);
        let value = option.value.as_ref();
        let sealed = value.map(|secret| call.app.seal_text(&place, secret));
        rules::put_sealed(body, option.name, sealed);
    }
    Ok(())
}
