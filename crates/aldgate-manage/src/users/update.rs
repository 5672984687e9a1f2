//! `PATCH /users/{id}`. A new password cuts every access at once; a new address is told to the old
//! one, and links that were mailed there are void (ACC-06, ACC-07); a block ends every session.

use std::sync::Arc;

use aldgate_app::accounts::{
    HashedPassword, MailedTicket, PasswordChange, Post, SetPasswordError, change_password,
    hash_new_password, personal_words,
};
use aldgate_core::action::{Trigger, event};
use aldgate_core::connection::Connection;
use aldgate_core::error::Refusal;
use aldgate_core::event::{Event, EventType};
use aldgate_core::id::{ClientId, UserId};
use aldgate_core::logout::backchannel::Initiator;
use aldgate_core::ticket::{Ticket, TicketPurpose};
use aldgate_core::time::Timestamp;
use aldgate_core::user::rules::UserPatch;
use aldgate_core::user::{User, login_key};
use aldgate_store::{Saved, StoreError, Tx};
use serde_json::Value;

use super::create::{exists, no_mail, not_supported, weak_password};
use super::{missing, picture, view};
use crate::op::{Actor, ApiError, Audit, Call, Reply, ceiling};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: UserId = call.id("id")?;
    let patch = UserPatch::read(call.object()?)?;
    if !call.actor.holds("update:users") && !patch.is_metadata_only() {
        return Err(only_metadata());
    }
    let user = find(&call, &id).await?;
    let connection = account(&call, &user, &patch).await?;
    // Shown here, so that a weak caller cannot make the server hash; it counts below.
    let after = patch.apply(&user, connection.as_deref(), call.now)?;
    let change = Change {
        password: hash(&call, &user, connection.as_deref(), &patch).await?,
        mails: mails(&call, &user, &after, &patch).await?,
        password_event: password_event(&call, &user),
        audit: call.audit().about_user(&id),
        actor: call.actor.clone(),
        management: call.tenant.issuer.management(),
        now: call.now,
        patch,
        connection,
        user,
    };
    let new_password = change.password.is_some();
    let (connection, log) = (change.connection.clone(), change.password_event.clone());
    let work = move |tx: &mut Tx<'_>| change.carry_out(tx);
    let user = call.app.store.write(&call.tenant.id, work).await?;
    if new_password {
        let tell = || {
            let request = call.as_seen_by_actions();
            let base = event::Base {
                tenant: &call.tenant,
                application: None,
                request: &request,
            };
            base.password_changed(&user, connection.as_deref())
        };
        let trigger = Trigger::PostChangePassword;
        call.app.run_after(&call.tenant, trigger, tell, log).await;
    }
    Ok(Reply::ok(Value::Object(view(&call, &user))))
}

/// Everything that the unit of work needs.
struct Change {
    patch: UserPatch,
    user: User,
    connection: Option<Arc<Connection>>,
    password: Option<HashedPassword>,
    mails: Vec<MailedTicket>,
    password_event: Event,
    audit: Audit,
    actor: Actor,
    management: String,
    now: Timestamp,
}

impl Change {
    fn carry_out(&self, tx: &mut Tx<'_>) -> Result<User, ApiError> {
        let (id, now) = (&self.user.id, self.now);
        let before = tx.users().by_id_to_change(id)?.ok_or_else(missing)?;
        ceiling::user(tx, &self.actor, &self.management, id)?;
        let mut after = self.patch.apply(&before, self.connection.as_deref(), now)?;
        if before.email != self.user.email {
            return Err(StoreError::Conflict("users").into());
        }
        let blocks = after.blocked && !before.blocked;
        if blocks {
            ceiling::not_the_last_administrator(tx, id)?;
        }
        match tx.users().update(&after)? {
            Saved::Done => {}
            Saved::Missing => return Err(missing()),
            Saved::Taken(_) => return Err(exists()),
        }
        if blocks {
            tx.access()
                .cut(id, None, Initiator::AccountDeactivated, now)?;
        }
        if moved(&before, &after) {
            for purpose in TicketPurpose::ALL {
                // A link that takes back an earlier change stays: the first owner keeps her say.
                if purpose != TicketPurpose::UndoEmail {
                    tx.tickets().void(id, purpose, now)?;
                }
            }
        }
        for mail in &self.mails {
            mail.issue(tx)?;
        }
        if let Some(password) = &self.password {
            let change = PasswordChange {
                user: id.clone(),
                password: password.clone(),
                keep: None,
                proves_email: false,
                event: self.password_event.clone(),
                notice: None,
            };
            change_password(tx, &change, now)?;
            after.last_password_reset = Some(now);
        }
        self.audit.record(tx, &picture(&before), &picture(&after))?;
        Ok(after)
    }
}

