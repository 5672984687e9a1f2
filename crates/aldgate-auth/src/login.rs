//! The pages between `/authorize` and its answer, one file for each, and what logging in does.

mod code;
mod combined;
mod consent;
mod entry;
mod identifier;
pub(crate) mod password;
mod passwordless;
pub(crate) mod session;
pub(crate) mod stage;

use aldgate_app::App;
use axum::Router;
use axum::routing::get;

/// The routes of this folder.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/login", get(entry::get))
        .route("/u/login", get(combined::get).post(combined::post))
        .route(
            "/u/login/identifier",
            get(identifier::get).post(identifier::post),
        )
        .route("/u/login/password", get(password::get).post(password::post))
        .route(
            "/u/login/passwordless",
            get(passwordless::get).post(passwordless::post),
        )
        .route(code::PATH, get(code::get).post(code::post))
        .route("/u/consent", get(consent::get).post(consent::post))
}
