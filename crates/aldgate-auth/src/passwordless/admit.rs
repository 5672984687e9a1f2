//! Actions judge who registers by a code as they judge everybody: before she is a user they may
//! refuse her and add to her, afterwards they hear of her (Auth0: the registration triggers run for
//! database and passwordless connections).

use aldgate_app::accounts::{CreateUserError, Registration};
use aldgate_core::action::event;
use aldgate_core::error::{ErrorCode, OAuthError, Refusal};
use aldgate_core::event::{Event, EventType};
use aldgate_core::user::User;

use super::check::{Outcome, Then};
use super::{CodeProof, Passwordless};
use crate::accounts::LoginFailure;

impl Passwordless<'_> {
    pub(super) const fn registration<'s>(
        &'s self,
        request: &'s event::Request,
    ) -> Registration<'s> {
        Registration {
            app: self.app,
            tenant: self.tenant,
            application: Some(self.client),
            connection: self.connection,
            request,
        }
    }

    /// Lets the actions judge somebody new. They learn nothing of whoever has not the right code,
    /// and are not asked about users who exist; the code stays usable.
    ///
    /// # Errors
    /// [`LoginFailure`], also when the code is wrong: it was counted then.
    pub(super) async fn judged(
        &self,
        proof: CodeProof<'_>,
        (user, mut event): (User, Event),
    ) -> Result<(User, Event), LoginFailure> {
        let registration = self.registration(proof.request);
        if !registration.is_judged().await? {
            return Ok((user, event));
        }
        let (recipient, binding) = (proof.recipient, proof.binding);
        let looked = self.evaluate(recipient, binding, proof.code, Then::Nothing);
        match looked.await? {
            Outcome::Right { known: true } => return Ok((user, event)),
            Outcome::Right { known: false } => {}
            outcome => return Err(self.refuse(recipient, outcome).await),
        }
        match registration.before(user, Some(&event)).await {
            Ok((user, summary)) => {
                if let Some(summary) = summary {
                    summary.add_to(&mut event, &[]);
                }
                Ok((user, event))
            }
            Err(error) => Err(self.denied(proof, error)),
        }
    }

    fn denied(&self, proof: CodeProof<'_>, error: CreateUserError) -> LoginFailure {
        let error = match error {
            CreateUserError::Store(error) => return LoginFailure::Store(error),
            CreateUserError::Action(error) => *error,
            CreateUserError::Denied(denial) => {
                let refusal = Refusal::new("action_denied", "An action refused the registration.")
                    .actual(&denial.reason)
                    .remedy("See the actions of pre-user-registration.");
                let text = denial.message.unwrap_or(denial.reason);
                OAuthError::access_denied(text).because(refusal)
            }
            other => {
                let refusal = Refusal::new("registration", other.to_string());
                let text = "The server could not finish the request";
                OAuthError::new(ErrorCode::ServerError, text).because(refusal)
            }
        };
        let mut event = self.event(EventType::FailedSignup, proof.recipient, None);
        event.description = error.description.clone().into_owned();
        event.refusal = error.refusal.as_deref().cloned();
        self.app.events.record(&self.tenant.id, event);
        LoginFailure::Denied(Box::new(error))
    }
}
