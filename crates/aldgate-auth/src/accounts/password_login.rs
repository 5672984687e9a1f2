//! Logging in with a password: the one way for the login page, the password grants and
//! `/co/authenticate`.
//!
//! An attempt is counted before it is evaluated (ACC-03). Unknown, federated-only and password-less
//! accounts get the same answer after the same work (ACC-04). That an administrator blocked her
//! learns only who knows her password.

pub(crate) mod settle;

use aldgate_app::App;
use aldgate_app::extract::Caller;
use aldgate_app::hashing::{Checked, HashingError};
use aldgate_app::page::{Chrome, PageError, Problem};
use aldgate_core::application::Application;
use aldgate_core::attempts::{Account, Limits};
use aldgate_core::connection::Connection;
use aldgate_core::connection::attributes::Name;
use aldgate_core::error::{ErrorCode, OAuthError, Refusal};
use aldgate_core::event::{Event, EventType};
use aldgate_core::id::ConnectionId;
use aldgate_core::password::Password;
use aldgate_core::passwordless::Channel;
use aldgate_core::secret::Secret;
use aldgate_core::session::AuthenticationMethod;
use aldgate_core::tenant::Tenant;
use aldgate_core::time::Timestamp;
use aldgate_core::user::User;
use aldgate_store::{LoginName, StoreError, Tx};

use super::counting::{Counting, Verdict};

/// Somebody types a name and a password.
#[derive(Clone, Copy)]
pub struct PasswordAttempt<'a> {
    /// The database of users; see [`super::database`].
    pub connection: &'a Connection,
    /// E-mail address, username or phone number.
    pub username: &'a str,
    /// The password as typed.
    pub password: &'a Secret<String>,
    /// The application she wants to go to.
    pub client: &'a Application,
    /// From where.
    pub caller: &'a Caller,
    /// Language and brand of a mail that tells her of a block.
    pub chrome: &'a Chrome,
}

/// A user who proved her password.
#[derive(Debug, Clone)]
pub struct AuthenticatedUser {
    /// Who she is, with this login counted already.
    pub user: User,
    /// The proof, for the session.
    pub method: AuthenticationMethod,
}

/// Why somebody is not let in. The attempt is in the tenant log already (`fp`, `fu`, `f`,
/// `limit_wc`, `limit_mu`); endpoints add their own event of the exchange that failed.
#[derive(Debug, thiserror::Error)]
pub enum LoginFailure {
    /// No such user here, or not her password; which one is not said.
    #[error("Wrong email or password.")]
    WrongCredentials,
    /// The code is wrong, was used, has expired or was guessed at too often.
    #[error("Wrong {} or verification code.", .0.noun())]
    WrongCode(Channel),
    /// The right password or code, but an administrator blocked her.
    #[error("user is blocked")]
    UserBlocked,
    /// Too many failures; nothing was evaluated.
    #[error("too many failed attempts")]
    TooManyAttempts {
        /// When the next attempt may be evaluated.
        until: Timestamp,
        /// When this one was made.
        now: Timestamp,
    },
    /// The right code of somebody new, whom an action does not let register.
    #[error("{}", .0.description)]
    Denied(Box<OAuthError>),
    /// The hashing threads are busy (REL-03); the attempt is not counted.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The mail about a block cannot be rendered.
    #[error(transparent)]
    Mail(#[from] PageError),
}

/// Checks a password.
///
/// # Errors
/// [`LoginFailure`].
pub async fn authenticate(
    app: &App,
    tenant: &Tenant,
    attempt: PasswordAttempt<'_>,
) -> Result<AuthenticatedUser, LoginFailure> {
    let login = Login {
        app,
        tenant,
        attempt,
        now: app.now(),
    };
    // No account has such a password: nothing to count, and nothing to learn.
    let Ok(password) = Password::parse(attempt.password.expose()) else {
        return Err(LoginFailure::WrongCredentials);
    };
    let found = login.reserve().await?;
    if let Verdict::Refuse { until, kind } = found.verdict {
        login.log_limit(kind, found.user.as_ref(), until);
        let now = login.now;
        return Err(LoginFailure::TooManyAttempts { until, now });
    }
    let hash = found.hash.as_ref().map(|hash| hash.expose().as_str());
    let secret = password.secret();
    let checked = match app.hashing.check(secret.clone(), hash).await {
        Ok(checked) => checked,
        Err(error) => {
            login.give_back(&found).await?;
            return Err(error.into());
        }
    };
    match (checked, &found.user) {
        (Checked::Right, Some(user)) => login.succeed(&found, user, None).await,
        (Checked::RightButWeak, Some(user)) => {
            // An upgrade that has to wait happens at the next login.
            let better = app.hashing.hash(secret.clone(), &mut app.rng()).await.ok();
            login.succeed(&found, user, better.map(Secret::new)).await
        }
        _ => login.fail(&found).await,
    }
}

/// One attempt and what surrounds it.
struct Login<'a> {
    app: &'a App,
    tenant: &'a Tenant,
    attempt: PasswordAttempt<'a>,
    now: Timestamp,
}

/// Who was meant, and whether the attempt may be evaluated.
struct Found {
    user: Option<User>,
    hash: Option<Secret<String>>,
    account: Account,
    verdict: Verdict,
}

