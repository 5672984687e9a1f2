//! `grant_type=authorization_code`.

use aldgate_core::access::{self, Access, AccessRequest, Audience, Subject};
use aldgate_core::application::{Application, GrantType};
use aldgate_core::client_auth::AuthenticatedClient;
use aldgate_core::client_grant::SubjectType;
use aldgate_core::error::OAuthError;
use aldgate_core::event::{Event, EventType};
use aldgate_core::grant::refresh::{RefreshToken, first_lifetimes, narrow};
use aldgate_core::grant::{Effect, Grant, Refused, code};
use aldgate_core::scope::Scopes;
use aldgate_core::secret::{Secret, TokenHash, TokenKind};
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_core::token::{Channel, access_lifetime};
use aldgate_core::user::User;
use aldgate_store::{StoreError, Tx};

use super::{Exchange, Tokens, log};
use crate::audience::{Reach, reach};
use crate::client::down;
use crate::issue::{Mint, Names};

const GRANT: GrantType = GrantType::AuthorizationCode;

pub(super) async fn exchange(request: &Exchange<'_>) -> Result<Tokens, Box<Refused>> {
    let refuse = |error| request.refuse(GRANT, error);
    let text = request.required(GRANT, "code")?;
    let hash = TokenKind::Code.hash(text).ok_or_else(code::unknown)?;
    let Some(grant) = find_grant(request, hash).await.map_err(refuse)? else {
        return Err(code::unknown());
    };
    let wanted = grant
        .audience
        .as_deref()
        .map_or(Audience::UserInfo, Audience::Api);
    let (app, tenant, client) = (request.app, request.tenant, &request.client);
    let subject = SubjectType::User;
    let reach = reach(app, tenant, client.id(), wanted, subject, request.now).await;
    let reach = reach.map_err(refuse)?;
    let mut rng = app.rng();
    let redemption = Redemption {
        hash,
        client: client.clone(),
        redirect_uri: request.params.get("redirect_uri").map(ToOwned::to_owned),
        code_verifier: request.params.get("code_verifier").map(ToOwned::to_owned),
        reach: reach.clone(),
        names: Names::generate(&grant.id, &mut rng),
        refresh_token: TokenKind::Refresh.generate(&mut rng),
        failure: request.event(EventType::FailedCodeExchange),
        request_of: request.caller.clone(),
        now: request.now,
    };
    let (names, refresh_token) = (redemption.names.clone(), redemption.refresh_token.clone());
    let work = move |tx: &mut Tx<'_>| redemption.run(tx);
    let redeemed = app
        .store
        .write(&tenant.id, work)
        .await
        .map_err(down)
        .map_err(refuse)??;
    let mint = Mint {
        app,
        tenant,
        application: client.application(),
        api: reach.as_ref().map(|reach| &*reach.api),
        grant: &redeemed.grant,
        user: &redeemed.user,
        access: &redeemed.access,
        channel: Channel::Back,
        refreshed: false,
        issued_at: request.now,
    };
    let refresh_token = redeemed.refreshes.then(|| refresh_token.expose().clone());
    let tokens = Tokens::mint(mint, &names, redeemed.nonce.as_deref(), refresh_token).await;
    let tokens = tokens.map_err(refuse)?;
    let mut event = request.event(EventType::CodeExchange);
    event.user_id = redeemed.grant.user_id;
    event.audience = redeemed.access.audience;
    event.scope = Some(tokens.scope.clone());
    app.events.record(&tenant.id, event);
    Ok(tokens)
}

/// The code's grant, to know which API to look up before the unit of work.
async fn find_grant(request: &Exchange<'_>, hash: TokenHash) -> Result<Option<Grant>, OAuthError> {
    let find = move |tx: &mut Tx<'_>| {
        let Some(found) = tx.codes().find(&hash)? else {
            return Ok::<_, StoreError>(None);
        };
        Ok(tx
            .grants()
            .by_id(&found.code.grant_id)?
            .map(|stored| stored.grant))
    };
    request
        .app
        .store
        .read(&request.tenant.id, find)
        .await
        .map_err(down)
}

/// One unit of work: everything it needs is drawn before, so that it can run again.
struct Redemption {
    hash: TokenHash,
    client: AuthenticatedClient,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    reach: Option<Reach>,
    names: Names,
    refresh_token: Secret<String>,
    failure: Event,
    request_of: aldgate_app::extract::Caller,
    now: Timestamp,
}

struct Redeemed {
    grant: Grant,
    user: User,
    access: Access,
    nonce: Option<String>,
    refreshes: bool,
}

