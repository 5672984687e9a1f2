//! What one authorization gave one application, and the decisions of each grant type.

pub mod client_credentials;
pub mod code;
pub mod password;
pub mod passwordless;
pub mod refresh;
#[cfg(test)]
pub(crate) mod testing;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::action::Customised;
use crate::application::GrantType;
use crate::client_auth::AuthenticatedClient;
use crate::error::{OAuthError, Refusal};
use crate::event::EventType;
use crate::id::{ClientId, GrantId, SessionId, UserId};
use crate::scope::Scopes;
use crate::session::AuthenticationMethod;
use crate::time::Timestamp;

/// What one authorization gave one application. Codes, opaque access tokens and refresh tokens hang
/// on it; revoking it kills them all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// Key.
    pub id: GrantId,
    /// The application.
    pub client_id: ClientId,
    /// The user; `None` for client credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The session it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// The API's identifier; `None`: good for `/userinfo` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// What was asked for.
    pub requested: Scopes,
    /// What was granted.
    pub scope: Scopes,
    /// How the grant came to be.
    pub origin: GrantOrigin,
    /// When the user last actively proved who she is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<Timestamp>,
    /// Whether `auth_time` must be in the ID token: `max_age` or `prompt=login` was sent.
    #[serde(default, skip_serializing_if = "crate::application::is_false")]
    pub wants_auth_time: bool,
    /// How she proved it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<AuthenticationMethod>,
    /// The `claims` parameter (OpenID Connect Core section 5.5), as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<Value>,
    /// What actions changed about its tokens.
    #[serde(default, skip_serializing_if = "Customised::is_empty")]
    pub custom: Customised,
    /// What the Management API keeps with it (Auth0: `refresh_token_metadata`).
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub metadata: serde_json::Map<String, Value>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// How a grant came to be; the base of the `gty` claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantOrigin {
    /// Client credentials (RFC 6749 section 4.4).
    ClientCredentials,
    /// Authorization code (RFC 6749 section 4.1).
    Code,
    /// Implicit or the front-channel part of hybrid (OpenID Connect Core section 3.2, 3.3).
    Implicit,
    /// Password or password-realm (RFC 6749 section 4.3).
    Password,
    /// A mailed or texted code (Auth0: passwordless OTP).
    Passwordless,
}

/// An authorization code's facts. The code itself exists only as a hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The grant it redeems.
    pub grant_id: GrantId,
    /// The application it was issued to (RFC 6749 section 4.1.3).
    pub client_id: ClientId,
    /// The redirect URI as sent to `/authorize`; `None` if it was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// The S256 challenge (RFC 7636 section 4.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_challenge: Option<String>,
    /// The nonce to echo in the ID token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// When it stops working: 60 s after issue.
    pub expires_at: Timestamp,
}

/// A refused exchange, with what else must happen.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// What the caller and the log are told.
    pub error: OAuthError,
    /// What must be stored although the exchange failed.
    pub effect: Effect,
    /// How the tenant log calls it.
    pub event: EventType,
}

impl Refused {
    /// A refusal that changes nothing.
    #[must_use]
    pub fn without_effect(error: OAuthError, event: EventType) -> Box<Self> {
        Box::new(Self {
            error,
            effect: Effect::Nothing,
            event,
        })
    }
}

/// What a refusal changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Nothing,
    /// The grant is revoked with everything that hangs on it: a spent artefact came back.
    RevokeGrant,
}

/// Checks that the application's grant types have `grant`, named `wire` in the request (OAU-12).
///
/// # Errors
/// `unauthorized_client` in Auth0's words.
pub fn require(
    client: &AuthenticatedClient,
    grant: GrantType,
    wire: &str,
) -> Result<(), OAuthError> {
    let application = client.application();
    if application.may(grant) {
        return Ok(());
    }
    let text = format!("Grant type '{wire}' not allowed for the client.");
    let has = serde_json::to_string(&application.grant_types).unwrap_or_default();
    Err(OAuthError::unauthorized_client(text).because(
        Refusal::new(
            "grant_type_not_allowed",
            "The application may not use this grant type.",
        )
        .expected(has)
        .actual(wire)
        .remedy("Add it to the application's grant_types if it really needs it."),
    ))
}