async fn find(call: &Call, id: &UserId) -> Result<User, ApiError> {
    let (id, actor) = (id.clone(), call.actor.clone());
    let management = call.tenant.issuer.management();
    let load = move |tx: &mut Tx<'_>| {
        let user = tx.users().by_id(&id)?.ok_or_else(missing)?;
        ceiling::user(tx, &actor, &management, &id)?;
        Ok::<_, ApiError>(user)
    };
    call.app.store.read(&call.tenant.id, load).await
}

/// The database connection with the account that the patch is about, if it is about one.
async fn account(
    call: &Call,
    user: &User,
    patch: &UserPatch,
) -> Result<Option<Arc<Connection>>, ApiError> {
    if !patch.needs_account() {
        return Ok(None);
    }
    let mut identities = user.identities.iter();
    let identity = match &patch.connection {
        Some(name) => identities.find(|identity| identity.connection == *name),
        None => identities.next(),
    };
    let Some(identity) = identity else {
        let name = patch.connection.as_deref().unwrap_or_default();
        return Err(super::create::no_connection(name));
    };
    let connection = call
        .app
        .connection(&call.tenant.id, &identity.connection_id)
        .await?;
    match connection.filter(|connection| connection.is_database()) {
        Some(connection) => Ok(Some(connection)),
        None => Err(not_supported(&identity.connection)),
    }
}

async fn hash(
    call: &Call,
    user: &User,
    connection: Option<&Connection>,
    patch: &UserPatch,
) -> Result<Option<HashedPassword>, ApiError> {
    let (Some(typed), Some(connection)) = (&patch.password, connection) else {
        return Ok(None);
    };
    let id = user.id.clone();
    let load = move |tx: &mut Tx<'_>| tx.passwords().of(&id);
    let stored = call.app.store.read(&call.tenant.id, load).await?;
    let mut former = Vec::new();
    if let Some(stored) = stored {
        former.push(stored.hash);
        former.extend(stored.former);
    }
    let words = personal_words(&call.tenant, user);
    let hashed = hash_new_password(&call.app, connection, typed.expose(), &words, &former).await;
    match hashed {
        Ok(hashed) => Ok(Some(hashed)),
        Err(SetPasswordError::Refused(refused, policy)) => Err(weak_password(refused, &policy)),
        Err(SetPasswordError::Hashing(error)) => Err(error.into()),
        Err(SetPasswordError::Store(error)) => Err(error.into()),
    }
}

/// The mails of a change: one that verifies the address if that is wanted, and one that lets the
/// former owner take a new address back.
async fn mails(
    call: &Call,
    before: &User,
    after: &User,
    patch: &UserPatch,
) -> Result<Vec<MailedTicket>, ApiError> {
    let moved = moved(before, after);
    if !moved && !patch.verify_email {
        return Ok(Vec::new());
    }
    let client = match patch.client_id.as_deref().map(ClientId::parse).transpose() {
        Ok(client) => client,
        Err(error) => return Err(error.into()),
    };
    let application = match &client {
        Some(id) => call.app.application(&call.tenant.id, id).await?,
        None => None,
    };
    let chrome = call.app.chrome_of_user(&call.tenant, before, None).await;
    let post = Post {
        app: &call.app,
        tenant: &call.tenant,
        chrome: &chrome,
        application: application
            .as_ref()
            .map(|application| application.name.as_str()),
        ip: None,
    };
    let mut mails = Vec::new();
    if patch.verify_email && !after.email_verified {
        let purpose = TicketPurpose::VerifyEmail;
        let ticket = post.ticket(purpose, after, client.as_ref(), call.now);
        mails.extend(ticket.map_err(|error| no_mail(&error))?);
    }
    if moved && before.email_verified {
        let undo = Ticket::for_user(TicketPurpose::UndoEmail, before, call.now);
        let undo = undo.map(|ticket| post.mailed(ticket)).transpose();
        mails.extend(undo.map_err(|error| no_mail(&error))?);
    }
    Ok(mails)
}

fn moved(before: &User, after: &User) -> bool {
    let key = |user: &User| user.email.as_deref().map(login_key);
    key(before) != key(after)
}

fn password_event(call: &Call, user: &User) -> Event {
    let mut event = call.event(EventType::ChangePassword);
    event.description = "The password was set by an administrator".to_owned();
    event.user_id = Some(user.id.clone());
    event.user_name.clone_from(&user.email);
    event
}

fn only_metadata() -> ApiError {
    let cause = "Insufficient scope, expected any of: update:users";
    let refusal = Refusal::new("insufficient_scope", cause)
        .expected("update:users, or a body with nothing but app_metadata and user_metadata")
        .remedy("Give the application a client grant with update:users, and get a new token.");
    ApiError::forbidden("insufficient_scope", refusal)
}
