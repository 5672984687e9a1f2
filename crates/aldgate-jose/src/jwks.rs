//! A set of public keys (RFC 7517 section 5).

use serde::Serialize;
use serde_json::Value;

use crate::{JoseError, Jwk, json};

/// Longest JSON of a set, in bytes.
const SET_BYTES_MAX: usize = 256 * 1024;

/// Most keys in a set.
const SET_KEYS_MAX: usize = 100;

/// Public keys with distinct `kid`s.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct JwkSet {
    keys: Vec<Jwk>,
    #[serde(skip)]
    skipped: Vec<Skipped>,
}

/// A key of a set that is not used here, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its `kid`, if that was readable.
    pub kid: Option<String>,
    /// Why it is not used.
    pub error: JoseError,
}

impl JwkSet {
    /// Collects keys.
    ///
    /// # Errors
    /// [`JoseError::DuplicateKid`], and [`JoseError::TooLarge`] for more than 100 keys.
    pub fn new(keys: impl IntoIterator<Item = Jwk>) -> Result<Self, JoseError> {
        let keys: Vec<Jwk> = keys.into_iter().collect();
        if keys.len() > SET_KEYS_MAX {
            return Err(JoseError::TooLarge);
        }
        let mut kids: Vec<&str> = keys.iter().filter_map(Jwk::kid).collect();
        kids.sort_unstable();
        if kids.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(JoseError::DuplicateKid);
        }
        Ok(Self {
            keys,
            skipped: Vec::new(),
        })
    }

    /// Reads a set. A key that is unsupported, weak or for encryption is skipped and listed in
    /// [`JwkSet::skipped`]; private or symmetric material and duplicate `kid`s refuse the set.
    ///
    /// # Errors
    /// [`JoseError::Json`], [`JoseError::TooLarge`], [`JoseError::PrivateKey`],
    /// [`JoseError::DuplicateKid`], [`JoseError::DuplicateMember`].
    pub fn parse(bytes: &[u8]) -> Result<Self, JoseError> {
        if bytes.len() > SET_BYTES_MAX {
            return Err(JoseError::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| JoseError::Json)?;
        json::object(text, &mut |_, _| Ok(()))?;
        let set: Value = serde_json::from_str(text).map_err(|_| JoseError::Json)?;
        Self::from_value(&set)
    }

    /// Reads a set that was already parsed, for instance from a request body.
    ///
    /// # Errors
    /// As [`JwkSet::parse`].
    pub fn from_value(set: &Value) -> Result<Self, JoseError> {
        let listed = set
            .get("keys")
            .and_then(Value::as_array)
            .ok_or(JoseError::Json)?;
        if listed.len() > SET_KEYS_MAX {
            return Err(JoseError::TooLarge);
        }
        let mut keys = Vec::with_capacity(listed.len());
        let mut skipped = Vec::new();
        for value in listed {
            let map = value.as_object().ok_or(JoseError::Json)?;
            match Jwk::from_map(map) {
                Ok(jwk) => keys.push(jwk),
                Err(JoseError::PrivateKey) => return Err(JoseError::PrivateKey),
                Err(error) => {
                    let kid = map.get("kid").and_then(Value::as_str).map(str::to_owned);
                    skipped.push(Skipped { kid, error });
                }
            }
        }
        Ok(Self {
            skipped,
            ..Self::new(keys)?
        })
    }

    /// The keys, in the order of the set.
    #[must_use]
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// Keys of the JSON that are not in [`JwkSet::keys`].
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// The key of this name.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.kid() == Some(kid))
    }

    /// `{"keys":[…]}`.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("invariant: keys are strings and lists of strings")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = include_str!("../tests/data/rfc7515_es256.json");

    /// A key named `a`.
    fn a() -> String {
        KEY.replacen('{', r#"{"kid":"a","#, 1)
    }

    fn parse(keys: &str) -> Result<JwkSet, JoseError> {
        JwkSet::parse(format!("{{\"keys\":[{keys}]}}").as_bytes())
    }

    #[test]
    fn jwk_05_a_bad_key_does_not_void_the_set() {
        let keys = [
            r#"{"kty":"X","kid":"x"}"#,
            &a(),
            r#"{"kty":"RSA","use":"enc"}"#,
        ]
        .join(",");
        let set = parse(&keys);
        let set = set.unwrap();
        assert_eq!(set.keys().len(), 1);
        assert!(set.find("a").is_some() && set.find("x").is_none());
        let errors: Vec<_> = set.skipped().iter().map(|skipped| skipped.error).collect();
        assert_eq!(errors, [JoseError::KeyUnsupported, JoseError::KeyUse]);
        assert_eq!(set.skipped()[0].kid.as_deref(), Some("x"));
    }

    #[test]
    fn jwt_07_secrets_and_duplicates_void_the_set() {
        let oct = r#"{"kty":"oct","k":"AQAB"}"#;
        assert_eq!(parse(&[&a(), oct].join(",")), Err(JoseError::PrivateKey));
        assert_eq!(parse(&[a(), a()].join(",")), Err(JoseError::DuplicateKid));
        assert_eq!(parse("7"), Err(JoseError::Json));
        assert_eq!(JwkSet::parse(b"{}"), Err(JoseError::Json));
        assert_eq!(JwkSet::parse(b"<html>"), Err(JoseError::Json));
        assert_eq!(
            JwkSet::parse(&vec![b' '; SET_BYTES_MAX + 1]),
            Err(JoseError::TooLarge)
        );
        let many = vec!["{}"; SET_KEYS_MAX + 1].join(",");
        assert_eq!(parse(&many), Err(JoseError::TooLarge));
    }

    #[test]
    fn sets_write_and_read_back() {
        let set = parse(&a()).unwrap();
        assert_eq!(JwkSet::parse(set.to_json().as_bytes()), Ok(set));
    }
}
