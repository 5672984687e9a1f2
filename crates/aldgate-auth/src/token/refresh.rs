//! `grant_type=refresh_token`: one durable commit for each rotation (ruling R9, RTK-01, RTK-02).

use std::sync::Arc;

use aldgate_app::extract::Caller;
use aldgate_core::access::{Access, Audience};
use aldgate_core::application::GrantType;
use aldgate_core::client_auth::AuthenticatedClient;
use aldgate_core::client_grant::SubjectType;
use aldgate_core::error::OAuthError;
use aldgate_core::event::{Event, EventType};
use aldgate_core::grant::refresh::{self, Derived, RefreshToken, idle_end, narrow, same_audience};
use aldgate_core::grant::{Grant, Refused};
use aldgate_core::scope::Scopes;
use aldgate_core::secret::{Secret, TokenHash, TokenKind};
use aldgate_core::time::Timestamp;
use aldgate_core::token::{Channel, access_lifetime};
use aldgate_core::user::User;
use aldgate_store::{FoundRefreshToken, StoreError, Tx};

use super::issued::current_access;
use super::{Exchange, Tokens, log};
use crate::audience::{Reach, reach};
use crate::client::down;
use crate::issue::{Mint, Names};

const GRANT: GrantType = GrantType::RefreshToken;

pub(super) async fn exchange(request: &Exchange<'_>) -> Result<Tokens, Box<Refused>> {
    let refuse = |error| request.refuse(GRANT, error);
    let (app, tenant) = (request.app, request.tenant);
    let rotation = prepare(request).await?;
    let reach = rotation.reach.clone();
    let work = move |tx: &mut Tx<'_>| rotation.run(tx);
    let rotated = app
        .store
        .write(&tenant.id, work)
        .await
        .map_err(down)
        .map_err(refuse)??;
    let mint = Mint {
        app,
        tenant,
        application: request.client.application(),
        api: reach.as_ref().map(|reach| &*reach.api),
        grant: &rotated.grant,
        user: &rotated.user,
        access: &rotated.access,
        channel: Channel::Back,
        refreshed: true,
        issued_at: rotated.issued_at,
    };
    let successor = rotated
        .successor
        .as_ref()
        .map(|token| token.expose().clone());
    let tokens = Tokens::mint(mint, &rotated.names, None, successor)
        .await
        .map_err(refuse)?;
    let mut event = request.event(EventType::RefreshExchange);
    event.user_id = rotated.grant.user_id;
    event.audience = rotated.access.audience;
    event.scope = Some(tokens.scope.clone());
    app.events.record(&tenant.id, event);
    Ok(tokens)
}

/// Looks up what the unit of work needs from caches, and draws its randomness.
async fn prepare(request: &Exchange<'_>) -> Result<Rotation, Box<Refused>> {
    let refuse = |error| request.refuse(GRANT, error);
    let (app, tenant, client) = (request.app, request.tenant, &request.client);
    let presented = request.required(GRANT, "refresh_token")?;
    let hash = TokenKind::Refresh
        .hash(presented)
        .ok_or_else(refresh::unknown)?;
    let find = move |tx: &mut Tx<'_>| tx.refresh_tokens().find(&hash);
    let found = app
        .store
        .look_up(&tenant.id, find)
        .await
        .map_err(down)
        .map_err(refuse)?;
    let grant = found.ok_or_else(refresh::unknown)?.grant.grant;
    let asked = request
        .params
        .get("audience")
        .or_else(|| request.params.get("resource"));
    let wanted = grant
        .audience
        .as_deref()
        .map_or(Audience::UserInfo, Audience::Api);
    let subject = SubjectType::User;
    let reach = reach(app, tenant, client.id(), wanted, subject, request.now).await;
    Ok(Rotation {
        hash,
        presented: Secret::new(presented.to_owned()),
        key: *app.refresh_key(),
        client: client.clone(),
        reach: reach.map_err(refuse)?,
        requested: request.scope().map_err(refuse)?,
        same_audience: same_audience(&grant, asked, &tenant.issuer.userinfo()),
        fresh: Names::generate(&grant.id, &mut app.rng()),
        failure: request.event(EventType::RefreshTokenReuse),
        caller: request.caller.clone(),
        now: request.now,
    })
}

