//! Scopes: what a token may be used for (RFC 6749 section 3.3).

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most scopes one request or grant may name.
pub const SCOPES_MAX: usize = 1000;

/// The longest scope, in bytes (Auth0: 280).
pub const SCOPE_BYTES_MAX: usize = 280;

/// Scopes with a meaning in OpenID Connect or OAuth itself; no API defines them.
pub const STANDARD: [&str; 6] = [
    "openid",
    "profile",
    "email",
    "phone",
    "address",
    "offline_access",
];

/// An ordered set of scope values. Order is the order asked for; duplicates are dropped.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(Vec<Box<str>>);

/// Why a scope text is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// A character outside RFC 6749's `scope-token`.
    #[error("scope {0:?} has a character outside printable ASCII without space, \" and \\")]
    Character(String),
    /// Over [`SCOPE_BYTES_MAX`] or [`SCOPES_MAX`].
    #[error("at most {SCOPES_MAX} scopes of at most {SCOPE_BYTES_MAX} characters each")]
    TooLong,
}

impl Scopes {
    /// No scope at all.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Reads the space-separated `scope` parameter; runs of spaces count as one.
    ///
    /// # Errors
    /// Refuses characters outside the grammar and over-long lists.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let mut scopes = Self::none();
        for scope in text.split(' ').filter(|s| !s.is_empty()) {
            check(scope)?;
            if scopes.0.len() == SCOPES_MAX {
                return Err(ScopeError::TooLong);
            }
            scopes.insert(scope);
        }
        Ok(scopes)
    }

    /// Collects scope values, dropping duplicates and those outside the grammar.
    pub fn collect<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut scopes = Self::none();
        values
            .into_iter()
            .filter(|v| check(v).is_ok())
            .for_each(|v| scopes.insert(v));
        scopes
    }

    /// Adds one scope if it is not there yet.
    pub fn insert(&mut self, scope: &str) {
        if !self.contains(scope) {
            self.0.push(scope.into());
        }
    }

    /// Whether `scope` is in the set.
    #[must_use]
    pub fn contains(&self, scope: &str) -> bool {
        self.0.iter().any(|s| &**s == scope)
    }

    /// Whether every scope of `self` is in `other`.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.iter().all(|s| other.contains(s))
    }

    /// The scopes of `self` for which `keep` holds, in the same order.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|s| keep(s)).cloned().collect())
    }

    /// Both sets: first the scopes of `self`, then the new ones of `other`.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut all = self.clone();
        other.iter().for_each(|s| all.insert(s));
        all
    }

    /// The scopes in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|s| &**s)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether both sets hold the same scopes, in any order.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        self.len() == other.len() && self.is_subset(other)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope)?;
        }
        Ok(())
    }
}

/// Whether OpenID Connect or OAuth itself defines `scope` (see [`STANDARD`]).
#[must_use]
pub fn is_standard(scope: &str) -> bool {
    STANDARD.contains(&scope)
}

/// Checks a JSON list of scopes: strings within the grammar, not too many.
///
/// # Errors
/// Names the first entry that is no scope.
pub fn check_list(values: &[serde_json::Value]) -> Result<(), crate::error::Refusal> {
    let refuse = |cause: String| Err(crate::error::Refusal::new("invalid_body", cause));
    if values.len() > SCOPES_MAX {
        return refuse(format!("scope has more than {SCOPES_MAX} entries"));
    }
    for (index, value) in values.iter().enumerate() {
        match value.as_str().map(check) {
            Some(Ok(())) => {}
            Some(Err(error)) => return refuse(format!("scope[{index}]: {error}")),
            None => return refuse(format!("scope[{index}] is not a string")),
        }
    }
    Ok(())
}

/// `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )` (RFC 6749 appendix A.4).
fn check(scope: &str) -> Result<(), ScopeError> {
    if scope.len() > SCOPE_BYTES_MAX {
        return Err(ScopeError::TooLong);
    }
    let ok = |b: u8| matches!(b, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    if scope.is_empty() || !scope.bytes().all(ok) {
        return Err(ScopeError::Character(scope.chars().take(80).collect()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_in_order_without_duplicates() {
        let scopes = Scopes::parse("openid  read:orders openid email").unwrap();
        assert_eq!(scopes.to_string(), "openid read:orders email");
        assert!(Scopes::parse("").unwrap().is_empty());
        assert_eq!(
            Scopes::parse("a\"b"),
            Err(ScopeError::Character("a\"b".into()))
        );
        assert_eq!(Scopes::parse(&"x".repeat(281)), Err(ScopeError::TooLong));
    }

    #[test]
    fn set_operations() {
        let asked = Scopes::parse("openid read write").unwrap();
        let allowed = Scopes::parse("write read").unwrap();
        let granted = asked.filter(|s| allowed.contains(s));
        assert_eq!(granted.to_string(), "read write");
        assert!(granted.is_subset(&asked) && granted.same_as(&allowed));
        assert_eq!(granted.union(&asked).to_string(), "read write openid");
    }

    proptest::proptest! {
        #[test]
        fn printing_and_parsing_is_the_identity(text in "[ -~]{0,200}") {
            if let Ok(scopes) = Scopes::parse(&text) {
                let printed = scopes.to_string();
                proptest::prop_assert_eq!(Scopes::parse(&printed), Ok(scopes));
            }
        }
    }
}
