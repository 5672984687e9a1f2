//! Sending a code or a link: the same answer after the same work, whoever exists (ACC-04), and
//! never more than a few (ACC-14).

use aldgate_app::mail::{About, OutgoingMail, QueuedMail};
use aldgate_app::page::{Mail, MailKind, PageError, render_mail, render_text_message};
use aldgate_core::attempts::{Account, Address, CODES, CODES_FROM_ADDRESS, Counted, Rule, Subject};
use aldgate_core::error::Refusal;
use aldgate_core::event::{Event, EventType};
use aldgate_core::passwordless::{Binding, Channel, CodeRules, LINK_LIFETIME, Recipient};
use aldgate_core::secret::{Secret, TokenHash, TokenKind};
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_store::{OtpKey, StoreError, Tx};

use super::{Passwordless, find_user};

/// In what form the proof travels.
#[derive(Clone, Copy)]
pub(crate) enum Form<'a> {
    /// Digits to type.
    Code,
    /// A mailed link. The base is an absolute URL; the value is appended to it.
    Link(&'a str),
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// Too many were asked for.
    #[error("too many codes were asked for")]
    TooMany {
        /// When the next one may be asked for.
        until: Timestamp,
    },
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The message cannot be rendered.
    #[error(transparent)]
    Page(#[from] PageError),
}

/// What the unit of work needs; it can run again.
struct Issue {
    key: OtpKey,
    channel: Channel,
    hash: TokenHash,
    message: QueuedMail,
    allows_signup: bool,
    address: Address,
    ip: String,
    sent: Event,
    unsent: Event,
    now: Timestamp,
    expires_at: Timestamp,
}

impl Passwordless<'_> {
    /// Sends a code or link to whoever has `recipient`, if that is somebody who can log in. Nobody
    /// learns whether it is.
    pub(crate) async fn send(
        &self,
        recipient: &Recipient,
        binding: Binding<'_>,
        form: Form<'_>,
    ) -> Result<(), SendError> {
        let rules = CodeRules::of(self.connection);
        let mut rng = self.app.rng();
        let (value, lifetime) = match form {
            Form::Code => (rules.generate(&mut rng), rules.lifetime),
            Form::Link(_) => (TokenKind::Ticket.generate(&mut rng), LINK_LIFETIME),
        };
        let key = self.key(recipient, binding);
        let issue = Issue {
            channel: recipient.channel,
            hash: self.hash(&key, value.expose()),
            // Written and sealed for nobody as well, and then thrown away.
            message: self.message(recipient, form, &value, lifetime)?,
            allows_signup: rules.allows_signup,
            address: Address::of(self.caller.address()),
            ip: self.caller.address().to_string(),
            sent: self.event(sent_event(recipient.channel), recipient, None),
            unsent: self.unsent_event(recipient),
            now: self.now,
            expires_at: self.now + lifetime,
            key,
        };
        let work = move |tx: &mut Tx<'_>| issue.run(tx);
        match self.app.store.write(&self.tenant.id, work).await? {
            None => Ok(()),
            Some(until) => Err(SendError::TooMany { until }),
        }
    }

    fn message(
        &self,
        recipient: &Recipient,
        form: Form<'_>,
        value: &Secret<String>,
        lifetime: Seconds,
    ) -> Result<QueuedMail, PageError> {
        let value = value.expose();
        let (to, useful_until) = (recipient.text.as_str(), self.now + lifetime);
        let mut about = About {
            application: Some(self.client.name.clone()),
            connection: Some(self.connection.id.clone()),
            ..About::default()
        };
        let message = match recipient.channel {
            Channel::Email => {
                let kind = match form {
                    Form::Code => MailKind::LoginCode,
                    Form::Link(_) => MailKind::LoginLink,
                };
                let mut mail = Mail::new(kind, to);
                mail.application = Some(self.client.name.clone());
                mail.valid_minutes = u32::try_from(lifetime.0.div_ceil(60)).ok();
                match form {
                    Form::Code => mail.code = Some(value.clone()),
                    Form::Link(base) => mail.link = Some(format!("{base}{value}")),
                }
                about.code.clone_from(&mail.code);
                about.link.clone_from(&mail.link);
                OutgoingMail::new(to, render_mail(&mail, self.chrome)?)
            }
            Channel::Sms => {
                let authority = self.tenant.issuer.authority();
                let host = authority.split(':').next().unwrap_or_default();
                let text = render_text_message(value, host, self.chrome)?;
                about.code = Some(value.clone());
                OutgoingMail::text_message(to, text, self.connection.id.clone())
            }
        };
        let message = message.about(Some(about)).useful_until(useful_until);
        Ok(self.app.seal_mail(&self.tenant.id, &message))
    }

    fn unsent_event(&self, recipient: &Recipient) -> Event {
        let mut event = self.event(EventType::FailedSending, recipient, None);
        event.description = "No code was sent".to_owned();
        event.refusal = Some(
            Refusal::new(
                "code_not_sent",
                "There is no such user and the connection lets nobody sign up, or the user is \
                 blocked.",
            )
            .remedy("Look at the user, and at the connection's option disable_signup."),
        );
        event
    }
}

impl Issue {
    /// Stores the code and queues the message; the moment of the next attempt if there were too
    /// many.
    fn run(&self, tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
        let user = find_user(tx, &self.key, self.channel)?;
        let id = user.as_ref().map(|user| &user.id);
        let account = Account::of(id, &self.key.connection, &self.key.name);
        // Whoever asks for many codes must not lock her out where she was let in last (ACC-12).
        let known = user.as_ref().and_then(|user| user.last_ip.as_deref());
        let mut rules: Vec<(Subject, &Rule)> =
            vec![(Subject::Codes(self.address), &CODES_FROM_ADDRESS)];
        if known != Some(&self.ip) {
            rules.push((Subject::Code(account), &CODES));
        }
        for (subject, rule) in &rules {
            if let Counted::Blocked(until) = tx.attempts().count(subject, rule, self.now)? {
                return Ok(Some(until));
            }
        }
        let reachable = match &user {
            Some(user) => !user.blocked,
            None => self.allows_signup,
        };
        let mut event = match reachable {
            true => self.sent.clone(),
            false => self.unsent.clone(),
        };
        event.user_id = user.map(|user| user.id);
        if reachable {
            let times = (self.now, self.expires_at);
            tx.otps().issue(&self.key, &self.hash, times)?;
            self.message.enqueue(tx, self.now)?;
        }
        tx.events().record(&[event])?;
        Ok(None)
    }
}

const fn sent_event(channel: Channel) -> EventType {
    match channel {
        Channel::Email => EventType::CodeOrLinkSent,
        Channel::Sms => EventType::CodeSent,
    }
}
