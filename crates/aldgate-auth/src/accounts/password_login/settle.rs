//! What a login leaves behind once the password was evaluated.

use aldgate_app::App;
use aldgate_app::accounts::Post;
use aldgate_app::extract::Caller;
use aldgate_app::page::Chrome;
use aldgate_core::application::Application;
use aldgate_core::attempts::{Account, Address, Counted, MAILS, Subject};
use aldgate_core::error::Refusal;
use aldgate_core::event::EventType;
use aldgate_core::id::UserId;
use aldgate_core::secret::Secret;
use aldgate_core::session::AuthenticationMethod;
use aldgate_core::tenant::Tenant;
use aldgate_core::ticket::TicketPurpose;
use aldgate_core::time::Timestamp;
use aldgate_core::user::User;
use aldgate_store::{StoreError, Tx};

use super::{AuthenticatedUser, Found, Login, LoginFailure};
use crate::accounts::counting::Verdict;

/// A right password, to be written down in one unit of work.
struct Success {
    id: UserId,
    account: Account,
    address: Address,
    ip: String,
    /// The hash that was evaluated.
    hash: Option<Secret<String>>,
    /// A better hash of the same password.
    better: Option<Secret<String>>,
    now: Timestamp,
}

/// How a right password ends.
enum Outcome {
    In(Box<User>),
    Blocked,
    /// The password was changed or the user deleted while it was evaluated.
    Stale,
}

impl Login<'_> {
    /// Takes the counts back, stores a better hash, and counts the login.
    pub(super) async fn succeed(
        &self,
        found: &Found,
        user: &User,
        better: Option<Secret<String>>,
    ) -> Result<AuthenticatedUser, LoginFailure> {
        let address = self.attempt.caller.address();
        let success = Success {
            id: user.id.clone(),
            account: found.account.clone(),
            address: Address::of(address),
            ip: address.to_string(),
            hash: found.hash.clone(),
            better,
            now: self.now,
        };
        let work = move |tx: &mut Tx<'_>| success.write(tx);
        match self.app.store.write(&self.tenant.id, work).await? {
            Outcome::In(user) => Ok(AuthenticatedUser {
                user: *user,
                method: AuthenticationMethod {
                    name: "pwd".to_owned(),
                    timestamp: self.now,
                    connection: Some(self.attempt.connection.name.clone()),
                },
            }),
            Outcome::Blocked => {
                let mut event = self.event(EventType::FailedLogin, Some(user));
                event.description = LoginFailure::UserBlocked.to_string();
                event.refusal = Some(
                    Refusal::new("user_blocked", "An administrator blocked the user.")
                        .remedy("Unblock the user."),
                );
                self.app.events.record(&self.tenant.id, event);
                Err(LoginFailure::UserBlocked)
            }
            Outcome::Stale => self.fail(found).await,
        }
    }

    /// Records the failure; the one that blocks is told to the user by mail, with a way out.
    pub(super) async fn fail(&self, found: &Found) -> Result<AuthenticatedUser, LoginFailure> {
        let kind = match found.user {
            Some(_) => EventType::WrongPassword,
            None => EventType::UnknownUser,
        };
        let Verdict::Evaluate { failures, alarm } = found.verdict else {
            return Err(LoginFailure::WrongCredentials);
        };
        let user = found.user.as_ref();
        let mut event = self.event(kind, user);
        event.description = LoginFailure::WrongCredentials.to_string();
        event.detail = serde_json::json!({ "failures_in_a_row": failures });
        self.app.events.record(&self.tenant.id, event);
        if alarm.address {
            let mut event = self.event(EventType::BlockedAddress, user);
            event.description = "This address failed too often; it is not blocked".to_owned();
            self.app.events.record(&self.tenant.id, event);
        }
        if alarm.account {
            let mut event = self.event(EventType::BlockedAccount, user);
            event.description = match alarm.blocks {
                true => format!("Blocked after {failures} failures"),
                false => format!("{failures} failures; the account is not blocked"),
            };
            self.app.events.record(&self.tenant.id, event);
            if let Some(user) = user.filter(|_| alarm.mail) {
                let news = BlockNews {
                    app: self.app,
                    tenant: self.tenant,
                    chrome: self.attempt.chrome,
                    client: self.attempt.client,
                    caller: self.attempt.caller,
                    now: self.now,
                };
                news.tell(user).await?;
            }
        }
        Err(LoginFailure::WrongCredentials)
    }

    /// Takes back the counts of an attempt that was not evaluated after all.
    pub(super) async fn give_back(&self, found: &Found) -> Result<(), StoreError> {
        let address = Address::of(self.attempt.caller.address());
        let account = found.account.clone();
        let work = move |tx: &mut Tx<'_>| {
            let pair = Subject::AccountAndAddress(account.clone(), address);
            for subject in [
                pair,
                Subject::Account(account.clone()),
                Subject::Address(address),
            ] {
                tx.attempts().take_back(&subject)?;
            }
            Ok::<_, StoreError>(())
        };
        self.app.store.write(&self.tenant.id, work).await
    }
}

