//! A connection: a source of users.

pub mod attributes;
mod passwordless;
pub mod rules;
pub mod secrets;
mod trust;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::application::own::is_account;
use crate::federation::preset::Preset;
use crate::id::{ClientId, ConnectionId};
use crate::time::Timestamp;

/// The strategy of the built-in user database.
pub const DATABASE: &str = "auth0";

/// The name of the database connection that every tenant starts with.
pub const DEFAULT_DATABASE: &str = "Username-Password-Authentication";

/// A source of users: the built-in database, an upstream provider, passwordless.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// Key.
    pub id: ConnectionId,
    /// Unique name; the `connection` parameter.
    pub name: String,
    /// Shown on the button.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What kind of source: `auth0`, `google-oauth2`, `oidc`, `email` …
    pub strategy: String,
    /// Settings of the strategy.
    #[serde(default)]
    pub options: Map<String, Value>,
    /// Applications that may use it.
    #[serde(default)]
    pub enabled_clients: Vec<ClientId>,
    /// Usable by every application, whatever `enabled_clients` says.
    #[serde(default)]
    pub is_domain_connection: bool,
    /// Names accepted as `realm`.
    #[serde(default)]
    pub realms: Vec<String>,
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

impl Connection {
    /// Whether it is a built-in user database.
    #[must_use]
    pub fn is_database(&self) -> bool {
        self.strategy == DATABASE
    }

    /// Whether another provider vouches for its users.
    #[must_use]
    pub fn is_federated(&self) -> bool {
        Preset::of(&self.strategy).is_some()
    }

    /// Whether anybody may log in with it at all (Auth0: `authentication.active`).
    #[must_use]
    pub fn is_active(&self) -> bool {
        let authentication = self.extra.get("authentication");
        authentication.is_none_or(|one| one["active"] != false)
    }

    /// Whether any application may use it.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        self.is_domain_connection || !self.enabled_clients.is_empty()
    }

    /// Whether login pages show a button for it. Enterprise connections have one if they ask for it
    /// (Auth0: `show_as_button`).
    #[must_use]
    pub fn shows_button(&self) -> bool {
        let wished = self.extra.get("show_as_button").and_then(Value::as_bool);
        wished.unwrap_or_else(|| Preset::of(&self.strategy).is_some_and(|preset| preset.social))
    }

    /// What its button calls it: `display_name`, else the provider's name or the connection's.
    #[must_use]
    pub fn label(&self) -> &str {
        let own = self.display_name.as_deref().filter(|name| !name.is_empty());
        own.unwrap_or_else(|| match Preset::of(&self.strategy) {
            Some(preset) if preset.social => preset.label,
            _ => &self.name,
        })
    }

    /// Whether `client` may log its users in with it. The account pages are for the users of every
    /// connection that is in use.
    #[must_use]
    pub fn is_enabled_for(&self, client: &ClientId) -> bool {
        self.is_domain_connection
            || self.enabled_clients.contains(client)
            || (is_account(client) && !self.enabled_clients.is_empty())
    }

    /// A boolean option, `false` when absent.
    #[must_use]
    pub fn flag(&self, option: &str) -> bool {
        self.options
            .get(option)
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    /// Whether users sign in with a username besides their e-mail address.
    #[must_use]
    pub fn requires_username(&self) -> bool {
        self.flag("requires_username")
    }

    /// Whether nobody can sign up by herself.
    #[must_use]
    pub fn disables_signup(&self) -> bool {
        self.flag("disable_signup")
    }
}
