//! What a code is worth: tokens, and who the provider says has logged in.

use aldgate_app::upstream::Redeem;
use aldgate_core::connection::Connection;
use aldgate_core::error::Refusal;
use aldgate_core::federation::apple;
use aldgate_core::federation::attempt::Attempt;
use aldgate_core::federation::id_token::{self, Expected, Fault};
use aldgate_core::federation::metadata::Endpoints;
use aldgate_core::federation::preset::{ClientAuth, Protocol};
use aldgate_core::federation::profile::Arrival;
use aldgate_core::federation::secret::Proofs;
use aldgate_core::federation::tokens::{self, Tokens};
use aldgate_core::federation::upstream::Upstream;
use aldgate_core::secret::Secret;
use serde_json::{Map, Value};
use url::Url;

use super::CALLBACK;
use crate::visitor::Visitor;

/// A code that came back, and what it has to fit.
pub(super) struct Exchange<'a> {
    pub(super) connection: &'a Connection,
    pub(super) upstream: &'a Upstream,
    pub(super) endpoints: &'a Endpoints,
    pub(super) attempt: &'a Attempt,
    pub(super) proofs: &'a Proofs,
    pub(super) code: &'a Secret<String>,
    /// Apple's form field.
    pub(super) user_field: Option<&'a str>,
}

/// Who has logged in at the provider, proved.
pub(super) struct Proven {
    pub(super) arrival: Arrival,
    pub(super) tokens: Tokens,
}

/// Redeems the code and checks everything that comes of it (FED-02).
pub(super) async fn run(visitor: &Visitor, exchange: &Exchange<'_>) -> Result<Proven, Refusal> {
    let tokens = redeem(visitor, exchange).await?;
    let mut claims = match exchange.upstream.preset.protocol {
        Protocol::OpenId => from_id_token(visitor, exchange, &tokens).await?,
        Protocol::OAuth2 => from_api(visitor, exchange, &tokens).await?,
    };
    if exchange.upstream.client_auth == ClientAuth::AppleJwt {
        for (name, value) in apple::name(exchange.user_field.unwrap_or_default()) {
            claims.entry(name).or_insert(value);
        }
    }
    let preset = exchange.upstream.preset;
    let arrival = Arrival::read(preset, exchange.connection, &claims)?;
    Ok(Proven { arrival, tokens })
}

async fn redeem(visitor: &Visitor, exchange: &Exchange<'_>) -> Result<Tokens, Refusal> {
    let secret = |option| {
        visitor
            .app
            .connection_secret(&visitor.tenant.id, exchange.connection, option)
    };
    let secret = match exchange.upstream.client_auth {
        ClientAuth::AppleJwt => {
            let key = secret("app_secret").or_else(|| secret("client_secret"));
            let key = key.unwrap_or_else(|| Secret::new(String::new()));
            Some(apple::client_secret(
                exchange.connection,
                &key,
                visitor.now,
            )?)
        }
        ClientAuth::Post | ClientAuth::Basic => {
            secret("client_secret").or_else(|| secret("app_secret"))
        }
    };
    let redeem = Redeem {
        upstream: exchange.upstream,
        endpoint: &exchange.endpoints.token,
        secret,
        code: exchange.code,
        verifier: exchange.upstream.pkce.then_some(&exchange.proofs.verifier),
        redirect_uri: &visitor.tenant.issuer.join(CALLBACK),
    };
    visitor.app.redeem_upstream_code(redeem).await
}

async fn from_id_token(
    visitor: &Visitor,
    exchange: &Exchange<'_>,
    tokens: &Tokens,
) -> Result<Map<String, Value>, Refusal> {
    let missing = |what: &str| {
        let cause = format!("The provider's answer has no {what}.");
        Refusal::new("federation_token", cause)
            .remedy("See that the connection's scope has openid, and compare its endpoints.")
    };
    let token = tokens
        .id_token
        .as_deref()
        .ok_or_else(|| missing("id_token"))?;
    let issuer = exchange.endpoints.issuer.as_deref();
    let jwks = exchange.endpoints.jwks.as_ref();
    let (Some(issuer), Some(jwks)) = (issuer, jwks) else {
        return Err(missing("issuer to compare with"));
    };
    let expected = Expected {
        issuer,
        client_id: &exchange.upstream.client_id,
        nonce: exchange.proofs.nonce.expose(),
        access_token: &tokens.access_token,
        code: exchange.code.expose(),
        max_age: exchange.attempt.max_age,
        began_at: exchange.attempt.began_at,
        now: visitor.now,
    };
    let keys = visitor.app.upstream_keys(jwks, false).await?;
    let claims = match id_token::validate(token, &keys, expected) {
        // The provider may have a new key since.
        Err(Fault::UnknownKey(_)) => {
            let keys = visitor.app.upstream_keys(jwks, true).await?;
            id_token::validate(token, &keys, expected)
        }
        other => other,
    };
    let claims = claims.map_err(Fault::into_refusal)?;
    let asks = exchange.upstream.preset.asks_userinfo;
    match exchange.endpoints.userinfo.as_ref().filter(|_| asks) {
        Some(url) => {
            let profile = visitor.app.upstream_profile(url, &tokens.access_token);
            tokens::merge(claims, profile.await?)
        }
        None => Ok(claims),
    }
}

async fn from_api(
    visitor: &Visitor,
    exchange: &Exchange<'_>,
    tokens: &Tokens,
) -> Result<Map<String, Value>, Refusal> {
    let url = exchange.endpoints.userinfo.as_ref().ok_or_else(|| {
        Refusal::new(
            "federation_unconfigured",
            "The connection has no userinfo_endpoint.",
        )
    })?;
    let token = &tokens.access_token;
    let mut profile = visitor.app.upstream_profile(url, token).await?;
    if exchange.upstream.preset.strategy == "github" {
        // What the profile says of the address is what she shows others.
        profile.remove("email");
        profile.remove("email_verified");
        if let Some((email, verified)) = github_email(visitor, url, token).await {
            profile.insert("email".into(), email.into());
            profile.insert("email_verified".into(), verified.into());
        }
    }
    Ok(profile)
}

/// Without the scope `user:email` there is no list, and no address.
async fn github_email(visitor: &Visitor, user: &Url, token: &str) -> Option<(String, bool)> {
    let mut url = user.clone();
    url.path_segments_mut().ok()?.push("emails");
    let fetched = visitor.app.upstream_api(&url, token).await.ok()?;
    tokens::github_email(&fetched.body).filter(|_| fetched.status == 200)
}
