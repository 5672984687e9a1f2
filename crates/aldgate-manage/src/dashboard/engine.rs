//! The templates of the dashboard: embedded in release builds, read from disk in debug builds.

use aldgate_app::page::{Policy, environment_with};
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_LANGUAGE, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use minijinja::{Environment, Value};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "templates/"]
struct Templates;

fn own(name: &str) -> Option<String> {
    let file = Templates::get(name)?;
    String::from_utf8(file.data.into_owned()).ok()
}

#[cfg(not(debug_assertions))]
fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: std::sync::LazyLock<Environment<'static>> =
        std::sync::LazyLock::new(|| environment_with(own));
    &ENVIRONMENT
}

#[cfg(debug_assertions)]
fn environment() -> Environment<'static> {
    environment_with(own)
}

/// What is shown when a template fails.
const FALLBACK: &str = "<!doctype html><html lang=\"en\"><title>Error</title>\
                        <h1>This page could not be shown</h1>\
                        <p>The server has logged why.</p></html>";

/// Renders `dashboard/{template}.html` as a complete response.
///
/// A template that fails is logged and answered with a plain 500.
pub(super) fn reply(status: StatusCode, template: &str, context: Value) -> Response {
    let (status, body) = match try_render(template, context) {
        Some(body) => (status, body),
        None => (StatusCode::INTERNAL_SERVER_ERROR, FALLBACK.to_owned()),
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    headers.insert(CONTENT_TYPE, html);
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static("en"));
    Policy::dashboard().apply(headers);
    response
}

/// Renders `dashboard/{template}.html` alone, for what stands in a frame.
pub(super) fn render(template: &str, context: Value) -> String {
    try_render(template, context).unwrap_or_else(|| FALLBACK.to_owned())
}

fn try_render(template: &str, context: Value) -> Option<String> {
    let name = format!("dashboard/{template}.html");
    let rendered = environment()
        .get_template(&name)
        .and_then(|template| template.render(context));
    match rendered {
        Ok(body) => Some(body),
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), template = name, "no page");
            None
        }
    }
}
