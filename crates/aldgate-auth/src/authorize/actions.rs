//! The actions of a login (`post-login`): after the user proved who she is, before she is asked
//! for consent. Each runs once in an authorization; what they decided is kept with its transaction.

use std::sync::Arc;

use aldgate_app::actions::{End, Ran, Run, Summary, add_executions, denied};
use aldgate_app::respond::found;
use aldgate_core::access::Access;
use aldgate_core::action::{Denial, Deployed, Ground, Progress, Trigger, Verdict, event};
use aldgate_core::authorize::respond::Answer;
use aldgate_core::authorize::{Plan, Request, ResponseType, checks};
use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::event::{Event, EventType};
use aldgate_core::id::{ActionId, ActionVersionId, ExecutionId, UserId};
use aldgate_core::scope::Scopes;
use aldgate_core::session::Session;
use aldgate_core::transaction::Transaction;
use aldgate_store::{StoreError, Tx};
use axum::response::Response;
use serde_json::{Map, Value};
use url::Url;

use super::facts::{Named, Person};
use super::flow;
use super::running::{self, Running};
use crate::actions::{Aftermath, Background, request as request_facts};
use crate::visitor::{Fault, Visitor};

/// A login that actions may have a say in.
pub(super) struct Login<'a> {
    pub(super) visitor: &'a Visitor,
    pub(super) request: &'a Request,
    pub(super) plan: &'a Plan,
    pub(super) named: &'a Named,
    pub(super) person: &'a Person,
    pub(super) running: Option<&'a Running>,
}

/// How the user came back from where an action had sent her: method, query and body.
pub(crate) type Return<'a> = (&'a str, Map<String, Value>, Map<String, Value>);

/// What the actions decided.
#[derive(Default)]
pub(crate) struct Decided {
    /// What they asked for.
    pub(crate) verdict: Verdict,
    earlier: Vec<ExecutionId>,
    summary: Option<Summary>,
}

/// Whether the login goes on.
pub(super) enum Passage {
    /// It does.
    On(Box<Decided>),
    /// The browser leaves, or is told why not.
    Leave(Box<Response>),
}

impl Decided {
    /// Grants what the actions changed.
    pub(super) fn adjust(&self, access: &mut Access) {
        self.verdict.tokens.adjust(access, None);
    }

    /// To be kept while the user looks at a page; `None` when there is nothing to keep.
    pub(super) fn progress(self, session: &Session) -> Option<Progress> {
        let ran = self.summary.is_some() || !self.earlier.is_empty();
        ran.then(|| Progress {
            session_id: session.id.clone(),
            executions: self.executions(),
            verdict: self.verdict,
            waits: None,
            version: None,
        })
    }

    /// Tells the log which executions led here.
    pub(super) fn tell(&self, event: &mut Event) {
        match &self.summary {
            Some(summary) => summary.add_to(event, &self.earlier),
            None if self.earlier.is_empty() => {}
            None => add_executions(event, &self.earlier),
        }
    }

    /// Whether no action had a say.
    fn is_untouched(&self) -> bool {
        self.summary.is_none() && self.earlier.is_empty()
    }

    fn executions(&self) -> Vec<ExecutionId> {
        let last = self
            .summary
            .as_ref()
            .map(|summary| summary.execution.clone());
        self.earlier.iter().cloned().chain(last).collect()
    }
}

