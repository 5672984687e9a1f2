//! Secrets of actions: sealed for their action and name, write-only (SBX-03).

use aldgate_app::action_secrets::action_secret_place;
use aldgate_core::action::rules::{ActionBody, SealedName, check_secrets};
use aldgate_core::id::ActionId;

use crate::op::{ApiError, Call};

/// Checks and seals the secrets of a body. Their values stay nowhere else.
pub(super) fn seal(
    call: &Call,
    id: &ActionId,
    body: &mut ActionBody,
) -> Result<Vec<SealedName>, ApiError> {
    let Some(secrets) = &mut body.secrets else {
        return Ok(Vec::new());
    };
    check_secrets(secrets)?;
    let seal = |secret: &mut aldgate_core::action::rules::SecretBody| {
        let place = action_secret_place(&call.tenant.id, id, &secret.name);
        let value = secret.value.take();
        let sealed = value.map(|value| call.app.seal_text(&place, &value));
        (secret.name.clone(), sealed)
    };
    Ok(secrets.iter_mut().map(seal).collect())
}
