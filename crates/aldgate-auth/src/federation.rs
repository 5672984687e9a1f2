//! Logging in with another provider: away from `/authorize` or a button, back to
//! `/login/callback`, the address that Auth0 uses.

mod callback;
mod exchange;
pub(crate) mod link;
pub(crate) mod logout;
mod refused;
mod settle;
pub(crate) mod start;

use aldgate_app::App;
use axum::Router;
use axum::routing::{get, post};

/// The routes of this folder.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/login/callback", get(callback::get).post(callback::post))
        .route("/login/logged-out", get(logout::get))
        .route("/u/link", post(link::post))
        .route("/u/login/connection", get(start::by_button))
}

/// Where providers send the browser back to; registered there.
const CALLBACK: &str = "login/callback";
