//! The claims of ID tokens and access tokens (OpenID Connect Core section 2,
//! RFC 9068). Signing happens outside: these are the bytes to sign.

mod claims;
mod custom;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::api::{Api, SigningAlg};
use crate::application::Application;
use crate::grant::{Grant, GrantOrigin};
use crate::id::{ClientId, GrantId, UserId};
use crate::random::{self, Entropy};
use crate::scope::Scopes;
use crate::session::AuthenticationMethod;
use crate::tenant::Issuer;
use crate::time::{Seconds, Timestamp};
use crate::user::User;

pub use claims::{Target, standard_claims};
pub use custom::{ClaimError, CustomClaims, RESERVED};

/// Lifetime of an opaque access token from the token endpoint.
pub const OPAQUE_LIFETIME: Seconds = Seconds::days(1);

/// Lifetime of an opaque access token from the front channel (implicit, hybrid).
pub const OPAQUE_LIFETIME_FOR_WEB: Seconds = Seconds::hours(2);

/// By which way a token reaches the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// The token endpoint.
    Back,
    /// The authorization response: implicit and hybrid.
    Front,
}

/// How long an access token for `api` lives; `None`: an opaque one.
#[must_use]
pub fn access_lifetime(api: Option<&Api>, channel: Channel) -> Seconds {
    match (api, channel) {
        (None, Channel::Back) => OPAQUE_LIFETIME,
        (None, Channel::Front) => OPAQUE_LIFETIME_FOR_WEB,
        (Some(api), Channel::Back) => api.token_lifetime,
        (Some(api), Channel::Front) => api.token_lifetime_for_web.min(api.token_lifetime),
    }
}

/// The `jti` of an access token. It begins with the grant, so that the server's own endpoints find
/// the state of a token that is a JWT (ACC-07).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct TokenId(String);

impl TokenId {
    /// Makes an id for a token of `grant`; of no grant for client credentials.
    pub fn generate(grant: Option<&GrantId>, rng: &mut dyn Entropy) -> Self {
        let unique = random::alphanumeric(rng, 22);
        Self(match grant {
            Some(grant) => format!("{grant}.{unique}"),
            None => unique,
        })
    }

    /// The same id, of a token of `grant`.
    #[must_use]
    pub fn within(&self, grant: &GrantId) -> Self {
        Self(format!("{grant}.{}", self.0))
    }

    /// The grant that a `jti` names.
    #[must_use]
    pub fn grant_of(jti: &str) -> Option<GrantId> {
        let (grant, _) = jti.split_once('.')?;
        GrantId::parse(grant).ok()
    }
}

/// Facts for the claims of an access token that is a JWT.
#[derive(Debug, Clone, Copy)]
pub struct AccessToken<'a> {
    /// The tenant.
    pub issuer: &'a Issuer,
    /// The API it is for.
    pub api: &'a Api,
    /// The API's identifier as asked for.
    pub audience: &'a str,
    /// Who asked.
    pub client_id: &'a ClientId,
    /// On whose behalf; `None`: the application's own.
    pub user_id: Option<&'a UserId>,
    /// The scopes granted.
    pub scope: &'a Scopes,
    /// For dialects with permissions.
    pub permissions: Option<&'a Scopes>,
    /// How the grant came to be.
    pub origin: GrantOrigin,
    /// Whether a refresh token was exchanged for it.
    pub refreshed: bool,
    /// Its id.
    pub jti: &'a TokenId,
    /// What actions added.
    pub custom: &'a CustomClaims,
    /// When it is issued.
    pub issued_at: Timestamp,
    /// How long it lives.
    pub lifetime: Seconds,
}

impl AccessToken<'_> {
    /// The claims as JSON.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        let userinfo;
        let audience = if self.reaches_userinfo() {
            userinfo = self.issuer.userinfo();
            OneOrMany::Many([self.audience, &userinfo])
        } else {
            OneOrMany::One(self.audience)
        };
        let subject = self.user_id.map_or_else(
            || format!("{}@clients", self.client_id),
            |user| user.as_str().to_owned(),
        );
        to_json(&AccessClaims {
            iss: self.issuer.as_str(),
            sub: &subject,
            aud: audience,
            iat: self.issued_at.seconds(),
            exp: (self.issued_at + self.lifetime).seconds(),
            jti: self.jti,
            azp: self.client_id,
            client_id: self.client_id,
            scope: self.scope,
            gty: gty(self.origin, self.refreshed),
            permissions: self.permissions,
            custom: self.custom.as_map(),
        })
    }

    /// With `openid`, the token also opens `/userinfo`; never when it is signed with a secret that
    /// the API shares (Auth0: an API with HS256 gets no userinfo audience).
    fn reaches_userinfo(&self) -> bool {
        self.user_id.is_some()
            && self.scope.contains("openid")
            && self.api.signing_alg != SigningAlg::Hs256
    }
}

