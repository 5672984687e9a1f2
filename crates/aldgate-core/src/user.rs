//! A user: a person, and her identities.

pub mod import;
pub mod link;
pub mod rules;
mod wire;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization as _;

use crate::id::{ConnectionId, UserId};
use crate::time::Timestamp;

/// A person. Members carry Auth0's names on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// `sub`.
    #[serde(rename = "user_id")]
    pub id: UserId,
    /// E-mail address as typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether she proved to own it.
    #[serde(default)]
    pub email_verified: bool,
    /// The address was proved in a browser that was not logged in as her: whoever set the account
    /// up may be somebody else. See [`User::prove_email`].
    #[serde(default, skip_serializing_if = "crate::application::is_false")]
    pub proved_elsewhere: bool,
    /// Login name, where the connection has such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Whether she proved to own it.
    #[serde(default, skip_serializing_if = "crate::application::is_false")]
    pub phone_verified: bool,
    /// Profile members: name, nickname, picture, …
    #[serde(flatten)]
    pub profile: Profile,
    /// What she may change herself.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub user_metadata: Map<String, Value>,
    /// What only administrators and actions may change.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub app_metadata: Map<String, Value>,
    /// Refused everywhere.
    #[serde(default, skip_serializing_if = "crate::application::is_false")]
    pub blocked: bool,
    /// Where she comes from; the primary identity first.
    #[serde(default)]
    pub identities: Vec<Identity>,
    /// When the account was made.
    #[serde(default)]
    pub created_at: Timestamp,
    /// When the account last changed.
    #[serde(default)]
    pub updated_at: Timestamp,
    /// When she last logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login: Option<Timestamp>,
    /// From where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_ip: Option<String>,
    /// How often.
    #[serde(default)]
    pub logins_count: u64,
    /// When her password was last set anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_password_reset: Option<Timestamp>,
}

/// The standard profile claims (OpenID Connect Core section 5.1) as Auth0 keeps them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// Display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Middle name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    /// Casual name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// Short name she wants to be called by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    /// URL of her profile page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// URL of her picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// URL of her web page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Gender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<String>,
    /// Time zone name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zoneinfo: Option<String>,
    /// BCP 47 locale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Postal address (OpenID Connect Core section 5.1.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Map<String, Value>>,
}

/// A user's account at one connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// Name of the connection.
    pub connection: String,
    /// Key of the connection.
    pub connection_id: ConnectionId,
    /// Provider: `auth0`, `google-oauth2` …
    pub provider: String,
    /// The id at the provider: for database users the part after `auth0|`.
    pub user_id: String,
    /// Whether it is a social provider.
    #[serde(rename = "isSocial", default)]
    pub is_social: bool,
    /// Profile as the provider gave it; only on secondary identities.
    #[serde(
        rename = "profileData",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub profile_data: Option<Map<String, Value>>,
}

/// How somebody proved that a user's address is hers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailProof {
    /// By a mailed link, in a browser that is logged in as the user.
    LoggedIn,
    /// By a mailed link, in any other browser: she who opened the account, or a stranger whose
    /// address was used.
    Elsewhere,
    /// By a mailed link and a new password: from now on the account is hers alone.
    NewPassword,
}

impl User {
    /// Takes a proof of her address down. Whoever set the account up before its owner came must not
    /// keep a way in (ACC-06; the trojan-identifier class of pre-hijacking): accounts that were
    /// linked before the first proof go, and once more when the owner takes the account over by a
    /// new password, because whoever knows the old one could have linked others since.
    ///
    /// Returns whether accounts were taken away.
    pub fn prove_email(&mut self, proof: EmailProof) -> bool {
        let first = !self.email_verified;
        let suspect = match proof {
            EmailProof::LoggedIn => false,
            EmailProof::Elsewhere => first,
            EmailProof::NewPassword => first || self.proved_elsewhere,
        };
        self.email_verified = true;
        self.proved_elsewhere = match proof {
            EmailProof::Elsewhere => first || self.proved_elsewhere,
            EmailProof::LoggedIn => self.proved_elsewhere,
            EmailProof::NewPassword => false,
        };
        let linked = self.identities.len() > 1;
        if suspect {
            self.identities.truncate(1);
        }
        suspect && linked
    }

    /// What pages call her: name, else e-mail, username or phone number, else the id.
    #[must_use]
    pub fn display_name(&self) -> &str {
        let candidates = [
            &self.profile.name,
            &self.email,
            &self.username,
            &self.phone_number,
        ];
        candidates
            .into_iter()
            .flatten()
            .next()
            .map_or(self.id.as_str(), String::as_str)
    }
}

/// The form of an e-mail address or username that is compared, everywhere: NFKC, so that
/// compatible characters are one, lower case, trimmed. Dots and `+tags` count.
#[must_use]
pub fn login_key(text: &str) -> String {
    let text: String = text.nfkc().collect();
    text.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acc_06_what_was_linked_before_a_strangers_proof_goes() {
        let identity = |id: &str| {
            serde_json::json!({"connection": "c", "connection_id": "con_1", "provider": "p",
                "user_id": id})
        };
        let made = |verified: bool| -> User {
            let json = serde_json::json!({"user_id": "auth0|1", "email": "a@b.c",
                "email_verified": verified, "identities": [identity("1"), identity("2")]});
            serde_json::from_value(json).unwrap()
        };
        for (verified, proof, left, elsewhere) in [
            (false, EmailProof::LoggedIn, 2, false),
            (false, EmailProof::Elsewhere, 1, true),
            (false, EmailProof::NewPassword, 1, false),
            (true, EmailProof::LoggedIn, 2, false),
            (true, EmailProof::Elsewhere, 2, false),
            (true, EmailProof::NewPassword, 2, false),
        ] {
            let mut user = made(verified);
            assert_eq!(user.prove_email(proof), left == 1, "{verified} {proof:?}");
            let (identities, mark) = (user.identities.len(), user.proved_elsewhere);
            assert_eq!(
                (identities, mark),
                (left, elsewhere),
                "{verified} {proof:?}"
            );
            assert!(user.email_verified);
        }
        let mut user = made(false);
        user.prove_email(EmailProof::Elsewhere);
        user.identities.push(user.identities[0].clone());
        assert!(
            user.prove_email(EmailProof::NewPassword),
            "linked again since"
        );
        assert_eq!((user.identities.len(), user.proved_elsewhere), (1, false));
    }

    #[test]
    fn a_user_reads_back_with_her_profile_flat() {
        let json = r#"{"user_id":"auth0|1","email":"a@b.c","name":"Ann","nickname":"a"}"#;
        let user: User = serde_json::from_str(json).unwrap();
        assert_eq!(user.profile.name.as_deref(), Some("Ann"));
        assert_eq!(user.display_name(), "Ann");
        let value = serde_json::to_value(&user).unwrap();
        assert_eq!(value["nickname"], "a");
        assert_eq!(serde_json::from_value::<User>(value).unwrap(), user);
        assert_eq!(login_key(" Ann@Example.COM "), "ann@example.com");
    }
}
