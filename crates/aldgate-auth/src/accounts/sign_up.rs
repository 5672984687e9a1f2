//! Signing up, whether by page or by endpoint: who may, how often, and what is done.

use aldgate_app::App;
use aldgate_app::accounts::{CreateUser, CreateUserError, Credential, Post, create_user};
use aldgate_app::extract::Caller;
use aldgate_app::page::Chrome;
use aldgate_core::action::event;
use aldgate_core::application::Application;
use aldgate_core::attempts::{Address, Counted, Limits, Subject};
use aldgate_core::connection::Connection;
use aldgate_core::event::{Event, EventType};
use aldgate_core::secret::Secret;
use aldgate_core::signup::Draft;
use aldgate_core::tenant::Tenant;
use aldgate_core::user::User;
use aldgate_store::{StoreError, Tx};

/// Somebody signs up.
#[derive(Clone, Copy)]
pub(super) struct SignUp<'a> {
    /// The state of the server.
    pub(super) app: &'a App,
    /// Where.
    pub(super) tenant: &'a Tenant,
    /// Into which database.
    pub(super) connection: &'a Connection,
    /// For which application.
    pub(super) application: &'a Application,
    /// From where.
    pub(super) caller: &'a Caller,
    /// Language and brand of the mail.
    pub(super) chrome: &'a Chrome,
    /// The request, as actions see it.
    pub(super) request: &'a event::Request,
}

impl SignUp<'_> {
    /// Counts the sign-up; `false` when there were too many from the address.
    pub(super) async fn is_allowed(&self) -> Result<bool, StoreError> {
        let address = self.caller.address();
        let protection = self.app.attack_protection(&self.tenant.id).await?;
        let limits = Limits::new(&self.connection.options, &protection, address);
        let Some(rule) = limits.sign_ups else {
            return Ok(true);
        };
        let (subject, now) = (Subject::SignUp(Address::of(address)), self.app.now());
        let count = move |tx: &mut Tx<'_>| tx.attempts().count(&subject, &rule, now);
        let counted = self.app.store.write(&self.tenant.id, count).await?;
        Ok(matches!(counted, Counted::Attempt(_)))
    }

    /// Makes the user, with the event and the mail that verifies her address.
    pub(super) async fn create(
        &self,
        draft: Draft,
        password: Secret<String>,
    ) -> Result<User, CreateUserError> {
        let ip = self.caller.address().to_string();
        let new = CreateUser {
            connection: self.connection,
            draft,
            credential: Credential::Password(password),
            verify: Some(Post {
                app: self.app,
                tenant: self.tenant,
                chrome: self.chrome,
                application: Some(&self.application.name),
                ip: Some(&ip),
            }),
            client: Some(self.application.id.clone()),
            event: Some(self.event(EventType::Signup)),
            request: Some(self.request.clone()),
        };
        create_user(self.app, self.tenant, new).await
    }

    /// An event of this sign-up.
    pub(super) fn event(&self, kind: EventType) -> Event {
        let mut event = self.app.event(kind, self.caller, self.app.now());
        event.client_id = Some(self.application.id.clone());
        event.client_name = Some(self.application.name.clone());
        event.connection = Some(self.connection.name.clone());
        event
    }
}
