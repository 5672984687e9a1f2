//! The actions of exchanges: `post-login` where a user's tokens are made without a browser, and
//! `credentials-exchange`.

use aldgate_app::actions::{End, Run, denied};
use aldgate_core::action::{Denial, Ground, Trigger, Verdict, event};
use aldgate_core::api::Api;
use aldgate_core::error::OAuthError;
use aldgate_core::event::EventType;
use aldgate_core::grant::Grant;
use aldgate_core::grant::refresh::RefreshToken;
use aldgate_core::scope::Scopes;
use aldgate_core::session::AuthenticationMethod;
use aldgate_core::token::CustomClaims;
use aldgate_core::user::User;
use aldgate_store::Tx;
use serde_json::{Map, Value};

use super::{Exchange, log};
use crate::actions::{Aftermath, Background, request as request_facts};
use crate::client::down;

/// A user's tokens that are about to be made.
pub(super) struct Login<'a> {
    pub(super) user: &'a User,
    pub(super) methods: &'a [AuthenticationMethod],
    pub(super) audience: Option<&'a str>,
    pub(super) requested: &'a Scopes,
    /// Auth0's name of the protocol.
    pub(super) protocol: &'static str,
    pub(super) refresh_token: Option<(&'a RefreshToken, &'a Grant)>,
}

impl Exchange<'_> {
    /// Whether `post-login` has actions.
    pub(super) async fn has_post_login(&self) -> Result<bool, OAuthError> {
        let steps = self.app.actions_at(self.tenant, Trigger::PostLogin).await;
        Ok(!steps.map_err(down)?.is_empty())
    }

    /// Runs `post-login`.
    ///
    /// # Errors
    /// `access_denied` when an action refuses, or fails that must not.
    pub(super) async fn post_login(&self, login: Login<'_>) -> Result<Verdict, OAuthError> {
        let steps = self.app.actions_at(self.tenant, Trigger::PostLogin).await;
        let steps = steps.map_err(down)?;
        let (app, tenant) = (self.app, self.tenant);
        if steps.is_empty() && !app.keeps_events(tenant) {
            return Ok(Verdict::default());
        }
        let known = Background::load(app, tenant, login.user, login.methods).await;
        let known = known.map_err(down)?;
        let request = self.as_seen();
        let base = event::Base {
            tenant,
            application: Some(self.client.application()),
            request: &request,
        };
        let event = base.post_login(&event::Login {
            user: login.user,
            methods: login.methods,
            roles: &known.roles,
            connection: known.connection.as_deref(),
            audience: login.audience,
            session: None,
            refresh_token: login.refresh_token,
            transaction: event::Transaction {
                protocol: login.protocol,
                requested: login.requested,
                request: None,
                can_redirect: false,
            },
        });
        if steps.is_empty() {
            app.keep_login(tenant, Trigger::PostLogin, &event, self.now);
            return Ok(Verdict::default());
        }
        let mut told = self.event(EventType::ActionFailed);
        told.user_id = Some(login.user.id.clone());
        let ground = Ground {
            user: Some(login.user),
            ..self.ground(Trigger::PostLogin, login.requested, login.audience)
        };
        let run = Run {
            app,
            tenant,
            steps: &steps,
            ground,
            event,
            verdict: Verdict::default(),
            continues: None,
            log: told,
            now: self.now,
        };
        let ran = run.go().await;
        self.note_actions(ran.summary);
        match ran.end {
            End::Passed => Ok(ran.verdict),
            End::Failed(error) => Err(error),
            End::Denied(denial) => Err(self.denied(&login, ran.verdict, denial).await?),
            End::Redirect { .. } => unreachable!("invariant: `Ground::can_redirect` is false"),
        }
    }

    /// Stores what a denial leaves behind, and gives the refusal.
    async fn denied(
        &self,
        login: &Login<'_>,
        verdict: Verdict,
        denial: Denial,
    ) -> Result<OAuthError, OAuthError> {
        let error = denied(&denial);
        let aftermath = Aftermath {
            user: login.user.id.clone(),
            verdict,
            denial,
            session: login
                .refresh_token
                .and_then(|(_, grant)| grant.session_id.clone()),
            grant: login.refresh_token.map(|(_, grant)| grant.id.clone()),
            now: self.now,
        };
        let work = move |tx: &mut Tx<'_>| aftermath.store(tx);
        self.app
            .store
            .write(&self.tenant.id, work)
            .await
            .map_err(down)?;
        Ok(error)
    }

    /// Runs `credentials-exchange`.
    ///
    /// # Errors
    /// What the action denies with; `access_denied` when one fails that must not.
    pub(super) async fn credentials_exchange(
        &self,
        api: &Api,
        granted: &Scopes,
        requested: Option<&Scopes>,
    ) -> Result<CustomClaims, OAuthError> {
        let trigger = Trigger::CredentialsExchange;
        let steps = self
            .app
            .actions_at(self.tenant, trigger)
            .await
            .map_err(down)?;
        if steps.is_empty() && !self.app.keeps_events(self.tenant) {
            return Ok(CustomClaims::default());
        }
        let request = self.as_seen();
        let base = event::Base {
            tenant: self.tenant,
            application: Some(self.client.application()),
            request: &request,
        };
        let event = base.credentials_exchange(&api.identifier, granted, requested);
        if steps.is_empty() {
            self.app.keep_login(self.tenant, trigger, &event, self.now);
            return Ok(CustomClaims::default());
        }
        let run = Run {
            app: self.app,
            tenant: self.tenant,
            steps: &steps,
            ground: self.ground(trigger, granted, Some(&api.identifier)),
            event,
            verdict: Verdict::default(),
            continues: None,
            log: self.event(EventType::ActionFailed),
            now: self.now,
        };
        let ran = run.go().await;
        self.note_actions(ran.summary);
        match ran.end {
            End::Passed => Ok(ran.verdict.tokens.access_token),
            End::Failed(error) => Err(error),
            End::Denied(denial) => Err(denied(&denial)),
            End::Redirect { .. } => unreachable!("invariant: the trigger offers no redirects"),
        }
    }

    fn ground<'g>(
        &self,
        trigger: Trigger,
        requested: &'g Scopes,
        audience: Option<&'g str>,
    ) -> Ground<'g> {
        let management = self.tenant.issuer.management();
        Ground {
            trigger,
            user: None,
            requested,
            audience,
            own_api: audience == Some(management.as_str()),
            can_redirect: false,
        }
    }

    /// This request as actions see it.
    pub(super) fn as_seen(&self) -> event::Request {
        let body: Map<String, Value> = event::shown(self.params.iter());
        let sent = ("POST", Map::new(), body);
        request_facts(self.tenant, self.caller, &self.headers, sent)
    }

    /// Keeps what is told of the actions, for the event of this exchange.
    fn note_actions(&self, summary: aldgate_app::actions::Summary) {
        // Each exchange runs one trigger once; a second summary would be of the same.
        let _known = self.ran.set(summary).is_err();
    }
}

/// Whether a refusal came from an action: then the log is told of the execution, too.
pub(super) fn tell(request: &Exchange<'_>, event: &mut aldgate_core::event::Event) {
    if let Some(summary) = request.ran.get() {
        summary.add_to(event, &[]);
    }
}

/// Records the refusal of an exchange with what its actions did.
pub(super) fn refused(request: &Exchange<'_>, kind: EventType, error: &OAuthError) {
    let mut event = request.event(kind);
    log::describe(&mut event, request.caller, error);
    tell(request, &mut event);
    request.app.events.record(&request.tenant.id, event);
}