impl Redemption {
    fn run(&self, tx: &mut Tx<'_>) -> Result<Result<Redeemed, Box<Refused>>, StoreError> {
        let Some(mut found) = tx.codes().find(&self.hash)? else {
            return Ok(Err(code::unknown()));
        };
        let stored = tx.grants().by_id(&found.code.grant_id)?;
        let grant = stored.and_then(aldgate_store::StoredGrant::live);
        let user = match grant.as_ref().and_then(|grant| grant.user_id.as_ref()) {
            Some(id) => tx.users().by_id(id)?,
            None => None,
        };
        loop {
            let facts = code::Facts {
                code: &found.code,
                grant: grant.as_ref(),
                user: user.as_ref(),
                spent: found.spent,
            };
            let exchange = code::Exchange {
                redirect_uri: self.redirect_uri.as_deref(),
                code_verifier: self.code_verifier.as_deref(),
            };
            let (grant, user) = match code::redeem(facts, &self.client, exchange, self.now) {
                Ok(redeemed) => redeemed,
                Err(refused) => return self.refused(tx, &found.code.grant_id, refused).map(Err),
            };
            let access = match current_access(
                tx,
                self.client.application(),
                grant,
                (self.reach.as_ref(), None),
            )? {
                Ok(access) => access,
                Err(error) => return Ok(Err(refusal(error))),
            };
            if tx.codes().take(&self.hash, self.now)? {
                let refreshes = self.store(tx, grant, &access)?;
                let (grant, user) = (grant.clone(), user.clone());
                let nonce = found.code.nonce;
                return Ok(Ok(Redeemed {
                    grant,
                    user,
                    access,
                    nonce,
                    refreshes,
                }));
            }
            // Somebody was faster: decide again, knowing that.
            found.spent = true;
        }
    }

    /// Stores what is issued; says whether a refresh token is.
    fn store(&self, tx: &mut Tx<'_>, grant: &Grant, access: &Access) -> Result<bool, StoreError> {
        let api = self.reach.as_ref().map(|reach| &*reach.api);
        let lifetime = access_lifetime(api, Channel::Back);
        let refreshes = access.scope.contains("offline_access");
        let mut kept_until = self.now + lifetime;
        if refreshes {
            let settings = &self.client.application().refresh_token;
            let token = first_token(grant, first_lifetimes(settings, self.now));
            kept_until = kept_until.max(token.expires_at + lifetime);
            let hash = TokenHash::of(self.refresh_token.expose());
            tx.refresh_tokens().create(&hash, &token, self.now)?;
        }
        if access.audience.is_none() {
            self.names
                .store_opaque(tx, &grant.id, &access.scope, (self.now, lifetime))?;
        }
        // A replay of the code must find the grant, too.
        tx.grants()
            .keep_until(&grant.id, kept_until.max(self.now + Seconds::minutes(10)))?;
        Ok(refreshes)
    }

    /// Does what a refusal asks for.
    fn refused(
        &self,
        tx: &mut Tx<'_>,
        grant: &aldgate_core::id::GrantId,
        refused: Box<Refused>,
    ) -> Result<Box<Refused>, StoreError> {
        if refused.effect == Effect::RevokeGrant {
            tx.grants().revoke(grant, self.now)?;
            let mut event = self.failure.clone();
            log::describe(&mut event, &self.request_of, &refused.error);
            tx.events().record(&[event])?;
        }
        Ok(refused)
    }
}

/// The first refresh token of a grant.
pub(super) fn first_token(
    grant: &Grant,
    (idle_expires_at, expires_at): (Timestamp, Timestamp),
) -> RefreshToken {
    RefreshToken {
        grant_id: grant.id.clone(),
        generation: 0,
        idle_expires_at,
        expires_at,
        retired_at: None,
    }
}

/// What the grant is worth now: rules and permissions are evaluated anew (SES-04).
pub(super) fn current_access(
    tx: &mut Tx<'_>,
    application: &Application,
    grant: &Grant,
    (reach, requested): (Option<&Reach>, Option<&Scopes>),
) -> Result<Result<Access, OAuthError>, StoreError> {
    let permissions = match (reach, &grant.user_id) {
        (Some(reach), Some(user)) if reach.api.enforce_policies => {
            let held = tx.permissions().of_user_at(user, &reach.api.identifier)?;
            Scopes::collect(held.iter().map(String::as_str))
        }
        _ => Scopes::none(),
    };
    let access = access::evaluate(AccessRequest {
        application,
        api: reach.map(Reach::pair),
        client_grant: reach.and_then(|reach| reach.client_grant.as_deref()),
        requested: Some(&grant.scope),
        subject: Subject::User(&permissions),
    });
    Ok(access.and_then(|access| narrow(grant, access, requested)))
}

fn refusal(error: OAuthError) -> Box<Refused> {
    let event = EventType::FailedCodeExchange;
    Box::new(Refused {
        error,
        effect: Effect::Nothing,
        event,
    })
}
