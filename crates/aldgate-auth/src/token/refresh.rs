//! `grant_type=refresh_token`: one durable commit for each rotation (ruling R9, RTK-01, RTK-02).

use std::sync::Arc;

use aldgate_app::extract::Caller;
use aldgate_core::access::Access;
use aldgate_core::action::Verdict;
use aldgate_core::application::GrantType;
use aldgate_core::client_auth::AuthenticatedClient;
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

use super::actions::{self, Login};
use super::issued::current_access;
use super::unit::{self, Stop, Unit};
use super::{Exchange, Tokens, log};
use crate::actions::store_user;
use crate::audience::{Reach, Reaches};
use crate::client::down;
use crate::issue::{Mint, Names};

const GRANT: GrantType = GrantType::RefreshToken;

pub(super) async fn exchange(request: &Exchange<'_>) -> Result<Tokens, Box<Refused>> {
    let refuse = |error| request.refuse(GRANT, error);
    let (app, tenant) = (request.app, request.tenant);
    let mut rotation = prepare(request)?;
    rotation.verdict = decide(request, &rotation).await?;
    let rotated = unit::run(request, GRANT, rotation).await?;
    let mint = Mint {
        app,
        tenant,
        application: request.client.application(),
        api: rotated.reach.as_ref().map(|reach| &*reach.api),
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
    actions::tell(request, &mut event);
    app.events.record(&tenant.id, event);
    Ok(tokens)
}

/// Runs the actions, as Auth0 does at every exchange: only for a token that would be exchanged now.
/// One that gets its former answer again gets it as it was.
async fn decide(request: &Exchange<'_>, rotation: &Rotation) -> Result<Verdict, Box<Refused>> {
    let refuse = |error| request.refuse(GRANT, error);
    if !request.has_post_login().await.map_err(refuse)? {
        return Ok(Verdict::default());
    }
    let looks = rotation.clone();
    let look = move |tx: &mut Tx<'_>| looks.look(tx);
    let looked = request.app.store.read(&request.tenant.id, look).await;
    let Some((token, grant, user)) = looked.map_err(down).map_err(refuse)? else {
        return Ok(Verdict::default());
    };
    let login = Login {
        user: &user,
        methods: &grant.methods,
        audience: grant.audience.as_deref(),
        requested: &grant.requested,
        protocol: "oauth2-refresh-token",
        refresh_token: Some((&token, &grant)),
    };
    request.post_login(login).await.map_err(refuse)
}

/// Reads the request, and draws the randomness of the unit of work.
fn prepare(request: &Exchange<'_>) -> Result<Rotation, Box<Refused>> {
    let refuse = |error| request.refuse(GRANT, error);
    let (app, params) = (request.app, &request.params);
    let presented = request.required(GRANT, "refresh_token")?;
    let hash = TokenKind::Refresh
        .hash(presented)
        .ok_or_else(refresh::unknown)?;
    let asked = params.get("audience").or_else(|| params.get("resource"));
    Ok(Rotation {
        hash,
        presented: Secret::new(presented.to_owned()),
        key: *app.refresh_key(),
        client: request.client.clone(),
        requested: request.scope().map_err(refuse)?,
        asked: asked.map(ToOwned::to_owned),
        userinfo: request.tenant.issuer.userinfo(),
        fresh: Names::generate(&mut app.rng()),
        failure: request.event(EventType::RefreshTokenReuse),
        caller: request.caller.clone(),
        verdict: Verdict::default(),
        now: request.now,
    })
}

/// One unit of work; it can run again.
#[derive(Clone)]
struct Rotation {
    hash: TokenHash,
    presented: Secret<String>,
    key: [u8; 32],
    client: AuthenticatedClient,
    requested: Option<Scopes>,
    /// The audience that the request names. It counts only after the token is known to be this
    /// application's.
    asked: Option<String>,
    userinfo: String,
    /// For applications that do not rotate: each answer is new.
    fresh: Names,
    failure: Event,
    caller: Caller,
    /// What actions decided about this exchange.
    verdict: Verdict,
    now: Timestamp,
}

struct Rotated {
    grant: Grant,
    user: User,
    reach: Option<Reach>,
    access: Access,
    issued_at: Timestamp,
    names: Names,
    successor: Option<Arc<Secret<String>>>,
}

impl Unit for Rotation {
    type Done = Rotated;

    fn run(&self, tx: &mut Tx<'_>, reaches: &Reaches) -> Result<Result<Rotated, Stop>, StoreError> {
        loop {
            let Some(found) = tx.refresh_tokens().find(&self.hash)? else {
                return Ok(Err(refresh::unknown().into()));
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
                    return Ok(Err(refused.into()));
                }
            };
            let reach = match reaches.of(found.grant.grant.audience.as_deref()) {
                Ok(reach) => reach,
                Err(lacking) => return Ok(Err(lacking.into())),
            };
            let grant = self.customised(&found.grant.grant, exchange);
            let grants = (&grant, &found.grant.grant);
            let access = match self.access(tx, grants, reach.as_ref())? {
                Ok(access) => access,
                Err(error) => {
                    let kind = EventType::FailedRefreshExchange;
                    return Ok(Err(Refused::without_effect(error, kind).into()));
                }
            };
            // Another request may retire it between the two statements (PostgreSQL): look again.
            let rotates = exchange == refresh::Exchange::Rotate;
            if rotates && !tx.refresh_tokens().retire(&self.hash, self.now)? {
                continue;
            }
            let user = user.expect("invariant: an exchange without a user is refused");
            if !matches!(exchange, refresh::Exchange::Again(_)) {
                self.keep(tx, &user, (&found.grant.grant, &grant))?;
            }
            let rotated = self.store(tx, &found, exchange, (grant, user, access, reach))?;
            return Ok(Ok(rotated));
        }
    }
}

