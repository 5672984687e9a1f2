//! The checks that find out where an answer may go. Their refusals are pages.

use super::super::plan::Target;
use super::super::request::Request;
use super::super::response_type::{ResponseMode, ResponseType};
use super::Facts;
use crate::application::Application;
use crate::error::{ErrorCode, OAuthError, Refusal};
use crate::redirect::CheckedRedirect;

/// `client_id`, `redirect_uri`, `state` and `response_mode` decide about the answer itself: they
/// must be readable.
pub(super) fn parameters<'a>(
    request: &'a Request,
    _: &Facts<'_>,
) -> Result<&'a Request, OAuthError> {
    let deciding = ["client_id", "redirect_uri", "state", "response_mode"];
    let defect = deciding.iter().find_map(|name| request.defect_of(name));
    let Some(defect) = defect else {
        return Ok(request);
    };
    let text = defect.describe();
    let refusal = Refusal::new("parameter_unusable", text.clone())
        .remedy("Send each parameter once, percent-encoded, without stray copies in the body.");
    Err(OAuthError::invalid_request(text).because(refusal))
}

/// A request of a known application.
pub(super) struct Known<'a> {
    request: &'a Request,
    application: &'a Application,
}

pub(super) fn client_known<'a>(
    request: &'a Request,
    facts: &Facts<'a>,
) -> Result<Known<'a>, OAuthError> {
    let Some(client_id) = &request.client_id else {
        let refusal = Refusal::new(
            "client_id_missing",
            "The request does not name an application.",
        )
        .remedy("Send client_id: the application's settings page shows it.");
        return Err(OAuthError::missing("client_id").because(refusal));
    };
    match facts.application {
        Some(application) => Ok(Known {
            request,
            application,
        }),
        None => Err(unknown(client_id)),
    }
}

fn unknown(client_id: &str) -> OAuthError {
    let refusal = Refusal::new(
        "client_unknown",
        "No application of this tenant has this client_id.",
    )
    .actual(client_id)
    .remedy(
        "Compare client_id and domain with the application's settings page: both must be of \
             the same tenant.",
    );
    OAuthError::new(
        ErrorCode::UnauthorizedClient,
        format!("Unknown client: {client_id}"),
    )
    .because(refusal)
}

pub(super) fn client_enabled<'a>(known: Known<'a>, _: &Facts<'_>) -> Result<Known<'a>, OAuthError> {
    if !known.application.disabled {
        return Ok(known);
    }
    let refusal = Refusal::new("client_disabled", "The application is switched off.")
        .actual(known.application.id.as_str())
        .remedy("An administrator can switch it on in the application's settings.");
    Err(OAuthError::unauthorized_client("This application is disabled").because(refusal))
}

pub(super) fn redirect_uri(known: Known<'_>, _: &Facts<'_>) -> Result<Target, OAuthError> {
    let Known {
        request,
        application,
    } = known;
    let sent = request.redirect_uri.as_deref();
    let redirect = CheckedRedirect::assertion(application, sent, request.is_openid())
        .map_err(|refusal| OAuthError::invalid_request(headline(&refusal)).because(refusal))?;
    Ok(Target {
        client_id: application.id.clone(),
        is_first_party: application.is_first_party,
        redirect,
        mode: answer_mode(request),
        state: request.state.clone(),
        silent: request.prompt.as_deref() == Some("none"),
    })
}

fn headline(refusal: &Refusal) -> &'static str {
    if refusal.code == "redirect_uri_missing" {
        "Callback URL missing"
    } else {
        "Callback URL mismatch"
    }
}

/// How even a refusal travels: as asked for if that is possible, else as the response type has it.
fn answer_mode(request: &Request) -> ResponseMode {
    let asked = request
        .response_mode
        .as_deref()
        .and_then(ResponseMode::parse);
    let kind = request
        .response_type
        .as_deref()
        .and_then(ResponseType::parse);
    let fitting = asked.filter(|mode| kind.is_none_or(|kind| mode.suits(kind)));
    fitting.unwrap_or_else(|| kind.map_or(ResponseMode::Query, ResponseType::default_mode))
}

/// A message needs a web origin to go to; a native address has none.
pub(super) fn web_message(target: Target, _: &Facts<'_>) -> Result<Target, OAuthError> {
    if target.mode != ResponseMode::WebMessage || target.redirect.origin().is_some() {
        return Ok(target);
    }
    let refusal = Refusal::new(
        "web_message_origin",
        "response_mode=web_message answers a web page, but redirect_uri is no web address.",
    )
    .expected("a redirect_uri with http or https")
    .actual(target.redirect.as_str())
    .remedy("Use another response_mode, or a web address.");
    let text = "response_mode=web_message needs a redirect_uri with http or https";
    Err(OAuthError::invalid_request(text).because(refusal))
}
