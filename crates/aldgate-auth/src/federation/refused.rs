//! Every fault on the way to a provider and back ends here: a page of this server with a support
//! code, the full story in the tenant log, nobody logged in.

use aldgate_core::application::Application;
use aldgate_core::connection::Connection;
use aldgate_core::error::{ErrorCode, OAuthError, Refusal};
use aldgate_core::event::EventType;
use axum::response::Response;

use crate::visitor::Visitor;

/// What the refusal is about, as far as it is known.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    /// The connection.
    pub(crate) connection: Option<&'a Connection>,
    /// The application that the user wanted to go to.
    pub(crate) application: Option<&'a Application>,
}

/// The page. What the provider said is for the log, not for whoever holds the browser.
pub(crate) async fn page(visitor: &Visitor, about: About<'_>, refusal: Refusal) -> Response {
    let said_no = refusal.code == "federation_refused"
        && refusal
            .actual
            .as_deref()
            .is_some_and(|said| said.starts_with("access_denied"));
    let error = if said_no {
        OAuthError::access_denied("The login was cancelled, or the provider did not allow it.")
    } else {
        let text =
            "The login with the other provider could not be completed. Nobody was logged in.";
        OAuthError::new(ErrorCode::InvalidRequest, text)
    };
    told(visitor, about, &error.because(refusal)).await
}

/// The page of a refusal that has its own words.
pub(crate) async fn told(visitor: &Visitor, about: About<'_>, error: &OAuthError) -> Response {
    let kind = EventType::FailedLogin;
    let mut event = visitor.app.refusal_event(&visitor.caller, error, kind);
    event.connection = about.connection.map(|connection| connection.name.clone());
    event.client_id = about.application.map(|application| application.id.clone());
    event.client_name = about
        .application
        .map(|application| application.name.clone());
    event.detail = serde_json::json!({"error": error.code.as_str(), "check": "federation"});
    visitor
        .app
        .show_refusal(&visitor.tenant, &visitor.headers, error, event)
        .await
}
