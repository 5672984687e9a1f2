//! Every kind of identifier, on one screen. Two kinds cannot be swapped; parsing checks the shape.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::random::{self, Entropy};

/// Why a text is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, got {actual:?}")]
pub struct IdError {
    /// What an identifier of this kind looks like.
    pub expected: &'static str,
    /// What was sent, cut to 80 characters.
    pub actual: String,
}

impl IdError {
    fn new(expected: &'static str, actual: &str) -> Self {
        Self {
            expected,
            actual: actual.chars().take(80).collect(),
        }
    }
}

/// Defines an identifier type: `pub Name, "what it looks like", check, generate;`
macro_rules! id {
    ($($(#[$doc:meta])* $name:ident, $expected:literal, $check:expr, $generate:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Reads an identifier of this kind.
            ///
            /// # Errors
            /// Says what was expected when the shape is wrong.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let check: fn(&str) -> bool = $check;
                if check(text) { Ok(Self(text.into())) } else { Err(IdError::new($expected, text)) }
            }

            /// Makes a fresh identifier.
            pub fn generate(rng: &mut dyn Entropy) -> Self {
                let generate: fn(&mut dyn Entropy) -> String = $generate;
                Self(generate(rng).into())
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    )+};
}

id! {
    /// An action: a UUID, as in Auth0.
    ActionId, "a UUID", uuid, new_uuid;
    /// A version of an action that was deployed.
    ActionVersionId, "a UUID", uuid, new_uuid;
    /// An API (resource server). Auth0's shape: 24 hexadecimal digits.
    ApiId, "24 hexadecimal digits", |t| t.len() == 24 && t.bytes().all(|b| b.is_ascii_hexdigit()),
        |rng| random::hex(rng, 24);
    /// A client grant: which scopes of an API an application may have by itself.
    ClientGrantId, "cgr_ and up to 60 letters or digits", |t| prefixed(t, "cgr_"),
        |rng| format!("cgr_{}", random::alphanumeric(rng, 16));
    /// An application (client). Auth0's shape: 32 letters and digits; imported ids are kept.
    ClientId, "up to 64 letters, digits, - or _", |t| word(t, 64),
        |rng| random::alphanumeric(rng, 32);
    /// A connection: the built-in database or an upstream provider.
    ConnectionId, "con_ and up to 60 letters or digits", |t| prefixed(t, "con_"),
        |rng| format!("con_{}", random::alphanumeric(rng, 16));
    /// A public key of an application (Auth0: client credential).
    CredentialId, "cred_ and up to 60 letters or digits", |t| prefixed(t, "cred_"),
        |rng| format!("cred_{}", random::alphanumeric(rng, 22));
    /// A custom domain.
    CustomDomainId, "cd_ and up to 60 letters or digits", |t| prefixed(t, "cd_"),
        |rng| format!("cd_{}", random::alphanumeric(rng, 16));
    /// An event of the tenant log. Sorts by time: see [`EventId::at`].
    EventId, "20 to 60 letters or digits", |t| t.len() >= 20 && word(t, 60),
        |rng| EventId::at(crate::time::Timestamp::default(), rng).0.into();
    /// One run of a trigger's actions. Sorts by time: see [`ExecutionId::at`].
    ExecutionId, "20 to 60 letters or digits", |t| t.len() >= 20 && word(t, 60),
        |rng| ExecutionId::at(crate::time::Timestamp::default(), rng).0.into();
    /// What one login gave one application: everything issued from one authorization hangs on it.
    GrantId, "gnt_ and up to 60 letters or digits", |t| prefixed(t, "gnt_"),
        |rng| format!("gnt_{}", random::alphanumeric(rng, 22));
    /// A queued piece of background work.
    JobId, "job_ and up to 60 letters or digits", |t| prefixed(t, "job_"),
        |rng| format!("job_{}", random::alphanumeric(rng, 16));
    /// The `kid` of a signing key: 21 letters and digits.
    KeyId, "up to 64 letters, digits, - or _", |t| word(t, 64),
        |rng| random::alphanumeric(rng, 21);
    /// A role.
    RoleId, "rol_ and up to 60 letters or digits", |t| prefixed(t, "rol_"),
        |rng| format!("rol_{}", random::alphanumeric(rng, 16));
    /// A session's public name: the `sid` claim. Not the cookie's value.
    SessionId, "up to 64 letters, digits, - or _", |t| word(t, 64),
        |rng| random::alphanumeric(rng, 32);
    /// A tenant: one issuer.
    TenantId, "1 to 40 lower-case letters, digits or -", tenant_name,
        |rng| random::hex(rng, 12);
    /// A user, `provider|id` as in Auth0; the `sub` claim. New database users: `auth0|` + 24 hex.
    UserId, "provider|id, at most 255 printable ASCII characters", user_id,
        |rng| format!("auth0|{}", random::hex(rng, 24));
}

impl GrantId {
    /// Makes an id that sorts by `at`, then randomly: what one moment adds to the database lies
    /// together there.
    pub fn at(at: crate::time::Timestamp, rng: &mut dyn Entropy) -> Self {
        let micros = at.micros().max(0);
        let unique = random::alphanumeric(rng, 22);
        Self(format!("gnt_{micros:014x}{unique}").into())
    }
}

impl EventId {
    /// Makes an id that sorts by `at`, then randomly.
    pub fn at(at: crate::time::Timestamp, rng: &mut dyn Entropy) -> Self {
        Self(by_time(at, rng).into())
    }
}

impl ExecutionId {
    /// Makes an id that sorts by `at`, then randomly.
    pub fn at(at: crate::time::Timestamp, rng: &mut dyn Entropy) -> Self {
        Self(by_time(at, rng).into())
    }
}

fn by_time(at: crate::time::Timestamp, rng: &mut dyn Entropy) -> String {
    let micros = at.micros().max(0);
    format!("{micros:016x}{}", random::hex(rng, 16))
}

/// Whether a text is a UUID as RFC 9562 section 4 writes it, in lower case.
fn uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// A random UUID (RFC 9562 section 5.4).
fn new_uuid(rng: &mut dyn Entropy) -> String {
    let digits = random::hex(rng, 31);
    let variant = ["8", "9", "a", "b"][usize::from(digits.as_bytes()[30] % 4)];
    let (a, b, c) = (&digits[..8], &digits[8..12], &digits[12..15]);
    format!(
        "{a}-{b}-4{c}-{variant}{}-{}",
        &digits[15..18],
        &digits[18..30]
    )
}

impl UserId {
    /// The part before the first `|`: the identity provider.
    #[must_use]
    pub fn provider(&self) -> &str {
        self.0.split_once('|').map_or("", |(provider, _)| provider)
    }

    /// The part after the first `|`.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.0.split_once('|').map_or("", |(_, subject)| subject)
    }
}

