//! A user as the Management API shows her (Auth0: Management API).

use serde_json::{Map, Value};

use super::User;
use crate::time::Timestamp;

/// Times, which are ISO 8601 on the wire.
const TIMES: [&str; 4] = [
    "created_at",
    "updated_at",
    "last_login",
    "last_password_reset",
];

/// What an identity provider handed out for a user; shown only to callers with
/// `read:user_idp_tokens`.
const PROVIDER_TOKENS: [&str; 4] = [
    "access_token",
    "access_token_secret",
    "refresh_token",
    "expires_in",
];

impl User {
    /// The user on the wire. Members that say nothing are left out, as Auth0 does.
    #[must_use]
    pub fn to_wire(&self, with_provider_tokens: bool) -> Map<String, Value> {
        let Ok(Value::Object(mut wire)) = serde_json::to_value(self) else {
            return Map::new();
        };
        for name in TIMES {
            if let Some(micros) = wire.get(name).and_then(Value::as_i64) {
                wire.insert(name.into(), Timestamp::from_micros(micros).iso8601().into());
            }
        }
        wire.remove("proved_elsewhere");
        if self.logins_count == 0 {
            wire.remove("logins_count");
        }
        if let Some(Value::Array(identities)) = wire.get_mut("identities") {
            for identity in identities {
                trim(identity, with_provider_tokens);
            }
        }
        wire
    }

    /// Her identities on the wire.
    #[must_use]
    pub fn identities_to_wire(&self) -> Value {
        let mut wire = self.to_wire(false);
        wire.remove("identities")
            .unwrap_or_else(|| Value::Array(Vec::new()))
    }
}

fn trim(identity: &mut Value, with_provider_tokens: bool) {
    let Some(members) = identity.as_object_mut() else {
        return;
    };
    members.remove("connection_id");
    if with_provider_tokens {
        return;
    }
    for name in PROVIDER_TOKENS {
        members.remove(name);
        if let Some(Value::Object(profile)) = members.get_mut("profileData") {
            profile.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_user_on_the_wire() {
        let user = json!({"user_id": "auth0|1", "email": "a@b.co", "created_at": 1_000_000,
            "identities": [{"connection": "g", "connection_id": "con_1", "provider": "g",
                "user_id": "1", "profileData": {"name": "A", "access_token": "t"}}]});
        let user: User = serde_json::from_value(user).unwrap();
        let wire = Value::Object(user.to_wire(false));
        assert_eq!(wire["created_at"], "1970-01-01T00:00:01.000Z");
        let absent = [
            "logins_count",
            "last_login",
            "blocked",
            "user_metadata",
            "username",
        ];
        assert!(absent.iter().all(|name| wire.get(name).is_none()), "{wire}");
        let identity = &wire["identities"][0];
        assert!(identity.get("connection_id").is_none());
        assert_eq!(identity["profileData"], json!({"name": "A"}));
        let trusted = Value::Object(user.to_wire(true));
        assert_eq!(trusted["identities"][0]["profileData"]["access_token"], "t");
    }
}
