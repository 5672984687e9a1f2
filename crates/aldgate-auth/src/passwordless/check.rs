//! Evaluating a code: counted before it is looked at (ACC-03), used up by one statement, and the
//! user made if she is new.

use aldgate_core::attempts::{Account, Limits, Subject};
use aldgate_core::error::Refusal;
use aldgate_core::event::{Event, EventType};
use aldgate_core::passwordless::{Binding, Channel, CodeRules, Recipient};
use aldgate_core::secret::TokenHash;
use aldgate_core::session::AuthenticationMethod;
use aldgate_core::time::Timestamp;
use aldgate_core::user::User;
use aldgate_store::{OtpKey, Saved, StoreError, Tx};

use super::{CodeProof, Passwordless, find_user};
use crate::accounts::counting::{Alarm, Counting, Verdict};
use crate::accounts::password_login::settle::BlockNews;
use crate::accounts::{AuthenticatedUser, LoginFailure};

/// What the unit of work needs; it can run again.
struct Evaluate {
    key: OtpKey,
    channel: Channel,
    hash: TokenHash,
    counting: Counting,
    ip: String,
    now: Timestamp,
    /// What a right code leads to.
    then: Then,
}

pub(super) enum Then {
    /// Nothing: it stays usable.
    Nothing,
    /// A login. The user and the event are for somebody who is new; `None` if nobody may be.
    LogIn(Option<Box<(User, Event)>>),
}

/// What came of it.
pub(super) enum Outcome {
    /// Whether it is the code of a user who is known already.
    Right {
        known: bool,
    },
    In {
        user: Box<User>,
        /// She was made by this login.
        is_new: bool,
    },
    Blocked(Box<User>),
    Wrong(Option<Box<User>>, Alarm),
    TooMany(Option<Box<User>>, Timestamp, EventType),
}

impl Passwordless<'_> {
    /// Evaluates a code and uses it up: who logs in.
    ///
    /// # Errors
    /// [`LoginFailure`].
    pub(crate) async fn redeem(
        &self,
        proof: CodeProof<'_>,
    ) -> Result<AuthenticatedUser, LoginFailure> {
        let CodeProof {
            recipient,
            binding,
            code,
            ..
        } = proof;
        let newcomer = match CodeRules::of(self.connection).allows_signup {
            true => self.newcomer(recipient),
            false => None,
        };
        let newcomer = match newcomer {
            Some(newcomer) => Some(self.judged(proof, newcomer).await?),
            None => None,
        };
        let event = newcomer.as_ref().map(|(_, event)| event.clone());
        let then = Then::LogIn(newcomer.map(Box::new));
        match self.evaluate(recipient, binding, code, then).await? {
            Outcome::In { user, is_new } => {
                if is_new {
                    self.registration(proof.request)
                        .after(&user, event.as_ref())
                        .await;
                }
                Ok(AuthenticatedUser {
                    user: *user,
                    method: AuthenticationMethod {
                        name: recipient.channel.as_str().to_owned(),
                        timestamp: self.now,
                        connection: Some(self.connection.name.clone()),
                    },
                })
            }
            outcome => Err(self.refuse(recipient, outcome).await),
        }
    }

    /// Evaluates a code and leaves it usable (Auth0: `/passwordless/verify`).
    ///
    /// # Errors
    /// [`LoginFailure`].
    pub(crate) async fn look_at(
        &self,
        recipient: &Recipient,
        binding: Binding<'_>,
        typed: &str,
    ) -> Result<(), LoginFailure> {
        match self
            .evaluate(recipient, binding, typed, Then::Nothing)
            .await?
        {
            Outcome::Right { .. } => Ok(()),
            outcome => Err(self.refuse(recipient, outcome).await),
        }
    }

    pub(super) async fn evaluate(
        &self,
        recipient: &Recipient,
        binding: Binding<'_>,
        typed: &str,
        then: Then,
    ) -> Result<Outcome, StoreError> {
        let key = self.key(recipient, binding);
        let address = self.caller.address();
        let protection = self.app.attack_protection(&self.tenant.id).await?;
        let limits = Limits::new(&self.connection.options, &protection, address);
        let evaluate = Evaluate {
            channel: recipient.channel,
            hash: self.hash(&key, &CodeRules::typed(typed)),
            counting: Counting::new(limits, address, self.now),
            ip: address.to_string(),
            now: self.now,
            then,
            key,
        };
        let work = move |tx: &mut Tx<'_>| evaluate.run(tx);
        self.app.store.write(&self.tenant.id, work).await
    }

    /// The user that somebody becomes who is not known yet, with the event of it.
    fn newcomer(&self, recipient: &Recipient) -> Option<(User, Event)> {
        let pictures = self.tenant.issuer.join("avatars/");
        let draft = recipient.draft();
        let user = draft.into_user(self.connection, &pictures, self.now, &mut self.app.rng());
        let user = user.ok()?;
        let event = self.event(EventType::Signup, recipient, Some(&user));
        Some((user, event))
    }

    pub(super) async fn refuse(&self, recipient: &Recipient, outcome: Outcome) -> LoginFailure {
        let wrong = LoginFailure::WrongCode(recipient.channel);
        match outcome {
            Outcome::Blocked(user) => {
                let mut event = self.event(EventType::FailedLogin, recipient, Some(&user));
                event.description = LoginFailure::UserBlocked.to_string();
                event.refusal = Some(
                    Refusal::new("user_blocked", "An administrator blocked the user.")
                        .remedy("Unblock the user."),
                );
                self.app.events.record(&self.tenant.id, event);
                LoginFailure::UserBlocked
            }
            Outcome::TooMany(user, until, kind) => {
                let mut event = self.event(kind, recipient, user.as_deref());
                event.description =
                    "Too many failed attempts; this one was not evaluated".to_owned();
                self.app.events.record(&self.tenant.id, event);
                let now = self.now;
                LoginFailure::TooManyAttempts { until, now }
            }
            Outcome::Wrong(user, alarm) => {
                let user = user.as_deref();
                let mut event = self.event(EventType::FailedLogin, recipient, user);
                event.description = wrong.to_string();
                event.refusal = Some(code_refused());
                self.app.events.record(&self.tenant.id, event);
                match self.raise(recipient, user, alarm).await {
                    Ok(()) => wrong,
                    Err(failure) => failure,
                }
            }
            Outcome::Right { .. } | Outcome::In { .. } => wrong,
        }
    }

    /// Tells the log, and the user, that the account is blocked now.
    async fn raise(
        &self,
        recipient: &Recipient,
        user: Option<&User>,
        alarm: Alarm,
    ) -> Result<(), LoginFailure> {
        if alarm.address {
            let event = self.event(EventType::BlockedAddress, recipient, user);
            self.app.events.record(&self.tenant.id, event);
        }
        if !alarm.account {
            return Ok(());
        }
        let event = self.event(EventType::BlockedAccount, recipient, user);
        self.app.events.record(&self.tenant.id, event);
        let news = BlockNews {
            app: self.app,
            tenant: self.tenant,
            chrome: self.chrome,
            client: self.client,
            caller: self.caller,
            now: self.now,
        };
        match user.filter(|_| alarm.mail) {
            Some(user) => news.tell(user).await,
            None => Ok(()),
        }
    }
}

