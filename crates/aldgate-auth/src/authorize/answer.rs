//! Makes the answer of an authorization: the grant, the code, and tokens for the front channel.
//!
//! Everything is stored in one unit of work, in which the transaction ends too; tokens are signed
//! after it.

use aldgate_app::page::NoticeKind;
use aldgate_core::access::Access;
use aldgate_core::action::Verdict;
use aldgate_core::api::Api;
use aldgate_core::application::Application;
use aldgate_core::authorize::Plan;
use aldgate_core::authorize::respond::Answer;
use aldgate_core::event::{Event, EventType};
use aldgate_core::grant::{Code, Grant, GrantOrigin};
use aldgate_core::id::{GrantId, UserId};
use aldgate_core::secret::{TokenHash, TokenKind};
use aldgate_core::session::{AuthenticationMethod, Lifetimes, Session};
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_store::{StoreError, Tx};
use axum::response::Response;
use http::StatusCode;

use super::actions::Decided;
use super::facts::{Named, Person};
use super::flow;
use super::running::Running;
use crate::actions::store_user;
use crate::issue::{FrontChannel, FrontTokens, issue_front_channel, kept_for};
use crate::visitor::{Fault, Visitor};

/// How long a code can be redeemed (OAU-03).
const CODE_LIFETIME: Seconds = Seconds(60);

/// Everything that is settled when nothing is left to ask.
pub(crate) struct Granted {
    /// What was asked for.
    pub(crate) plan: Plan,
    /// By whose leave.
    pub(crate) person: Person,
    /// What is granted.
    pub(crate) access: Access,
    /// What actions decided.
    pub(crate) decided: Decided,
}

/// What one unit of work stores.
struct Bundle {
    grant: Grant,
    code: Option<(TokenHash, Code)>,
    /// As long as its code and what that is redeemed for.
    grant_kept_until: Timestamp,
    session_hash: TokenHash,
    /// The session, if this use of it is to be written down.
    session: Option<Session>,
    transaction: Option<TokenHash>,
    user: UserId,
    verdict: Verdict,
    event: Event,
    now: Timestamp,
}

/// Makes the answer and sends it.
pub(crate) async fn make(
    visitor: &Visitor,
    named: &Named,
    granted: Granted,
    running: Option<&Running>,
) -> Result<Response, Fault> {
    let (Some(application), Some(session_hash)) = (named.application.as_deref(), visitor.session())
    else {
        return Ok(gone(visitor).await);
    };
    let plan = &granted.plan;
    let kind = plan.response_type;
    let code = kind
        .code
        .then(|| TokenKind::Code.generate(&mut visitor.app.rng()));
    let code = code.as_ref().map(|code| code.expose().as_str());
    let named_by_it = (application, named.api.as_deref());
    let bundle = prepare(visitor, &granted, named_by_it, session_hash, running, code);
    let grant = bundle.grant.clone();
    let store = &visitor.app.store;
    if !store
        .write(&visitor.tenant.id, move |tx| bundle.store(tx))
        .await?
    {
        return Ok(gone(visitor).await);
    }
    let front = FrontChannel {
        application,
        api: named.api.as_deref(),
        grant: &grant,
        user: &granted.person.user,
        access: &granted.access,
        nonce: plan.nonce.as_deref(),
        code,
        wants_access_token: kind.token,
        wants_id_token: kind.id_token,
    };
    let tokens = issue_front_channel(&visitor.app, &visitor.tenant, front, visitor.now).await?;
    let answer = answer(&granted, tokens, code);
    Ok(flow::deliver(visitor, &plan.target, answer, Some(application)).await)
}

/// Somebody else finished the transaction or ended the session meanwhile.
async fn gone(visitor: &Visitor) -> Response {
    visitor
        .notice(StatusCode::BAD_REQUEST, NoticeKind::LoginExpired)
        .await
}

