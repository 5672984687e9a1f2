//! Outgoing mail: queued with the change that asks for it, sent by a background job, tried again.
//!
//! What mails say is in [`crate::page`]. A mail holds the link that resets a password, so it waits
//! in the database sealed (ACC-01).

mod outbox;
mod own;
mod plain;
mod sample;
mod text_message;
mod transport;
mod trial;

use aldgate_core::event::{Event, EventType};
use aldgate_core::id::{ConnectionId, EventId, JobId, TenantId, UserId};
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_jose::b64;
use aldgate_store::{StoreError, StoredJob, Tx};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::metrics::Count;
use crate::page::RenderedMail;
use crate::seal::Place;

pub use own::{PROVIDER, TEMPLATE, credentials_place};
pub use sample::{own_text, sample_variables};
pub use transport::{MailError, Mailer, SentMail, Taken};
pub use trial::TestMail;

const KIND: &str = "mail";
const BATCH: u32 = 20;
/// A node that dies while sending gives the mail back after so long.
const CLAIM: Seconds = Seconds::minutes(5);
/// After the last try a mail is given up: by then half a day has passed.
const TRIES_MAX: u32 = 10;

/// A mail, sealed and ready to be queued within a unit of work.
#[derive(Clone, Debug)]
pub struct QueuedMail {
    id: JobId,
    document: Document,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Document {
    sealed: String,
}

/// A mail to one address.
#[derive(Debug, Serialize, Deserialize)]
pub struct OutgoingMail {
    /// The address.
    pub to: String,
    /// Subject, one line.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The plain text part.
    pub text: String,
    /// What a tenant's own template needs to say the same.
    #[serde(default)]
    pub about: Option<About>,
    /// It is a text message: [`Self::text`] goes to the number [`Self::to`] through the gateway of
    /// this connection.
    #[serde(default)]
    pub gateway: Option<ConnectionId>,
    /// After this nobody wants it any more.
    #[serde(default)]
    pub useful_until: Option<Timestamp>,
}

/// What a mail is about, for the tenant's own template of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct About {
    /// The template's name (Auth0: `verify_email`, …).
    pub template: String,
    /// Whose mail it is; else she is found by the address.
    pub user_id: Option<UserId>,
    /// The application that caused it.
    pub application: Option<String>,
    /// The link of its button.
    pub link: Option<String>,
    /// The code it brings.
    #[serde(default)]
    pub code: Option<String>,
    /// The passwordless connection whose options hold the template.
    #[serde(default)]
    pub connection: Option<ConnectionId>,
}

impl OutgoingMail {
    /// A rendered mail to `to`.
    #[must_use]
    pub fn new(to: impl Into<String>, mail: RenderedMail) -> Self {
        let RenderedMail {
            subject,
            html,
            text,
        } = mail;
        Self {
            to: to.into(),
            subject,
            html,
            text,
            about: None,
            gateway: None,
            useful_until: None,
        }
    }

    /// A text message to the number `to`, through the gateway of a connection.
    #[must_use]
    pub fn text_message(to: impl Into<String>, text: String, gateway: ConnectionId) -> Self {
        Self {
            to: to.into(),
            subject: String::new(),
            html: String::new(),
            text,
            about: None,
            gateway: Some(gateway),
            useful_until: None,
        }
    }

    /// Lets it be given up after `moment`.
    #[must_use]
    pub const fn useful_until(mut self, moment: Timestamp) -> Self {
        self.useful_until = Some(moment);
        self
    }

    /// Lets the tenant's own template say it, if there is one.
    #[must_use]
    pub fn about(mut self, about: Option<About>) -> Self {
        self.about = about;
        self
    }
}

impl QueuedMail {
    /// Queues the mail: it goes out if and only if the unit of work commits.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn enqueue(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
        tx.jobs().enqueue(&self.id, KIND, &self.document, now)
    }
}

impl App {
    /// Seals a mail, before the unit of work that queues it.
    #[must_use]
    pub fn seal_mail(&self, tenant: &TenantId, mail: &OutgoingMail) -> QueuedMail {
        let mut rng = self.rng();
        let id = JobId::generate(&mut rng);
        let plain = serde_json::to_vec(mail).expect("invariant: strings are JSON");
        let sealed = self.sealer.seal(&place(tenant, &id), &plain, &mut rng);
        QueuedMail {
            id,
            document: Document {
                sealed: b64::encode(&sealed),
            },
        }
    }

