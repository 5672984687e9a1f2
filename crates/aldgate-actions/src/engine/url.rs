//! URLs as browsers read them, for the realm's `URL` and `URLSearchParams`.

use serde_json::{Value, json};
use url::{Url, form_urlencoded};

/// Reads a URL, perhaps relative to a base, into the parts that `URL` has.
pub(super) fn read(text: &str, base: Option<&str>) -> Result<Value, String> {
    let wrong = |error: url::ParseError| format!("Invalid URL: {error}");
    let url = match base {
        Some(base) => Url::parse(base).map_err(wrong)?.join(text).map_err(wrong)?,
        None => Url::parse(text).map_err(wrong)?,
    };
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| port.to_string()).unwrap_or_default();
    let with_mark = |mark: &str, text: Option<&str>| match text {
        Some(text) if !text.is_empty() => format!("{mark}{text}"),
        _ => String::new(),
    };
    Ok(json!({
        "href": url.as_str(),
        "origin": url.origin().ascii_serialization(),
        "protocol": format!("{}:", url.scheme()),
        "host": match port.as_str() { "" => host.to_owned(), port => format!("{host}:{port}") },
        "hostname": host,
        "port": port,
        "username": url.username(),
        "password": url.password().unwrap_or_default(),
        "pathname": url.path(),
        "search": with_mark("?", url.query()),
        "hash": with_mark("#", url.fragment()),
    }))
}

/// The pairs of a query, with or without its question mark.
pub(super) fn pairs(text: &str) -> Value {
    let text = text.strip_prefix('?').unwrap_or(text);
    let pairs = form_urlencoded::parse(text.as_bytes());
    pairs.map(|(name, value)| json!([name, value])).collect()
}

/// Pairs as a query.
pub(super) fn form(pairs: &Value) -> Result<Value, String> {
    let pairs: Vec<(String, String)> =
        serde_json::from_value(pairs.clone()).map_err(|error| error.to_string())?;
    let mut form = form_urlencoded::Serializer::new(String::new());
    Ok(form.extend_pairs(pairs).finish().into())
}