impl Default for TenantId {
    /// The tenant that exists from the start.
    fn default() -> Self {
        Self("default".into())
    }
}

fn word(text: &str, length_max: usize) -> bool {
    (1..=length_max).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn prefixed(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| word(rest, 60))
}

fn tenant_name(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn user_id(text: &str) -> bool {
    let parts = text.split_once('|');
    text.len() <= 255
        && text.bytes().all(|b| (b' '..=b'~').contains(&b))
        && parts.is_some_and(|(provider, subject)| !provider.is_empty() && !subject.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;

    #[test]
    fn fresh_ids_have_their_own_shape() {
        let mut rng = Counting(7);
        assert_eq!(
            ApiId::parse(ApiId::generate(&mut rng).as_str()).map(|_| ()),
            Ok(())
        );
        let action = ActionId::generate(&mut rng);
        assert!(ActionId::parse(action.as_str()).is_ok(), "{action}");
        assert!(ActionId::parse(&action.as_str().to_uppercase()).is_err());
        let user = UserId::generate(&mut rng);
        assert_eq!(user.provider(), "auth0");
        assert_eq!(user.subject().len(), 24);
        assert!(RoleId::parse(ConnectionId::generate(&mut rng).as_str()).is_err());
    }

    #[test]
    fn bad_ids_say_what_was_expected() {
        let error = ConnectionId::parse("con-1").unwrap_err();
        let text = "expected con_ and up to 60 letters or digits, got \"con-1\"";
        assert_eq!(error.to_string(), text);
        for bad in ["", "auth0", "auth0|", "|x", "a|\n", &"x|".repeat(200)] {
            assert!(UserId::parse(bad).is_err(), "{bad:?}");
        }
        assert!(UserId::parse("samlp|corp|ann@example.com").is_ok());
    }

    #[test]
    fn event_ids_sort_by_time() {
        let mut rng = Counting(9);
        let early = EventId::at(crate::time::Timestamp::from_seconds(1), &mut rng);
        let late = EventId::at(
            crate::time::Timestamp::from_seconds(1_795_000_000),
            &mut rng,
        );
        assert!(early < late);
    }
}
