//! Request parameters: from a query, a form or a JSON body, each name at most once.
//!
//! RFC 6749 §3.1 and §3.2: no parameter more than once, an empty value counts as absent, unknown
//! ones are ignored. Auth0's SDKs send `/oauth/token` bodies as JSON too, with `null` for absent.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// The most parameters one request may carry (OPS-03).
pub const PARAMS_MAX: usize = 200;

/// The deepest nesting of a JSON body (OPS-03).
pub const JSON_DEPTH_MAX: usize = 32;

/// Parameters by name, in the order they came in. No name occurs twice, no value is empty.
#[derive(Clone, Default, PartialEq)]
pub struct Params {
    entries: Vec<(String, Value)>,
}

/// Why a query or body could not be read as parameters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// A name came more than once.
    #[error("the parameter {0:?} is given more than once; send it once")]
    Repeated(String),
    /// More than [`PARAMS_MAX`] parameters.
    #[error("more than {PARAMS_MAX} parameters; send fewer")]
    TooMany,
    /// Percent-decoding did not give UTF-8, or a `%` is not followed by two hexadecimal digits.
    #[error("the parameter {0:?} is not percent-encoded UTF-8")]
    Encoding(String),
    /// The body is not a JSON object.
    #[error("the body is not a JSON object: {0}")]
    Json(String),
    /// Nested deeper than [`JSON_DEPTH_MAX`].
    #[error("the JSON body is nested deeper than {JSON_DEPTH_MAX} levels")]
    Depth,
    /// A parameter that must be a string is something else.
    #[error("the parameter {0:?} must be a string")]
    NotAString(String),
}

impl Params {
    /// Reads `application/x-www-form-urlencoded` text: a query string without `?`, or a form body.
    ///
    /// # Errors
    /// [`ParamsError`] when a name repeats, the limit is passed or the encoding is broken.
    pub fn from_form(text: &[u8]) -> Result<Self, ParamsError> {
        let mut params = Self::default();
        for pair in text
            .split(|byte| *byte == b'&')
            .filter(|pair| !pair.is_empty())
        {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = form_decode(halves.next().unwrap_or_default())?;
            let value = form_decode(halves.next().unwrap_or_default())?;
            params.push(name, Value::String(value))?;
        }
        Ok(params.without_absent())
    }

    /// Reads a JSON object. `null` and `""` count as absent; a repeated member is refused.
    ///
    /// # Errors
    /// [`ParamsError`] when the body is no object, repeats a member or is nested too deep.
    pub fn from_json(body: &[u8]) -> Result<Self, ParamsError> {
        check_json_depth(body)?;
        let mut reader = serde_json::Deserializer::from_slice(body);
        let params = Self::default();
        let mut error = None;
        let read = ObjectSeed {
            params,
            error: &mut error,
        }
        .deserialize(&mut reader);
        let read = read.and_then(|params| reader.end().map(|()| params));
        match (error, read) {
            (Some(error), _) => Err(error),
            (None, Ok(params)) => Ok(params.without_absent()),
            (None, Err(error)) => Err(ParamsError::Json(error.to_string())),
        }
    }

    /// The string value of `name`; `None` when absent, empty or not a string.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.value(name).and_then(Value::as_str)
    }

    /// The value of `name` as text, refusing anything but strings, numbers and booleans.
    ///
    /// # Errors
    /// [`ParamsError::NotAString`] for arrays and objects.
    pub fn text(&self, name: &str) -> Result<Option<String>, ParamsError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(Some(value.to_string())),
            Some(_) => Err(ParamsError::NotAString(name.to_owned())),
        }
    }

    /// The value of `name` as it came; forms only have strings.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.entries
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// Every name with its value, in the order of the request.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// Whether nothing was sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Removes `name` and gives its value; secrets are taken out before anything is logged.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let index = self.entries.iter().position(|(known, _)| known == name)?;
        Some(self.entries.remove(index).1)
    }

    /// Adds a parameter.
    ///
    /// # Errors
    /// [`ParamsError`] when the name is there already or the limit is reached.
    pub fn push(&mut self, name: String, value: Value) -> Result<(), ParamsError> {
        if self.entries.iter().any(|(known, _)| *known == name) {
            return Err(ParamsError::Repeated(clip(&name)));
        }
        if self.entries.len() >= PARAMS_MAX {
            return Err(ParamsError::TooMany);
        }
        self.entries.push((name, value));
        Ok(())
    }

    /// Drops what counts as absent: only now, so that `a=&a=1` is still a repetition.
    fn without_absent(mut self) -> Self {
        self.entries.retain(|(_, value)| match value {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            _ => true,
        });
        self
    }
}

impl fmt::Debug for Params {
    /// Names only: values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.entries.iter().map(|(name, _)| name))
            .finish()
    }
}

/// Decodes one form-encoded word: `+` is a space, `%XX` a byte, the result UTF-8.
///
/// # Errors
/// [`ParamsError::Encoding`] when a `%` is not followed by two hexadecimal digits or the bytes are
/// not UTF-8.
pub fn form_decode(word: &[u8]) -> Result<String, ParamsError> {
    let broken = || ParamsError::Encoding(clip(&String::from_utf8_lossy(word)));
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word.iter().copied();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let high = rest.next().and_then(hex_digit).ok_or_else(broken)?;
                let low = rest.next().and_then(hex_digit).ok_or_else(broken)?;
                bytes.push(high << 4 | low);
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).map_err(|_| broken())
}

