//! The refresh token grant (RFC 6749 section 6; rotation by RFC 9700 section 4.14; ruling R9,
//! RTK-01, RTK-02).
//!
//! A family is the chain of refresh tokens of one grant, numbered by generation. Within the leeway
//! a retired token gets the *same* answer again: the successor is derived from the presented token
//! (see [`Derived`]), never stored in the clear.

mod derived;

use super::code::usable;
use super::{Effect, Grant, Refused, require};
use crate::access::Access;
use crate::application::{ExpirationType, GrantType, RefreshTokenSettings};
use crate::client_auth::AuthenticatedClient;
use crate::error::{ErrorCode, OAuthError, Refusal};
use crate::event::EventType;
use crate::id::GrantId;
use crate::scope::{self, Scopes};
use crate::time::{Seconds, Timestamp};
use crate::user::User;

pub use derived::Derived;

/// A retired token is answered again for at most this long, whatever the application's leeway says.
const LEEWAY_MAX: Seconds = Seconds(60);

/// A refresh token's facts. The token itself exists only as a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// The grant: the family.
    pub grant_id: GrantId,
    /// Place in the family, from 0.
    pub generation: i64,
    /// When it ends if it is not used.
    pub idle_expires_at: Timestamp,
    /// When the whole family ends; rotation does not move it.
    pub expires_at: Timestamp,
    /// When its successor was issued.
    pub retired_at: Option<Timestamp>,
}

/// What is known about a refresh token that was found.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The token.
    pub token: &'a RefreshToken,
    /// The youngest generation of its family.
    pub newest: i64,
    /// The application it was issued to.
    pub grant: &'a Grant,
    /// Whether the grant was revoked.
    pub revoked: bool,
    /// Whose grant it is; `None` once she is deleted.
    pub user: Option<&'a User>,
}

/// What to do with the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// Retire it and issue the next generation. The shell retires it with one conditional update;
    /// if that finds it retired meanwhile, it asks again.
    Rotate,
    /// Keep it: the application does not rotate. Only its idle lifetime starts anew.
    Keep,
    /// Answer as at the given moment, when its successor was issued (leeway).
    Again(Timestamp),
}

/// Decides what `client` gets for the token.
///
/// # Errors
/// `invalid_grant`; reuse of a retired token outside the leeway revokes the grant.
/// `unauthorized_client` when the application may not refresh.
pub fn exchange(
    facts: Facts<'_>,
    client: &AuthenticatedClient,
    now: Timestamp,
) -> Result<Exchange, Box<Refused>> {
    require(client, GrantType::RefreshToken, "refresh_token").map_err(refused)?;
    if facts.grant.client_id != *client.id() {
        return Err(refused(foreign(client, facts.grant)));
    }
    if facts.revoked {
        let cause = "The grant is revoked: by a logout of the application, an administrator, the \
                     user, or the reuse of an old refresh token.";
        return Err(refused(invalid("grant_revoked", cause)));
    }
    usable(facts.user).map_err(refused)?;
    let settings = &client.application().refresh_token;
    if let Some(retired_at) = facts.token.retired_at {
        let leeway = settings.leeway.min(LEEWAY_MAX);
        let previous = facts.token.generation + 1 == facts.newest;
        return if previous && now < retired_at + leeway {
            Ok(Exchange::Again(retired_at))
        } else {
            Err(reused(facts, retired_at, leeway))
        };
    }
    for (end, code) in [
        (facts.token.expires_at, "refresh_token_expired"),
        (facts.token.idle_expires_at, "refresh_token_idle"),
    ] {
        if end <= now {
            return Err(refused(expired(code, end, now)));
        }
    }
    Ok(if client.application().rotates_refresh_tokens() {
        Exchange::Rotate
    } else {
        Exchange::Keep
    })
}

/// The refusal of a refresh token that is not in the store.
#[must_use]
pub fn unknown() -> Box<Refused> {
    let cause = "There is no such refresh token: never issued here, expired long ago, or cut.";
    refused(invalid("refresh_token_unknown", cause))
}

/// When the first token of a family ends: idle and absolute.
#[must_use]
pub fn first_lifetimes(settings: &RefreshTokenSettings, now: Timestamp) -> (Timestamp, Timestamp) {
    let endless = settings.expiration_type == ExpirationType::NonExpiring;
    let absolute = if endless || settings.infinite_token_lifetime {
        Timestamp::from_micros(i64::MAX)
    } else {
        now + settings.token_lifetime
    };
    (idle_end(settings, absolute, now), absolute)
}

/// When a token that is issued or used at `now` ends if it is not used, never after `absolute`.
#[must_use]
pub fn idle_end(settings: &RefreshTokenSettings, absolute: Timestamp, now: Timestamp) -> Timestamp {
    let endless = settings.expiration_type == ExpirationType::NonExpiring;
    if endless || settings.infinite_idle_token_lifetime {
        absolute
    } else {
        absolute.min(now + settings.idle_token_lifetime)
    }
}

