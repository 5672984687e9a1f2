//! Why a policy refuses a password, for people and in Auth0's shape.

use serde_json::{Value, json};

use super::{BYTES_MAX, PasswordError, PasswordPolicy};
use crate::error::Refusal;

/// Why a policy refuses a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedPassword {
    /// Nothing was typed.
    Empty,
    /// Fewer characters than the policy demands.
    TooShort {
        /// Fewest characters.
        min: u32,
    },
    /// More than [`BYTES_MAX`] bytes.
    TooLong,
    /// On a list, or guessed soon.
    TooCommon,
    /// The person's own data.
    Personal,
    /// One of her last passwords.
    Reused {
        /// How many are remembered.
        size: usize,
    },
}

impl From<PasswordError> for RefusedPassword {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Empty => Self::Empty,
            PasswordError::TooLong => Self::TooLong,
        }
    }
}

impl RefusedPassword {
    /// The body that `/dbconnections/signup` answers with (Auth0: `PasswordStrengthError` and its
    /// relatives; Lock and auth0.js choose their text by `name`).
    #[must_use]
    pub fn to_auth0(self, policy: &PasswordPolicy) -> Value {
        let min = policy.min_length;
        let rule = format!("At least {min} characters in length");
        let (name, message) = match self {
            Self::TooCommon => ("PasswordDictionaryError", "Password is too common"),
            Self::Personal => (
                "PasswordNoUserInfoError",
                "Password contains user information",
            ),
            Self::Reused { .. } => ("PasswordHistoryError", "Password has previously been used"),
            Self::Empty | Self::TooShort { .. } | Self::TooLong => {
                ("PasswordStrengthError", "Password is too weak")
            }
        };
        let description = match self {
            Self::Empty | Self::TooShort { .. } => json!({
                "rules": [{
                    "message": "At least %d characters in length",
                    "format": [min],
                    "code": "lengthAtLeast",
                    "verified": false,
                }],
                "verified": false,
            }),
            Self::TooLong => json!({
                "rules": [{
                    "message": "At most %d bytes in length",
                    "format": [BYTES_MAX],
                    "code": "lengthAtMost",
                    "verified": false,
                }],
                "verified": false,
            }),
            _ => Value::from(message),
        };
        json!({
            "name": name,
            "code": "invalid_password",
            "message": message,
            "description": description,
            "policy": format!("* {rule}"),
            "statusCode": 400,
        })
    }

    /// The story for the tenant log. Says nothing about the password but its fault.
    #[must_use]
    pub fn refusal(self, policy: &PasswordPolicy) -> Refusal {
        let min = policy.min_length;
        let refusal = match self {
            Self::Empty => Refusal::new("password_empty", "The password is empty."),
            Self::TooShort { .. } => {
                Refusal::new("password_too_short", "The password has too few characters.")
            }
            Self::TooLong => Refusal::new("password_too_long", "The password is too long."),
            Self::TooCommon => Refusal::new(
                "password_too_common",
                "The password is on a list of common ones or guessed within a million attempts.",
            ),
            Self::Personal => Refusal::new(
                "password_personal",
                "The password is the person's own data.",
            ),
            Self::Reused { size } => {
                return Refusal::new("password_reused", "The password was used before.")
                    .expected(format!("none of the last {size} passwords"))
                    .remedy("Choose a password that was not used here before.");
            }
        };
        refusal
            .expected(format!(
                "{min} characters to {BYTES_MAX} bytes, not easily guessed"
            ))
            .remedy(
                "Choose another password. The minimum is the connection's option \
                 password_complexity_options.min_length.",
            )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_password_is_told_in_auth0s_shape() {
        let connection = json!({
            "id": "con_1", "name": "db", "strategy": "auth0",
            "options": {"passwordPolicy": "good"},
        });
        let policy = PasswordPolicy::of(&serde_json::from_value(connection).unwrap());
        let body = RefusedPassword::TooShort { min: 8 }.to_auth0(&policy);
        let rule = json!({
            "message": "At least %d characters in length", "format": [8],
            "code": "lengthAtLeast", "verified": false,
        });
        let expected = json!({
            "name": "PasswordStrengthError", "code": "invalid_password",
            "message": "Password is too weak",
            "description": {"rules": [rule], "verified": false},
            "policy": "* At least 8 characters in length", "statusCode": 400,
        });
        assert_eq!(body, expected);
        let names = [RefusedPassword::TooCommon, RefusedPassword::Personal]
            .map(|refused| refused.to_auth0(&policy)["name"].to_string());
        assert_eq!(
            names,
            ["\"PasswordDictionaryError\"", "\"PasswordNoUserInfoError\""]
        );
    }
}
