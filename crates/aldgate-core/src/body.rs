//! Writing an entity from a JSON body: only listed members, every one checked (ADM-03).
//!
//! The Management API, `aldgate apply` and the dashboard all change entities through [`merge`], so
//! a member that is not listed as writable cannot be set by any of them.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::Refusal;

/// The deepest nesting of a body.
const DEPTH_MAX: usize = 32;

/// Lays the members of `body` over `entity` (`null` removes one) and reads the result back.
/// Nested objects are replaced whole, as Auth0 does.
///
/// # Errors
/// Names the member at fault: not in `writable`, of the wrong type, or nested too deeply.
pub fn merge<T>(entity: &T, body: Map<String, Value>, writable: &[&str]) -> Result<T, Refusal>
where
    T: Serialize + DeserializeOwned,
{
    let Ok(Value::Object(mut document)) = serde_json::to_value(entity) else {
        return Err(Refusal::new(
            "invalid_body",
            "this entity cannot be written as JSON",
        ));
    };
    for (name, value) in body {
        if !writable.contains(&name.as_str()) {
            return Err(unknown_member(&name, writable));
        }
        if depth(&value) > DEPTH_MAX {
            let cause = format!("{name} is nested more than {DEPTH_MAX} levels deep");
            return Err(Refusal::new("invalid_body", cause));
        }
        if value.is_null() {
            document.remove(&name);
        } else {
            document.insert(name, value);
        }
    }
    serde_path_to_error::deserialize(Value::Object(document)).map_err(|error| {
        let path = error.path().to_string();
        Refusal::new(
            "invalid_body",
            format!("{} on property {path}", error.into_inner()),
        )
        .remedy("Correct the property and send it again; nothing was changed.")
    })
}

/// The refusal of a member that does not exist or must not be written.
#[must_use]
pub fn unknown_member(name: &str, writable: &[&str]) -> Refusal {
    let refusal = Refusal::new(
        "invalid_body",
        format!("additional property {name} is not allowed"),
    )
    .actual(name);
    match closest(name, writable) {
        Some(near) => refusal
            .expected(near)
            .remedy(format!("Did you mean {near}?")),
        None => refusal.remedy("Remove the property."),
    }
}

/// The candidate that differs from `name` in the fewest letters, if it is near enough to be meant.
#[must_use]
pub fn closest<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let limit = (name.chars().count() / 2).clamp(1, 4);
    candidates
        .iter()
        .map(|candidate| (distance(name, candidate), *candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance, over at most the first 64 characters of each.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::role::Role;

    fn role() -> Role {
        serde_json::from_value(json!({"id": "rol_1", "name": "a", "description": "b"})).unwrap()
    }

    fn body(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn adm_03_only_listed_members_are_written() {
        let writable = ["name", "description"];
        let changed = merge(&role(), body(json!({"name": "x"})), &writable).unwrap();
        assert_eq!((changed.name.as_str(), changed.id.as_str()), ("x", "rol_1"));
        let error = merge(&role(), body(json!({"id": "rol_2"})), &writable).unwrap_err();
        assert_eq!(error.cause, "additional property id is not allowed");
        let error = merge(&role(), body(json!({"nmae": "x"})), &writable).unwrap_err();
        assert_eq!(error.remedy.as_deref(), Some("Did you mean name?"));
    }

    #[test]
    fn null_removes_and_types_are_checked() {
        let changed = merge(
            &role(),
            body(json!({"description": null})),
            &["description"],
        )
        .unwrap();
        assert_eq!(changed.description, None);
        let error = merge(&role(), body(json!({"name": 5})), &["name"]).unwrap_err();
        assert!(error.cause.ends_with("on property name"), "{}", error.cause);
    }
}
