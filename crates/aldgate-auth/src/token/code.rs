//! `grant_type=authorization_code`.

use aldgate_app::extract::Caller;
use aldgate_core::access::Access;
use aldgate_core::application::{Application, GrantType};
use aldgate_core::client_auth::AuthenticatedClient;
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
use super::unit::{self, Stop, Unit};
use super::{Exchange, Tokens, log};
use crate::audience::{Reach, Reaches};
use crate::issue::Mint;

const GRANT: GrantType = GrantType::AuthorizationCode;

pub(super) async fn exchange(request: &Exchange<'_>) -> Result<Tokens, Box<Refused>> {
    let refuse = |error| request.refuse(GRANT, error);
    let text = request.required(GRANT, "code")?;
    let hash = TokenKind::Code.hash(text).ok_or_else(code::unknown)?;
    let (app, tenant, client) = (request.app, request.tenant, &request.client);
    let issued = Issued::generate(&mut app.rng());
    let redemption = Redemption {
        hash,
        client: client.clone(),
        redirect_uri: request.params.get("redirect_uri").map(ToOwned::to_owned),
        code_verifier: request.params.get("code_verifier").map(ToOwned::to_owned),
        issued: issued.clone(),
        failure: request.event(EventType::FailedCodeExchange),
        caller: request.caller.clone(),
        now: request.now,
    };
    let redeemed = unit::run(request, GRANT, redemption).await?;
    let mint = Mint {
        app,
        tenant,
        application: client.application(),
        api: redeemed.reach.as_ref().map(|reach| &*reach.api),
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

/// One unit of work: everything it needs is drawn before, so that it can run again.
struct Redemption {
    hash: TokenHash,
    client: AuthenticatedClient,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    issued: Issued,
    failure: Event,
    caller: Caller,
    now: Timestamp,
}

struct Redeemed {
    grant: Grant,
    user: User,
    reach: Option<Reach>,
    access: Access,
    nonce: Option<String>,
    refreshes: bool,
}

impl Unit for Redemption {
    type Done = Redeemed;

    fn run(
        &self,
        tx: &mut Tx<'_>,
        reaches: &Reaches,
    ) -> Result<Result<Redeemed, Stop>, StoreError> {
        let Some((mut found, stored)) = tx.codes().find(&self.hash)? else {
            return Ok(Err(code::unknown().into()));
        };
        let grant = stored.live();
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
            let redeemed = code::redeem(facts, &self.client, self.exchange(), self.now);
            let (grant, user) = match redeemed {
                Ok(redeemed) => redeemed,
                Err(refused) => {
                    let event = || self.failure.clone();
                    log::act(tx, &found.code.grant_id, &refused, (&self.caller, event))?;
                    return Ok(Err(refused.into()));
                }
            };
            let application = self.client.application();
            let reach = match reaches.of(grant.audience.as_deref()) {
                Ok(reach) => reach,
                Err(lacking) => return Ok(Err(lacking.into())),
            };
            let access = match access(tx, application, grant, reach.as_ref())? {
                Ok(access) => access,
                Err(error) => {
                    let kind = EventType::FailedCodeExchange;
                    return Ok(Err(Refused::without_effect(error, kind).into()));
                }
            };
            if tx.codes().take(&self.hash, self.now)? {
                let basis: (&Application, _) = (application, reach.as_ref());
                let refreshes = self.issued.store(tx, basis, grant, &access, self.now)?;
                let (grant, user) = (grant.clone(), user.clone());
                let nonce = found.code.nonce;
                return Ok(Ok(Redeemed {
                    grant,
                    user,
                    reach,
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

impl Redemption {
    fn exchange(&self) -> code::Exchange<'_> {
        code::Exchange {
            redirect_uri: self.redirect_uri.as_deref(),
            code_verifier: self.code_verifier.as_deref(),
        }
    }
}

/// What the grant gives now, with what actions changed of it.
fn access(
    tx: &mut Tx<'_>,
    application: &Application,
    grant: &Grant,
    reach: Option<&Reach>,
) -> Result<Result<Access, OAuthError>, StoreError> {
    let access = current_access(tx, application, grant, reach)?;
    Ok(access.and_then(|mut access| {
        grant.custom.adjust(&mut access, None);
        narrow(grant, access, None)
    }))
}
