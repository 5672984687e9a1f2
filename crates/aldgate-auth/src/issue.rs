//! Minting and signing tokens, outside of every unit of work. The token endpoint uses it, and
//! `/authorize` for tokens of the front channel.

use aldgate_app::App;
use aldgate_core::access::Access;
use aldgate_core::api::Api;
use aldgate_core::application::Application;
use aldgate_core::error::OAuthError;
use aldgate_core::grant::Grant;
use aldgate_core::id::GrantId;
use aldgate_core::random::Entropy;
use aldgate_core::scope::Scopes;
use aldgate_core::secret::{Secret, TokenHash, TokenKind};
use aldgate_core::tenant::Tenant;
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_core::token::{AccessToken, Channel, CustomClaims, IdToken, TokenId, access_lifetime};
use aldgate_core::user::User;
use aldgate_store::{AccessToken as OpaqueToken, StoreError};

use crate::client::down;

/// The unpredictable parts of an access token: its id if it is a JWT, its text if it is opaque.
#[derive(Clone)]
pub(crate) struct Names {
    unique: TokenId,
    opaque: Secret<String>,
}

impl Names {
    /// Draws the parts.
    pub(crate) fn generate(rng: &mut dyn Entropy) -> Self {
        Self {
            unique: TokenId::generate(None, rng),
            opaque: TokenKind::Access.generate(rng),
        }
    }

    /// Stores the opaque token, within the unit of work that issues it.
    pub(crate) fn store_opaque(
        &self,
        tx: &mut aldgate_store::Tx<'_>,
        grant: &GrantId,
        scope: &Scopes,
        (issued_at, lifetime): (Timestamp, Seconds),
    ) -> Result<(), StoreError> {
        let token = OpaqueToken {
            grant_id: grant.clone(),
            scope: scope.clone(),
            created_at: issued_at,
            expires_at: issued_at + lifetime,
        };
        tx.access_tokens()
            .create(&TokenHash::of(self.opaque.expose()), &token)
    }
}

/// For how long a grant is kept after its code was redeemed, at least: its access token hangs on
/// it, and a replay of the code must find it.
pub(crate) fn kept_for(api: Option<&Api>) -> Seconds {
    access_lifetime(api, Channel::Back).max(Seconds::minutes(10))
}

/// Everything that tokens of one grant are made from.
#[derive(Clone, Copy)]
pub(crate) struct Mint<'a> {
    pub(crate) app: &'a App,
    pub(crate) tenant: &'a Tenant,
    pub(crate) application: &'a Application,
    pub(crate) api: Option<&'a Api>,
    pub(crate) grant: &'a Grant,
    pub(crate) user: &'a User,
    pub(crate) access: &'a Access,
    pub(crate) channel: Channel,
    pub(crate) refreshed: bool,
    pub(crate) issued_at: Timestamp,
}

impl Mint<'_> {
    /// How long the access token lives.
    pub(crate) fn lifetime(&self) -> Seconds {
        access_lifetime(self.api, self.channel)
    }

    /// The access token: a JWT for an API, else opaque.
    pub(crate) async fn access_token(&self, names: &Names) -> Result<String, OAuthError> {
        let (Some(api), Some(audience)) = (self.api, self.access.audience.as_deref()) else {
            return Ok(names.opaque.expose().clone());
        };
        let payload = AccessToken {
            issuer: &self.tenant.issuer,
            api,
            audience,
            client_id: &self.application.id,
            user_id: Some(&self.user.id),
            scope: &self.access.scope,
            permissions: self.access.permissions.as_ref(),
            origin: self.grant.origin,
            refreshed: self.refreshed,
            jti: &names.unique.within(&self.grant.id),
            custom: &self.grant.custom.access_token,
            issued_at: self.issued_at,
            lifetime: self.lifetime(),
        }
        .payload();
        let key = self.app.access_token_signer(self.tenant, api).await?;
        Ok(self
            .app
            .keys
            .sign(&key, api.token_dialect.typ(), payload)
            .await)
    }

    /// The ID token; `access_token` and `code` are those that travel with it at the front channel.
    pub(crate) async fn id_token(
        &self,
        nonce: Option<&str>,
        access_token: Option<&str>,
        code: Option<&str>,
    ) -> Result<String, OAuthError> {
        let key = self
            .app
            .id_token_signer(self.tenant, self.application)
            .await?;
        let half_hash = |text: &str| key.alg().half_hash(text);
        let payload = IdToken {
            issuer: &self.tenant.issuer,
            application: self.application,
            grant: self.grant,
            user: self.user,
            scope: &self.access.scope,
            nonce,
            at_hash: access_token.map(half_hash).as_deref(),
            c_hash: code.map(half_hash).as_deref(),
            custom: &self.grant.custom.id_token,
            issued_at: self.issued_at,
        }
        .payload();
        Ok(self.app.keys.sign(&key, "JWT", payload).await)
    }
}

