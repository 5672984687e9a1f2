//! Accounts of database users: password login, sign-up, recovery, verification.

mod avatar;
mod challenge;
mod change_password;
mod directory;
mod password_login;
mod recovery;
mod refused;
mod sign_up;
mod signup;

use aldgate_app::App;
use axum::Router;
use axum::routing::{get, post};

pub use directory::{DirectoryError, database};
pub use password_login::{AuthenticatedUser, LoginFailure, PasswordAttempt, authenticate};

/// The routes of this folder.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/avatars/{file}", get(avatar::show))
        .route("/dbconnections/signup", post(signup::create))
        .route("/dbconnections/signup/challenge", post(challenge::show))
        .route(
            "/dbconnections/change_password",
            post(change_password::create),
        )
        .route(
            "/dbconnections/change_password/challenge",
            post(challenge::show),
        )
        .route("/usernamepassword/challenge", post(challenge::show))
}