/// Auth0's `gty`: how the token was got; absent for a plain code or implicit flow.
fn gty(origin: GrantOrigin, refreshed: bool) -> Option<OneOrMany<'static>> {
    let base = match origin {
        GrantOrigin::ClientCredentials => Some("client-credentials"),
        GrantOrigin::Password => Some("password"),
        GrantOrigin::Code | GrantOrigin::Implicit | GrantOrigin::Passwordless => None,
    };
    match (refreshed, base) {
        (true, Some(base)) => Some(OneOrMany::Many(["refresh_token", base])),
        (true, None) => Some(OneOrMany::One("refresh_token")),
        (false, base) => base.map(OneOrMany::One),
    }
}

#[derive(Serialize)]
struct AccessClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: OneOrMany<'a>,
    iat: i64,
    exp: i64,
    jti: &'a TokenId,
    azp: &'a ClientId,
    client_id: &'a ClientId,
    #[serde(
        skip_serializing_if = "Scopes::is_empty",
        serialize_with = "space_separated"
    )]
    scope: &'a Scopes,
    #[serde(skip_serializing_if = "Option::is_none")]
    gty: Option<OneOrMany<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions: Option<&'a Scopes>,
    #[serde(flatten)]
    custom: &'a Map<String, Value>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum OneOrMany<'a> {
    One(&'a str),
    Many([&'a str; 2]),
}

/// Facts for the claims of an ID token.
#[derive(Debug, Clone, Copy)]
pub struct IdToken<'a> {
    /// The tenant.
    pub issuer: &'a Issuer,
    /// The application: its audience.
    pub application: &'a Application,
    /// The grant it comes from.
    pub grant: &'a Grant,
    /// Who logged in.
    pub user: &'a User,
    /// The scopes that count now: after a refresh they may be fewer than the grant's.
    pub scope: &'a Scopes,
    /// Echoed exactly; `None` at a refresh.
    pub nonce: Option<&'a str>,
    /// `at_hash` of the access token that comes with it at the front channel.
    pub at_hash: Option<&'a str>,
    /// `c_hash` of the code that comes with it at the front channel.
    pub c_hash: Option<&'a str>,
    /// What actions added.
    pub custom: &'a CustomClaims,
    /// When it is issued.
    pub issued_at: Timestamp,
}

impl IdToken<'_> {
    /// The claims as JSON.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        let lifetime = self.application.jwt_configuration.lifetime_in_seconds;
        let requested = self.grant.claims.as_ref();
        let mut user = standard_claims(
            self.user,
            self.scope,
            Target::IdToken,
            requested.filter(|_| self.application.is_first_party),
        );
        user.extend(self.custom.as_map().clone());
        let asked = |claim| claims::is_requested(requested, Target::IdToken, claim);
        let wants_auth_time = self.grant.wants_auth_time || asked("auth_time");
        let auth_time = self.grant.auth_time.map(Timestamp::seconds);
        let mfa = self.grant.methods.iter().any(|m| m.name == "mfa");
        let amr = (mfa || asked("amr")).then(|| methods(&self.grant.methods));
        to_json(&IdClaims {
            iss: self.issuer.as_str(),
            sub: &self.user.id,
            aud: &self.application.id,
            iat: self.issued_at.seconds(),
            exp: (self.issued_at + lifetime).seconds(),
            sid: self.grant.session_id.as_ref().map(AsRef::as_ref),
            nonce: self.nonce,
            auth_time: auth_time.filter(|_| wants_auth_time),
            amr: amr.filter(|amr| !amr.is_empty()),
            at_hash: self.at_hash,
            c_hash: self.c_hash,
            user: &user,
        })
    }
}

fn methods(methods: &[AuthenticationMethod]) -> Vec<&str> {
    let mut names: Vec<&str> = methods.iter().map(|m| m.name.as_str()).collect();
    names.dedup();
    names
}

#[derive(Serialize)]
struct IdClaims<'a> {
    iss: &'a str,
    sub: &'a UserId,
    aud: &'a ClientId,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amr: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_hash: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    c_hash: Option<&'a str>,
    #[serde(flatten)]
    user: &'a Map<String, Value>,
}

fn space_separated<S: Serializer>(scope: &&Scopes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(scope)
}

fn to_json(claims: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(claims)
        .expect("invariant: claims have string keys and nothing that can fail")
}

#[cfg(test)]
mod tests;