/// The token of an application by itself (client credentials).
pub(crate) async fn machine_token(
    app: &App,
    tenant: &Tenant,
    application: &Application,
    api: &Api,
    (access, custom): (&Access, &CustomClaims),
    now: Timestamp,
) -> Result<String, OAuthError> {
    let payload = AccessToken {
        issuer: &tenant.issuer,
        api,
        audience: access.audience.as_deref().unwrap_or(&api.identifier),
        client_id: &application.id,
        user_id: None,
        scope: &access.scope,
        permissions: access.permissions.as_ref(),
        origin: aldgate_core::grant::GrantOrigin::ClientCredentials,
        refreshed: false,
        jti: &TokenId::generate(None, &mut app.rng()),
        custom,
        issued_at: now,
        lifetime: access_lifetime(Some(api), Channel::Back),
    }
    .payload();
    let key = app.access_token_signer(tenant, api).await?;
    Ok(app.keys.sign(&key, api.token_dialect.typ(), payload).await)
}

/// What `/authorize` wants for its answer. The grant must be stored already.
#[derive(Clone, Copy)]
pub struct FrontChannel<'a> {
    /// The application.
    pub application: &'a Application,
    /// The API, if the request names one.
    pub api: Option<&'a Api>,
    /// The stored grant.
    pub grant: &'a Grant,
    /// Who is logged in.
    pub user: &'a User,
    /// What is granted.
    pub access: &'a Access,
    /// `nonce` of the request.
    pub nonce: Option<&'a str>,
    /// The code that travels with the tokens.
    pub code: Option<&'a str>,
    /// Whether `response_type` has `token`.
    pub wants_access_token: bool,
    /// Whether `response_type` has `id_token`.
    pub wants_id_token: bool,
}

/// Tokens for the front channel.
#[derive(Debug, Clone)]
pub struct FrontTokens {
    /// The access token and its lifetime.
    pub access_token: Option<(String, Seconds)>,
    /// The ID token.
    pub id_token: Option<String>,
}

/// Makes the tokens that an authorization response carries (OpenID Connect Core sections 3.2.2.5
/// and
/// 3.3.2.5): with `at_hash` and `c_hash` for what travels beside the ID token.
///
/// # Errors
/// `server_error` when there is no key, `temporarily_unavailable` when the database does not
/// answer.
pub async fn issue_front_channel(
    app: &App,
    tenant: &Tenant,
    request: FrontChannel<'_>,
    now: Timestamp,
) -> Result<FrontTokens, OAuthError> {
    let mint = Mint {
        app,
        tenant,
        application: request.application,
        api: request.api,
        grant: request.grant,
        user: request.user,
        access: request.access,
        channel: Channel::Front,
        refreshed: false,
        issued_at: now,
    };
    let mut tokens = FrontTokens {
        access_token: None,
        id_token: None,
    };
    if request.wants_access_token {
        let names = Names::generate(&mut app.rng());
        store_front_token(&mint, &names).await?;
        let token = mint.access_token(&names).await?;
        tokens.access_token = Some((token, mint.lifetime()));
    }
    if request.wants_id_token {
        let access_token = tokens
            .access_token
            .as_ref()
            .map(|(token, _)| token.as_str());
        tokens.id_token = Some(
            mint.id_token(request.nonce, access_token, request.code)
                .await?,
        );
    }
    Ok(tokens)
}

/// Keeps the grant as long as its token, and stores the token if it is opaque.
async fn store_front_token(mint: &Mint<'_>, names: &Names) -> Result<(), OAuthError> {
    let (grant, scope) = (mint.grant.id.clone(), mint.access.scope.clone());
    let (opaque, names) = (mint.api.is_none(), names.clone());
    let times = (mint.issued_at, mint.lifetime());
    let work = move |tx: &mut aldgate_store::Tx<'_>| {
        tx.grants().keep_until(&grant, times.0 + times.1)?;
        if opaque {
            names.store_opaque(tx, &grant, &scope, times)?;
        }
        Ok::<_, StoreError>(())
    };
    mint.app
        .store
        .write(&mint.tenant.id, work)
        .await
        .map_err(down)
}
