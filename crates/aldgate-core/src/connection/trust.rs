//! Who says who a connection's users are, and changes of it.

use serde_json::Value;

use super::Connection;
use crate::error::Refusal;
use crate::federation::upstream;

/// The option that confirms another provider; see [`confirm_provider`].
pub const CONFIRMED: &str = "confirmed_provider";

/// Whether a change moves the place where the connection's users are known from: another provider,
/// other scripts.
#[must_use]
pub fn moves_trust(before: &Connection, after: &Connection) -> bool {
    if !before.is_database() {
        return before.options != after.options;
    }
    [
        "customScripts",
        "enabledDatabaseCustomization",
        "import_mode",
    ]
    .iter()
    .any(|name| before.options.get(*name) != after.options.get(*name))
}

/// Whether a change would let another provider say who the connection's users are, unconfirmed:
/// the users are known by ids of the one before, and somebody else may have them there (FED-03).
/// The option `confirmed_provider` names the new place, so that the word is for that one alone.
///
/// # Errors
/// Says how to confirm it.
pub fn confirm_provider(before: &Connection, after: &Connection) -> Result<(), Refusal> {
    if !before.is_federated() {
        return Ok(());
    }
    let (from, to) = (upstream::provider(before), upstream::provider(after));
    let confirmed = after.options.get(CONFIRMED).and_then(Value::as_str);
    if from == to || (to.is_some() && confirmed == to.as_deref()) {
        return Ok(());
    }
    let cause = "The connection has users, who are known by the ids of its present provider.";
    let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
    let remedy = match to.as_str() {
        "" => "Leave the addresses of the provider as they are, or delete the connection.".into(),
        to => format!(
            "Make another connection for another provider. If it is the same provider at \
             another address, which knows the same people by the same ids, send \
             options.{CONFIRMED}: {to:?}."
        ),
    };
    Err(Refusal::new("provider_change", cause)
        .expected(from)
        .actual(&to)
        .remedy(remedy))
}
