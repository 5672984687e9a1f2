//! Where mails go: an SMTP server, a directory for development, memory for tests.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aldgate_core::mail::provider::Smtp;
use aldgate_core::time::Timestamp;
use aldgate_store::StoreError;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use serde::{Deserialize, Serialize};

use super::{OutgoingMail, outbox};
use crate::config::{self, MailTransport};
use crate::page::PageError;

/// Mails that the memory keeps; older ones go.
const MEMORY_MAX: usize = 1000;

/// How long a server may take for one mail. The queue is worked off one by one: a server that falls
/// silent must not hold up the mails of everybody else.
const SMTP_MAX: Duration = Duration::from_secs(60);

/// Sends mails. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    from: Mailbox,
    transport: Transport,
}

#[derive(Clone)]
enum Transport {
    Memory(Arc<Mutex<Vec<SentMail>>>),
    Outbox(PathBuf),
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
}

/// A mail of the outbox: one JSON file each, or one entry in memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentMail {
    /// Sender.
    pub from: String,
    /// Address.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// When it was sent, in microseconds since the epoch.
    pub sent_at: Timestamp,
    /// The plain text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// What became of a mail that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It stays on this machine, to be looked at.
    Kept,
    /// An SMTP server has it, and answered this.
    Answered(String),
}

/// Why mail cannot be set up, or one mail cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// An address cannot be read.
    #[error("{0:?} is no mail address")]
    Address(String),
    /// The outbox cannot be written or read.
    #[error("outbox: {0}")]
    Outbox(#[from] io::Error),
    /// The SMTP server, or its URL.
    #[error("SMTP: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
    /// The SMTP server fell silent.
    #[error("the SMTP server did not finish within {} s", .0.as_secs())]
    Silent(Duration),
    /// The mail cannot be written.
    #[error("mail: {0}")]
    Message(#[from] lettre::error::Error),
    /// The tenant's own provider cannot be used.
    #[error("the tenant's mail provider: {0}")]
    Provider(String),
    /// The web hook that sends text messages.
    #[error("the gateway of text messages: {0}")]
    Gateway(String),
    /// Its text.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The tenant's settings cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Mailer {
    /// Sets up the transport. Nothing is connected yet.
    ///
    /// # Errors
    /// [`MailError`] when the sender or the SMTP URL cannot be read.
    pub fn new(config: &config::Mail, in_memory: bool) -> Result<Self, MailError> {
        let transport = match &config.transport {
            _ if in_memory => Transport::Memory(Arc::default()),
            MailTransport::Outbox(directory) => Transport::Outbox(directory.clone()),
            MailTransport::Smtp(url) => {
                let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose())?;
                Transport::Smtp(Box::new(builder.build()))
            }
        };
        Ok(Self {
            from: mailbox(&config.from)?,
            transport,
        })
    }

    /// A mailer that goes to a tenant's own SMTP server at `address`, which was checked. Passwords
    /// travel inside of TLS only, unless the server is on this machine.
    pub(super) fn by(
        &self,
        smtp: &Smtp,
        address: SocketAddr,
        from: Option<&str>,
        timeout: Duration,
    ) -> Result<Self, MailError> {
        let tls = TlsParameters::new(smtp.host.clone())?;
        let tls = match (smtp.port, &smtp.login) {
            (465, _) => Tls::Wrapper(tls),
            (_, Some(_)) if !address.ip().is_loopback() => Tls::Required(tls),
            _ => Tls::Opportunistic(tls),
        };
        let server = address.ip().to_string();
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server)
            .port(address.port())
            .tls(tls)
            .timeout(Some(timeout));
        if let Some((user, password)) = &smtp.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(Self {
            from: from.map_or_else(|| Ok(self.from.clone()), mailbox)?,
            transport: Transport::Smtp(Box::new(builder.build())),
        })
    }

    /// Whether mails stay on this machine, to be looked at.
    pub(super) const fn keeps(&self) -> bool {
        !matches!(self.transport, Transport::Smtp(_))
    }

    /// Whom mails come from.
    pub(super) fn sender(&self) -> String {
        self.from.to_string()
    }

    /// Sends one mail; says what became of it.
    ///
    /// # Errors
    /// [`MailError`] when it was not taken.
    pub async fn send(&self, mail: &OutgoingMail, now: Timestamp) -> Result<Taken, MailError> {
        match &self.transport {
            Transport::Memory(sent) => {
                let mut sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
                if sent.len() >= MEMORY_MAX {
                    sent.remove(0);
                }
                sent.push(self.record(mail, now));
                Ok(Taken::Kept)
            }
            Transport::Outbox(directory) => {
                let mail = self.record(mail, now);
                outbox::write(directory, &mail).await?;
                Ok(Taken::Kept)
            }
            Transport::Smtp(smtp) => {
                // The transport's own timeout covers the connection only.
                let sending = tokio::time::timeout(SMTP_MAX, smtp.send(self.message(mail)?));
                let answer = sending.await.map_err(|_| MailError::Silent(SMTP_MAX))??;
                let lines: Vec<&str> = answer.message().collect();
                Ok(Taken::Answered(format!(
                    "{} {}",
                    answer.code(),
                    lines.join(" ")
                )))
            }
        }
    }

    /// The mails of the outbox, newest first, at most `limit`; none with SMTP.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub async fn outbox(&self, limit: usize) -> Result<Vec<SentMail>, MailError> {
        match &self.transport {
            Transport::Memory(sent) => {
                let sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(sent.iter().rev().take(limit).cloned().collect())
            }
            Transport::Outbox(directory) => Ok(outbox::read(directory, limit).await?),
            Transport::Smtp(_) => Ok(Vec::new()),
        }
    }

    /// Removes mails of an outbox directory that were sent before `before`; says how many.
    ///
    /// # Errors
    /// When the directory cannot be read or written.
    pub async fn prune_outbox(&self, before: Timestamp) -> Result<usize, MailError> {
        match &self.transport {
            Transport::Outbox(directory) => Ok(outbox::prune(directory, before).await?),
            Transport::Memory(_) | Transport::Smtp(_) => Ok(0),
        }
    }

    fn record(&self, mail: &OutgoingMail, now: Timestamp) -> SentMail {
        SentMail {
            from: self.from.to_string(),
            to: mail.to.clone(),
            subject: mail.subject.clone(),
            sent_at: now,
            text: mail.text.clone(),
            html: mail.html.clone(),
        }
    }

    fn message(&self, mail: &OutgoingMail) -> Result<Message, MailError> {
        let text = SinglePart::builder()
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone());
        let html = SinglePart::builder()
            .header(ContentType::TEXT_HTML)
            .body(mail.html.clone());
        let parts = MultiPart::alternative().singlepart(text).singlepart(html);
        let to = Mailbox::new(None, mailbox(&mail.to)?.email);
        let builder = Message::builder().from(self.from.clone()).to(to);
        let builder = builder.message_id(None);
        Ok(builder.subject(mail.subject.clone()).multipart(parts)?)
    }
}

