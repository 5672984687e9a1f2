//! When actions run, and what a failure means there.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The function of an action that goes on when the user is back (Auth0: `onContinuePostLogin`).
pub const CONTINUES: &str = "onContinuePostLogin";

/// When actions run (Auth0's names).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

/// What happens to a login when one of its actions fails (SBX-06).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureMode {
    /// The login is refused.
    Closed,
    /// The login goes on as if the action had not been there; the failure is logged.
    Open,
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

    /// The function for an event of this trigger: another one when the user is back from where an
    /// action had sent her.
    #[must_use]
    pub fn handler_of(self, event: &Value) -> &'static str {
        let protocol = event.pointer("/transaction/protocol");
        match self {
            Self::PostLogin if protocol == Some(&Value::from("redirect-callback")) => CONTINUES,
            _ => self.handler(),
        }
    }

    /// The version of the trigger's event and API that is built (Auth0's count).
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::PostLogin => "v3",
            _ => "v2",
        }
    }

    /// What a failure means where the action does not say: whoever decides about a login or a
    /// registration refuses it, whoever only hears of one does not hold it up.
    #[must_use]
    pub const fn failure(self) -> FailureMode {
        match self {
            Self::PostLogin | Self::CredentialsExchange | Self::PreUserRegistration => {
                FailureMode::Closed
            }
            Self::PostUserRegistration | Self::PostChangePassword => FailureMode::Open,
        }
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Trigger {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL
            .into_iter()
            .find(|trigger| trigger.as_str() == text);
        found.ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            let text: String = text.chars().take(80).collect();
            format!("no trigger {text:?}; expected one of {known}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sbx_06_who_decides_fails_closed() {
        for trigger in Trigger::ALL {
            assert_eq!(trigger.as_str().parse(), Ok(trigger));
            let decides = !trigger.as_str().starts_with("post-") || trigger == Trigger::PostLogin;
            assert_eq!(
                trigger.failure() == FailureMode::Closed,
                decides,
                "{trigger}"
            );
        }
        assert!("post-logout".parse::<Trigger>().is_err());
    }
}
