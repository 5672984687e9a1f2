//! Making a database user.

use aldgate_core::action::{Denial, event};
use aldgate_core::connection::Connection;
use aldgate_core::error::OAuthError;
use aldgate_core::event::{Event, EventType};
use aldgate_core::id::ClientId;
use aldgate_core::password::{PasswordPolicy, RefusedPassword};
use aldgate_core::secret::Secret;
use aldgate_core::signup::{Draft, RefusedField};
use aldgate_core::tenant::Tenant;
use aldgate_core::ticket::TicketPurpose;
use aldgate_core::time::Timestamp;
use aldgate_core::user::User;
use aldgate_store::{LoginName, Saved, StoreError, Taken, Tx};

use super::password::{HashedPassword, SetPasswordError, hash_new_password, personal_words};
use super::registration::Registration;
use super::ticket::{MailedTicket, Post};
use crate::app::App;
use crate::hashing::HashingError;
use crate::mail::{QueuedMail, TEMPLATE};
use crate::page::{MailKind, PageError};

/// A user to be made.
pub struct CreateUser<'a> {
    /// Where she will log in: a database connection.
    pub connection: &'a Connection,
    /// Who she is.
    pub draft: Draft,
    /// How she will prove it.
    pub credential: Credential,
    /// Mails her a link that verifies her address, unless it is known to be hers.
    pub verify: Option<Post<'a>>,
    /// The application she came from.
    pub client: Option<ClientId>,
    /// What the tenant log says; the user is filled in.
    pub event: Option<Event>,
    /// The request that makes her, as actions see it; without it, as for imports and commands,
    /// none of them run.
    pub request: Option<event::Request>,
}

/// How a new user will prove who she is.
pub enum Credential {
    /// Not at all yet: by a reset.
    None,
    /// By a password, which the connection's policy checks.
    Password(Secret<String>),
    /// By the password behind an imported hash, Argon2 or bcrypt; upgraded at the first login.
    Hash(Secret<String>),
}

/// Why a user was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserError {
    /// A field is missing or has a wrong form.
    #[error("{}", .0.refusal.cause)]
    Field(RefusedField),
    /// The policy refuses the password.
    #[error("{}", .0.refusal(.1).cause)]
    Password(RefusedPassword, PasswordPolicy),
    /// The connection is no user database.
    #[error("the connection {0} is no database of users")]
    NotADatabase(String),
    /// The hash is none that can be checked.
    #[error("the hash is neither Argon2 (PHC) nor bcrypt, or too costly")]
    UnknownHash,
    /// Somebody has the id, address, username or phone number already.
    #[error("the {} is taken already", taken_field(.0))]
    Exists(Taken),
    /// An action refuses.
    #[error("an action refuses: {}", .0.reason)]
    Denied(Denial),
    /// An action failed that must not.
    #[error("{}", .0.description)]
    Action(Box<OAuthError>),
    /// The hashing threads are busy.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The mail cannot be rendered.
    #[error(transparent)]
    Mail(#[from] PageError),
}

/// Makes a database user, after every check, in one unit of work with her password, the mail that
/// verifies her address, and the event. Whether she exists already is found out last, after the
/// password was hashed, so that it takes as long either way (ACC-04).
///
/// # Errors
/// [`CreateUserError`].
pub async fn create_user(
    app: &App,
    tenant: &Tenant,
    new: CreateUser<'_>,
) -> Result<User, CreateUserError> {
    if !new.connection.is_database() {
        return Err(CreateUserError::NotADatabase(new.connection.name.clone()));
    }
    let now = app.now();
    let pictures = tenant.issuer.join("avatars/");
    let user = new
        .draft
        .into_user(new.connection, &pictures, now, &mut app.rng())
        .map_err(CreateUserError::Field)?;
    let password = hash(app, tenant, new.connection, &user, new.credential).await?;
    let application = match (&new.client, &new.request) {
        (Some(client), Some(_)) => app.application(&tenant.id, client).await?,
        _ => None,
    };
    let registration = new.request.as_ref().map(|request| Registration {
        app,
        tenant,
        application: application.as_deref(),
        connection: new.connection,
        request,
    });
    let (user, summary) = match &registration {
        Some(registration) => registration.before(user, new.event.as_ref()).await?,
        None => (user, None),
    };
    let is_sign_up = new.event.as_ref().map(|event| event.kind) == Some(EventType::Signup);
    let origin = (new.client.as_ref(), is_sign_up, now);
    let (verify, welcome) = mails(app, tenant, new.verify, &user, origin).await?;
    let event = new.event.map(|mut event| {
        if let Some(summary) = &summary {
            summary.add_to(&mut event, &[]);
        }
        about(event, &user, new.connection)
    });
    let log = event.clone();
    let account = Account {
        user,
        password,
        verify,
        welcome,
        event,
    };
    let user = account.user.clone();
    let saved = app
        .store
        .write(&tenant.id, move |tx| account.save(tx))
        .await;
    outcome(saved)?;
    if let Some(registration) = &registration {
        registration.after(&user, log.as_ref()).await;
    }
    Ok(user)
}

