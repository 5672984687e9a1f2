//! Our own access tokens as `/userinfo` and introspection see them: state counts, not only the
//! signature (ACC-07).

use std::sync::Arc;

use aldgate_app::App;
use aldgate_core::application::Application;
use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::grant::Grant;
use aldgate_core::id::ClientId;
use aldgate_core::scope::Scopes;
use aldgate_core::secret::{TokenHash, TokenKind};
use aldgate_core::tenant::Tenant;
use aldgate_core::time::Timestamp;
use aldgate_core::token::TokenId;
use aldgate_core::user::User;
use aldgate_jose::jws;
use aldgate_jose::jwt::Claims;
use aldgate_store::{StoreError, StoredGrant, Tx};

use crate::client::down;

/// An access token that is good now.
pub(crate) struct Bearer {
    /// Who got it.
    pub(crate) application: Arc<Application>,
    /// What the user allowed; `None` for an application's own token.
    pub(crate) on_behalf: Option<(Grant, User)>,
    /// What it may be used for.
    pub(crate) scope: Scopes,
    /// `aud`, as many as there are; none for an opaque token.
    pub(crate) audience: Vec<String>,
    /// `sub`.
    pub(crate) subject: String,
    /// `jti` of a JWT.
    pub(crate) jti: Option<String>,
    /// `iat`.
    pub(crate) issued_at: Timestamp,
    /// `exp`.
    pub(crate) expires_at: Timestamp,
}

/// What is known of a token before its state is looked at.
struct Facts {
    client_id: Option<ClientId>,
    stored: Option<StoredGrant>,
    user: Option<User>,
    scope: Scopes,
    audience: Vec<String>,
    subject: Option<String>,
    jti: Option<String>,
    issued_at: Timestamp,
    expires_at: Timestamp,
}

/// Checks an access token of `tenant`. The inner error says why it is not good.
///
/// # Errors
/// When the database or the keys do not answer.
pub(crate) async fn check(
    app: &App,
    tenant: &Tenant,
    token: &str,
    now: Timestamp,
) -> Result<Result<Bearer, Refusal>, OAuthError> {
    let facts = match TokenKind::Access.hash(token) {
        Some(hash) => opaque(app, tenant, hash).await?,
        None => signed(app, tenant, token).await?,
    };
    match facts {
        Ok(facts) => state(app, tenant, facts, now).await,
        Err(refusal) => Ok(Err(refusal)),
    }
}

async fn opaque(
    app: &App,
    tenant: &Tenant,
    hash: TokenHash,
) -> Result<Result<Facts, Refusal>, OAuthError> {
    let find = move |tx: &mut Tx<'_>| tx.access_tokens().find_with_user(&hash);
    let found = app.store.look_up(&tenant.id, find).await.map_err(down)?;
    let Some((token, stored, user)) = found else {
        let cause = "There is no such access token: never issued here, or expired long ago.";
        return Ok(Err(Refusal::new("access_token_unknown", cause)));
    };
    Ok(Ok(Facts {
        client_id: Some(stored.grant.client_id.clone()),
        subject: stored.grant.user_id.as_ref().map(ToString::to_string),
        stored: Some(stored),
        user,
        scope: token.scope,
        audience: Vec::new(),
        jti: None,
        issued_at: token.created_at,
        expires_at: token.expires_at,
    }))
}