/// Somebody whose account was just blocked, and what surrounds the attempt that did it.
#[derive(Clone, Copy)]
pub(crate) struct BlockNews<'a> {
    pub(crate) app: &'a App,
    pub(crate) tenant: &'a Tenant,
    pub(crate) chrome: &'a Chrome,
    pub(crate) client: &'a Application,
    pub(crate) caller: &'a Caller,
    pub(crate) now: Timestamp,
}

impl BlockNews<'_> {
    /// Mails the user what happened, with a link that lifts the block; never more than a few mails.
    pub(crate) async fn tell(&self, user: &User) -> Result<(), LoginFailure> {
        let ip = self.caller.address().to_string();
        // Whoever guessed need not speak her language.
        let page = Some(self.chrome.locale);
        let chrome = self.app.chrome_of_user(self.tenant, user, page).await;
        let post = Post {
            app: self.app,
            tenant: self.tenant,
            chrome: &chrome,
            application: Some(&self.client.name),
            ip: Some(&ip),
        };
        let client = Some(&self.client.id);
        let ticket = post.ticket(TicketPurpose::Unblock, user, client, self.now)?;
        let Some(ticket) = ticket else { return Ok(()) };
        let (account, now) = (Account::Known(user.id.clone()), self.now);
        let work = move |tx: &mut Tx<'_>| {
            let counted = tx
                .attempts()
                .count(&Subject::Mail(account.clone()), &MAILS, now)?;
            match counted {
                Counted::Attempt(_) => ticket.issue(tx),
                Counted::Blocked(_) => Ok(()),
            }
        };
        Ok(self.app.store.write(&self.tenant.id, work).await?)
    }
}

impl Success {
    fn write(&self, tx: &mut Tx<'_>) -> Result<Outcome, StoreError> {
        let Some(mut user) = tx.users().by_id_to_change(&self.id)? else {
            return Ok(Outcome::Stale);
        };
        let present = tx.passwords().of(&self.id)?.map(|stored| stored.hash);
        if present != self.hash {
            return Ok(Outcome::Stale);
        }
        let pair = Subject::AccountAndAddress(self.account.clone(), self.address);
        tx.attempts().forget(&pair)?;
        tx.attempts()
            .forget(&Subject::Account(self.account.clone()))?;
        tx.attempts().take_back(&Subject::Address(self.address))?;
        if let (Some(from), Some(to)) = (&self.hash, &self.better) {
            let _upgraded: bool = tx.passwords().upgrade(&self.id, from, to)?;
        }
        if user.blocked {
            return Ok(Outcome::Blocked);
        }
        user.last_login = Some(self.now);
        user.last_ip = Some(self.ip.clone());
        user.logins_count += 1;
        user.updated_at = self.now;
        let _exists: bool = tx.users().touch(&user)?;
        Ok(Outcome::In(Box::new(user)))
    }
}
