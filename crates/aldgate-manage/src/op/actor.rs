//! Who calls the Management API, and what that caller may do.

use aldgate_core::id::{ClientId, UserId};
use aldgate_core::provision::management_scopes;
use aldgate_core::scope::Scopes;
use serde_json::{Value, json};

/// A caller whose token was verified, or the operator of the machine. Only `authorize`
/// and [`Actor::operator`] make one.
#[derive(Clone, Debug)]
pub struct Actor {
    who: Who,
    scopes: Scopes,
}

/// The kinds of caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// An application by itself.
    Application {
        /// Its id.
        id: ClientId,
        /// Its name.
        name: String,
    },
    /// A user, through an application.
    User {
        /// Her id.
        id: UserId,
        /// Her name or address.
        name: String,
        /// The application she uses.
        client_id: ClientId,
    },
    /// Somebody at the machine itself, by the command line.
    Operator,
}

impl Actor {
    pub(super) const fn new(who: Who, scopes: Scopes) -> Self {
        Self { who, scopes }
    }

    /// The operator of the machine, who holds every scope: the database is hers anyway.
    #[must_use]
    pub fn operator() -> Self {
        let all: Vec<String> = management_scopes().collect();
        let scopes = Scopes::collect(all.iter().map(String::as_str));
        Self::new(Who::Operator, scopes)
    }

    /// Who it is.
    #[must_use]
    pub const fn who(&self) -> &Who {
        &self.who
    }

    /// Whether the caller holds a scope of the Management API now.
    #[must_use]
    pub fn holds(&self, scope: &str) -> bool {
        self.who == Who::Operator || self.scopes.contains(scope)
    }

    /// What the caller holds.
    #[must_use]
    pub const fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// For the tenant log.
    #[must_use]
    pub fn describe(&self) -> Value {
        match &self.who {
            Who::Application { id, name } => {
                json!({"kind": "application", "client_id": id, "name": name})
            }
            Who::User {
                id,
                name,
                client_id,
            } => json!({"kind": "user", "user_id": id, "name": name, "client_id": client_id}),
            Who::Operator => json!({"kind": "operator"}),
        }
    }
}
