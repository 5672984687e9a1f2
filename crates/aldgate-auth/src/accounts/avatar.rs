//! `GET /avatars/{initials}.svg`: the picture of users who have none. Drawn here, so that no
//! stranger learns who logs in (Auth0 asks gravatar.com).

use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

const LETTERS_MAX: usize = 4;

/// Draws up to four letters or digits on a colour that depends on them.
pub(super) async fn show(Path(file): Path<String>) -> Response {
    let initials = file.strip_suffix(".svg").unwrap_or_default();
    let good = (1..=LETTERS_MAX).contains(&initials.len())
        && initials.bytes().all(|b| b.is_ascii_alphanumeric());
    if !good {
        return StatusCode::NOT_FOUND.into_response();
    }
    let mut response = draw(initials).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"));
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    // An SVG opened by itself is a document: it may not run anything.
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox"),
    );
    response
}

fn draw(initials: &str) -> String {
    let sum: u32 = initials.bytes().map(u32::from).sum();
    let (hue, text) = (sum * 47 % 360, initials.to_ascii_uppercase());
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96"><rect
width="96" height="96" fill="hsl({hue} 45% 38%)"/><text x="48" y="48" dy=".36em" fill="#fff"
font-family="sans-serif" font-size="40" text-anchor="middle">{text}</text></svg>"##
    )
}