impl Rotation {
    /// Keeps what actions changed of the user and of the grant.
    fn keep(
        &self,
        tx: &mut Tx<'_>,
        user: &User,
        (stored, adjusted): (&Grant, &Grant),
    ) -> Result<(), StoreError> {
        store_user(tx, &user.id, &self.verdict, self.now)?;
        if adjusted.custom != stored.custom {
            tx.grants().replace(&Grant {
                custom: adjusted.custom.clone(),
                ..stored.clone()
            })?;
        }
        Ok(())
    }

    /// Looks whether the token would be exchanged now: the token, its grant and its user.
    fn look(&self, tx: &mut Tx<'_>) -> Result<Option<(RefreshToken, Grant, User)>, StoreError> {
        let Some(found) = tx.refresh_tokens().find(&self.hash)? else {
            return Ok(None);
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
        let fresh = match refresh::exchange(facts, &self.client, self.now) {
            Ok(refresh::Exchange::Rotate | refresh::Exchange::Keep) => true,
            Ok(refresh::Exchange::Again(_)) | Err(_) => false,
        };
        let (grant, asked) = (found.grant.grant, self.asked.as_deref());
        let fresh = fresh && same_audience(&grant, asked, &self.userinfo).is_ok();
        let user = user.filter(|_| fresh);
        Ok(user.map(|user| (found.token, grant, user)))
    }

    /// The grant as the actions of this exchange have it; what is answered again stays as it was.
    fn customised(&self, stored: &Grant, exchange: refresh::Exchange) -> Grant {
        let mut grant = stored.clone();
        if !matches!(exchange, refresh::Exchange::Again(_)) {
            // A scope that an action had added counts only as long as one adds it.
            let added = &stored.custom.added;
            grant.scope = stored
                .scope
                .filter(|s| !added.contains(s) || stored.requested.contains(s));
            grant.custom = self.verdict.tokens.clone();
        }
        grant
    }

    fn access(
        &self,
        tx: &mut Tx<'_>,
        (grant, stored): (&Grant, &Grant),
        reach: Option<&Reach>,
    ) -> Result<Result<Access, OAuthError>, StoreError> {
        if let Err(error) = same_audience(grant, self.asked.as_deref(), &self.userinfo) {
            return Ok(Err(error));
        }
        let access = current_access(tx, self.client.application(), grant, reach)?;
        let requested = self.requested.as_ref();
        Ok(access.and_then(|mut access| {
            grant.custom.adjust(&mut access, None);
            let mut access = narrow(stored, access, requested)?;
            grant.custom.adjust(&mut access, requested);
            Ok(access)
        }))
    }

    fn store(
        &self,
        tx: &mut Tx<'_>,
        found: &FoundRefreshToken,
        exchange: refresh::Exchange,
        (grant, user, access, reach): (Grant, User, Access, Option<Reach>),
    ) -> Result<Rotated, StoreError> {
        let settings = &self.client.application().refresh_token;
        let idle = idle_end(settings, found.token.expires_at, self.now);
        let successor = TokenKind::Refresh.generate(&mut self.derived(&grant, "refresh"));
        let successor = Arc::new(successor);
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
                Names::generate(&mut self.derived(&grant, &purpose))
            }
        };
        if access.audience.is_none() {
            let lifetime = access_lifetime(None, Channel::Back);
            names.store_opaque(tx, &grant.id, &access.scope, (issued_at, lifetime))?;
        }
        Ok(Rotated {
            grant,
            user,
            reach,
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
