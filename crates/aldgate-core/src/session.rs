//! A session: a browser's login at the tenant.

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, SessionId, UserId};
use crate::time::{Seconds, Timestamp};

/// A browser's login at the tenant. The cookie holds a secret whose hash is the look-up key; `id`
/// is the public `sid`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// `sid`.
    pub id: SessionId,
    /// Who is logged in.
    pub user_id: UserId,
    /// How and when she proved it, oldest first.
    pub methods: Vec<AuthenticationMethod>,
    /// `auth_time`: when she last actively proved it.
    pub authenticated_at: Timestamp,
    /// When the session began.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_interacted_at: Timestamp,
    /// When it ends if it is not used.
    pub idle_expires_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
    /// Applications that used it.
    #[serde(default)]
    pub clients: Vec<ClientId>,
    /// Whether the cookie survives closing the browser.
    #[serde(default)]
    pub persistent: bool,
    /// The browser at the start.
    #[serde(default)]
    pub device: Device,
}

/// One proof of who the user is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthenticationMethod {
    /// `pwd`, `federated`, `email`, `mfa` …
    pub name: String,
    /// When.
    pub timestamp: Timestamp,
    /// The connection that vouched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
}

/// What is known of the browser.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Device {
    /// `User-Agent` at the start, cut to 500 characters.
    pub initial_user_agent: String,
    /// Address at the start.
    pub initial_ip: String,
    /// `User-Agent` at the last use.
    pub last_user_agent: String,
    /// Address at the last use.
    pub last_ip: String,
}

impl Session {
    /// Whether the session still counts at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.idle_expires_at && now < self.expires_at
    }

    /// Prolongs the idle lifetime, never beyond the absolute end.
    #[must_use]
    pub fn touched(mut self, now: Timestamp, idle: Seconds) -> Self {
        self.last_interacted_at = now;
        self.idle_expires_at = (now + idle).min(self.expires_at);
        self
    }
}
