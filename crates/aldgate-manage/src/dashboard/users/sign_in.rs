//! How a user signs in: her address, username and password, and the mails about them.

use axum::response::Response;
use serde::Serialize;

use super::{UPDATE_WHOLLY, database, load, sheet, side};
use crate::dashboard::Visit;
use crate::dashboard::applications::text;
use crate::dashboard::events::when;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, show};
use crate::dashboard::visit::href;

pub(super) fn pages() -> Vec<Page> {
    vec![show("/users/{id}/sign-in", "Sign-in of a user", sign_in).needs("GET /users/{id}")]
}

#[derive(Serialize)]
struct View {
    email: String,
    verified: bool,
    username: String,
    /// The database that knows her password; empty when there is none.
    database: String,
    password_changed: String,
    may_change: bool,
    change_email: String,
    change_username: String,
    change_password: String,
    send_verification: String,
    verification_link: String,
    send_reset: String,
    reset_link: String,
}

async fn sign_in(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let to = |path: &str| href(&side(&visit, path));
    let view = View {
        email: text(&user, "email"),
        verified: user["email_verified"] == true,
        username: text(&user, "username"),
        database: database(&user).unwrap_or_default(),
        password_changed: when(&text(&user, "last_password_reset")),
        may_change: visit.can(UPDATE_WHOLLY),
        change_email: to("/email"),
        change_username: to("/username"),
        change_password: to("/password"),
        send_verification: to("/verification"),
        verification_link: to("/verification/link"),
        send_reset: to("/reset"),
        reset_link: to("/reset/link"),
    };
    Ok(sheet(&visit, "user_sign_in", &user, "/sign-in").show(&view))
}
