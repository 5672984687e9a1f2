//! My account: the pages on which people look after their own accounts, at `{issuer}account`.
//!
//! They stand on the session. Who has none logs in as at any application, with every connection
//! that is in use; sensitive pages want a login of the last minutes (SES-02).

mod applications;
mod data;
mod delete;
mod email;
mod home;
mod identities;
pub(crate) mod owner;
mod password;
mod profile;
mod sessions;

use aldgate_app::App;
use axum::Router;
use axum::routing::{get, post};

/// The routes of this folder.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/account", get(home::get))
        .route("/account/profile", post(profile::post))
        .route("/account/password", get(password::get).post(password::post))
        .route("/account/email", get(email::get).post(email::post))
        .route("/account/sessions", post(sessions::post))
        .route("/account/logout", post(sessions::log_out))
        .route("/account/applications", post(applications::post))
        .route("/account/identities", post(identities::post))
        .route("/account/data", get(data::get))
        .route("/account/delete", get(delete::get).post(delete::post))
}
