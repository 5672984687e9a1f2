//! Options of a connection that are secrets: taken out of a body, sealed by the shell, put back.

use serde_json::{Map, Value};

use super::Connection;
use crate::error::Refusal;
use crate::secret::Secret;

/// Options that are secrets, whatever the strategy: sealed, write-only.
pub const SECRET_OPTIONS: &[&str] = &[
    "app_secret",
    "client_secret",
    "configuration",
    "decryptionKey",
    "gateway_authentication",
    "signing_key",
    "twilio_token",
];

/// What the name of a sealed option ends in.
pub(super) const SEALED: &str = "_sealed";

/// What a body says about one secret option.
#[derive(Debug, Clone)]
pub struct SecretOption {
    /// Its name.
    pub name: &'static str,
    /// Its value, text as it is and anything else as JSON; `None`: take it away.
    pub value: Option<Secret<String>>,
}

/// Takes the secrets out of the options of a body: the shell seals them and puts each back with
/// [`put_sealed`].
///
/// # Errors
/// When a body brings a sealed form itself.
pub fn take_secrets(body: &mut Map<String, Value>) -> Result<Vec<SecretOption>, Refusal> {
    let Some(Value::Object(options)) = body.get_mut("options") else {
        return Ok(Vec::new());
    };
    if let Some(name) = options.keys().find(|name| name.ends_with(SEALED)) {
        let cause = format!("additional property options.{name} is not allowed");
        return Err(Refusal::new("invalid_body", cause)
            .actual(name)
            .remedy("Remove the property."));
    }
    let mut taken = Vec::new();
    for name in SECRET_OPTIONS {
        let value = match options.remove(*name) {
            None => continue,
            Some(Value::Null) => None,
            Some(Value::String(text)) => Some(Secret::new(text)),
            Some(other) => Some(Secret::new(other.to_string())),
        };
        taken.push(SecretOption { name, value });
    }
    Ok(taken)
}

/// Puts the sealed form of a secret option into the options of a body; `None`: the secret goes.
pub fn put_sealed(body: &mut Map<String, Value>, name: &str, sealed: Option<String>) {
    if let Some(Value::Object(options)) = body.get_mut("options") {
        let sealed = sealed.map_or(Value::Null, Value::String);
        options.insert(format!("{name}{SEALED}"), sealed);
    }
}

/// The sealed form of a secret option.
#[must_use]
pub fn sealed<'a>(connection: &'a Connection, name: &str) -> Option<&'a str> {
    let sealed = connection.options.get(&format!("{name}{SEALED}"));
    sealed.and_then(Value::as_str)
}