async fn signed(
    app: &App,
    tenant: &Tenant,
    token: &str,
) -> Result<Result<Facts, Refusal>, OAuthError> {
    let ring = app.key_ring(&tenant.id).await?;
    let verified = jws::parse(token).and_then(|unverified| {
        let kind = unverified.header();
        let typ_fits = kind.is_typ("at+jwt") || kind.is_typ("JWT");
        let key = kind
            .kid()
            .and_then(|kid| ring.verifier(kid))
            .filter(|_| typ_fits);
        let key = key.ok_or(aldgate_jose::JoseError::KeyUnsupported)?;
        Claims::from_verified(unverified.verify(key)?)
    });
    let claims = match verified {
        Ok(claims) => claims.into_inner(),
        Err(error) => {
            let cause = "This is no access token that this server signed.";
            return Ok(Err(
                Refusal::new("access_token_invalid", cause).actual(error.code())
            ));
        }
    };
    let Some(mut facts) = from_claims(&claims, tenant) else {
        let cause = "The token is ours, but of another kind: an ID token, for example.";
        return Ok(Err(Refusal::new("access_token_kind", cause)
            .expected("an access token of this server")
            .remedy(
                "Send the access_token of the token response, not the id_token.",
            )));
    };
    let grant = facts.jti.as_deref().and_then(TokenId::grant_of);
    let Some(grant) = grant else {
        return Ok(Ok(facts));
    };
    let find = move |tx: &mut Tx<'_>| {
        let stored = tx.grants().by_id(&grant)?;
        let user = match stored
            .as_ref()
            .and_then(|stored| stored.grant.user_id.as_ref())
        {
            Some(id) => tx.users().by_id(id)?,
            None => None,
        };
        Ok::<_, StoreError>((stored, user))
    };
    (facts.stored, facts.user) = app.store.look_up(&tenant.id, find).await.map_err(down)?;
    Ok(Ok(facts))
}

/// An access token has `client_id`, `jti` and both times; no other token of ours has them all.
fn from_claims(claims: &Claims, tenant: &Tenant) -> Option<Facts> {
    let text = |name| claims.string(name).ok().flatten();
    let at = |date: aldgate_jose::jwt::NumericDate| Timestamp::from_micros(date.micros());
    if claims.issuer() != Some(tenant.issuer.as_str()) {
        return None;
    }
    Some(Facts {
        client_id: Some(ClientId::parse(&text("client_id")?).ok()?),
        stored: None,
        user: None,
        scope: Scopes::parse(&text("scope").unwrap_or_default()).ok()?,
        audience: claims.audience().map(ToOwned::to_owned).collect(),
        subject: Some(claims.subject()?.to_owned()),
        jti: Some(claims.jwt_id()?.to_owned()),
        issued_at: claims.issued_at().map(at)?,
        expires_at: claims.expires_at().map(at)?,
    })
}

async fn state(
    app: &App,
    tenant: &Tenant,
    facts: Facts,
    now: Timestamp,
) -> Result<Result<Bearer, Refusal>, OAuthError> {
    let refuse = |code, cause: &'static str| Ok(Err(Refusal::new(code, cause)));
    if facts.expires_at <= now {
        let refusal = Refusal::new("access_token_expired", "The access token has expired.");
        let expected = format!("used before {}", facts.expires_at);
        return Ok(Err(refusal.expected(expected).actual(&now.iso8601())));
    }
    let application = match &facts.client_id {
        Some(id) => app.application(&tenant.id, id).await.map_err(down)?,
        None => None,
    };
    let Some(application) = application.filter(|application| !application.disabled) else {
        return refuse(
            "client_disabled",
            "The application was disabled or deleted.",
        );
    };
    let machine = format!("{}@clients", application.id);
    let subject = facts.subject.unwrap_or_default();
    let on_behalf = match (facts.stored, facts.user) {
        (None, _) if subject == machine => None,
        (
            Some(StoredGrant {
                grant,
                revoked_at: None,
            }),
            Some(user),
        ) if !user.blocked => Some((grant, user)),
        (
            Some(StoredGrant {
                revoked_at: None, ..
            }),
            _,
        ) => {
            return refuse("user_blocked", "The user was blocked or deleted.");
        }
        _ => return refuse("grant_revoked", "What the user allowed was revoked."),
    };
    Ok(Ok(Bearer {
        application,
        on_behalf,
        scope: facts.scope,
        audience: facts.audience,
        subject,
        jti: facts.jti,
        issued_at: facts.issued_at,
        expires_at: facts.expires_at,
    }))
}
