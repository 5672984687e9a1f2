//! Logout: who may end a session by a link, and where the browser may go afterwards (ruling R4,
//! OID-03).
//!
//! Whoever asks to be logged out is, even when the address to go to afterwards is refused: the
//! other way round people would walk away from a browser that is still logged in.

pub mod backchannel;

use url::form_urlencoded;

use crate::application::Application;
use crate::error::{ErrorCode, OAuthError, Refusal};
use crate::hint::Hint;
use crate::session::Session;

/// What happens to a logout request.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The session ends; then the browser goes to this address, or sees a page that says so.
    Done(Option<String>),
    /// The user is asked first: nothing proves that she wants this.
    Ask,
    /// A page says what is wrong.
    Refused {
        /// What is wrong.
        error: Box<OAuthError>,
        /// Whether the session ends nevertheless.
        ends_session: bool,
    },
}

/// Whether the request is one that a person made by going somewhere. Images, frames and scripts of
/// other pages never log anyone out (Fetch Metadata; ruling R4). Clients that do not say pass.
#[must_use]
pub fn is_navigation(sec_fetch_dest: Option<&str>) -> bool {
    matches!(sec_fetch_dest, None | Some("document"))
}

/// Facts of `GET /v2/logout` (Auth0).
#[derive(Debug, Clone, Copy)]
pub struct Simple<'a> {
    /// `client_id`.
    pub client_id: Option<&'a str>,
    /// The application it names, if there is one.
    pub application: Option<&'a Application>,
    /// `returnTo`.
    pub return_to: Option<&'a str>,
    /// The tenant's `allowed_logout_urls`, which count when no application is named.
    pub tenant_urls: &'a [String],
}

/// Decides `GET /v2/logout`. `returnTo` is compared without its query and fragment; with an
/// application and no `returnTo` its first allowed URL counts.
#[must_use]
pub fn simple(request: Simple<'_>) -> Outcome {
    let allowed = match (request.client_id, request.application) {
        (None, _) => request.tenant_urls,
        (Some(_), Some(application)) => &application.allowed_logout_urls,
        (Some(client_id), None) => return refused(unknown_client(client_id), true),
    };
    let Some(return_to) = request.return_to else {
        let first = request
            .application
            .and_then(|app| app.allowed_logout_urls.first());
        return Outcome::Done(first.cloned());
    };
    if allowed.iter().any(|url| bare(url) == bare(return_to)) {
        Outcome::Done(Some(return_to.to_owned()))
    } else {
        let owner = if request.client_id.is_some() {
            "application"
        } else {
            "tenant"
        };
        refused(mismatch("returnTo", owner, allowed, return_to), true)
    }
}

/// An address without query and fragment. Whatever follows `?` or `#` cannot change the host.
fn bare(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// Facts of `/oidc/logout` (OpenID Connect RP-Initiated Logout 1.0).
#[derive(Debug, Clone, Copy)]
pub struct RpInitiated<'a> {
    /// What verifying `id_token_hint` gave; `None` when none was sent.
    pub hint: Option<&'a Result<Hint, Refusal>>,
    /// `logout_hint`: a `sid`.
    pub logout_hint: Option<&'a str>,
    /// `client_id`.
    pub client_id: Option<&'a str>,
    /// The application that `client_id`, or else the hint, names, if there is one.
    pub application: Option<&'a Application>,
    /// `post_logout_redirect_uri`.
    pub redirect_uri: Option<&'a str>,
    /// `state`.
    pub state: Option<&'a str>,
    /// The browser's live session.
    pub session: Option<&'a Session>,
    /// The tenant's `allowed_logout_urls`, which count when no application is named.
    pub tenant_urls: &'a [String],
    /// Whether the user confirmed, or the tenant wants no confirmation.
    pub confirmed: bool,
}

