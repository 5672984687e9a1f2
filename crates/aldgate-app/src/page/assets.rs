//! Styles, scripts and images: named by their hash, cached for ever.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::Brand;

/// The address of an asset, `/assets/{hash}-{name}`, or `None` if there is no such file.
pub fn asset_path(name: &str) -> Option<String> {
    let file = Assets::get(name)?;
    Some(format!("/assets/{}-{name}", hash(&file)))
}

/// The names of all assets.
pub fn asset_names() -> Vec<String> {
    Assets::iter().map(|name| name.into_owned()).collect()
}

/// An asset's content type and bytes, for servers that give it another address: the demo.
pub fn asset_file(name: &str) -> Option<(&'static str, Vec<u8>)> {
    Some((content_type(name)?, Assets::get(name)?.data.into_owned()))
}

/// `GET /assets/{file}`: an asset, or the stylesheet of a brand's colours.
///
/// An address with the current hash may be cached for ever. One with an old hash, from a page
/// rendered before an upgrade, gets the current file and is not to be cached.
pub async fn asset(Path(file): Path<String>, request: HeaderMap) -> Response {
    if let Some(style) = brand_stylesheet(&file) {
        let tag = format!("\"{file}\"");
        return deliver(
            &request,
            &tag,
            IMMUTABLE,
            "text/css; charset=utf-8",
            style.into_bytes(),
        );
    }
    let Some((claimed, name)) = file.split_once('-') else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (Some(file), Some(kind)) = (Assets::get(name), content_type(name)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let hash = hash(&file);
    let caching = if claimed == hash {
        IMMUTABLE
    } else {
        "no-cache"
    };
    deliver(
        &request,
        &format!("\"{hash}\""),
        caching,
        kind,
        file.data.into_owned(),
    )
}

/// `GET /favicon.ico`: for browsers that ask without being told.
pub async fn favicon() -> Response {
    match asset_path("favicon.svg") {
        Some(path) => Redirect::temporary(&path).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The stylesheet behind a file name that [`Brand::stylesheet_name`] made.
pub fn brand_stylesheet(file: &str) -> Option<String> {
    let spec = file.strip_prefix("brand-")?.strip_suffix(".css")?;
    Brand::stylesheet(spec)
}

const IMMUTABLE: &str = "public, max-age=31536000, immutable";

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// The first 64 bits of the file's SHA-256, in hex.
fn hash(file: &EmbeddedFile) -> String {
    let digest = file.metadata.sha256_hash();
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

fn deliver(
    request: &HeaderMap,
    tag: &str,
    caching: &'static str,
    kind: &'static str,
    body: Vec<u8>,
) -> Response {
    let known = request
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|known| same_tag(known.trim(), tag)));
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        body.into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // An SVG opened by itself is a document: it may not run anything.
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    );
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// Weak comparison (RFC 9110 §8.8.3.2): a cache may have marked our tag as weak.
fn same_tag(known: &str, tag: &str) -> bool {
    known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
}
