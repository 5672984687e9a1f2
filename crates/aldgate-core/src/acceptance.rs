//! An API accepts the tokens of an application: told in the tenant log once in a while, so that
//! whoever sets both up sees that they work together. Says nothing of users and of how many.

use crate::api::Api;
use crate::application::Application;
use crate::event::{Event, EventType};
use crate::time::Seconds;

/// The code of a line of a report that tells of an acceptance.
pub const CODE: &str = "accepted";

/// The same acceptance is told of at most once in this time.
pub const INTERVAL: Seconds = Seconds::hours(6);

/// How the tenant knows of an acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The API's verifier reported it.
    Report,
    /// The API asked what the token is worth (RFC 7662), and it was worth something.
    Introspection,
}

/// Fills in the event that tells of it.
pub fn describe(event: &mut Event, application: &Application, api: &Api, evidence: Evidence) {
    debug_assert_eq!(event.kind, EventType::TokenAccepted);
    let how = match evidence {
        Evidence::Report => "accepts tokens of",
        Evidence::Introspection => "asked about a good token of",
    };
    event.description = format!("{} {how} {}", api.name, application.name);
    event.client_id = Some(application.id.clone());
    event.client_name = Some(application.name.clone());
    event.audience = Some(api.identifier.clone());
}
