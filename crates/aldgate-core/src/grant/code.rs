//! The authorization code grant (RFC 6749 section 4.1.3, RFC 7636; OAU-03, OAU-04).

use super::{Code, Effect, Grant, Refused, require};
use crate::application::GrantType;
use crate::client_auth::AuthenticatedClient;
use crate::error::{OAuthError, Refusal};
use crate::event::EventType;
use crate::pkce;
use crate::time::Timestamp;
use crate::user::User;

/// What is known about a code that was found.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The code.
    pub code: &'a Code,
    /// The grant it redeems; `None` once it is revoked or gone.
    pub grant: Option<&'a Grant>,
    /// Whose grant it is; `None` once she is deleted.
    pub user: Option<&'a User>,
    /// Whether the code was redeemed before.
    pub spent: bool,
}

/// What the exchange sends beside the code.
#[derive(Debug, Clone, Copy, Default)]
pub struct Exchange<'a> {
    /// `redirect_uri`.
    pub redirect_uri: Option<&'a str>,
    /// `code_verifier`.
    pub code_verifier: Option<&'a str>,
}

/// Decides whether `client` may redeem the code. On success the shell spends it with one
/// conditional update; when that finds it spent meanwhile, it asks again with `spent` set.
///
/// A replay with everything right revokes the grant; a wrong attempt changes nothing, so that
/// nobody can end another's login with half of the facts (OAU-04).
///
/// # Errors
/// `invalid_grant`, and `unauthorized_client` when the application may not use codes.
pub fn redeem<'a>(
    facts: Facts<'a>,
    client: &AuthenticatedClient,
    exchange: Exchange<'_>,
    now: Timestamp,
) -> Result<(&'a Grant, &'a User), Box<Refused>> {
    let refuse = |error| refused(error, Effect::Nothing);
    require(client, GrantType::AuthorizationCode, "authorization_code").map_err(refuse)?;
    // RFC 6749 section 4.1.3: issued to the authenticated client …
    if facts.code.client_id != *client.id() {
        return Err(refuse(foreign(client, facts.code)));
    }
    // … for the same redirect URI, if one was sent …
    same_redirect_uri(facts.code, exchange.redirect_uri).map_err(refuse)?;
    // … and RFC 7636 section 4.6: to whoever holds the verifier.
    pkce::verify(facts.code.code_challenge.as_deref(), exchange.code_verifier).map_err(refuse)?;
    if facts.spent {
        return Err(refused(replayed(), Effect::RevokeGrant));
    }
    if facts.code.expires_at <= now {
        return Err(refuse(expired(facts.code, now)));
    }
    let grant = facts.grant.ok_or_else(|| refuse(grant_gone()))?;
    let user = usable(facts.user).map_err(refuse)?;
    Ok((grant, user))
}

/// The refusal of a code that is not in the store.
#[must_use]
pub fn unknown() -> Box<Refused> {
    let cause = "There is no such code: never issued here, long expired, or cut on the way.";
    refused(invalid("code_unknown", cause), Effect::Nothing)
}

/// Checks that the user still exists and is not blocked (ACC-07).
///
/// # Errors
/// `invalid_grant`; for a blocked user with the text that Auth0's SDKs look for.
pub fn usable(user: Option<&User>) -> Result<&User, OAuthError> {
    match user {
        None => Err(
            OAuthError::invalid_grant("The user does not exist any more").because(Refusal::new(
                "user_deleted",
                "The user was deleted after she logged in.",
            )),
        ),
        Some(user) if user.blocked => Err(OAuthError::invalid_grant("user is blocked").because(
            Refusal::new("user_blocked", "The user is blocked.")
                .actual(user.id.as_str())
                .remedy("Unblock her on her page in the dashboard."),
        )),
        Some(user) => Ok(user),
    }
}

fn same_redirect_uri(code: &Code, sent: Option<&str>) -> Result<(), OAuthError> {
    if code.redirect_uri.as_deref() == sent || (code.redirect_uri.is_none() && sent.is_some()) {
        return Ok(());
    }
    let expected = code.redirect_uri.as_deref().unwrap_or_default();
    let sent = sent.unwrap_or("(none)");
    let text = format!("The redirect URI is wrong. You sent {sent}, and we expected {expected}");
    Err(OAuthError::invalid_grant(text).because(
        Refusal::new(
            "redirect_uri_mismatch",
            "The exchange names another redirect_uri than the authorization request did.",
        )
        .expected(expected)
        .actual(sent)
        .remedy("Send the redirect_uri of the authorization request unchanged."),
    ))
}

fn invalid(code: &'static str, cause: &'static str) -> OAuthError {
    OAuthError::invalid_grant("Invalid authorization code").because(Refusal::new(code, cause))
}

fn foreign(client: &AuthenticatedClient, code: &Code) -> OAuthError {
    OAuthError::invalid_grant("Invalid authorization code").because(
        Refusal::new(
            "code_of_other_client",
            "The code was issued to another application.",
        )
        .expected(code.client_id.as_str())
        .actual(client.id().as_str()),
    )
}

fn replayed() -> OAuthError {
    let cause = "The code was redeemed before. Everything issued from it is revoked now.";
    OAuthError::invalid_grant("Invalid authorization code").because(
        Refusal::new("code_replayed", cause).remedy(
            "Redeem each code once. A page that is reloaded with the code in its address sends it \
             twice: replace the address after the exchange.",
        ),
    )
}

fn expired(code: &Code, now: Timestamp) -> OAuthError {
    OAuthError::invalid_grant("Invalid authorization code").because(
        Refusal::new("code_expired", "The code is too old.")
            .expected(format!("redeemed before {}", code.expires_at))
            .actual(&now.iso8601()),
    )
}

fn grant_gone() -> OAuthError {
    invalid(
        "grant_revoked",
        "What the user allowed was revoked before the code was redeemed.",
    )
}

fn refused(error: OAuthError, effect: Effect) -> Box<Refused> {
    Box::new(Refused {
        error,
        effect,
        event: EventType::FailedCodeExchange,
    })
}

#[cfg(test)]
#[path = "code_tests.rs"]
mod tests;
