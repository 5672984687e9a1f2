//! `POST …/challenge`: whether a captcha is needed (auth0.js and Lock ask before they show a form).
//! Never: guessing is limited by counting (ACC-03).

use aldgate_app::respond::json;
use axum::response::Response;
use http::StatusCode;

/// Answers that none is needed.
pub(crate) async fn show() -> Response {
    json(StatusCode::OK, &serde_json::json!({ "required": false }))
}
