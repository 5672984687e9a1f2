//! `POST /oauth/token`: exchanges a grant for tokens (RFC 6749 section 3.2).

mod actions;
mod code;
mod issued;
mod log;
mod machine;
mod password;
mod refresh;
mod unit;

use std::sync::OnceLock;

use aldgate_app::App;
use aldgate_app::actions::Summary;
use aldgate_app::error::OAuthRejection;
use aldgate_app::extract::{Caller, ClientRequest, Tenant};
use aldgate_app::respond;
use aldgate_core::application::GrantType;
use aldgate_core::client_auth::AuthenticatedClient;
use aldgate_core::error::{ErrorCode, OAuthError};
use aldgate_core::grant::{Effect, Refused};
use aldgate_core::params::Params;
use aldgate_core::scope::{ScopeError, Scopes};
use aldgate_core::time::Timestamp;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use crate::client;
use crate::issue::{Mint, Names};

/// The token endpoint.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/oauth/token", post(exchange))
}

/// One request after its application is authenticated.
struct Exchange<'a> {
    app: &'a App,
    tenant: &'a Tenant,
    caller: &'a Caller,
    client: AuthenticatedClient,
    params: Params,
    headers: HeaderMap,
    now: Timestamp,
    /// What its actions did, for the event.
    ran: OnceLock<Summary>,
}

/// The answer of RFC 6749 section 5.1.
#[derive(Debug, Serialize)]
struct Tokens {
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    scope: String,
    expires_in: u64,
    token_type: &'static str,
}

impl Tokens {
    /// Mints and signs what a grant with a user gives.
    async fn mint(
        mint: Mint<'_>,
        names: &Names,
        nonce: Option<&str>,
        refresh_token: Option<String>,
    ) -> Result<Self, OAuthError> {
        let access_token = mint.access_token(names).await?;
        let id_token = match mint.access.scope.contains("openid") {
            true => Some(mint.id_token(nonce, None, None).await?),
            false => None,
        };
        Ok(Self {
            access_token,
            refresh_token,
            id_token,
            scope: mint.access.scope.to_string(),
            expires_in: mint.lifetime().0,
            token_type: "Bearer",
        })
    }
}

async fn exchange(
    State(app): State<App>,
    tenant: Tenant,
    caller: Caller,
    headers: HeaderMap,
    request: ClientRequest,
) -> Result<Response, OAuthRejection> {
    let now = app.now();
    let ClientRequest {
        params,
        presented,
        challenge,
    } = request;
    let reject = |error| OAuthRejection::new(error).challenge(challenge);
    let grant = grant_type(&params).map_err(reject)?;
    let client = match client::authenticate(&app, &tenant, &presented, now).await {
        Ok(client) => client,
        Err(error) => {
            let id = presented.client_id();
            log::refused(&app, &tenant, &caller, (log::failure_of(grant), id), &error);
            return Err(reject(error));
        }
    };
    let (app, tenant, caller) = (&app, &tenant, &caller);
    let exchange = Exchange {
        app,
        tenant,
        caller,
        client,
        params,
        headers,
        now,
        ran: OnceLock::new(),
    };
    let answer = match grant {
        GrantType::AuthorizationCode => code::exchange(&exchange).await,
        GrantType::RefreshToken => refresh::exchange(&exchange).await,
        GrantType::ClientCredentials => machine::exchange(&exchange).await,
        GrantType::Password | GrantType::PasswordRealm | GrantType::PasswordlessOtp => {
            password::exchange(&exchange, grant).await
        }
        _ => Err(exchange.refuse(grant, unsupported())),
    };
    match answer {
        Ok(tokens) => Ok(respond::json(StatusCode::OK, &tokens)),
        Err(refused) => {
            // A refusal with an effect was logged within the unit of work that had it.
            if refused.effect == Effect::Nothing {
                actions::refused(&exchange, refused.event, &refused.error);
            }
            Err(reject(refused.error))
        }
    }
}

impl Exchange<'_> {
    /// A required parameter.
    fn required(&self, grant: GrantType, name: &str) -> Result<&str, Box<Refused>> {
        let value = self.params.get(name);
        value.ok_or_else(|| self.refuse(grant, OAuthError::missing(name)))
    }

    /// The `scope` parameter.
    fn scope(&self) -> Result<Option<Scopes>, OAuthError> {
        let scope = self.params.get("scope").map(Scopes::parse).transpose();
        scope.map_err(|error: ScopeError| {
            OAuthError::new(ErrorCode::InvalidScope, error.to_string())
        })
    }

    /// A refusal without further effect.
    #[expect(clippy::unused_self, reason = "reads as a sentence where it is used")]
    fn refuse(&self, grant: GrantType, error: OAuthError) -> Box<Refused> {
        Refused::without_effect(error, log::failure_of(grant))
    }
}

fn grant_type(params: &Params) -> Result<GrantType, OAuthError> {
    let text = params
        .get("grant_type")
        .ok_or_else(|| OAuthError::missing("grant_type"))?;
    GrantType::parse(text).ok_or_else(unsupported)
}

fn unsupported() -> OAuthError {
    OAuthError::new(ErrorCode::UnsupportedGrantType, "Grant type not supported")
}
