//! Asking for the mail that resets a password: the same answer after the same work, whoever exists
//! (ACC-04), and never more than a few mails (ACC-14).

use aldgate_app::App;
use aldgate_app::accounts::Post;
use aldgate_app::error::store_failed;
use aldgate_app::extract::Caller;
use aldgate_app::page::{Chrome, PageError};
use aldgate_core::application::Application;
use aldgate_core::attempts::{Account, Counted, MAILS, Subject};
use aldgate_core::connection::Connection;
use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::event::EventType;
use aldgate_core::signup;
use aldgate_core::tenant::Tenant;
use aldgate_core::ticket::TicketPurpose;
use aldgate_core::user::User;
use aldgate_store::{LoginName, StoreError, Tx};
use http::HeaderMap;

use super::password_login::{find_user, login_names};

/// Somebody forgot a password.
#[derive(Clone, Copy)]
pub(super) struct Recovery<'a> {
    /// The state of the server.
    pub(super) app: &'a App,
    /// Where.
    pub(super) tenant: &'a Tenant,
    /// In which database.
    pub(super) connection: &'a Connection,
    /// For which application.
    pub(super) application: Option<&'a Application>,
    /// From where.
    pub(super) caller: &'a Caller,
    /// Language and brand of the page that asks.
    pub(super) chrome: &'a Chrome,
    /// Whether it is a page of ours: the mail speaks its language then, else hers.
    pub(super) by_page: bool,
}

/// Why a request for a mail failed on our side.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecoveryError {
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The mail cannot be rendered.
    #[error(transparent)]
    Mail(#[from] PageError),
}

impl From<RecoveryError> for OAuthError {
    fn from(error: RecoveryError) -> Self {
        match error {
            RecoveryError::Store(error) => store_failed(&error),
            RecoveryError::Mail(error) => store_failed(&StoreError::unavailable(error)),
        }
    }
}

impl Recovery<'_> {
    /// Mails a ticket to whoever logs in with `name`, if there is such a user with an address.
    /// Nobody learns whether there is.
    pub(super) async fn request(&self, name: &str) -> Result<(), RecoveryError> {
        let (id, typed) = (self.connection.id.clone(), name.to_owned());
        // Whoever cannot log in with her address can still be mailed there.
        let mut kinds = login_names(self.connection);
        if !kinds.contains(&LoginName::Email) {
            kinds.push(LoginName::Email);
        }
        let find = move |tx: &mut Tx<'_>| {
            let user = find_user(tx, (&id, &kinds), &typed)?;
            let language = match &user {
                Some(user) => tx.users().language(&user.id)?,
                None => None,
            };
            Ok::<_, StoreError>((user, language))
        };
        let (found, language): (Option<User>, _) =
            self.app.store.read(&self.tenant.id, find).await?;
        let reachable = found.filter(|user| !user.blocked && user.email.is_some());
        let now = self.app.now();
        let ip = self.caller.address().to_string();
        let chrome = self.chrome_in(language.as_deref()).await;
        let post = Post {
            app: self.app,
            tenant: self.tenant,
            chrome: &chrome,
            application: self
                .application
                .map(|application| application.name.as_str()),
            ip: Some(&ip),
        };
        // For nobody the mail is written and sealed as well, and then thrown away.
        let recipient = reachable.clone().unwrap_or_else(nobody);
        let client = self.application.map(|application| &application.id);
        let purpose = TicketPurpose::ResetPassword;
        let ticket = post.ticket(purpose, &recipient, client, now)?;
        let ticket = ticket.filter(|_| reachable.is_some());
        let user_id = reachable.as_ref().map(|user| &user.id);
        let account = Account::of(user_id, &self.connection.id, name);
        let sent = self.event(EventType::ChangePasswordRequest, reachable.as_ref(), name);
        let unsent = self.event(
            EventType::FailedChangePasswordRequest,
            reachable.as_ref(),
            name,
        );
        let work = move |tx: &mut Tx<'_>| {
            let subject = Subject::Mail(account.clone());
            let allowed = tx.attempts().count(&subject, &MAILS, now)?;
            let event = match (&ticket, allowed) {
                (Some(ticket), Counted::Attempt(_)) => {
                    ticket.issue(tx)?;
                    &sent
                }
                _ => &unsent,
            };
            tx.events().record(std::slice::from_ref(event))
        };
        Ok(self.app.store.write(&self.tenant.id, work).await?)
    }

    /// For everybody alike, known or not (ACC-04).
    async fn chrome_in(&self, language: Option<&str>) -> Chrome {
        let page = self.chrome.locale.tag();
        let language = language.filter(|_| !self.by_page).unwrap_or(page);
        let wishes = format!("{language} {page}");
        self.app
            .chrome_by(self.tenant, &HeaderMap::new(), &wishes)
            .await
    }

    fn event(
        &self,
        kind: EventType,
        user: Option<&User>,
        name: &str,
    ) -> aldgate_core::event::Event {
        let mut event = self.app.event(kind, self.caller, self.app.now());
        event.client_id = self.application.map(|application| application.id.clone());
        event.client_name = self.application.map(|application| application.name.clone());
        event.connection = Some(self.connection.name.clone());
        event.user_id = user.map(|user| user.id.clone());
        // A name that nobody has may be a password in the wrong field (LOG-01).
        let typed = signup::email(name).ok();
        event.user_name = user.map_or(typed, |user| user.email.clone());
        if kind == EventType::FailedChangePasswordRequest {
            event.description = "No mail was sent".to_owned();
            event.refusal = Some(
                Refusal::new(
                    "reset_not_sent",
                    "There is no such user, she is blocked or has no address, or she was sent too \
                     many mails within the hour.",
                )
                .remedy("Check the name and the connection; look at the user."),
            );
        }
        event
    }
}

/// A user that does not exist, for whom the same work is done.
fn nobody() -> User {
    let json = serde_json::json!({"user_id": "auth0|nobody", "email": "nobody@example.invalid"});
    serde_json::from_value(json).expect("invariant: a user with an id and an address")
}
