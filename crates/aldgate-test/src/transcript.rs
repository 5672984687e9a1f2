//! Whole answers as text, for snapshots: status, headers by name, body.

use std::fmt::Write as _;

use serde_json::Value;

use crate::server::Reply;

/// Headers that say nothing about the endpoint.
const LEFT_OUT: &[&str] = &["content-length", "date", "vary"];

/// Writes an answer as text. JSON is indented.
#[must_use]
pub fn transcript(reply: &Reply) -> String {
    let mut text = format!("{}\n", reply.status);
    let mut headers: Vec<(&str, &str)> = reply
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap_or("(bytes)")))
        .filter(|(name, _)| !LEFT_OUT.contains(name))
        .collect();
    headers.sort_unstable();
    for (name, value) in headers {
        // Writing to a string cannot fail.
        let _written = writeln!(text, "{name}: {value}");
    }
    let body = match serde_json::from_slice::<Value>(&reply.body) {
        Ok(json) => serde_json::to_string_pretty(&json).unwrap_or_default(),
        Err(_) => reply.text(),
    };
    text.push('\n');
    text.push_str(&body);
    text
}
