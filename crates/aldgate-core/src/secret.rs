//! Values that must not leak, and what is stored in their place.

use std::fmt;

use aws_lc_rs::{constant_time, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroize;

use crate::random::{self, Entropy};

/// A value that never reaches a log: no `Display`, no `Serialize`, wiped on drop.
/// The only way to the inside is [`Secret::expose`], which is easy to search for.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes `value` into custody.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Gives the value to whoever has a reason to see it.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<T: Zeroize + AsRef<[u8]>> PartialEq for Secret<T> {
    fn eq(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(self.0.as_ref(), other.0.as_ref()).is_ok()
    }
}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

/// SHA-256 of a bearer value that has at least 128 bits of entropy: what the database keeps.
/// Compares in constant time.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Hashes the whole text of a bearer value, prefix included.
    #[must_use]
    pub fn of(token: &str) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
        Self(hash)
    }

    /// Reads a stored hash; `None` unless it has 32 bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The 32 bytes, for storage.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl Eq for TokenHash {}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

impl Serialize for TokenHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for TokenHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|bytes| Self::from_slice(&bytes))
            .ok_or_else(|| serde::de::Error::custom("expected 32 bytes in base64url"))
    }
}

/// The kinds of opaque bearer values that Aldgate hands out. Each has a prefix that secret scanners
/// and our own look-ups check (JWT-03), so one kind is never taken for another.
///
/// The prefixes are a contract with scanners and with stored hashes: never change them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// An opaque access token, good for `/userinfo`.
    Access,
    /// A client secret.
    ClientSecret,
    /// An authorization code.
    Code,
    /// A browser on its way to another provider: the first half of the `state` there.
    Federation,
    /// A login ticket of `/co/authenticate`.
    LoginTicket,
    /// A refresh token.
    Refresh,
    /// The value of the session cookie.
    Session,
    /// A ticket mailed to a user: reset a password, verify an address.
    Ticket,
    /// The handle of a running authorization transaction (`state` on the login pages).
    Transaction,
}

/// 43 alphanumeric characters carry 256 bits.
const BODY_LENGTH: usize = 43;

impl TokenKind {
    /// The text every value of this kind begins with.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Access => "alda_",
            Self::ClientSecret => "aldk_",
            Self::Code => "aldc_",
            Self::Federation => "aldf_",
            Self::LoginTicket => "aldl_",
            Self::Refresh => "aldr_",
            Self::Session => "alds_",
            Self::Ticket => "aldt_",
            Self::Transaction => "aldx_",
        }
    }

    /// Makes a fresh value of this kind with 256 bits of entropy.
    pub fn generate(self, rng: &mut dyn Entropy) -> Secret<String> {
        Secret::new(format!(
            "{}{}",
            self.prefix(),
            random::alphanumeric(rng, BODY_LENGTH)
        ))
    }

    /// Hashes `text` for a look-up if it has the shape of this kind; otherwise `None`, without
    /// hashing.
    #[must_use]
    pub fn hash(self, text: &str) -> Option<TokenHash> {
        let body = text.strip_prefix(self.prefix())?;
        let well_formed =
            body.len() == BODY_LENGTH && body.bytes().all(|b| b.is_ascii_alphanumeric());
        well_formed.then(|| TokenHash::of(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;

    #[test]
    fn jwt_03_a_token_of_one_kind_is_no_token_of_another() {
        let mut rng = Counting(0);
        let code = TokenKind::Code.generate(&mut rng);
        assert_eq!(
            TokenKind::Code.hash(code.expose()),
            Some(TokenHash::of(code.expose()))
        );
        assert_eq!(TokenKind::Refresh.hash(code.expose()), None);
        assert_eq!(TokenKind::Code.hash("aldc_short"), None);
        assert_eq!(TokenKind::Code.hash(&format!("{}\0", code.expose())), None);
    }

    #[test]
    fn log_01_debug_shows_nothing() {
        let secret = Secret::new("hunter2".to_owned());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(format!("{:?}", TokenHash::of("x")), "TokenHash(…)");
    }

    #[test]
    fn a_stored_hash_reads_back() {
        let hash = TokenHash::of("x");
        let json = serde_json::to_string(&hash).unwrap();
        assert_eq!(serde_json::from_str::<TokenHash>(&json).unwrap(), hash);
        assert!(serde_json::from_str::<TokenHash>("\"AA\"").is_err());
    }
}