fn mailbox(text: &str) -> Result<Mailbox, MailError> {
    text.parse()
        .map_err(|_| MailError::Address(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(subject: &str) -> OutgoingMail {
        OutgoingMail {
            to: "ada@example.com".into(),
            subject: subject.into(),
            html: "<p>hi</p>".into(),
            text: "hi".into(),
            about: None,
            gateway: None,
            useful_until: None,
        }
    }

    fn mailer(transport: MailTransport) -> Mailer {
        let config = config::Mail {
            transport,
            from: "Aldgate <aldgate@localhost>".into(),
        };
        Mailer::new(&config, false).expect("a mailer")
    }

    #[tokio::test]
    async fn the_outbox_keeps_a_file_for_each_mail_newest_first() {
        let directory = tempfile::tempdir().expect("a directory");
        let mailer = mailer(MailTransport::Outbox(directory.path().join("outbox")));
        assert_eq!(mailer.outbox(10).await.expect("empty"), []);
        for (second, subject) in [(1, "first"), (2, "second")] {
            let now = Timestamp::from_seconds(second);
            mailer.send(&mail(subject), now).await.expect("written");
        }
        let subjects: Vec<String> = mailer
            .outbox(10)
            .await
            .expect("read")
            .into_iter()
            .map(|mail| mail.subject)
            .collect();
        assert_eq!(subjects, ["second", "first"]);
    }

    #[tokio::test]
    async fn old_mails_of_the_outbox_are_removed() {
        let directory = tempfile::tempdir().expect("a directory");
        let mailer = mailer(MailTransport::Outbox(directory.path().to_owned()));
        for second in [1, 2, 3] {
            let now = Timestamp::from_seconds(second);
            mailer.send(&mail("x"), now).await.expect("written");
        }
        std::fs::write(directory.path().join("notes.txt"), "not ours").expect("written");
        let before = Timestamp::from_seconds(3);
        assert_eq!(mailer.prune_outbox(before).await.expect("pruned"), 2);
        assert_eq!(mailer.outbox(10).await.expect("read").len(), 1);
        assert!(directory.path().join("notes.txt").exists());
    }

    #[tokio::test]
    async fn a_subject_or_address_cannot_add_headers() {
        let url = aldgate_core::secret::Secret::new("smtp://localhost:2525".to_owned());
        let mailer = mailer(MailTransport::Smtp(url));
        let forged = mailer
            .message(&mail("hi\r\nBcc: evil@example.com"))
            .expect("a message");
        let text = String::from_utf8(forged.formatted()).expect("text");
        assert!(!text.lines().any(|line| line.starts_with("Bcc:")), "{text}");
        assert!(
            text.lines().any(|line| line.starts_with("Message-ID: <")),
            "{text}"
        );
        let to = OutgoingMail {
            to: "a@b.c\r\nBcc: x@y.z".into(),
            ..mail("hi")
        };
        assert!(mailer.message(&to).is_err());
    }
}
