//! What an action may ask for: data that the server checks before it acts (SBX-04).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One wish of an action. Read from JSON that the action's realm wrote, so every member is checked
/// here: unknown kinds and members are refused (SBX-04).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// `api.idToken.setCustomClaim`, `api.accessToken.setCustomClaim`.
    SetClaim {
        /// Which token.
        token: Claims,
        /// The claim.
        name: String,
        /// Its value; `null` takes it away again.
        value: Value,
    },
    /// `api.accessToken.addScope`.
    AddScope {
        /// The scope.
        scope: String,
    },
    /// `api.accessToken.removeScope`.
    RemoveScope {
        /// The scope.
        scope: String,
    },
    /// `api.access.deny`.
    Deny {
        /// The OAuth error code, where the trigger has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// Why: shown to the application.
        reason: String,
        /// What the user sees, where it differs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// `api.user.setUserMetadata`, `api.user.setAppMetadata`.
    SetMetadata {
        /// Which metadata.
        field: MetadataField,
        /// The key.
        key: String,
        /// The value; `null` takes the key away.
        value: Value,
    },
    /// `api.redirect.sendUserTo`.
    Redirect {
        /// Where to.
        url: String,
        /// Parameters to add.
        #[serde(default)]
        query: Map<String, Value>,
    },
    /// `api.validation.error`.
    ValidationError {
        /// A short name.
        code: String,
        /// What the user reads.
        message: String,
    },
    /// `api.cache.set`.
    CacheSet {
        /// The key.
        key: String,
        /// The value.
        value: String,
        /// Until when, in milliseconds since 1970.
        expires_at: f64,
    },
    /// `api.cache.delete`.
    CacheDelete {
        /// The key.
        key: String,
    },
    /// `api.authentication.setPrimaryUser`.
    SetPrimaryUser {
        /// Whom.
        user_id: String,
    },
    /// `api.authentication.recordMethod`.
    RecordMethod {
        /// The page that made the check.
        url: String,
    },
    /// `api.session.revoke`.
    RevokeSession {
        /// Why.
        reason: String,
    },
    /// `api.refreshToken.revoke`.
    RevokeRefreshToken {
        /// Why.
        reason: String,
    },
}

/// Which token a claim goes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claims {
    /// The ID token.
    Id,
    /// The access token.
    Access,
}

/// Which metadata a command changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetadataField {
    /// What the user may change herself.
    UserMetadata,
    /// What only administrators and actions change.
    AppMetadata,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sbx_04_only_known_commands_with_known_members_are_read() {
        let read = |text: &str| serde_json::from_str::<Command>(text);
        let good = r#"{"kind":"set_claim","token":"id","name":"https://x/y","value":[1]}"#;
        assert!(matches!(
            read(good),
            Ok(Command::SetClaim {
                token: Claims::Id,
                ..
            })
        ));
        for bad in [
            r#"{"kind":"run_shell","cmd":"id"}"#,
            r#"{"kind":"add_scope","scope":"x","also":"y"}"#,
            r#"{"kind":"add_scope","scope":5}"#,
            r#"{"kind":"set_metadata","field":"roles","key":"a","value":1}"#,
            r#"{"kind":"deny"}"#,
            "[]",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
