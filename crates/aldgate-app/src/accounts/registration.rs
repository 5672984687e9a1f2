//! The actions around the making of a user: before it, they may refuse and add metadata; after it,
//! they only hear of it.

use aldgate_core::action::{Ground, Trigger, Verdict, event};
use aldgate_core::application::Application;
use aldgate_core::connection::Connection;
use aldgate_core::event::{Event, EventType};
use aldgate_core::id::EventId;
use aldgate_core::scope::Scopes;
use aldgate_core::tenant::Tenant;
use aldgate_core::user::User;
use aldgate_store::StoreError;

use super::create::CreateUserError;
use crate::actions::{End, Run, Summary};
use crate::app::App;

/// Somebody is about to become a user.
#[derive(Clone, Copy)]
pub struct Registration<'a> {
    /// The state of the server.
    pub app: &'a App,
    /// Where.
    pub tenant: &'a Tenant,
    /// The application she came from.
    pub application: Option<&'a Application>,
    /// Where she will log in.
    pub connection: &'a Connection,
    /// The request that makes her.
    pub request: &'a event::Request,
}

impl Registration<'_> {
    /// Whether an action would be asked before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_judged(&self) -> Result<bool, StoreError> {
        let trigger = Trigger::PreUserRegistration;
        let steps = self.app.actions_at(self.tenant, trigger).await?;
        Ok(!steps.is_empty())
    }

    /// Runs `pre-user-registration`; gives the user with what the actions added.
    ///
    /// # Errors
    /// When an action refuses, or fails that must not.
    pub async fn before(
        &self,
        user: User,
        log: Option<&Event>,
    ) -> Result<(User, Option<Summary>), CreateUserError> {
        let trigger = Trigger::PreUserRegistration;
        let steps = self.app.actions_at(self.tenant, trigger).await?;
        if steps.is_empty() {
            return Ok((user, None));
        }
        let requested = Scopes::none();
        let run = Run {
            app: self.app,
            tenant: self.tenant,
            steps: &steps,
            ground: Ground {
                trigger,
                user: Some(&user),
                requested: &requested,
                audience: None,
                own_api: false,
                can_redirect: false,
            },
            event: self.base().registration(&user, self.connection, false),
            verdict: Verdict::default(),
            continues: None,
            log: self.log(log),
            now: user.created_at,
        };
        let ran = run.go().await;
        match ran.end {
            End::Denied(denial) => return Err(CreateUserError::Denied(denial)),
            End::Failed(error) => return Err(CreateUserError::Action(Box::new(error))),
            End::Passed | End::Redirect { .. } => {}
        }
        let changed = ran.verdict.changed_user(&user);
        let changed = changed.unwrap_or_default().unwrap_or(user);
        Ok((changed, Some(ran.summary)))
    }

    /// Runs `post-user-registration` behind the request.
    pub async fn after(&self, user: &User, log: Option<&Event>) {
        let tell = || self.base().registration(user, self.connection, true);
        let trigger = Trigger::PostUserRegistration;
        self.app
            .run_after(self.tenant, trigger, tell, self.log(log))
            .await;
    }

    fn base(&self) -> event::Base<'_> {
        event::Base {
            tenant: self.tenant,
            application: self.application,
            request: self.request,
        }
    }

    fn log(&self, like: Option<&Event>) -> Event {
        let now = self.app.now();
        let fresh = || {
            let id = EventId::at(now, &mut self.app.rng());
            Event::new(id, EventType::ActionFailed, now)
        };
        like.cloned().unwrap_or_else(fresh)
    }
}
