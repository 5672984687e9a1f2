//! An application (wire: client): something that asks for tokens.

pub mod credentials;
pub mod own;
pub mod rules;
pub mod secrets;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::{ClientId, CredentialId};
use crate::secret::TokenHash;
use crate::time::{Seconds, Timestamp};

/// Something that asks for tokens. Members carry Auth0's names on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Application {
    /// `client_id`.
    #[serde(rename = "client_id")]
    pub id: ClientId,
    /// Shown on pages.
    pub name: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Logo on the consent page, https only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// What kind of program it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_type: Option<AppType>,
    /// Ours, so that consent may be skipped.
    #[serde(default = "yes")]
    pub is_first_party: bool,
    /// Switched off: every request is refused, tokens stop working (ACC-07).
    #[serde(default, skip_serializing_if = "is_false")]
    pub disabled: bool,
    /// Redirect URIs, compared byte for byte (R2).
    #[serde(default)]
    pub callbacks: Vec<String>,
    /// Where logout may send people.
    #[serde(default)]
    pub allowed_logout_urls: Vec<String>,
    /// Origins of web pages that use `web_message` or cross-origin login.
    #[serde(default)]
    pub web_origins: Vec<String>,
    /// Further origins allowed by CORS.
    #[serde(default)]
    pub allowed_origins: Vec<String>,
    /// What it may do at `/oauth/token` and `/authorize`.
    #[serde(default)]
    pub grant_types: BTreeSet<GrantType>,
    /// How it proves itself (RFC 7591 section 2).
    #[serde(default)]
    pub token_endpoint_auth_method: ClientAuthMethod,
    /// Public keys for `private_key_jwt`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<ClientCredential>,
    /// SHA-256 of the client secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_hash: Option<TokenHash>,
    /// The client secret sealed under the master key, base64; kept only for HS256 ID tokens (R11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_sealed: Option<String>,
    /// How its ID tokens are made.
    #[serde(default)]
    pub jwt_configuration: IdTokenSettings,
    /// How its refresh tokens behave.
    #[serde(default)]
    pub refresh_token: RefreshTokenSettings,
    /// Whether `/co/authenticate` accepts it.
    #[serde(default)]
    pub cross_origin_authentication: bool,
    /// Auth0's switch for standard behaviour; stored and returned.
    #[serde(default)]
    pub oidc_conformant: bool,
    /// Where a login that began elsewhere can start (https).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    /// Key/value pairs for actions.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub client_metadata: Map<String, Value>,
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

impl Application {
    /// A public application proves nothing but possession of the PKCE verifier (RFC 6749 section
    /// 2.1).
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.token_endpoint_auth_method == ClientAuthMethod::None
    }

    /// Whether `grant` is among its grant types.
    #[must_use]
    pub fn may(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }

    /// Whether its refresh tokens rotate: always for public applications (R9).
    #[must_use]
    pub fn rotates_refresh_tokens(&self) -> bool {
        self.is_public() || self.refresh_token.rotation_type == RotationType::Rotating
    }
}

/// What kind of program an application is (Auth0's `app_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppType {
    /// Installed on a device; loopback redirect ports may differ.
    Native,
    /// A machine-to-machine program.
    NonInteractive,
    /// A server-side web application.
    RegularWeb,
    /// A program in the browser.
    Spa,
}

/// What an application may do (RFC 7591 `grant_types`, with Auth0's extensions).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum GrantType {
    /// RFC 6749 section 4.1.
    #[serde(rename = "authorization_code")]
    AuthorizationCode,
    /// RFC 6749 section 4.4.
    #[serde(rename = "client_credentials")]
    ClientCredentials,
    /// RFC 8628.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
    /// RFC 6749 section 4.2 and the implicit and hybrid flows of OpenID Connect. Off by default
    /// (R5).
    #[serde(rename = "implicit")]
    Implicit,
    /// Auth0: recovery code as second factor.
    #[serde(rename = "http://auth0.com/oauth/grant-type/mfa-recovery-code")]
    MfaRecoveryCode,
    /// Auth0: out-of-band second factor.
    #[serde(rename = "http://auth0.com/oauth/grant-type/mfa-oob")]
    MfaOob,
    /// Auth0: one-time code as second factor.
    #[serde(rename = "http://auth0.com/oauth/grant-type/mfa-otp")]
    MfaOtp,
    /// RFC 6749 section 4.3. Off by default (R5).
    #[serde(rename = "password")]
    Password,
    /// Auth0: password grant that names the connection.
    #[serde(rename = "http://auth0.com/oauth/grant-type/password-realm")]
    PasswordRealm,
    /// Auth0: code by mail or SMS.
    #[serde(rename = "http://auth0.com/oauth/grant-type/passwordless/otp")]
    PasswordlessOtp,
    /// RFC 6749 section 6.
    #[serde(rename = "refresh_token")]
    RefreshToken,
    /// RFC 8693.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:token-exchange")]
    TokenExchange,
}