/// Refuses JSON that nests deeper than [`JSON_DEPTH_MAX`], before anything recursive reads it.
///
/// # Errors
/// [`ParamsError::Depth`].
pub fn check_json_depth(body: &[u8]) -> Result<(), ParamsError> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in body {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'{' | b'[') => depth += 1,
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > JSON_DEPTH_MAX {
            return Err(ParamsError::Depth);
        }
    }
    Ok(())
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

/// Names in messages are cut, so that an error never repeats a whole body.
fn clip(name: &str) -> String {
    name.chars().take(64).collect()
}

struct ObjectSeed<'a> {
    params: Params,
    error: &'a mut Option<ParamsError>,
}

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_> {
    type Value = Params;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Params, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_> {
    type Value = Params;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Params, A::Error> {
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if let Err(error) = self.params.push(name, value) {
                *self.error = Some(error);
                return Err(de::Error::custom("refused"));
            }
        }
        Ok(self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn form(text: &str) -> Result<Params, ParamsError> {
        Params::from_form(text.as_bytes())
    }

    #[test]
    fn oau_07_a_form_is_decoded_and_empty_is_absent() {
        let params = form("a=1+2&b=%C3%A4%3D&c=&d&&scope=").expect("valid form");
        assert_eq!(params.get("a"), Some("1 2"));
        assert_eq!(params.get("b"), Some("ä="));
        assert_eq!(params.get("c"), None);
        assert_eq!(params.get("d"), None);
        assert_eq!(params.get("scope"), None);
    }

    #[test]
    fn oau_07_a_repeated_name_is_refused_even_when_one_is_empty() {
        let repeated = Err(ParamsError::Repeated("a".into()));
        assert_eq!(form("a=1&a=1"), repeated);
        assert_eq!(form("a=&a=1"), repeated);
        assert_eq!(form("%61=2&a=1"), repeated);
        assert_eq!(Params::from_json(br#"{"a":1,"a":1}"#), repeated);
        assert_eq!(Params::from_json(br#"{"a":null,"\u0061":1}"#), repeated);
    }

    #[test]
    fn oau_07_broken_encodings_are_refused() {
        for text in ["a=%", "a=%4", "a=%zz", "a=%ff", "%ff=1"] {
            assert!(
                matches!(form(text), Err(ParamsError::Encoding(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn json_null_and_empty_are_absent_as_auth0_python_sends_them() {
        let body = br#"{"grant_type":"client_credentials","organization":null,"scope":"","n":5}"#;
        let params = Params::from_json(body).expect("an object");
        assert_eq!(params.get("grant_type"), Some("client_credentials"));
        assert_eq!(params.value("organization"), None);
        assert_eq!(params.value("scope"), None);
        assert_eq!(params.text("n"), Ok(Some("5".into())));
        assert_eq!(params.value("n"), Some(&json!(5)));
    }

    #[test]
    fn ops_03_the_number_and_the_depth_are_limited() {
        let many = |count| (0..count).map(|n| format!("p{n}=1&")).collect::<String>();
        assert!(form(&many(PARAMS_MAX)).is_ok());
        assert_eq!(form(&many(PARAMS_MAX + 1)), Err(ParamsError::TooMany));
        let deep = |levels| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
        assert!(Params::from_json(deep(JSON_DEPTH_MAX).as_bytes()).is_ok());
        let deeper = deep(JSON_DEPTH_MAX + 1);
        assert_eq!(
            Params::from_json(deeper.as_bytes()),
            Err(ParamsError::Depth)
        );
    }

    #[test]
    fn brackets_inside_strings_are_not_nesting() {
        let text = format!(r#"{{"a":"{}\"{}"}}"#, "[".repeat(50), "{".repeat(50));
        assert!(Params::from_json(text.as_bytes()).is_ok());
    }

    #[test]
    fn json_that_is_no_object_is_refused() {
        for text in ["", "[]", "1", "{\"a\":1} x", "{\"a\"", "null"] {
            let read = Params::from_json(text.as_bytes());
            assert!(
                matches!(read, Err(ParamsError::Json(_))),
                "{text}: {read:?}"
            );
        }
    }

    #[test]
    fn log_01_debug_shows_names_only() {
        let params = form("client_secret=hunter2").expect("valid form");
        assert_eq!(format!("{params:?}"), r#"["client_secret"]"#);
    }

    proptest! {
        #[test]
        fn fuz_01_any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ignored = Params::from_form(&bytes).is_ok();
            let _ignored = Params::from_json(&bytes).is_ok();
        }

        #[test]
        fn what_is_encoded_is_what_is_decoded(value in ".{1,40}") {
            let text: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
            let params = form(&format!("v={text}")).expect("encoded by url");
            prop_assert_eq!(params.get("v"), Some(value.as_str()));
        }
    }
}