impl Login<'_> {
    /// Runs the actions, unless they have run already or there are none.
    pub(super) async fn pass(&self, back: Option<Return<'_>>) -> Result<Passage, Fault> {
        let session = &self.person.session.id;
        let progress = self
            .running
            .and_then(|running| running.transaction.actions.as_ref());
        if let Some(progress) = progress
            && let Some(verdict) = progress.settled(session)
        {
            return Ok(Passage::On(Box::new(Decided {
                verdict: verdict.clone(),
                earlier: progress.executions.clone(),
                summary: None,
            })));
        }
        let (app, tenant) = (&self.visitor.app, &self.visitor.tenant);
        let steps = app.actions_at(tenant, Trigger::PostLogin).await?;
        if steps.is_empty() {
            return Ok(Passage::On(Box::default()));
        }
        // Who comes back without having been where she was sent begins anew.
        let waiting = progress.filter(|_| back.is_some());
        let waiting = waiting.and_then(|progress| Some((progress, progress.waiting(session)?)));
        let earlier = waiting.map(|(progress, _)| progress.executions.clone());
        let steps = match waiting {
            Some((progress, _)) => self.pinned(steps, progress).await?,
            None => steps,
        };
        let ran = self.run(&steps, waiting, back).await?;
        let decided = Decided {
            verdict: ran.verdict,
            earlier: earlier.unwrap_or_default(),
            summary: Some(ran.summary),
        };
        match ran.end {
            End::Passed => self.passed(decided).await,
            End::Redirect { to, by, version } => self.send_away(decided, &to, (by, version)).await,
            End::Denied(denial) => self.denied(decided, denial).await,
            End::Failed(error) => {
                let page = !self.plan.target.silent;
                Ok(Passage::leave(self.refuse(&decided, &error, page).await))
            }
        }
    }

    /// What the trigger runs for somebody who is back: the action that had sent her away goes on
    /// with the version that did (SBX-07), unless that is too old to be kept.
    async fn pinned(
        &self,
        steps: Arc<Vec<Deployed>>,
        progress: &Progress,
    ) -> Result<Arc<Vec<Deployed>>, StoreError> {
        let (Some(action), Some(version)) = (&progress.waits, &progress.version) else {
            return Ok(steps);
        };
        let place = steps.iter().position(|step| step.id == *action);
        let Some(place) = place.filter(|at| steps[*at].version_id != *version) else {
            return Ok(steps);
        };
        let (action, version) = (action.clone(), version.clone());
        let read = move |tx: &mut Tx<'_>| tx.actions().version(&action, &version);
        let Visitor { app, tenant, .. } = self.visitor;
        let found: Result<_, StoreError> = app.store.read(&tenant.id, read).await;
        let Some(version) = found? else {
            return Ok(steps);
        };
        let mut steps = steps.as_ref().clone();
        steps[place] = steps[place].on(version);
        Ok(Arc::new(steps))
    }

    /// Keeps the event of a login, where the tenant lets that be done, unless actions had a say:
    /// then it is kept already.
    pub(super) async fn keep_unless(&self, decided: &Decided) -> Result<(), StoreError> {
        let Visitor {
            app, tenant, now, ..
        } = self.visitor;
        if decided.is_untouched() && app.keeps_events(tenant) {
            let event = self.seen(None).await?;
            app.keep_login(tenant, Trigger::PostLogin, &event, *now);
        }
        Ok(())
    }

    async fn run(
        &self,
        steps: &[Deployed],
        waiting: Option<(&Progress, &ActionId)>,
        back: Option<Return<'_>>,
    ) -> Result<Ran, StoreError> {
        let Visitor {
            app, tenant, now, ..
        } = self.visitor;
        let event = self.seen(back).await?;
        let none = Scopes::none();
        let requested = self.plan.scope.as_ref().unwrap_or(&none);
        let run = Run {
            app,
            tenant,
            steps,
            ground: Ground {
                trigger: Trigger::PostLogin,
                user: Some(&self.person.user),
                requested,
                audience: self.plan.audience.as_deref(),
                own_api: self.is_own_api(),
                can_redirect: !self.plan.target.silent,
            },
            event,
            verdict: waiting
                .map(|(progress, _)| progress.verdict.clone())
                .unwrap_or_default(),
            continues: waiting.map(|(_, action)| action),
            log: self.event(EventType::ActionFailed),
            now: *now,
        };
        Ok(run.go().await)
    }

    /// What the actions see of this login.
    async fn seen(&self, back: Option<Return<'_>>) -> Result<Value, StoreError> {
        let Visitor {
            app,
            tenant,
            caller,
            headers,
            ..
        } = self.visitor;
        let methods = &self.person.session.methods;
        let known = Background::load(app, tenant, &self.person.user, methods).await?;
        let returned = back.is_some();
        let sent = back.unwrap_or_else(|| ("GET", sent(self.request), Map::new()));
        let request = request_facts(tenant, caller, headers, sent);
        let none = Scopes::none();
        let base = event::Base {
            tenant,
            application: self.named.application.as_deref(),
            request: &request,
        };
        Ok(base.post_login(&event::Login {
            user: &self.person.user,
            methods,
            roles: &known.roles,
            connection: known.connection.as_deref(),
            audience: self.plan.audience.as_deref(),
            session: Some(&self.person.session),
            refresh_token: None,
            transaction: event::Transaction {
                protocol: if returned {
                    "redirect-callback"
                } else {
                    protocol(self.plan.response_type)
                },
                requested: self.plan.scope.as_ref().unwrap_or(&none),
                request: Some(self.request),
                can_redirect: !self.plan.target.silent,
            },
        }))
    }

    fn is_own_api(&self) -> bool {
        let management = self.visitor.tenant.issuer.management();
        self.named
            .api
            .as_ref()
            .is_some_and(|api| api.identifier == management)
    }

    /// An event about this login.
    fn event(&self, kind: EventType) -> Event {
        let mut event = self.visitor.event(kind, self.named.application.as_deref());
        self.about_user(&mut event);
        event
    }

    fn about_user(&self, event: &mut Event) {
        let user = &self.person.user;
        event.user_id = Some(user.id.clone());
        event.user_name = user.email.clone().or_else(|| user.username.clone());
    }

    /// All agree. If the user's account was linked to another meanwhile, the login goes on as that
    /// user (Auth0: `api.authentication.setPrimaryUser`).
    async fn passed(&self, decided: Decided) -> Result<Passage, Fault> {
        let user = &self.person.user;
        let other = decided
            .verdict
            .primary_user
            .clone()
            .filter(|id| *id != user.id);
        match other {
            None => Ok(Passage::On(Box::new(decided))),
            Some(id) => self.become_user(decided, id).await,
        }
    }

    async fn become_user(&self, decided: Decided, id: UserId) -> Result<Passage, Fault> {
        let Visitor { app, tenant, .. } = self.visitor;
        let wanted = id.clone();
        let read = move |tx: &mut Tx<'_>| tx.users().by_id(&wanted);
        let primary: Option<aldgate_core::user::User> = app.store.read(&tenant.id, read).await?;
        let own = &self.person.user.id;
        let linked = primary.filter(|user| !user.blocked).filter(|user| {
            let mut identities = user.identities.iter();
            identities.any(|one| one.provider == own.provider() && one.user_id == own.subject())
        });
        let (Some(primary), Some(hash)) = (linked, self.visitor.session()) else {
            let refusal = Refusal::new(
                "primary_user",
                "The action names a primary user to whom this account is not linked.",
            )
            .expected(format!("a user with the identity {own}"))
            .actual(id.as_str())
            .remedy("Link the accounts by the Management API first, then call setPrimaryUser.");
            let error =
                OAuthError::access_denied("An action of the tenant failed").because(refusal);
            let page = !self.plan.target.silent;
            return Ok(Passage::leave(self.refuse(&decided, &error, page).await));
        };
        let session = Session {
            user_id: primary.id,
            ..self.person.session.clone()
        };
        let progress = decided.progress(&session);
        let Some(handle) = self.note(progress).await? else {
            return Ok(Passage::leave(*running::gone(self.visitor).await));
        };
        let work = move |tx: &mut Tx<'_>| tx.sessions().begin(&hash, &session, Some(&hash));
        app.store.write(&tenant.id, work).await?;
        let back = tenant
            .issuer
            .join(&format!("authorize/resume?state={handle}"));
        Ok(Passage::leave(found(&back)))
    }

    /// Sends the user where an action wants her; `/continue` brings her back.
    async fn send_away(
        &self,
        decided: Decided,
        to: &str,
        (by, version): (ActionId, ActionVersionId),
    ) -> Result<Passage, Fault> {
        let progress = decided
            .progress(&self.person.session)
            .map(|progress| Progress {
                waits: Some(by),
                version: Some(version),
                ..progress
            });
        let Some(handle) = self.note(progress).await? else {
            return Ok(Passage::leave(*running::gone(self.visitor).await));
        };
        let mut url = Url::parse(to).map_err(|error| {
            let refusal = Refusal::new("redirect_url", error.to_string());
            OAuthError::access_denied("An action of the tenant failed").because(refusal)
        })?;
        url.query_pairs_mut().append_pair("state", &handle);
        let mut response = found(url.as_str());
        self.visitor.remember_browser(&mut response);
        Ok(Passage::leave(response))
    }

    /// Keeps the progress with the transaction; `None` when that has ended meanwhile.
    async fn note(&self, progress: Option<Progress>) -> Result<Option<String>, Fault> {
        let visitor = self.visitor;
        let Some(running) = self.running else {
            let begun =
                Transaction::begin(self.request.clone(), visitor.browser.hash(), visitor.now);
            let transaction = Transaction {
                actions: progress,
                ..begun
            };
            return flow::begin(visitor, transaction).await.map(Some);
        };
        let noted = running.note(visitor, progress).await?;
        Ok(noted.then(|| running.handle.clone()))
    }

    /// An action refuses: the transaction ends, nothing is issued.
    async fn denied(&self, decided: Decided, denial: Denial) -> Result<Passage, Fault> {
        let visitor = self.visitor;
        let aftermath = Aftermath {
            user: self.person.user.id.clone(),
            verdict: decided.verdict.clone(),
            session: Some(self.person.session.id.clone()),
            grant: None,
            now: visitor.now,
            denial: denial.clone(),
        };
        let transaction = self.running.map(|running| running.hash);
        let now = visitor.now;
        let work = move |tx: &mut Tx<'_>| {
            if let Some(transaction) = &transaction
                && !tx.transactions().finish(transaction, now)?
            {
                return Ok(false);
            }
            aftermath.store(tx)?;
            Ok::<_, StoreError>(true)
        };
        if !visitor.app.store.write(&visitor.tenant.id, work).await? {
            return Ok(Passage::leave(*running::gone(visitor).await));
        }
        let error = match (&denial.message, denial.is_page) {
            (Some(message), true) => {
                let refusal = Refusal::new("action_validation", message.clone());
                OAuthError::access_denied(denial.reason.clone()).because(refusal)
            }
            _ => denied(&denial),
        };
        let mut response = self.refuse(&decided, &error, denial.is_page).await;
        if denial.revokes_session {
            visitor.clear_session(&mut response);
        }
        Ok(Passage::leave(response))
    }

    /// Tells the application, or the page, and the log.
    async fn refuse(&self, decided: &Decided, error: &OAuthError, page: bool) -> Response {
        let (visitor, target) = (self.visitor, &self.plan.target);
        let application = self.named.application.as_deref();
        let mut event = visitor.refusal(flow::kind_of(target), error, application, None);
        self.about_user(&mut event);
        decided.tell(&mut event);
        if page || !checks::may_travel(target, error, true) {
            let app = &visitor.app;
            return app
                .show_refusal(&visitor.tenant, &visitor.headers, error, event)
                .await;
        }
        visitor.app.events.record(&visitor.tenant.id, event);
        flow::deliver(visitor, target, Answer::error(error), application).await
    }
}

impl Passage {
    fn leave(response: Response) -> Self {
        Self::Leave(Box::new(response))
    }
}

/// The parameters of the authorization request.
fn sent(request: &Request) -> Map<String, Value> {
    let values: Vec<(&str, Value)> = request
        .sent()
        .into_iter()
        .map(|(name, value)| (name, Value::from(value)))
        .collect();
    event::shown(values.iter().map(|(name, value)| (*name, value)))
}

/// Auth0's name of what was asked for.
const fn protocol(kind: ResponseType) -> &'static str {
    match (kind.code, kind.token || kind.id_token) {
        (true, false) => "oidc-basic-profile",
        (true, true) => "oidc-hybrid-profile",
        (false, _) => "oidc-implicit-profile",
    }
}