impl GrantType {
    /// Reads the `grant_type` parameter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_value(Value::String(text.to_owned())).ok()
    }
}

/// How an application proves itself at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthMethod {
    /// HTTP Basic (RFC 6749 section 2.3.1).
    ClientSecretBasic,
    /// `client_id` and `client_secret` in the body.
    #[default]
    ClientSecretPost,
    /// Nothing: a public application.
    None,
    /// A signed assertion (RFC 7523; OpenID Connect Core section 9).
    PrivateKeyJwt,
}

/// One public key of an application that uses `private_key_jwt`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientCredential {
    /// Key.
    pub id: CredentialId,
    /// What people call it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The algorithm its assertions use.
    pub alg: String,
    /// The public key as a JWK, with `kid`.
    pub jwk: Value,
    /// After which it no longer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Whether it counts: `client_authentication_methods` names it.
    #[serde(default = "yes")]
    pub in_use: bool,
    /// When it was made.
    #[serde(default)]
    pub created_at: Timestamp,
    /// When it last changed.
    #[serde(default)]
    pub updated_at: Timestamp,
}

/// How an application's ID tokens are made (Auth0's `jwt_configuration`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IdTokenSettings {
    /// Signature algorithm. RS256 unless the application asks for HS256 (R11).
    pub alg: crate::api::SigningAlg,
    /// Lifetime of an ID token.
    pub lifetime_in_seconds: Seconds,
}

impl Default for IdTokenSettings {
    fn default() -> Self {
        Self {
            alg: crate::api::SigningAlg::Rs256,
            lifetime_in_seconds: Seconds::hours(10),
        }
    }
}

/// How an application's refresh tokens behave (Auth0: refresh tokens).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RefreshTokenSettings {
    /// Whether each exchange replaces the token. Public applications always rotate (R9).
    pub rotation_type: RotationType,
    /// Whether the absolute lifetime applies.
    pub expiration_type: ExpirationType,
    /// For how long a replaced token gets the same answer again (R9). At most 60 s.
    pub leeway: Seconds,
    /// Absolute lifetime since the first token of the family.
    pub token_lifetime: Seconds,
    /// Idle lifetime since the last exchange.
    pub idle_token_lifetime: Seconds,
    /// No absolute lifetime.
    pub infinite_token_lifetime: bool,
    /// No idle lifetime.
    pub infinite_idle_token_lifetime: bool,
}

impl Default for RefreshTokenSettings {
    fn default() -> Self {
        Self {
            rotation_type: RotationType::Rotating,
            expiration_type: ExpirationType::Expiring,
            leeway: Seconds(30),
            token_lifetime: Seconds::days(30),
            idle_token_lifetime: Seconds::days(15),
            infinite_token_lifetime: false,
            infinite_idle_token_lifetime: false,
        }
    }
}

/// See [`RefreshTokenSettings::rotation_type`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RotationType {
    /// One token for the whole lifetime.
    NonRotating,
    /// A new token with each exchange.
    Rotating,
}

/// See [`RefreshTokenSettings::expiration_type`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExpirationType {
    /// The lifetimes apply.
    Expiring,
    /// They do not.
    NonExpiring,
}

pub(crate) const fn yes() -> bool {
    true
}

pub(crate) const fn is_false(value: &bool) -> bool {
    !*value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_application_reads_with_safe_defaults() {
        let app: Application =
            serde_json::from_str(r#"{"client_id":"abc","name":"A","sso":true}"#).unwrap();
        assert!(app.is_first_party && !app.disabled && !app.is_public());
        assert!(!app.may(GrantType::Implicit) && !app.may(GrantType::Password));
        assert!(app.rotates_refresh_tokens());
        assert_eq!(app.extra["sso"], true);
        let back = serde_json::to_value(&app).unwrap();
        assert_eq!(serde_json::from_value::<Application>(back).unwrap(), app);
    }

    #[test]
    fn grant_types_are_read_by_their_wire_names() {
        assert_eq!(
            GrantType::parse("refresh_token"),
            Some(GrantType::RefreshToken)
        );
        let realm = "http://auth0.com/oauth/grant-type/password-realm";
        assert_eq!(GrantType::parse(realm), Some(GrantType::PasswordRealm));
        assert_eq!(GrantType::parse("magic"), None);
    }
}
