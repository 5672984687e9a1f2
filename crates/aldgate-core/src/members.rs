//! The shape of a JSON body as data: one table both checks what comes and describes what may come.
//!
//! For documents that are stored as they are sent (settings, templates, providers). Entities with a
//! type of their own use [`crate::body::merge`].

mod schema;

use serde_json::{Map, Value};

use crate::body::unknown_member;
use crate::error::Refusal;

pub use schema::schema;

/// The deepest nesting of free values.
const DEPTH_MAX: usize = 16;
/// The longest free value, in bytes of JSON.
const FREE_BYTES_MAX: usize = 64 << 10;

/// One member of an object.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// What it must be.
    pub kind: Kind,
}

/// What a value must be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Text of at most this many characters.
    Text(usize),
    /// An absolute `http` or `https` address.
    WebAddress,
    /// A mail address, roughly.
    Mail,
    /// `true` or `false`.
    Flag,
    /// A whole number within these bounds.
    Whole(u64, u64),
    /// A number above 0, at most this.
    Number(f64),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list of at most so many.
    List(&'static Self, usize),
    /// An object of these members.
    Object(&'static [Member]),
    /// An object whose values, at most so many, are all of one kind.
    Map(&'static Self, usize),
    /// An object with any members, bounded in size.
    Free,
    /// Text, or an object of these members.
    TextOr(&'static [Member]),
}

/// A member.
#[must_use]
pub const fn member(name: &'static str, kind: Kind) -> Member {
    Member { name, kind }
}

/// Checks a body: every member is listed and of its kind, and `required` ones are there. `null`
/// stands for "take it away" where a member may be absent.
///
/// # Errors
/// Names the member at fault, with its path.
pub fn check(
    members: &[Member],
    required: &[&str],
    body: &Map<String, Value>,
) -> Result<(), Refusal> {
    for (name, value) in body {
        let Some(member) = members.iter().find(|member| member.name == name) else {
            let names: Vec<&str> = members.iter().map(|member| member.name).collect();
            return Err(unknown_member(name, &names));
        };
        if value.is_null() && !required.contains(&member.name) {
            continue;
        }
        value_of(name, member.kind, value)?;
    }
    match required.iter().find(|name| !body.contains_key(**name)) {
        Some(name) => {
            let cause = format!("Missing required property: {name}");
            Err(Refusal::new("invalid_body", cause).remedy("Send it; nothing was changed."))
        }
        None => Ok(()),
    }
}

/// Lays the members of `body` over `document`; `null` takes one away. Nested objects are replaced
/// whole, as Auth0 does.
pub fn lay_over(document: &mut Map<String, Value>, body: Map<String, Value>) {
    for (name, value) in body {
        if value.is_null() {
            document.remove(&name);
        } else {
            document.insert(name, value);
        }
    }
}

fn value_of(path: &str, kind: Kind, value: &Value) -> Result<(), Refusal> {
    match (kind, value) {
        (Kind::Text(max), Value::String(text)) => text_of(path, max, text),
        (Kind::WebAddress, Value::String(text)) => web_address(path, text),
        (Kind::Mail, Value::String(text)) => mail(path, text),
        (Kind::Flag, Value::Bool(_)) => Ok(()),
        (Kind::Whole(min, max), Value::Number(number)) => match number.as_u64() {
            Some(number) if (min..=max).contains(&number) => Ok(()),
            _ => Err(wrong(
                path,
                format!("a whole number from {min} to {max}"),
                value,
            )),
        },
        (Kind::Number(max), Value::Number(number)) => match number.as_f64() {
            Some(number) if number > 0.0 && number <= max => Ok(()),
            _ => Err(wrong(
                path,
                format!("a number above 0, at most {max}"),
                value,
            )),
        },
        (Kind::OneOf(all), Value::String(text)) if all.contains(&text.as_str()) => Ok(()),
        (Kind::OneOf(all), _) => Err(wrong(path, format!("one of {}", all.join(", ")), value)),
        (Kind::List(kind, max), Value::Array(items)) => {
            bounded(path, items.len(), max)?;
            let numbered = items.iter().enumerate();
            numbered
                .into_iter()
                .try_for_each(|(index, item)| value_of(&format!("{path}.{index}"), *kind, item))
        }
        (Kind::Object(members) | Kind::TextOr(members), Value::Object(body)) => {
            object(path, members, body)
        }
        (Kind::TextOr(_), Value::String(text)) => text_of(path, 2048, text),
        (Kind::Map(kind, max), Value::Object(body)) => {
            bounded(path, body.len(), max)?;
            body.iter()
                .try_for_each(|(name, item)| value_of(&format!("{path}.{name}"), *kind, item))
        }
        (Kind::Free, Value::Object(_)) => free(path, value),
        _ => Err(wrong(path, expected(kind).to_owned(), value)),
    }
}

fn object(path: &str, members: &[Member], body: &Map<String, Value>) -> Result<(), Refusal> {
    for (name, value) in body {
        let Some(member) = members.iter().find(|member| member.name == name) else {
            let names: Vec<&str> = members.iter().map(|member| member.name).collect();
            return Err(unknown_member(name, &names));
        };
        if !value.is_null() {
            value_of(&format!("{path}.{name}"), member.kind, value)?;
        }
    }
    Ok(())
}

fn text_of(path: &str, max: usize, text: &str) -> Result<(), Refusal> {
    let length = text.chars().count();
    if length > max {
        let cause =
            format!("String is too long ({length} chars), maximum {max} on property {path}");
        return Err(Refusal::new("invalid_body", cause));
    }
    if text.contains('\0') {
        let cause = format!("{path} holds the character NUL");
        return Err(Refusal::new("invalid_body", cause));
    }
    Ok(())
}

fn web_address(path: &str, text: &str) -> Result<(), Refusal> {
    let url = url::Url::parse(text).ok().filter(|_| text.len() <= 2048);
    let web = |url: &url::Url| {
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
    };
    // An empty text is how tools say "none".
    if text.is_empty() || url.as_ref().is_some_and(web) {
        return Ok(());
    }
    Err(wrong(
        path,
        "an absolute http or https address".to_owned(),
        &text.into(),
    ))
}

fn mail(path: &str, text: &str) -> Result<(), Refusal> {
    let parts = text.split_once('@');
    let plain = !text.contains(|c: char| c.is_whitespace() || c.is_control());
    let whole = parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    if text.is_empty() || (whole && plain && text.len() <= 254) {
        return Ok(());
    }
    Err(wrong(path, "a mail address".to_owned(), &text.into()))
}

fn bounded(path: &str, length: usize, max: usize) -> Result<(), Refusal> {
    if length <= max {
        return Ok(());
    }
    let cause = format!("{path} has {length} entries, maximum {max}");
    Err(Refusal::new("invalid_body", cause))
}

fn free(path: &str, value: &Value) -> Result<(), Refusal> {
    if depth(value) > DEPTH_MAX {
        let cause = format!("{path} is nested more than {DEPTH_MAX} levels deep");
        return Err(Refusal::new("invalid_body", cause));
    }
    if value.to_string().len() > FREE_BYTES_MAX {
        let cause = format!("{path} is longer than {FREE_BYTES_MAX} bytes");
        return Err(Refusal::new("invalid_body", cause));
    }
    Ok(())
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

const fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Text(_) => "text",
        Kind::WebAddress => "an absolute http or https address",
        Kind::Mail => "a mail address",
        Kind::Flag => "true or false",
        Kind::Whole(..) => "a whole number",
        Kind::Number(_) => "a number",
        Kind::OneOf(_) => "one of a few texts",
        Kind::List(..) => "a list",
        Kind::Object(_) | Kind::Map(..) | Kind::Free => "an object",
        Kind::TextOr(_) => "text or an object",
    }
}

fn wrong(path: &str, expected: String, actual: &Value) -> Refusal {
    let cause = format!("Expected {expected} on property {path}");
    // What is sent here may be a secret: only short plain values are told back.
    let refusal = Refusal::new("invalid_body", cause).expected(expected);
    match actual {
        Value::Bool(_) | Value::Number(_) | Value::Null => refusal.actual(&actual.to_string()),
        Value::String(_) => refusal.actual("another text"),
        Value::Array(_) => refusal.actual("a list"),
        Value::Object(_) => refusal.actual("an object"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SHAPE: &[Member] = &[
        member("name", Kind::Text(5)),
        member("on", Kind::Flag),
        member("level", Kind::OneOf(&["low", "high"])),
        member("list", Kind::List(&Kind::Whole(1, 9), 2)),
        member("inner", Kind::Object(&[member("url", Kind::WebAddress)])),
        member("map", Kind::Map(&Kind::Flag, 2)),
        member("free", Kind::Free),
    ];

    fn body(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn adm_03_what_fits_passes_and_the_rest_is_named() {
        let fine = json!({
            "name": "abc", "on": true, "level": "low", "list": [1, 9],
            "inner": {"url": "https://a.test/"}, "map": {"x": true}, "free": {"a": [1]},
        });
        assert_eq!(check(SHAPE, &["name"], &body(&fine)), Ok(()));
        for (bad, needle) in [
            (json!({}), "Missing required property: name"),
            (json!({"name": null}), "on property name"),
            (json!({"name": "abcdef"}), "too long"),
            (json!({"name": "a", "om": true}), "om"),
            (json!({"name": "a", "on": "yes"}), "on property on"),
            (json!({"name": "a", "level": "middle"}), "one of low, high"),
            (json!({"name": "a", "list": [1, 2, 3]}), "maximum 2"),
            (json!({"name": "a", "list": [10]}), "on property list.0"),
            (
                json!({"name": "a", "inner": {"url": "javascript:x"}}),
                "inner.url",
            ),
            (json!({"name": "a", "inner": {"ur": "x"}}), "ur"),
            (json!({"name": "a", "map": {"x": 1}}), "map.x"),
            (json!({"name": "a", "free": []}), "on property free"),
        ] {
            let refusal = check(SHAPE, &["name"], &body(&bad)).unwrap_err();
            assert!(refusal.cause.contains(needle), "{bad}: {}", refusal.cause);
        }
    }

    #[test]
    fn null_takes_a_member_away() {
        let mut document = body(&json!({"name": "a", "on": true}));
        lay_over(&mut document, body(&json!({"on": null, "level": "low"})));
        assert_eq!(
            Value::Object(document),
            json!({"name": "a", "level": "low"})
        );
    }
}
