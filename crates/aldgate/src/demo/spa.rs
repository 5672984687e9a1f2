//! Serves the demo application: static files, and `config.json` with what it has to know.

use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{StatusCode, header};
use rust_embed::RustEmbed;
use serde_json::{Value, json};

#[derive(RustEmbed)]
#[folder = "demo/"]
struct Files;

/// The demo application's own server. It holds no secret.
pub(crate) fn router(dev: &Value) -> Router {
    let config = json!({
        "issuer": dev["issuer"],
        "client_id": dev["spa"]["client_id"],
        "second_client_id": dev["second_spa"]["client_id"],
        "audience": dev["api"]["identifier"],
        "api_url": dev["demo_api_url"],
        "user": dev["user"],
    });
    Router::new()
        .route("/config.json", get(move || async move { Json(config) }))
        .route("/", get(|| async { file("index.html") }))
        .route("/callback", get(|| async { file("index.html") }))
        .route(
            "/{*path}",
            get(|Path(path): Path<String>| async move { file(&path) }),
        )
}

fn file(path: &str) -> Response {
    let Some(found) = Files::get(path) else {
        return (StatusCode::NOT_FOUND, "The demo has no such file.\n").into_response();
    };
    let kind = match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, found.data.into_owned()).into_response()
}
