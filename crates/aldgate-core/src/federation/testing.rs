//! What the tests of this folder share.

use serde_json::{Value, json};

use crate::connection::Connection;

/// A connection of a strategy with options.
pub(crate) fn connection(strategy: &str, options: Value) -> Connection {
    let json = json!({"id": "con_1", "name": "corp", "strategy": strategy, "options": options});
    serde_json::from_value(json).unwrap()
}
