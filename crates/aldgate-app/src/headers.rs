//! Headers that every answer has, unless its endpoint knows better.

use aldgate_core::tenant::Issuer;
use http::header::{
    CACHE_CONTROL, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue};

use crate::extract::Caller;
use crate::respond::no_store;

/// A year, as browsers' preload lists want it.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds the headers. What the endpoint has set already stays.
pub fn apply(headers: &mut HeaderMap, issuer: &Issuer, caller: &Caller) {
    if !headers.contains_key(CACHE_CONTROL) {
        no_store(headers);
    }
    set_default(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Not `no-referrer`: browsers would send `Origin: null` with our own forms.
    set_default(headers, REFERRER_POLICY, "same-origin");
    // Port-bound development servers share `localhost` with plain http ones: HSTS there would
    // break them, because it covers every port.
    if issuer.is_https() && !is_localhost(issuer) {
        headers.entry(STRICT_TRANSPORT_SECURITY).or_insert(HSTS);
    }
    if let Ok(id) = HeaderValue::from_str(caller.request_id()) {
        headers.insert(crate::edge::REQUEST_ID, id);
    }
}

fn set_default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers
        .entry(name)
        .or_insert(HeaderValue::from_static(value));
}

fn is_localhost(issuer: &Issuer) -> bool {
    url::Url::parse(issuer.as_str()).is_ok_and(|url| crate::config::is_local(&url))
}