/// One unit of work; it can run again.
struct Rotation {
    hash: TokenHash,
    presented: Secret<String>,
    key: [u8; 32],
    client: AuthenticatedClient,
    reach: Option<Reach>,
    requested: Option<Scopes>,
    /// Decided only after the token is known to be this application's.
    same_audience: Result<(), OAuthError>,
    /// For applications that do not rotate: each answer is new.
    fresh: Names,
    failure: Event,
    caller: Caller,
    now: Timestamp,
}

struct Rotated {
    grant: Grant,
    user: User,
    access: Access,
    issued_at: Timestamp,
    names: Names,
    successor: Option<Arc<Secret<String>>>,
}

impl Rotation {
    fn run(&self, tx: &mut Tx<'_>) -> Result<Result<Rotated, Box<Refused>>, StoreError> {
        loop {
            let Some(found) = tx.refresh_tokens().find(&self.hash)? else {
                return Ok(Err(refresh::unknown()));
            };
            let user = match &found.grant.grant.user_id {
                Some(id) => tx.users().by_id(id)?,
                None => None,
            };
            let facts = refresh::Facts {
                token: &found.token,
                newest: found.newest,
                grant: &found.grant.grant,
                revoked: found.grant.revoked_at.is_some(),
                user: user.as_ref(),
            };
            let exchange = match refresh::exchange(facts, &self.client, self.now) {
                Ok(exchange) => exchange,
                Err(refused) => {
                    let event = || {
                        let mut event = self.failure.clone();
                        event.user_id.clone_from(&found.grant.grant.user_id);
                        event
                    };
                    log::act(tx, &found.token.grant_id, &refused, (&self.caller, event))?;
                    return Ok(Err(refused));
                }
            };
            let access = match self.access(tx, &found.grant.grant)? {
                Ok(access) => access,
                Err(error) => {
                    return Ok(Err(Refused::without_effect(
                        error,
                        EventType::FailedRefreshExchange,
                    )));
                }
            };
            // Another request may retire it between the two statements (PostgreSQL): look again.
            let rotates = exchange == refresh::Exchange::Rotate;
            if rotates && !tx.refresh_tokens().retire(&self.hash, self.now)? {
                continue;
            }
            let user = user.expect("invariant: an exchange without a user is refused");
            return self.store(tx, &found, exchange, (user, access)).map(Ok);
        }
    }

    fn access(
        &self,
        tx: &mut Tx<'_>,
        grant: &Grant,
    ) -> Result<Result<Access, OAuthError>, StoreError> {
        if let Err(error) = &self.same_audience {
            return Ok(Err(error.clone()));
        }
        let access = current_access(tx, self.client.application(), grant, self.reach.as_ref())?;
        Ok(access.and_then(|access| narrow(grant, access, self.requested.as_ref())))
    }

    fn store(
        &self,
        tx: &mut Tx<'_>,
        found: &FoundRefreshToken,
        exchange: refresh::Exchange,
        (user, access): (User, Access),
    ) -> Result<Rotated, StoreError> {
        let grant = &found.grant.grant;
        let settings = &self.client.application().refresh_token;
        let idle = idle_end(settings, found.token.expires_at, self.now);
        let successor = Arc::new(TokenKind::Refresh.generate(&mut self.derived(grant, "refresh")));
        let (issued_at, successor) = match exchange {
            refresh::Exchange::Keep => {
                tx.refresh_tokens().touch(&self.hash, idle)?;
                (self.now, None)
            }
            refresh::Exchange::Rotate => {
                let next = RefreshToken {
                    generation: found.token.generation + 1,
                    idle_expires_at: idle,
                    retired_at: None,
                    ..found.token.clone()
                };
                let hash = TokenHash::of(successor.expose());
                tx.refresh_tokens().create(&hash, &next, self.now)?;
                (self.now, Some(successor))
            }
            refresh::Exchange::Again(at) => (at, Some(successor)),
        };
        let names = match successor {
            None => self.fresh.clone(),
            // The same scope gives the same access token again.
            Some(_) => {
                let purpose = format!("access {}", access.scope);
                Names::generate(&grant.id, &mut self.derived(grant, &purpose))
            }
        };
        if access.audience.is_none() {
            let lifetime = access_lifetime(None, Channel::Back);
            names.store_opaque(tx, &grant.id, &access.scope, (issued_at, lifetime))?;
        }
        let grant = grant.clone();
        Ok(Rotated {
            grant,
            user,
            access,
            issued_at,
            names,
            successor,
        })
    }

    fn derived(&self, grant: &Grant, purpose: &str) -> Derived {
        Derived::new(&self.key, self.presented.expose(), &grant.id, purpose)
    }
}
