//! What each field of a user must look like.

use serde_json::{Map, Value};

use super::RefusedField;
use crate::connection::Connection;
use crate::error::Refusal;

/// The longest e-mail address (RFC 5321 section 4.5.3.1.3, without the angle brackets).
pub const EMAIL_BYTES_MAX: usize = 254;

const LOCAL_BYTES_MAX: usize = 64;
const PICTURE_BYTES_MAX: usize = 2048;
const METADATA_COUNT_MAX: usize = 10;
const METADATA_LENGTH_MAX: usize = 500;
const METADATA_NAME_MAX: usize = 100;
const USERNAME_MARKS: &str = "_+-.!#$'^`~";

/// Reads an e-mail address: one `@`, a local part without spaces or control characters, and a
/// domain with a dot. Surrounding space is dropped; the case stays as typed.
///
/// # Errors
/// Says what is expected.
pub fn email(text: &str) -> Result<String, RefusedField> {
    let text = text.trim();
    let parts = text.rsplit_once('@');
    let good = parts.is_some_and(|(local, domain)| {
        (1..=LOCAL_BYTES_MAX).contains(&local.len()) && is_local(local) && is_domain(domain)
    });
    if good && text.len() <= EMAIL_BYTES_MAX {
        return Ok(text.to_owned());
    }
    let refusal = Refusal::new("email_malformed", "The text is not an e-mail address.")
        .expected(format!("name@domain, at most {EMAIL_BYTES_MAX} bytes"))
        .actual(text)
        .remedy("Correct the address.");
    Err(RefusedField::new("email", refusal))
}

/// Reads a username: letters, digits and some marks, by default 1 to 15 of them (Auth0:
/// `validation.username`). Never an `@` and never a phone number, so that a username is never
/// somebody's address or number (ACC-10).
///
/// # Errors
/// Says what is expected.
pub fn username(text: &str, connection: &Connection) -> Result<String, RefusedField> {
    let (min, max) = connection.username_lengths();
    let allowed = |c: char| c.is_ascii_alphanumeric() || USERNAME_MARKS.contains(c);
    let good = text.chars().all(allowed) && !is_phone(text);
    if (min..=max).contains(&text.len()) && good {
        return Ok(text.to_owned());
    }
    let refusal = Refusal::new("username_malformed", "The text is not a username.")
        .expected(format!(
            "{min} to {max} letters, digits or {USERNAME_MARKS}, no phone number"
        ))
        .actual(text)
        .remedy("Choose another username. The limits are the connection's validation.username.");
    Err(RefusedField::new("username", refusal))
}

/// Reads an id at the connection: printable ASCII without `|`, which separates it.
pub(super) fn subject(text: &str) -> Result<String, RefusedField> {
    let allowed = |b: u8| b.is_ascii_graphic() && b != b'|';
    if (1..=200).contains(&text.len()) && text.bytes().all(allowed) {
        return Ok(text.to_owned());
    }
    let refusal = Refusal::new("user_id_malformed", "The text is not a user id.")
        .expected("1 to 200 printable ASCII characters without | or space")
        .actual(text);
    Err(RefusedField::new("user_id", refusal))
}

/// Reads an optional text of at most `max` bytes on one line.
pub(crate) fn text(
    body: &Map<String, Value>,
    field: &'static str,
    max: usize,
) -> Result<Option<String>, RefusedField> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) if text.len() <= max && !text.contains(is_unseen) => {
            Ok(Some(text.clone()))
        }
        Some(_) => Err(wrong(
            field,
            format!("one line of text, at most {max} bytes"),
        )),
    }
}

/// E.164.
fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Reads an optional picture address.
pub(crate) fn picture(body: &Map<String, Value>) -> Result<Option<String>, RefusedField> {
    let Some(text) = text(body, "picture", PICTURE_BYTES_MAX)? else {
        return Ok(None);
    };
    match url::Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Some(text)),
        _ => Err(wrong("picture", "an http or https URL".into())),
    }
}

/// Reads an optional phone number in E.164 form.
pub(crate) fn phone(body: &Map<String, Value>) -> Result<Option<String>, RefusedField> {
    let Some(text) = text(body, "phone_number", 16)? else {
        return Ok(None);
    };
    if is_phone(&text) {
        Ok(Some(text))
    } else {
        Err(wrong("phone_number", "+ and 7 to 15 digits".into()))
    }
}

/// Reads `user_metadata` (Auth0: at most 10 strings of at most 500 characters).
pub(super) fn user_metadata(body: &Map<String, Value>) -> Result<Map<String, Value>, RefusedField> {
    let bad = || {
        let expected = format!(
            "an object of at most {METADATA_COUNT_MAX} strings, each at most \
             {METADATA_LENGTH_MAX} characters"
        );
        wrong("user_metadata", expected)
    };
    let metadata = match body.get("user_metadata") {
        None | Some(Value::Null) => return Ok(Map::new()),
        Some(Value::Object(metadata)) => metadata,
        Some(_) => return Err(bad()),
    };
    let good = |(name, value): (&String, &Value)| {
        let text = value.as_str();
        name.len() <= METADATA_NAME_MAX
            && text.is_some_and(|t| t.chars().count() <= METADATA_LENGTH_MAX)
    };
    if metadata.len() <= METADATA_COUNT_MAX && metadata.iter().all(good) {
        Ok(metadata.clone())
    } else {
        Err(bad())
    }
}

/// The refusal of an absent field.
pub(super) fn missing(field: &str) -> Refusal {
    Refusal::new("field_missing", format!("{field} is missing."))
        .expected(format!("a {field}"))
        .remedy("Send it.")
}

fn wrong(field: &'static str, expected: String) -> RefusedField {
    let cause = format!("{field} has a wrong type, form or length.");
    RefusedField::new(
        field,
        Refusal::new("field_malformed", cause).expected(expected),
    )
}

fn is_local(local: &str) -> bool {
    let forbidden = |c: char| c.is_whitespace() || is_unseen(c) || "@<>()[],;:\\\"".contains(c);
    !local.contains(forbidden)
}

/// A domain with a dot, in any script; its ASCII form must be a host name.
fn is_domain(domain: &str) -> bool {
    let Ok(url::Host::Domain(ascii)) = url::Host::parse(domain) else {
        return false;
    };
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    ascii.contains('.') && ascii.split('.').all(label) && !domain.contains(is_unseen)
}

/// Control characters and those that hide or turn text around: bidirectional marks, zero width.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || c == '\u{feff}'
        || c == '\u{ad}'
}
