//! A client grant: which scopes of an API an application may have.

pub mod rules;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::{ClientGrantId, ClientId};
use crate::scope::Scopes;
use crate::time::Timestamp;

/// Which scopes of an API an application may have, by itself or for users (Auth0: Management API).
/// At most one for each (application, API, subject type).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientGrant {
    /// Key.
    pub id: ClientGrantId,
    /// The application.
    pub client_id: ClientId,
    /// The API's identifier.
    pub audience: String,
    /// The scopes it may have.
    #[serde(default)]
    pub scope: Scopes,
    /// Every scope the API defines, now and later.
    #[serde(default, skip_serializing_if = "crate::application::is_false")]
    pub allow_all_scopes: bool,
    /// Whose tokens it covers.
    #[serde(default)]
    pub subject_type: SubjectType,
    /// When it was made.
    #[serde(default)]
    pub created_at: Timestamp,
    /// When it last changed.
    #[serde(default)]
    pub updated_at: Timestamp,
    /// Accepted members that Aldgate does not act on.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Whose tokens a client grant covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// The application's own (client credentials).
    #[default]
    Client,
    /// Those it gets for users.
    User,
}

impl SubjectType {
    /// The text on the wire and in storage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::User => "user",
        }
    }
}
