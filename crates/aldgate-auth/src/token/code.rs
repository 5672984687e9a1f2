//! `grant_type=authorization_code`.

use aldgate_app::extract::Caller;
use aldgate_core::access::{Access, Audience};
use aldgate_core::application::GrantType;
use aldgate_core::client_auth::AuthenticatedClient;
use aldgate_core::client_grant::SubjectType;
use aldgate_core::error::OAuthError;
use aldgate_core::event::{Event, EventType};
use aldgate_core::grant::refresh::narrow;
use aldgate_core::grant::{Grant, Refused, code};
use aldgate_core::secret::{TokenHash, TokenKind};
use aldgate_core::time::Timestamp;
use aldgate_core::token::Channel;
use aldgate_core::user::User;
use aldgate_store::{StoreError, Tx};

use super::issued::{Issued, current_access};
use super::{Exchange, Tokens, log};
use crate::audience::{Reach, reach};
use crate::client::down;
use crate::issue::Mint;

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
    let issued = Issued::generate(&grant.id, &mut app.rng());
    let redemption = Redemption {
        hash,
        client: client.clone(),
        redirect_uri: request.params.get("redirect_uri").map(ToOwned::to_owned),
        code_verifier: request.params.get("code_verifier").map(ToOwned::to_owned),
        reach: reach.clone(),
        issued: issued.clone(),
        failure: request.event(EventType::FailedCodeExchange),
        caller: request.caller.clone(),
        now: request.now,
    };
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
    let refresh_token = issued.refresh_token(redeemed.refreshes);
    let tokens = Tokens::mint(
        mint,
        &issued.names,
        redeemed.nonce.as_deref(),
        refresh_token,
    )
    .await;
    let tokens = tokens.map_err(refuse)?;
    note(request, redeemed, &tokens);
    Ok(tokens)
}

fn note(request: &Exchange<'_>, redeemed: Redeemed, tokens: &Tokens) {
    let mut event = request.event(EventType::CodeExchange);
    event.user_id = redeemed.grant.user_id;
    event.audience = redeemed.access.audience;
    event.scope = Some(tokens.scope.clone());
    request.app.events.record(&request.tenant.id, event);
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
        .look_up(&request.tenant.id, find)
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
    issued: Issued,
    failure: Event,
    caller: Caller,
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
                Err(refused) => {
                    let event = || self.failure.clone();
                    log::act(tx, &found.code.grant_id, &refused, (&self.caller, event))?;
                    return Ok(Err(refused));
                }
            };
            let application = self.client.application();
            let reach = self.reach.as_ref();
            let access = current_access(tx, application, grant, reach)?;
            let access = match access.and_then(|access| narrow(grant, access, None)) {
                Ok(access) => access,
                Err(error) => {
                    return Ok(Err(Refused::without_effect(
                        error,
                        EventType::FailedCodeExchange,
                    )));
                }
            };
            if tx.codes().take(&self.hash, self.now)? {
                let refreshes =
                    self.issued
                        .store(tx, (application, reach), grant, &access, self.now)?;
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
}
