//! What actions changed about the tokens of a grant. It is kept with the grant, so that the code
//! exchange and `/userinfo` tell the same as the login decided.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::access::Access;
use crate::scope::Scopes;
use crate::token::CustomClaims;

/// Changes to the tokens of one grant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Customised {
    /// Claims of ID tokens and of `/userinfo`.
    #[serde(skip_serializing_if = "CustomClaims::is_empty")]
    pub id_token: CustomClaims,
    /// Claims of access tokens.
    #[serde(skip_serializing_if = "CustomClaims::is_empty")]
    pub access_token: CustomClaims,
    /// Scopes that are granted although nobody asked for them, or the rules gave none.
    #[serde(skip_serializing_if = "Scopes::is_empty")]
    pub added: Scopes,
    /// Scopes that are not granted although the rules gave them.
    #[serde(skip_serializing_if = "Scopes::is_empty")]
    pub removed: Scopes,
    /// Which action set a claim, by the claim's name: for those who ask where it comes from.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub set_by: BTreeMap<String, String>,
}

impl Customised {
    /// Whether nothing is changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Notes that `action` set what differs from `before`.
    pub fn attribute(&mut self, before: &Self, action: &str) {
        let pairs = [
            (&before.id_token, &self.id_token),
            (&before.access_token, &self.access_token),
        ];
        for (before, after) in pairs {
            let after = after.as_map().iter();
            let differs = after.filter(|(name, value)| before.as_map().get(*name) != Some(value));
            for (name, _) in differs {
                self.set_by.insert(name.clone(), action.to_owned());
            }
        }
        let (id_token, access_token) = (&self.id_token, &self.access_token);
        let is_set = |name: &str| {
            id_token.as_map().contains_key(name) || access_token.as_map().contains_key(name)
        };
        self.set_by.retain(|name, _| is_set(name));
    }

    /// Adds a scope; a removal of it before counts no more.
    pub(super) fn add(&mut self, scope: &str) {
        self.removed = self.removed.filter(|removed| removed != scope);
        self.added.insert(scope);
    }

    /// Takes a scope away, whoever gave it.
    pub(super) fn remove(&mut self, scope: &str) {
        self.added = self.added.filter(|added| added != scope);
        self.removed.insert(scope);
    }

    /// What is granted with these changes, within `wanted` where only some scopes are asked for.
    pub fn adjust(&self, access: &mut Access, wanted: Option<&Scopes>) {
        if self.added.is_empty() && self.removed.is_empty() {
            return;
        }
        let kept = access.scope.filter(|scope| !self.removed.contains(scope));
        let added = self
            .added
            .filter(|scope| wanted.is_none_or(|wanted| wanted.contains(scope)));
        access.scope = kept.union(&added);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_that_of_the_action_that_set_it_last() {
        let mut custom = Customised::default();
        let mut step = |action: &str, name: &str, value: serde_json::Value| {
            let before = custom.clone();
            custom.access_token.set(name, value).unwrap();
            custom.attribute(&before, action);
            custom.set_by.clone()
        };
        step("First", "https://x/a", "1".into());
        step("First", "https://x/b", "1".into());
        step("Same", "https://x/b", "1".into());
        step("Other", "https://x/a", "2".into());
        let by = step("Away", "https://x/b", serde_json::Value::Null);
        assert_eq!(by.get("https://x/a").map(String::as_str), Some("Other"));
        assert!(!by.contains_key("https://x/b"));
    }

    #[test]
    fn the_last_word_on_a_scope_counts() {
        let mut custom = Customised::default();
        custom.add("a");
        custom.remove("a");
        custom.remove("b");
        custom.add("b");
        custom.remove("read:x");
        let mut access = Access {
            audience: None,
            scope: Scopes::parse("openid read:x a").unwrap(),
            permissions: None,
        };
        custom.adjust(&mut access, None);
        assert_eq!(access.scope.to_string(), "openid b");
        access.scope = Scopes::parse("openid").unwrap();
        let wanted = Scopes::parse("openid").unwrap();
        custom.adjust(&mut access, Some(&wanted));
        assert_eq!(access.scope.to_string(), "openid");
        let json = serde_json::to_string(&custom).unwrap();
        assert_eq!(json, r#"{"added":["b"],"removed":["a","read:x"]}"#);
        assert_eq!(
            serde_json::from_str::<Customised>("{}").unwrap(),
            Customised::default()
        );
    }
}
