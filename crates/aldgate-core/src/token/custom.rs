//! Claims that actions add (as in Auth0). A collision with a protocol claim is an error that says
//! so, never a silent drop (ruling R12).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Names that no custom claim may take: they mean something to the protocols or to Auth0's SDKs.
pub const RESERVED: &[&str] = &[
    "acr",
    "act",
    "active",
    "amr",
    "at_hash",
    "ath",
    "attest",
    "aud",
    "auth_time",
    "authorization_details",
    "azp",
    "c_hash",
    "client_id",
    "cnf",
    "cty",
    "dest",
    "entitlements",
    "events",
    "exp",
    "groups",
    "gty",
    "htm",
    "htu",
    "iat",
    "internalService",
    "iss",
    "jcard",
    "jku",
    "jti",
    "jwe",
    "jwk",
    "kid",
    "may_act",
    "mky",
    "nbf",
    "nonce",
    "object_id",
    "org_id",
    "org_name",
    "orig",
    "origid",
    "permissions",
    "roles",
    "rph",
    "s_hash",
    "scope",
    "sid",
    "sip_callid",
    "sip_cseq_num",
    "sip_date",
    "sip_from_tag",
    "sip_via_branch",
    "sub",
    "sub_jwk",
    "toe",
    "txn",
    "typ",
    "uuid",
    "vot",
    "vtm",
    "x5t#S256",
];

/// The most bytes all custom claims of a token may take as JSON.
const BYTES_MAX: usize = 100 * 1024;

/// Custom claims of one token, checked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomClaims(Map<String, Value>);

/// Why a claim is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// The name belongs to the protocol.
    #[error(
        "claim {0:?} is reserved: the protocols give it a meaning. Use a name of your own, such as \
         https://your-domain.example/{0}"
    )]
    Reserved(String),
    /// Empty, or longer than 255 bytes.
    #[error("a claim's name must have 1 to 255 bytes")]
    Name,
    /// All claims together are too large.
    #[error("custom claims take more than {BYTES_MAX} bytes")]
    TooLarge,
}

impl CustomClaims {
    /// No claims.
    #[must_use]
    pub fn none() -> &'static Self {
        static NONE: std::sync::LazyLock<CustomClaims> = std::sync::LazyLock::new(Default::default);
        &NONE
    }

    /// Adds or replaces a claim; `null` removes it.
    ///
    /// # Errors
    /// [`ClaimError`], for the action's log and the tenant log. The claims stay as they were.
    pub fn set(&mut self, name: &str, value: Value) -> Result<(), ClaimError> {
        if name.is_empty() || name.len() > 255 {
            return Err(ClaimError::Name);
        }
        if RESERVED.contains(&name) {
            return Err(ClaimError::Reserved(name.to_owned()));
        }
        if value.is_null() {
            self.0.remove(name);
            return Ok(());
        }
        let others = self.0.iter().filter(|(known, _)| *known != name);
        let size = |name: &str, value: &Value| name.len() + value.to_string().len() + 4;
        let total: usize = others.map(|(name, value)| size(name, value)).sum();
        if total + size(name, &value) > BYTES_MAX {
            return Err(ClaimError::TooLarge);
        }
        self.0.insert(name.to_owned(), value);
        Ok(())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those whose names are URLs: the ones that `/userinfo` tells, too (as Auth0 does).
    #[must_use]
    pub fn namespaced(&self) -> Self {
        let named = |name: &str| name.contains("://") || name.starts_with("urn:");
        let claims = self.0.iter().filter(|(name, _)| named(name));
        Self(
            claims
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    }

    /// The claims.
    #[must_use]
    pub const fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn oid_01_custom_claims_cannot_take_protocol_names() {
        let mut claims = CustomClaims::default();
        for name in RESERVED {
            let refused = claims.set(name, json!(1));
            assert_eq!(refused, Err(ClaimError::Reserved((*name).to_owned())));
        }
        assert!(claims.as_map().is_empty());
        assert_eq!(claims.set("https://a.test/roles", json!(["x"])), Ok(()));
        assert_eq!(claims.set("https://a.test/roles", Value::Null), Ok(()));
        assert!(claims.as_map().is_empty());
        let refusal = claims.set("sub", json!("eve")).unwrap_err().to_string();
        assert!(
            refusal.contains("https://your-domain.example/sub"),
            "{refusal}"
        );
    }

    #[test]
    fn custom_claims_are_bounded() {
        let mut claims = CustomClaims::default();
        assert_eq!(claims.set("a", json!("x".repeat(60_000))), Ok(()));
        assert_eq!(
            claims.set("b", json!("x".repeat(60_000))),
            Err(ClaimError::TooLarge)
        );
        assert_eq!(claims.set("a", json!("x".repeat(100_000))), Ok(()));
        assert_eq!(claims.set("", json!(1)), Err(ClaimError::Name));
    }
}
