//! The checks of an authorization request, as two ordered tables.
//!
//! The first table ends in a [`Target`]: before it there is nowhere to answer, so its refusals are
//! pages. The second ends in a [`Plan`]; its refusals are answers to the target. Each check takes
//! what the one before it returned, so a wrong order does not compile.

mod before_target;
mod parameters;

use super::plan::{Plan, Target};
use super::request::Request;
use crate::api::Api;
use crate::application::Application;
use crate::connection::Connection;
use crate::error::{ErrorCode, OAuthError, Refusal};
use crate::hint::Hint;
use crate::tenant::Tenant;

/// What the checks need to know, loaded beforehand.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
    /// The application that `client_id` names, if there is one.
    pub application: Option<&'a Application>,
    /// The API that the request means, if there is one (see [`crate::access::Audience`]).
    pub api: Option<&'a Api>,
    /// Identifiers of the tenant's APIs, for the remedy when there is none.
    pub api_identifiers: &'a [String],
    /// The connection that `connection` names, if there is one.
    pub connection: Option<&'a Connection>,
    /// What verifying `id_token_hint` gave; `None` when none was sent.
    pub hint: Option<&'a Result<Hint, Refusal>>,
}

/// A refused authorization request.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    /// The check that refused, by its name in the table.
    pub check: &'static str,
    /// What the application or the page says, and the story for the log.
    pub error: OAuthError,
    /// Where the answer could go; `None` before there is an address to trust.
    pub target: Option<Box<Target>>,
}

/// Name and source of a check, for logs, documentation and tests.
pub type CheckName = (&'static str, &'static str);

/// Defines a table: a function that runs the checks in order, and their names.
macro_rules! table {
    (
        $(#[$doc:meta])* $names:ident, $run:ident($first:ty) -> $last:ty;
        $($name:literal, $spec:literal, $check:path;)+
    ) => {
        $(#[$doc])*
        pub const $names: &[CheckName] = &[$(($name, $spec)),+];

        fn $run(value: $first, facts: &Facts<'_>) -> Result<$last, (&'static str, OAuthError)> {
            $(let value = $check(value, facts).map_err(|error| ($name, error))?;)+
            Ok(value)
        }
    };
}

table! {
    /// Refusals of these are pages on this server (OAU-05).
    BEFORE_TARGET, find_target(&Request) -> Target;
    "target_parameters", "RFC 6749 section 3.1", before_target::parameters;
    "client_known", "RFC 6749 section 4.1.2.1", before_target::client_known;
    "client_enabled", "ACC-07", before_target::client_enabled;
    "redirect_uri", "RFC 6749 section 3.1.2; RFC 9700 section 2.1", before_target::redirect_uri;
    "web_message_origin", "Auth0: response_mode=web_message", before_target::web_message;
}

table! {
    /// Refusals of these travel to the application, as [`may_travel`] says.
    AFTER_TARGET, find_plan(parameters::Addressed<'_>) -> Plan;
    "once_each", "RFC 6749 section 3.1", parameters::once_each;
    "request_object", "OpenID Connect Core section 6", parameters::request_object;
    "response_type", "RFC 6749 section 3.1.1", parameters::response_type;
    "response_mode", "OAuth 2.0 Multiple Response Types section 2.1", parameters::response_mode;
    "grant_type", "RFC 6749 section 4.1.2.1; ruling R5", parameters::grant_type;
    "scope", "RFC 6749 section 3.3", parameters::scope;
    "pkce", "RFC 7636 section 4; ruling R8", parameters::pkce;
    "nonce", "OpenID Connect Core section 3.2.2.1", parameters::nonce;
    "prompt", "OpenID Connect Core section 3.1.2.1", parameters::prompt;
    "max_age", "OpenID Connect Core section 3.1.2.1", parameters::max_age;
    "claims", "OpenID Connect Core section 5.5", parameters::claims;
    "id_token_hint", "OpenID Connect Core section 3.1.2.1", parameters::id_token_hint;
    "organization", "Auth0: organization", parameters::organization;
    "connection", "Auth0: connection", parameters::connection;
    "audience", "RFC 8707 section 2; ruling R7", parameters::audience;
}

/// Runs both tables.
///
/// # Errors
/// The first check that refuses, with the target if there is one by then.
pub fn run(request: &Request, facts: &Facts<'_>) -> Result<Plan, Rejected> {
    let target = find_target(request, facts).map_err(|(check, error)| Rejected {
        check,
        error,
        target: None,
    })?;
    let addressed = parameters::Addressed {
        request,
        target: target.clone(),
    };
    find_plan(addressed, facts).map_err(|(check, error)| Rejected {
        check,
        error,
        target: Some(Box::new(target)),
    })
}

/// The one place that decides whether a refusal travels to the application or stays a page here
/// (OAU-05; RFC 6749 section 4.1.2.1; RFC 9700 section 4.11.2).
///
/// Our own faults stay. An application that is not ours gets no browser in which nobody is logged
/// in: else this server would be an open redirector for whoever registers an application. Silent
/// requests are exempt, since they ask just that.
#[must_use]
pub fn may_travel(target: &Target, error: &OAuthError, someone_is_logged_in: bool) -> bool {
    let our_fault = matches!(
        error.code,
        ErrorCode::ServerError | ErrorCode::TemporarilyUnavailable
    );
    !our_fault && (target.is_first_party || someone_is_logged_in || target.silent)
}

#[cfg(test)]
pub(crate) mod tests;