/// Why a code proved nothing.
fn code_refused() -> Refusal {
    Refusal::new(
        "code_not_usable",
        "The code is wrong, was used, replaced by a newer one, guessed at too often, or too old.",
    )
    .expected("the newest code, once, within its lifetime, where it was asked for")
    .remedy("Ask for a new code.")
}

impl Evaluate {
    fn run(&self, tx: &mut Tx<'_>) -> Result<Outcome, StoreError> {
        let user = find_user(tx, &self.key, self.channel)?;
        let id = user.as_ref().map(|user| &user.id);
        let account = Account::of(id, &self.key.connection, &self.key.name);
        let alarm = match self.counting.count(tx, &account, user.as_ref())? {
            Verdict::Evaluate { alarm, .. } => alarm,
            Verdict::Refuse { until, kind } => {
                return Ok(Outcome::TooMany(user.map(Box::new), until, kind));
            }
        };
        let right = match self.then {
            Then::Nothing => tx.otps().check(&self.key, &self.hash, self.now)?,
            Then::LogIn(_) => tx.otps().take(&self.key, &self.hash, self.now)?,
        };
        if !right {
            return Ok(Outcome::Wrong(user.map(Box::new), alarm));
        }
        self.counting.forgive(tx, &account)?;
        tx.attempts().forget(&Subject::Code(account))?;
        match &self.then {
            Then::Nothing => Ok(Outcome::Right {
                known: user.is_some(),
            }),
            Then::LogIn(newcomer) => match (user, newcomer) {
                (Some(user), _) => self.let_in(tx, &user),
                (None, Some(newcomer)) => self.welcome(tx, newcomer, alarm),
                (None, None) => Ok(Outcome::Wrong(None, alarm)),
            },
        }
    }

    /// A user who is known: what she proved is hers.
    fn let_in(&self, tx: &mut Tx<'_>, user: &User) -> Result<Outcome, StoreError> {
        let Some(mut user) = tx.users().by_id_to_change(&user.id)? else {
            return Ok(Outcome::Wrong(None, Alarm::default()));
        };
        if user.blocked {
            return Ok(Outcome::Blocked(Box::new(user)));
        }
        match self.channel {
            Channel::Email => user.email_verified = true,
            Channel::Sms => user.phone_verified = true,
        }
        self.count_login(&mut user);
        let _exists: bool = tx.users().touch(&user)?;
        Ok(Outcome::In {
            user: Box::new(user),
            is_new: false,
        })
    }

    /// Somebody new. Another account with the same address stays another account (FED-01).
    fn welcome(
        &self,
        tx: &mut Tx<'_>,
        newcomer: &(User, Event),
        alarm: Alarm,
    ) -> Result<Outcome, StoreError> {
        let (mut user, event) = newcomer.clone();
        self.count_login(&mut user);
        if tx.users().create(&user)? != Saved::Done {
            return Ok(Outcome::Wrong(None, alarm));
        }
        tx.events().record(&[event])?;
        Ok(Outcome::In {
            user: Box::new(user),
            is_new: true,
        })
    }

    fn count_login(&self, user: &mut User) {
        user.last_login = Some(self.now);
        user.last_ip = Some(self.ip.clone());
        user.logins_count += 1;
        user.updated_at = self.now;
    }
}
