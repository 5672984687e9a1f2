//! An API (wire: resource server): something that accepts tokens.

pub mod rules;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::ApiId;
use crate::scope::Scopes;
use crate::time::{Seconds, Timestamp};

/// Something that accepts tokens. Its identifier is the audience of its access tokens.
/// Members carry Auth0's names on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Api {
    /// Key.
    pub id: ApiId,
    /// The audience. A logical name: it need not resolve.
    pub identifier: String,
    /// Shown on pages.
    #[serde(default)]
    pub name: String,
    /// What can be asked for.
    #[serde(default)]
    pub scopes: Vec<ApiScope>,
    /// How its access tokens are signed.
    #[serde(default)]
    pub signing_alg: SigningAlg,
    /// The HS256 secret sealed under the master key, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_secret_sealed: Option<String>,
    /// Lifetime of an access token.
    #[serde(default = "one_day")]
    pub token_lifetime: Seconds,
    /// Lifetime of an access token from the front channel (implicit, hybrid).
    #[serde(default = "two_hours")]
    pub token_lifetime_for_web: Seconds,
    /// Whether refresh tokens may be had for it.
    #[serde(default)]
    pub allow_offline_access: bool,
    /// Whether first-party applications skip consent (R13).
    #[serde(default)]
    pub skip_consent_for_verifiable_first_party_clients: bool,
    /// RBAC: a user gets only the scopes that her roles and permissions hold.
    #[serde(default)]
    pub enforce_policies: bool,
    /// What the access token looks like (R6).
    #[serde(default)]
    pub token_dialect: TokenDialect,
    /// Which subjects need a client grant.
    #[serde(default)]
    pub subject_type_authorization: SubjectTypeAuthorization,
    /// The tenant's own Management API: cannot be deleted or renamed.
    #[serde(default, skip_serializing_if = "crate::application::is_false")]
    pub is_system: bool,
    /// Former identifiers that still work for a while (R11).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<IdentifierAlias>,
    /// When it was made.
    #[serde(default)]
    pub created_at: Timestamp,
    /// When it last changed.
    #[serde(default)]
    pub updated_at: Timestamp,
    /// Accepted members that Aldgate does not act on, stored and returned as sent.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Api {
    /// Whether the API defines `scope`.
    #[must_use]
    pub fn defines(&self, scope: &str) -> bool {
        self.scopes.iter().any(|s| s.value == scope)
    }

    /// All scopes the API defines.
    #[must_use]
    pub fn all_scopes(&self) -> Scopes {
        Scopes::collect(self.scopes.iter().map(|s| s.value.as_str()))
    }
}

/// One scope of an API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiScope {
    /// The scope value, such as `read:orders`.
    pub value: String,
    /// What it allows, for the consent page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A former identifier that still works until `until`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentifierAlias {
    /// The former identifier.
    pub identifier: String,
    /// When it stops working.
    pub until: Timestamp,
}

/// A signature algorithm that an API or an application may choose (R11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum SigningAlg {
    /// RSA with SHA-256, the compatibility default.
    #[default]
    #[serde(rename = "RS256")]
    Rs256,
    /// RSA with SHA-512.
    #[serde(rename = "RS512")]
    Rs512,
    /// RSA-PSS with SHA-256.
    #[serde(rename = "PS256")]
    Ps256,
    /// P-256 with SHA-256; forty times cheaper to sign than RS256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// HMAC with a secret of at least 256 bits.
    #[serde(rename = "HS256")]
    Hs256,
}

impl SigningAlg {
    /// The `alg` value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Hs256 => "HS256",
        }
    }
}

/// What an API's access tokens look like (R6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenDialect {
    /// `typ: JWT`.
    AccessToken,
    /// `typ: JWT`, with `permissions`.
    AccessTokenAuthz,
    /// `typ: at+jwt` (RFC 9068).
    #[default]
    Rfc9068Profile,
    /// `typ: at+jwt`, with `permissions`.
    Rfc9068ProfileAuthz,
}

impl TokenDialect {
    /// The `typ` header.
    #[must_use]
    pub const fn typ(self) -> &'static str {
        match self {
            Self::AccessToken | Self::AccessTokenAuthz => "JWT",
            Self::Rfc9068Profile | Self::Rfc9068ProfileAuthz => "at+jwt",
        }
    }

    /// Whether the token lists the user's permissions.
    #[must_use]
    pub const fn has_permissions(self) -> bool {
        matches!(self, Self::AccessTokenAuthz | Self::Rfc9068ProfileAuthz)
    }
}

/// Which subjects need a client grant to get tokens for an API (Auth0: client grants).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SubjectTypeAuthorization {
    /// For tokens on behalf of users.
    pub user: UserAccess,
    /// For tokens of applications themselves.
    pub client: ClientAccess,
}

/// The policy for tokens on behalf of users.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UserAccess {
    /// The policy.
    pub policy: UserPolicy,
}

/// The policy for tokens of applications themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClientAccess {
    /// The policy.
    pub policy: ClientPolicy,
}

/// See [`UserAccess`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserPolicy {
    /// Every application may ask.
    #[default]
    AllowAll,
    /// Only applications with a client grant for users.
    RequireClientGrant,
    /// None.
    DenyAll,
}

/// See [`ClientAccess`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientPolicy {
    /// Only applications with a client grant.
    #[default]
    RequireClientGrant,
    /// None.
    DenyAll,
}

const fn one_day() -> Seconds {
    Seconds::days(1)
}

const fn two_hours() -> Seconds {
    Seconds::hours(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_api_reads_with_the_contracts_defaults() {
        let id = "0123456789abcdef01234567";
        let json = format!(r#"{{"id":"{id}","identifier":"https://api.test/"}}"#);
        let api: Api = serde_json::from_str(&json).unwrap();
        assert_eq!(api.signing_alg, SigningAlg::Rs256);
        assert_eq!(api.token_lifetime, Seconds(86_400));
        assert_eq!(api.token_lifetime_for_web, Seconds(7_200));
        assert_eq!(api.token_dialect.typ(), "at+jwt");
        assert_eq!(
            api.subject_type_authorization.client.policy,
            ClientPolicy::RequireClientGrant
        );
        assert!(!api.allow_offline_access && !api.enforce_policies);
    }
}