/// What the unit of work that counts needs.
#[derive(Clone)]
struct Reserve {
    connection: ConnectionId,
    kinds: Vec<LoginName>,
    username: String,
    counting: Counting,
}

impl Login<'_> {
    /// Finds who is meant and counts the attempt, in one unit of work.
    async fn reserve(&self) -> Result<Found, StoreError> {
        let address = self.attempt.caller.address();
        let protection = self.app.attack_protection(&self.tenant.id).await?;
        let options = &self.attempt.connection.options;
        let reserve = Reserve {
            connection: self.attempt.connection.id.clone(),
            kinds: login_names(self.attempt.connection),
            username: self.attempt.username.to_owned(),
            counting: Counting::new(
                Limits::new(options, &protection, address),
                address,
                self.now,
            ),
        };
        let work = move |tx: &mut Tx<'_>| reserve.run(tx);
        self.app.store.write(&self.tenant.id, work).await
    }

    fn event(&self, kind: EventType, user: Option<&User>) -> Event {
        let PasswordAttempt {
            connection,
            username,
            client,
            caller,
            ..
        } = self.attempt;
        let mut event = self.app.event(kind, caller, self.now);
        event.client_id = Some(client.id.clone());
        event.client_name = Some(client.name.clone());
        event.connection = Some(connection.name.clone());
        event.user_id = user.map(|user| user.id.clone());
        // A name that nobody has may be a password in the wrong field (LOG-01).
        let typed = aldgate_core::signup::email(username).ok();
        event.user_name = user.map_or(typed, |user| Some(user.display_name().to_owned()));
        event
    }

    fn log_limit(&self, kind: EventType, user: Option<&User>, until: Timestamp) {
        let mut event = self.event(kind, user);
        event.description = "Too many failed attempts; this one was not evaluated".to_owned();
        event.refusal = Some(
            Refusal::new("too_many_attempts", "There were too many failed logins.")
                .expected(format!("no attempt before {until}"))
                .remedy(
                    "Wait, reset the password, use the link of the mail about the block, or let \
                     an administrator lift it.",
                ),
        );
        self.app.events.record(&self.tenant.id, event);
    }
}

impl Reserve {
    fn run(&self, tx: &mut Tx<'_>) -> Result<Found, StoreError> {
        let user = find_user(tx, (&self.connection, &self.kinds), &self.username)?;
        let hash = match &user {
            Some(user) => tx.passwords().of(&user.id)?.map(|stored| stored.hash),
            None => None,
        };
        let id = user.as_ref().map(|user| &user.id);
        let account = Account::of(id, &self.connection, &self.username);
        let verdict = self.counting.count(tx, &account, user.as_ref())?;
        Ok(Found {
            user,
            hash,
            account,
            verdict,
        })
    }
}

/// The kinds of names that people log in to a database with.
pub(super) fn login_names(connection: &Connection) -> Vec<LoginName> {
    let all = Name::ALL.into_iter();
    let identifying = all.filter(|name| connection.attribute(*name).identifies);
    let kinds = identifying.map(|name| match name {
        Name::Email => LoginName::Email,
        Name::Username => LoginName::Username,
        Name::Phone => LoginName::Phone,
    });
    kinds.collect()
}

/// Finds the user by whatever she typed, among the kinds of names that people log in with there.
pub(super) fn find_user(
    tx: &mut Tx<'_>,
    (connection, kinds): (&ConnectionId, &[LoginName]),
    typed: &str,
) -> Result<Option<User>, StoreError> {
    for kind in kinds {
        if let Some(user) = tx.users().by_login(connection, *kind, typed)? {
            return Ok(Some(user));
        }
    }
    Ok(None)
}

impl LoginFailure {
    /// What the form says.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match self {
            Self::WrongCredentials => Problem::WrongCredentials,
            Self::WrongCode(_) => Problem::CodeWrong,
            Self::Denied(_) => Problem::SignupRefused,
            Self::UserBlocked => Problem::Blocked,
            Self::TooManyAttempts { until, now } => {
                let minutes = until.since(*now).0.div_ceil(60).max(1);
                Problem::TooManyAttempts {
                    minutes: u32::try_from(minutes).unwrap_or(u32::MAX),
                }
            }
            Self::Hashing(_) | Self::Store(_) | Self::Mail(_) => Problem::Busy,
        }
    }

    /// What the password grants answer (Auth0's words; ruling R1 for the status).
    #[must_use]
    pub fn to_oauth(&self) -> OAuthError {
        match self {
            Self::WrongCredentials | Self::WrongCode(_) => {
                OAuthError::invalid_grant(self.to_string())
            }
            Self::UserBlocked => OAuthError::new(ErrorCode::Unauthorized, self.to_string()),
            Self::Denied(error) => OAuthError::clone(error),
            Self::TooManyAttempts { .. } => OAuthError::new(
                ErrorCode::TooManyAttempts,
                "Your account has been blocked after multiple consecutive login attempts. We've \
                 sent you an email with instructions on how to unblock it.",
            ),
            Self::Hashing(error) => aldgate_app::error::hashing_failed(*error),
            Self::Store(error) => aldgate_app::error::store_failed(error),
            Self::Mail(error) => {
                let refusal = Refusal::new("mail", error.to_string());
                let text = "The server could not finish the request";
                OAuthError::new(ErrorCode::ServerError, text).because(refusal)
            }
        }
    }
}
