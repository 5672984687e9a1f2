//! Runs tenant JavaScript in a sandboxed worker process: events in, commands out; nothing else.
//!
//! An action gets a copy of an event and answers with [`Command`]s, which the server checks and
//! applies. Its code never runs in the server: a [`Pool`] keeps worker processes that have no file
//! system, no network and no environment, and kills one that does not end in time. Each run has a
//! fresh realm. What an action may fetch passes through the server's one outbound client.

mod check;
mod command;
mod engine;
mod job;
mod pool;
mod sandbox;
mod worker;

pub use check::{CODE_BYTES_MAX, Finding, check};
pub use command::{Claims, Command, MetadataField};
pub use job::{Fault, FaultKind, Fetch, Fetched, Job, Limits, LogLine, Outcome, Stats};
pub use pool::{Outbound, Pool, PoolError, PoolOptions};
pub use worker::serve;

/// When actions run (Auth0's names).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// At every login, silent authentication and refresh.
    PostLogin,
    /// When an application gets a token for itself.
    CredentialsExchange,
    /// Before a user is made.
    PreUserRegistration,
    /// After a user was made; decides nothing.
    PostUserRegistration,
    /// After a password was changed; decides nothing.
    PostChangePassword,
}

impl Trigger {
    /// Every trigger.
    pub const ALL: [Self; 5] = [
        Self::PostLogin,
        Self::CredentialsExchange,
        Self::PreUserRegistration,
        Self::PostUserRegistration,
        Self::PostChangePassword,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PostLogin => "post-login",
            Self::CredentialsExchange => "credentials-exchange",
            Self::PreUserRegistration => "pre-user-registration",
            Self::PostUserRegistration => "post-user-registration",
            Self::PostChangePassword => "post-change-password",
        }
    }

    /// The function that an action exports for it.
    #[must_use]
    pub const fn handler(self) -> &'static str {
        match self {
            Self::PostLogin => "onExecutePostLogin",
            Self::CredentialsExchange => "onExecuteCredentialsExchange",
            Self::PreUserRegistration => "onExecutePreUserRegistration",
            Self::PostUserRegistration => "onExecutePostUserRegistration",
            Self::PostChangePassword => "onExecutePostChangePassword",
        }
    }
}