/// Decides `/oidc/logout`.
#[must_use]
pub fn rp_initiated(request: RpInitiated<'_>) -> Outcome {
    let hint = match request.hint {
        Some(Err(refusal)) => return refused(bad_hint(refusal), false),
        Some(Ok(hint)) => Some(hint),
        None => None,
    };
    if let Some(client_id) = request.client_id {
        if hint.is_some_and(|hint| !hint.is_for(client_id)) {
            return refused(other_client(client_id), false);
        }
        if request.application.is_none() {
            return refused(unknown_client(client_id), false);
        }
    }
    let wanted = request.confirmed || is_vouched_for(request, hint);
    if let Some(error) = bad_destination(request) {
        return refused(error, wanted);
    }
    if request.session.is_some() && !wanted {
        return Outcome::Ask;
    }
    let trusted = wanted
        || hint.is_some()
        || request
            .application
            .is_some_and(|application| application.is_first_party);
    let uri = request.redirect_uri.filter(|_| trusted);
    Outcome::Done(uri.map(|uri| with_state(uri, request.state)))
}

/// Whether the request proves to know the session: by an ID token of it, or by its `sid`, which
/// only ID tokens of it tell.
fn is_vouched_for(request: RpInitiated<'_>, hint: Option<&Hint>) -> bool {
    let Some(session) = request.session else {
        return false;
    };
    let by_hint = hint.is_some_and(|hint| match &hint.session_id {
        Some(sid) => *sid == session.id,
        None => hint.user_id == session.user_id,
    });
    let by_sid = request.logout_hint == Some(session.id.as_str()) && request.application.is_some();
    by_hint || by_sid
}

/// Compares `post_logout_redirect_uri` byte for byte, query included.
fn bad_destination(request: RpInitiated<'_>) -> Option<OAuthError> {
    let uri = request.redirect_uri?;
    let (owner, allowed) = match request.application {
        Some(application) => ("application", application.allowed_logout_urls.as_slice()),
        None => ("tenant", request.tenant_urls),
    };
    let registered = allowed.iter().any(|url| url == uri);
    (!registered).then(|| mismatch("post_logout_redirect_uri", owner, allowed, uri))
}

fn with_state(uri: &str, state: Option<&str>) -> String {
    let Some(state) = state else {
        return uri.to_owned();
    };
    let (address, fragment) = uri.split_once('#').unwrap_or((uri, ""));
    let separator = if address.contains('?') { '&' } else { '?' };
    let state: String = form_urlencoded::byte_serialize(state.as_bytes()).collect();
    let mark = if fragment.is_empty() { "" } else { "#" };
    format!(
        "{address}{separator}state={}{mark}{fragment}",
        state.replace('+', "%20")
    )
}

fn refused(error: OAuthError, ends_session: bool) -> Outcome {
    Outcome::Refused {
        error: Box::new(error),
        ends_session,
    }
}

fn unknown_client(client_id: &str) -> OAuthError {
    let refusal = Refusal::new(
        "client_unknown",
        "No application of this tenant has this client_id.",
    )
    .actual(client_id)
    .remedy("Compare client_id with the application's settings page.");
    OAuthError::new(
        ErrorCode::UnauthorizedClient,
        format!("Unknown client: {client_id}"),
    )
    .because(refusal)
}

fn other_client(client_id: &str) -> OAuthError {
    let refusal = Refusal::new(
        "hint_of_other_client",
        "The id_token_hint is another application's.",
    )
    .actual(client_id)
    .remedy("Send the ID token that this application got, or leave client_id out.");
    OAuthError::invalid_request("client_id and id_token_hint do not belong together")
        .because(refusal)
}

fn bad_hint(refusal: &Refusal) -> OAuthError {
    OAuthError::invalid_request("The id_token_hint is not an ID token of this issuer")
        .because(refusal.clone())
}

fn mismatch(name: &str, owner: &str, allowed: &[String], actual: &str) -> OAuthError {
    let shown: Vec<&str> = allowed.iter().take(10).map(String::as_str).collect();
    let cause = format!("{name} is not among the allowed logout URLs of the {owner}.");
    let refusal = Refusal::new("logout_url_mismatch", cause)
        .expected(shown.join(" "))
        .actual(actual)
        .remedy(format!(
            "Add the address to the allowed logout URLs of the {owner}, exactly."
        ));
    OAuthError::invalid_request(format!("The {name} is not an allowed logout URL")).because(refusal)
}

#[cfg(test)]
mod tests;