fn prepare(
    visitor: &Visitor,
    granted: &Granted,
    (application, api): (&Application, Option<&Api>),
    session_hash: TokenHash,
    running: Option<&Running>,
    code: Option<&str>,
) -> Bundle {
    let (now, plan) = (visitor.now, &granted.plan);
    let grant = grant(granted, GrantId::at(now, &mut visitor.app.rng()), now);
    let before = &granted.person.session;
    let idle = Lifetimes::of(&visitor.tenant.settings).idle;
    let mut used = before.clone().touched(now, idle).used_by(&application.id);
    for url in &granted.decided.verdict.methods {
        used.methods.push(AuthenticationMethod {
            name: url.clone(),
            timestamp: now,
            connection: None,
        });
    }
    let redeemed = code.map_or(Seconds(0), |_| kept_for(api));
    Bundle {
        code: code.map(|code| (TokenHash::of(code), facts(plan, &grant, now))),
        grant_kept_until: now + CODE_LIFETIME + redeemed,
        session_hash,
        session: (used != *before).then_some(used),
        transaction: running.map(|running| running.hash),
        user: granted.person.user.id.clone(),
        verdict: granted.decided.verdict.clone(),
        event: event(visitor, granted, application),
        grant,
        now,
    }
}

fn grant(granted: &Granted, id: GrantId, now: Timestamp) -> Grant {
    let Granted {
        plan,
        person,
        access,
        decided: _,
    } = granted;
    Grant {
        id,
        client_id: plan.target.client_id.clone(),
        user_id: Some(person.user.id.clone()),
        session_id: Some(person.session.id.clone()),
        audience: access.audience.clone(),
        requested: plan.scope.clone().unwrap_or_default(),
        scope: access.scope.clone(),
        origin: if plan.response_type.code {
            GrantOrigin::Code
        } else {
            GrantOrigin::Implicit
        },
        auth_time: Some(person.session.authenticated_at),
        wants_auth_time: plan.wants_auth_time(),
        methods: person.session.methods.clone(),
        claims: plan.claims.clone(),
        custom: granted.decided.verdict.tokens.clone(),
        metadata: serde_json::Map::new(),
        created_at: now,
    }
}

fn facts(plan: &Plan, grant: &Grant, now: Timestamp) -> Code {
    Code {
        grant_id: grant.id.clone(),
        client_id: grant.client_id.clone(),
        redirect_uri: plan.target.redirect.as_sent().map(str::to_owned),
        code_challenge: plan.code_challenge.clone(),
        nonce: plan.nonce.clone(),
        expires_at: now + CODE_LIFETIME,
    }
}

fn event(visitor: &Visitor, granted: &Granted, application: &Application) -> Event {
    let kind = if granted.plan.target.silent {
        EventType::SilentAuth
    } else {
        EventType::Login
    };
    let user = &granted.person.user;
    let mut event = visitor.event(kind, Some(application));
    event.user_id = Some(user.id.clone());
    event.user_name = user.email.clone().or_else(|| user.username.clone());
    let method = granted.person.session.methods.last();
    event.connection = method.and_then(|method| method.connection.clone());
    event.audience.clone_from(&granted.access.audience);
    event.scope = Some(granted.access.scope.to_string());
    granted.decided.tell(&mut event);
    event
}

impl Bundle {
    /// Stores everything, or nothing: `false` when the transaction or the session has ended.
    fn store(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let lives = match &self.session {
            Some(session) => tx.sessions().touch(&self.session_hash, session)?,
            None => tx.sessions().hold(&self.session_hash)?,
        };
        if !lives {
            return Ok(false);
        }
        if let Some(transaction) = &self.transaction
            && !tx.transactions().finish(transaction, self.now)?
        {
            return Ok(false);
        }
        store_user(tx, &self.user, &self.verdict, self.now)?;
        tx.grants().create(&self.grant, self.grant_kept_until)?;
        if let Some((hash, code)) = &self.code {
            tx.codes().create(hash, code)?;
        }
        tx.events().record(std::slice::from_ref(&self.event))?;
        Ok(true)
    }
}

/// The members of the answer, in the order of Auth0's. `scope` is told when it is not what was
/// asked for.
fn answer(granted: &Granted, tokens: FrontTokens, code: Option<&str>) -> Answer {
    let scope = &granted.access.scope;
    let asked = granted.plan.scope.as_ref();
    let narrowed = asked.is_none_or(|asked| !asked.same_as(scope));
    let (access_token, lifetime) = tokens.access_token.unzip();
    let token = access_token.is_some();
    Answer::default()
        .with("access_token", access_token)
        .with("id_token", tokens.id_token)
        .with("code", code)
        .with("scope", (token && narrowed).then(|| scope.to_string()))
        .with("expires_in", lifetime.map(|lifetime| lifetime.0))
        .with("token_type", token.then_some("Bearer"))
}
