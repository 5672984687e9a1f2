//! Small answers that many endpoints share.

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION, PRAGMA};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;

use aldgate_jose::{b64, digest};

/// Forbids every cache to keep the answer (RFC 6749 section 5.1).
pub fn no_store(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
}

/// JSON that no cache may keep.
pub fn json<T: Serialize>(status: StatusCode, body: &T) -> Response {
    let body = match serde_json::to_vec(body) {
        Ok(body) => body,
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    no_store(headers);
    response
}

/// Sends the browser to `location` by GET (303: RFC 9700 section 4.12 wants it after a form).
///
/// Characters that a header cannot carry are percent-encoded; `location` itself must have been
/// checked before.
#[must_use]
pub fn see_other(location: &str) -> Response {
    redirect(StatusCode::SEE_OTHER, location)
}

/// Sends the browser to `location` with 302, as `/authorize` and `/v2/logout` do.
#[must_use]
pub fn found(location: &str) -> Response {
    redirect(StatusCode::FOUND, location)
}

fn redirect(status: StatusCode, location: &str) -> Response {
    let mut response = status.into_response();
    match HeaderValue::from_str(&header_safe(location)) {
        Ok(location) => drop(response.headers_mut().insert(LOCATION, location)),
        Err(error) => {
            tracing::error!(%error, "a redirect could not be written");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    }
    no_store(response.headers_mut());
    response
}

/// Percent-encodes what is no printable ASCII.
fn header_safe(location: &str) -> String {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
    const UNSAFE: &AsciiSet = &CONTROLS.add(b' ');
    utf8_percent_encode(location, UNSAFE).to_string()
}

/// Bytes made once and served many times, with an `ETag`: key sets, discovery.
#[derive(Clone, Debug)]
pub struct Rendered {
    body: Bytes,
    etag: HeaderValue,
    cache_control: HeaderValue,
}

impl Rendered {
    /// JSON that caches may keep for `max_age_seconds`.
    #[must_use]
    pub fn json(body: String, max_age_seconds: u32) -> Self {
        let etag = format!(
            "\"{}\"",
            &b64::encode(&digest::sha256(body.as_bytes()))[..22]
        );
        let cache_control = format!("public, max-age={max_age_seconds}");
        Self {
            body: body.into(),
            etag: HeaderValue::try_from(etag).expect("invariant: base64url in quotes"),
            cache_control: HeaderValue::try_from(cache_control).expect("invariant: ASCII"),
        }
    }

    /// The bytes.
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        &self.body
    }

    /// The answer: 304 if the caller has it already.
    #[must_use]
    pub fn respond(&self, request: &HeaderMap) -> Response {
        let known = request.get(IF_NONE_MATCH).map(HeaderValue::as_bytes);
        let unchanged = known.is_some_and(|known| matches(known, self.etag.as_bytes()));
        let mut response = if unchanged {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Response::new(Body::from(self.body.clone()))
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ETAG, self.etag.clone());
        headers.insert(CACHE_CONTROL, self.cache_control.clone());
        response
    }
}

/// Weak comparison (RFC 9110 section 8.8.3.2) with each tag of the list.
fn matches(list: &[u8], etag: &[u8]) -> bool {
    list.split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .any(|tag| tag == b"*" || tag.strip_prefix(b"W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_etag_is_answered_without_a_body() {
        let rendered = Rendered::json("{}".into(), 60);
        let first = rendered.respond(&HeaderMap::new());
        assert_eq!(first.status(), StatusCode::OK);
        let etag = first.headers()[ETAG].clone();
        for list in [
            etag.clone(),
            format!("\"x\", W/{}", etag.to_str().unwrap())
                .parse()
                .unwrap(),
        ] {
            let known: HeaderMap = [(IF_NONE_MATCH, list)].into_iter().collect();
            assert_eq!(rendered.respond(&known).status(), StatusCode::NOT_MODIFIED);
        }
        let other: HeaderMap = [(IF_NONE_MATCH, "\"x\"".parse().unwrap())]
            .into_iter()
            .collect();
        assert_eq!(rendered.respond(&other).status(), StatusCode::OK);
    }

    #[test]
    fn a_redirect_cannot_split_the_answer() {
        let response = found("https://a.test/\r\nx: y?ü= ");
        assert_eq!(
            response.headers()[LOCATION],
            "https://a.test/%0D%0Ax:%20y?%C3%BC=%20"
        );
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    }
}