    /// Sends the mails that are due; says how many went out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn deliver_mail(&self) -> Result<usize, StoreError> {
        let mut sent = 0;
        loop {
            let now = self.now();
            let claim = move |system: &mut aldgate_store::SystemTx<'_>| {
                system.job_queue().claim(KIND, now, now + CLAIM, BATCH)
            };
            let jobs: Vec<StoredJob> = self.store.write_system(claim).await?;
            if jobs.is_empty() {
                return Ok(sent);
            }
            for job in jobs {
                sent += usize::from(self.deliver_one(job).await?);
            }
        }
    }

    async fn deliver_one(&self, job: StoredJob) -> Result<bool, StoreError> {
        let (outcome, late) = match self.open_mail(&job) {
            Ok(mail) => {
                let late = mail.useful_until;
                (self.carry(&job.tenant, mail).await, late)
            }
            // Trying again would not help.
            Err(error) => {
                tracing::error!(%error, job.id = %job.id, "a queued mail cannot be read");
                self.metrics.count(Count::MailFailed);
                return self.give_up(job, "the queued mail cannot be read").await;
            }
        };
        let now = self.now();
        match outcome {
            Ok(()) => {
                self.metrics.count(Count::MailSent);
                let event = self.mail_event(EventType::MailSent, "A mail was sent", now);
                let tenant = job.tenant.clone();
                let finish = move |tx: &mut Tx<'_>| {
                    tx.jobs().finish(&job)?;
                    tx.events().record(std::slice::from_ref(&event))
                };
                self.store.write(&tenant, finish).await.map(|()| true)
            }
            Err(error) if job.attempts < TRIES_MAX && late.is_none_or(|late| now < late) => {
                tracing::warn!(%error, attempt = job.attempts, "a mail will be sent again");
                let wait = Seconds(30 << job.attempts.min(10));
                let tenant = job.tenant.clone();
                let retry = move |tx: &mut Tx<'_>| tx.jobs().retry(&job, now + wait, now);
                self.store.write(&tenant, retry).await.map(|_| false)
            }
            Err(error) => {
                tracing::error!(%error, job.id = %job.id, "a mail is given up");
                self.metrics.count(Count::MailFailed);
                self.give_up(job, &format!("A mail could not be sent: {error}"))
                    .await
            }
        }
    }

    async fn carry(&self, tenant: &TenantId, mail: OutgoingMail) -> Result<(), MailError> {
        let now = self.now();
        if let Some(connection) = mail.gateway.clone() {
            return self.carry_text(tenant, &connection, mail, now).await;
        }
        let (mail, mailer) = self.dress(tenant, mail, now).await?;
        mailer.send(&mail, now).await.map(drop)
    }

    async fn give_up(&self, job: StoredJob, why: &str) -> Result<bool, StoreError> {
        let now = self.now();
        let event = self.mail_event(EventType::MailFailed, why, now);
        let tenant = job.tenant.clone();
        let give_up = move |tx: &mut Tx<'_>| {
            tx.jobs().give_up(&job, now)?;
            tx.events().record(std::slice::from_ref(&event))
        };
        self.store.write(&tenant, give_up).await.map(|()| false)
    }

    fn open_mail(&self, job: &StoredJob) -> Result<OutgoingMail, String> {
        let document: Document = job.document().map_err(|error| error.to_string())?;
        let sealed = b64::decode(&document.sealed).map_err(|error| error.to_string())?;
        let place = place(&job.tenant, &job.id);
        let plain = self
            .sealer
            .open(&place, &sealed)
            .map_err(|error| error.to_string())?;
        // Not the error itself: it could quote the mail.
        serde_json::from_slice(plain.expose()).map_err(|_| "not a mail".to_owned())
    }

    fn mail_event(&self, kind: EventType, description: &str, now: Timestamp) -> Event {
        let mut event = Event::new(EventId::at(now, &mut self.rng()), kind, now);
        event.description = description.to_owned();
        event
    }
}

fn place<'a>(tenant: &'a TenantId, job: &'a JobId) -> Place<'a> {
    Place {
        tenant,
        table: "jobs",
        row: job.as_str(),
        column: "document",
    }
}
