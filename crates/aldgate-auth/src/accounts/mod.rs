//! Accounts of database users: password login, sign-up, recovery, verification.

mod avatar;
mod challenge;
mod change_password;
pub(crate) mod counting;
mod directory;
mod pages;
pub(crate) mod password_login;
mod recovery;
mod recovery_page;
mod refused;
mod reset_page;
mod sign_up;
mod signup;
mod signup_page;
mod ticket_page;

use aldgate_app::App;
use axum::Router;
use axum::routing::{get, post};

pub use directory::{DirectoryError, database};
pub use password_login::{AuthenticatedUser, LoginFailure, PasswordAttempt, authenticate};

pub(crate) use challenge::show as no_challenge;
pub(crate) use pages::problem_of;

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
        .route(
            signup_page::PATH,
            get(signup_page::show).post(signup_page::submit),
        )
        .route(
            recovery_page::PATH,
            get(recovery_page::get).post(recovery_page::post),
        )
        .route(
            reset_page::PATH,
            get(reset_page::get).post(reset_page::post),
        )
        .route(
            ticket_page::VERIFY,
            get(ticket_page::show_verify).post(ticket_page::verify),
        )
        .route(
            ticket_page::UNDO,
            get(ticket_page::show_undo).post(ticket_page::undo),
        )
        .route(
            ticket_page::UNBLOCK,
            get(ticket_page::show_unblock).post(ticket_page::unblock),
        )
}