/// The scopes that this exchange may have at most: those asked for, else all of the grant.
///
/// # Errors
/// `invalid_scope` when more is asked for than was granted (RFC 6749 section 6).
pub fn wanted_scope(grant: &Grant, requested: Option<&Scopes>) -> Result<Scopes, OAuthError> {
    let Some(requested) = requested else {
        return Ok(grant.scope.clone());
    };
    let beyond = requested.filter(|s| !grant.scope.contains(s));
    if beyond.is_empty() {
        return Ok(requested.clone());
    }
    let text = format!("scope goes beyond what was granted: {beyond}");
    Err(OAuthError::new(ErrorCode::InvalidScope, text).because(
        Refusal::new("scope_beyond_grant", "A refresh can only narrow the scope.")
            .expected(grant.scope.to_string())
            .actual(&requested.to_string())
            .remedy("Leave scope out, or send the user to /authorize for more."),
    ))
}

/// Refuses another audience than the grant's (OAU-11).
///
/// # Errors
/// `invalid_target` (RFC 8707 section 2).
pub fn same_audience(grant: &Grant, asked: Option<&str>, userinfo: &str) -> Result<(), OAuthError> {
    let granted = grant.audience.as_deref();
    match asked {
        Some(asked) if asked != granted.unwrap_or(userinfo) => {
            let text = "This refresh token is for another audience; leave audience out";
            Err(OAuthError::new(ErrorCode::InvalidTarget, text).because(
                Refusal::new("audience_beyond_grant", text)
                    .expected(granted.unwrap_or(userinfo))
                    .actual(asked)
                    .remedy("Send the user to /authorize with the other audience."),
            ))
        }
        _ => Ok(()),
    }
}

/// Narrows `access`, which was evaluated anew for all of the grant's scopes, to what this exchange
/// asks for. Permissions that were withdrawn since are gone; when none is left, the exchange is
/// refused (SES-04).
///
/// # Errors
/// `invalid_scope` as [`wanted_scope`], `access_denied` when nothing granted is left.
pub fn narrow(
    grant: &Grant,
    mut access: Access,
    requested: Option<&Scopes>,
) -> Result<Access, OAuthError> {
    let wanted = wanted_scope(grant, requested)?;
    let had = grant.scope.filter(|s| !scope::is_standard(s));
    if !had.is_empty() && had.iter().all(|s| !access.scope.contains(s)) {
        let text = "The user has none of the granted permissions any more";
        return Err(OAuthError::access_denied(text).because(
            Refusal::new("permissions_withdrawn", text)
                .expected(had.to_string())
                .remedy("Give the user a role or permissions of the API again."),
        ));
    }
    access.scope = wanted.filter(|s| access.scope.contains(s));
    Ok(access)
}

fn invalid(code: &'static str, cause: &'static str) -> OAuthError {
    // Auth0's SDKs look for these words, case included.
    OAuthError::invalid_grant("Unknown or invalid refresh token.")
        .because(Refusal::new(code, cause))
}

fn foreign(client: &AuthenticatedClient, grant: &Grant) -> OAuthError {
    OAuthError::invalid_grant("Unknown or invalid refresh token.").because(
        Refusal::new(
            "refresh_token_of_other_client",
            "It was issued to another application.",
        )
        .expected(grant.client_id.as_str())
        .actual(client.id().as_str()),
    )
}

fn expired(code: &'static str, end: Timestamp, now: Timestamp) -> OAuthError {
    OAuthError::invalid_grant("Unknown or invalid refresh token.").because(
        Refusal::new(code, "The refresh token has expired.")
            .expected(format!("used before {end}"))
            .actual(&now.iso8601())
            .remedy("The user has to log in again; lifetimes are settings of the application."),
    )
}

fn reused(facts: Facts<'_>, retired_at: Timestamp, leeway: Seconds) -> Box<Refused> {
    let generation = facts.token.generation;
    let cause = "A refresh token that was already exchanged came back. Either it was stolen or the \
                 application kept an old one; all tokens of this login are revoked.";
    let error = OAuthError::invalid_grant("Unknown or invalid refresh token.").because(
        Refusal::new("refresh_token_reused", cause)
            .expected(format!(
                "generation {}, or its predecessor until {}",
                facts.newest,
                retired_at + leeway
            ))
            .actual(&format!("generation {generation}, retired at {retired_at}"))
            .remedy("Store the new refresh token of each answer before using it."),
    );
    Box::new(Refused {
        error,
        effect: Effect::RevokeGrant,
        event: EventType::RefreshTokenReuse,
    })
}

fn refused(error: OAuthError) -> Box<Refused> {
    Box::new(Refused {
        error,
        effect: Effect::Nothing,
        event: EventType::FailedRefreshExchange,
    })
}

#[cfg(test)]
mod tests;
