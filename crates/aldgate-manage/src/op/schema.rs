//! Shapes of bodies and answers, in JSON Schema 2020-12, for the OpenAPI document.

use serde_json::{Map, Value, json};

/// Text.
pub(crate) fn string() -> Value {
    json!({"type": "string"})
}

/// Text of at most this many characters.
pub(crate) fn short(max: u32) -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": max})
}

/// One of these texts.
pub(crate) fn one_of(values: &[&str]) -> Value {
    json!({"type": "string", "enum": values})
}

/// `true` or `false`.
pub(crate) fn flag() -> Value {
    json!({"type": "boolean"})
}

/// A whole number from 0.
pub(crate) fn count() -> Value {
    json!({"type": "integer", "minimum": 0})
}

/// A time in ISO 8601.
pub(crate) fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

/// Anything.
pub(crate) fn any() -> Value {
    json!({})
}

/// An object with any members.
pub(crate) fn free() -> Value {
    json!({"type": "object"})
}

/// A list.
pub(crate) fn array(item: Value) -> Value {
    json!({"type": "array", "items": item})
}

/// A closed object for a body: these members, and no others; `required` must be there.
pub(crate) fn closed(
    members: impl IntoIterator<Item = (&'static str, Value)>,
    required: &[&str],
) -> Value {
    let members: Map<String, Value> = members
        .into_iter()
        .map(|(k, v)| (k.to_owned(), v))
        .collect();
    json!({
        "type": "object",
        "properties": members,
        "required": required,
        "additionalProperties": false,
    })
}

/// An open object for an answer: at least these members; `required` are always there.
pub(crate) fn open(
    members: impl IntoIterator<Item = (&'static str, Value)>,
    required: &[&str],
) -> Value {
    let members: Map<String, Value> = members
        .into_iter()
        .map(|(k, v)| (k.to_owned(), v))
        .collect();
    json!({"type": "object", "properties": members, "required": required})
}

/// A closed object whose members' types only the server checks.
pub(crate) fn writable(members: &[&'static str], required: &[&str]) -> Value {
    closed(members.iter().map(|name| (*name, any())), required)
}

/// A list in each form that paging knows: bare, with totals, or with `next`.
pub(crate) fn page(plural: &str, item: Value) -> Value {
    let mut members = Map::new();
    members.insert(plural.to_owned(), array(item.clone()));
    for name in ["start", "limit", "length", "total"] {
        members.insert(name.into(), count());
    }
    members.insert("next".into(), string());
    json!({"anyOf": [
        array(item),
        {"type": "object", "properties": members, "required": [plural]},
    ]})
}