/// The link that verifies her address, and the welcome, as far as they are due.
async fn mails(
    app: &App,
    tenant: &Tenant,
    post: Option<Post<'_>>,
    user: &User,
    (client, is_sign_up, now): (Option<&ClientId>, bool, Timestamp),
) -> Result<(Option<MailedTicket>, Option<QueuedMail>), CreateUserError> {
    let Some(post) = post else {
        return Ok((None, None));
    };
    let verify = if user.email_verified {
        None
    } else {
        post.ticket(TicketPurpose::VerifyEmail, user, client, now)?
    };
    let welcome = if is_sign_up {
        welcome(app, tenant, post, user).await?
    } else {
        None
    };
    Ok((verify, welcome))
}

fn about(mut event: Event, user: &User, connection: &Connection) -> Event {
    event.user_id = Some(user.id.clone());
    event.user_name.clone_from(&user.email);
    event.connection = Some(connection.name.clone());
    event
}

fn outcome(saved: Result<Saved, StoreError>) -> Result<(), CreateUserError> {
    match saved {
        Ok(Saved::Done) => Ok(()),
        Ok(Saved::Taken(taken)) => Err(CreateUserError::Exists(taken)),
        // Another sign-up took the name between the look and the write.
        Ok(Saved::Missing) | Err(StoreError::Conflict(_)) => {
            Err(CreateUserError::Exists(Taken::Name(LoginName::Email)))
        }
        Err(error) => Err(error.into()),
    }
}

struct Account {
    user: User,
    password: Option<HashedPassword>,
    verify: Option<MailedTicket>,
    welcome: Option<QueuedMail>,
    event: Option<Event>,
}

impl Account {
    fn save(&self, tx: &mut Tx<'_>) -> Result<Saved, StoreError> {
        let saved = tx.users().create(&self.user)?;
        if saved != Saved::Done {
            return Ok(saved);
        }
        if let Some(password) = &self.password {
            password.store(tx, &self.user.id, self.user.created_at)?;
        }
        if let Some(ticket) = &self.verify {
            ticket.issue(tx)?;
        }
        if let Some(mail) = &self.welcome {
            mail.enqueue(tx, self.user.created_at)?;
        }
        if let Some(event) = &self.event {
            tx.events().record(std::slice::from_ref(event))?;
        }
        Ok(saved)
    }
}

/// The mail that greets who signed up, where the tenant's template of it is switched on.
async fn welcome(
    app: &App,
    tenant: &Tenant,
    post: Post<'_>,
    user: &User,
) -> Result<Option<QueuedMail>, CreateUserError> {
    let stored = app.settings(&tenant.id, TEMPLATE, "welcome_email").await?;
    let enabled = stored.and_then(|stored| stored.get("enabled")?.as_bool());
    match &user.email {
        Some(email) if enabled == Some(true) => {
            Ok(Some(post.notice(MailKind::Welcome, email, None)?))
        }
        _ => Ok(None),
    }
}

async fn hash(
    app: &App,
    tenant: &Tenant,
    connection: &Connection,
    user: &User,
    credential: Credential,
) -> Result<Option<HashedPassword>, CreateUserError> {
    match credential {
        Credential::None => Ok(None),
        Credential::Hash(hash) if app.hashing.is_known(hash.expose()) => {
            Ok(Some(HashedPassword::imported(hash)))
        }
        Credential::Hash(_) => Err(CreateUserError::UnknownHash),
        Credential::Password(typed) => {
            let words = personal_words(tenant, user);
            let hashed = hash_new_password(app, connection, typed.expose(), &words, &[]).await;
            hashed.map(Some).map_err(|error| match error {
                SetPasswordError::Refused(refused, policy) => {
                    CreateUserError::Password(refused, policy)
                }
                SetPasswordError::Hashing(error) => error.into(),
                SetPasswordError::Store(error) => error.into(),
            })
        }
    }
}

const fn taken_field(taken: &Taken) -> &'static str {
    match taken {
        Taken::Id | Taken::Identity => "user_id",
        Taken::Name(LoginName::Email) => "email",
        Taken::Name(LoginName::Phone) => "phone_number",
        Taken::Name(LoginName::Username) => "username",
    }
}
