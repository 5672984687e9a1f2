//! What the pages of this folder share.

use std::sync::Arc;

use aldgate_app::page::{Page, Policy, Problem, reply};
use aldgate_core::application::Application;
use aldgate_core::id::ClientId;
use aldgate_core::password::{BYTES_MAX, RefusedPassword};
use axum::response::Response;
use http::StatusCode;

use crate::visitor::{Fault, Visitor};

/// A page with a form, outside of any running authorization.
pub(super) async fn show<P: Page>(visitor: &Visitor, status: StatusCode, page: &P) -> Response {
    let chrome = visitor.chrome(None).await;
    let mut response = reply(status, page, &chrome, &Policy::page());
    visitor.remember_browser(&mut response);
    response
}

/// What a form says of a refused password.
pub(crate) const fn problem_of(refused: RefusedPassword) -> Problem {
    match refused {
        RefusedPassword::Empty => Problem::Required,
        RefusedPassword::TooShort { min } => Problem::PasswordTooShort { min },
        RefusedPassword::TooLong => Problem::PasswordTooLong {
            #[expect(clippy::cast_possible_truncation, reason = "512")]
            max: BYTES_MAX as u32,
        },
        RefusedPassword::TooCommon => Problem::PasswordTooCommon,
        RefusedPassword::Personal => Problem::PasswordContainsUserData,
        RefusedPassword::Reused { .. } => Problem::PasswordReused,
    }
}

/// Where somebody goes on after a mailed link: the address that the ticket names, the application
/// she came from, or where the tenant sends people.
pub(super) async fn onward(
    visitor: &Visitor,
    result_url: Option<&str>,
    client: Option<&ClientId>,
) -> Result<Option<String>, Fault> {
    if let Some(url) = result_url {
        return Ok(Some(url.to_owned()));
    }
    let application: Option<Arc<Application>> = match client {
        Some(id) => visitor.app.application(&visitor.tenant.id, id).await?,
        None => None,
    };
    let start = application.and_then(|application| application.initiate_login_uri.clone());
    Ok(start.or_else(|| visitor.tenant.settings.default_redirection_uri.clone()))
}
