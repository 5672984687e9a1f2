//! Tickets in the mail: the value is in the mailed link only, the database keeps its hash.

use aldgate_core::id::{ClientId, UserId};
use aldgate_core::secret::{TokenHash, TokenKind};
use aldgate_core::tenant::Tenant;
use aldgate_core::ticket::{Ticket, TicketPurpose};
use aldgate_core::time::Timestamp;
use aldgate_core::user::User;
use aldgate_store::{StoreError, Tx};

use crate::app::App;
use crate::mail::{About, OutgoingMail, QueuedMail};
use crate::page::{Chrome, Mail, MailKind, PageError, render_mail};

/// What mails to a tenant's users have in common.
#[derive(Clone, Copy)]
pub struct Post<'a> {
    /// The state of the server.
    pub app: &'a App,
    /// The tenant whose name and address the mail carries.
    pub tenant: &'a Tenant,
    /// Language and brand.
    pub chrome: &'a Chrome,
    /// Name of the application that caused it.
    pub application: Option<&'a str>,
    /// Address that caused it.
    pub ip: Option<&'a str>,
}

/// A ticket with its mail, to be stored within a unit of work.
#[derive(Clone, Debug)]
pub struct MailedTicket {
    hash: TokenHash,
    ticket: Ticket,
    mail: QueuedMail,
}

impl Post<'_> {
    /// A ticket for a user's present address with its mail; `None` if she has no address.
    ///
    /// # Errors
    /// [`PageError`] when the mail cannot be rendered.
    pub fn ticket(
        &self,
        purpose: TicketPurpose,
        user: &User,
        client: Option<&ClientId>,
        now: Timestamp,
    ) -> Result<Option<MailedTicket>, PageError> {
        let Some(mut ticket) = Ticket::for_user(purpose, user, now) else {
            return Ok(None);
        };
        ticket.client_id = client.cloned();
        self.mailed(ticket).map(Some)
    }

    /// A ticket with its mail to [`Ticket::email`]. The link's host is the tenant's own, whatever
    /// the request said (OPS-01).
    ///
    /// # Errors
    /// As [`Post::ticket`].
    pub fn mailed(&self, ticket: Ticket) -> Result<MailedTicket, PageError> {
        let value = TokenKind::Ticket.generate(&mut self.app.rng());
        let path = ticket.purpose.path();
        let link = format!(
            "{}{path}?ticket={}",
            self.tenant.issuer.as_str(),
            value.expose()
        );
        let hours = ticket.expires_at.since(ticket.created_at).0.div_ceil(3600);
        let mail = Mail {
            link: Some(link),
            valid_hours: u32::try_from(hours).ok(),
            ..self.draft(kind_of(ticket.purpose), &ticket.email)
        };
        Ok(MailedTicket {
            hash: TokenHash::of(value.expose()),
            mail: self.seal(&mail, Some(&ticket.user_id))?,
            ticket,
        })
    }

    /// A mail without a ticket; its button leads to `link`.
    ///
    /// # Errors
    /// As [`Post::ticket`].
    pub fn notice(
        &self,
        kind: MailKind,
        to: &str,
        link: Option<String>,
    ) -> Result<QueuedMail, PageError> {
        let draft = self.draft(kind, to);
        self.seal(&Mail { link, ..draft }, None)
    }

    fn draft(&self, kind: MailKind, to: &str) -> Mail {
        let mut mail = Mail::new(kind, to);
        mail.application = self.application.map(str::to_owned);
        mail.ip = self.ip.map(str::to_owned);
        mail
    }

    fn seal(&self, mail: &Mail, user_id: Option<&UserId>) -> Result<QueuedMail, PageError> {
        let rendered = render_mail(mail, self.chrome)?;
        let about = mail.kind.template().map(|template| About {
            template: template.to_owned(),
            user_id: user_id.cloned(),
            application: mail.application.clone(),
            link: mail.link.clone(),
            ..About::default()
        });
        let outgoing = OutgoingMail::new(mail.to.clone(), rendered).about(about);
        Ok(self.app.seal_mail(&self.tenant.id, &outgoing))
    }
}

impl MailedTicket {
    /// Stores the ticket, in place of unused ones of its purpose, and queues its mail.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn issue(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.tickets().issue(&self.hash, &self.ticket)?;
        self.mail.enqueue(tx, self.ticket.created_at)
    }
}

const fn kind_of(purpose: TicketPurpose) -> MailKind {
    match purpose {
        TicketPurpose::ResetPassword => MailKind::ResetPassword,
        TicketPurpose::VerifyEmail => MailKind::VerifyEmail,
        TicketPurpose::Unblock => MailKind::BlockedAccount,
        TicketPurpose::UndoEmail => MailKind::EmailChanged,
    }
}
