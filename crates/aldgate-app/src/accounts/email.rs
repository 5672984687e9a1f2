//! Moving a user to another e-mail address (ACC-06).

use aldgate_core::event::Event;
use aldgate_core::id::UserId;
use aldgate_core::signup::{self, RefusedField};
use aldgate_core::tenant::Tenant;
use aldgate_core::ticket::{Ticket, TicketPurpose};
use aldgate_core::time::Timestamp;
use aldgate_core::user::{User, login_key};
use aldgate_store::{LoginName, Saved, StoreError, Taken, Tx};

use super::ticket::{MailedTicket, Post};
use crate::app::App;
use crate::page::PageError;

/// A change of a user's address.
pub struct ChangeEmail<'a> {
    /// Whose.
    pub user: &'a User,
    /// The new address.
    pub email: &'a str,
    /// An administrator vouches for it; otherwise it counts as hers only after proof.
    pub verified: bool,
    /// How mails are made.
    pub post: Post<'a>,
    /// What the tenant log says.
    pub event: Event,
}

/// Why an address was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeEmailError {
    /// The text is no address.
    #[error("{}", .0.refusal.cause)]
    Field(RefusedField),
    /// Somebody has the address at this connection already.
    #[error("the email is taken already")]
    Exists,
    /// There is no such user any more.
    #[error("there is no such user")]
    Missing,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A mail cannot be rendered.
    #[error(transparent)]
    Mail(#[from] PageError),
}

/// Changes a user's address. The new one is unverified until she uses the link mailed there; the
/// old one, if it was hers, is told and can take the change back for a week. Links that were
/// mailed before are void.
///
/// # Errors
/// [`ChangeEmailError`].
pub async fn change_email(
    app: &App,
    tenant: &Tenant,
    change: ChangeEmail<'_>,
) -> Result<User, ChangeEmailError> {
    let now = app.now();
    let email = signup::email(change.email).map_err(ChangeEmailError::Field)?;
    let before = change.user;
    let mut after = before.clone();
    after.email = Some(email);
    after.email_verified = change.verified;
    let verify = match change.verified {
        true => None,
        false => change
            .post
            .ticket(TicketPurpose::VerifyEmail, &after, None, now)?,
    };
    let undo = Ticket::for_user(TicketPurpose::UndoEmail, before, now);
    let undo = undo.filter(|_| before.email_verified);
    let plan = Plan {
        user: before.id.clone(),
        before: before.email.clone(),
        after,
        verify,
        undo: undo.map(|ticket| change.post.mailed(ticket)).transpose()?,
        event: change.event,
    };
    let work = move |tx: &mut Tx<'_>| plan.carry_out(tx, now);
    match app.store.write(&tenant.id, work).await {
        Ok((Saved::Done, Some(user))) => Ok(user),
        Ok((Saved::Taken(Taken::Name(LoginName::Email)), _)) | Err(StoreError::Conflict(_)) => {
            Err(ChangeEmailError::Exists)
        }
        Ok(_) => Err(ChangeEmailError::Missing),
        Err(error) => Err(error.into()),
    }
}

struct Plan {
    user: UserId,
    before: Option<String>,
    after: User,
    verify: Option<MailedTicket>,
    undo: Option<MailedTicket>,
    event: Event,
}

impl Plan {
    fn carry_out(
        &self,
        tx: &mut Tx<'_>,
        now: Timestamp,
    ) -> Result<(Saved, Option<User>), StoreError> {
        let Some(mut user) = tx.users().by_id_to_change(&self.user)? else {
            return Ok((Saved::Missing, None));
        };
        let key = |email: &Option<String>| email.as_deref().map(login_key);
        if key(&user.email) != key(&self.before) {
            return Ok((Saved::Missing, None));
        }
        user.email.clone_from(&self.after.email);
        user.email_verified = self.after.email_verified;
        user.proved_elsewhere = false;
        user.updated_at = now;
        let saved = tx.users().update(&user)?;
        if saved != Saved::Done {
            return Ok((saved, None));
        }
        for purpose in TicketPurpose::ALL {
            // A link that takes back an earlier change stays: the first owner keeps her say.
            if purpose != TicketPurpose::UndoEmail {
                tx.tickets().void(&user.id, purpose, now)?;
            }
        }
        for ticket in [&self.verify, &self.undo].into_iter().flatten() {
            ticket.issue(tx)?;
        }
        tx.events().record(std::slice::from_ref(&self.event))?;
        Ok((saved, Some(user)))
    }
}
