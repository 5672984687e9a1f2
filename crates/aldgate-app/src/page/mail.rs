//! Mails: a closed list of kinds, each rendered as HTML and as plain text.

use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::engine::render_value;
use super::{Chrome, PageError};

/// A mail to a user.
#[derive(Clone, Debug, Serialize)]
pub struct Mail {
    /// What it is about; chooses the texts.
    pub kind: MailKind,
    /// The address it goes to, named in the text.
    pub to: String,
    /// The link of its button.
    pub link: Option<String>,
    /// How long the link works, in hours.
    pub valid_hours: Option<u32>,
    /// The application that caused it.
    pub application: Option<String>,
    /// From which network address the cause came, for alarms.
    pub ip: Option<String>,
    /// What came of it, in one line.
    pub outcome: Option<String>,
    /// The code to type.
    pub code: Option<String>,
    /// How long code or link works, in minutes.
    pub valid_minutes: Option<u32>,
}

/// What a mail is about. The texts are `mail.{kind}.subject`, `.lead`, `.button` and `.after`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MailKind {
    /// Confirm the address. Auth0: `verify_email`.
    VerifyEmail,
    /// Reset the password. Auth0: `reset_email`.
    ResetPassword,
    /// The password was changed. Auth0: `password_reset`.
    PasswordChanged,
    /// Too many failed logins blocked the account. Auth0: `blocked_account`.
    BlockedAccount,
    /// A new account. Auth0: `welcome_email`.
    Welcome,
    /// The address was changed; goes to the old one, which can take it back.
    EmailChanged,
    /// An import of users is over; goes to administrators.
    ImportOver,
    /// A code to log in with. Auth0: the connection's `email.body`.
    LoginCode,
    /// A link to log in with. Auth0: the connection's `email.body`.
    LoginLink,
    /// Shows that mail goes out; asked for by administrators.
    Test,
}

/// A mail, ready to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedMail {
    /// Subject, one line.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The plain text part.
    pub text: String,
}

/// Renders a mail in the language and brand of `chrome`.
///
/// # Errors
///
/// [`PageError`] when a template or text is broken; the tests render every kind.
pub fn render_mail(mail: &Mail, chrome: &Chrome) -> Result<RenderedMail, PageError> {
    let context = Value::from(Serde(mail));
    let subject = render_value("mail/subject.txt", context.clone(), chrome)?;
    let html = render_value("mail/mail.html", context.clone(), chrome)?;
    let text = render_value("mail/mail.txt", context, chrome)?;
    // A header is one line, whatever the application is called.
    let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(RenderedMail {
        subject,
        html,
        text,
    })
}

/// The text of a message that brings a code, with the last line that lets a phone's browser fill
/// the code in at `host` and nowhere else (WICG: origin-bound one-time codes).
///
/// # Errors
/// As [`render_mail`].
pub fn render_text_message(code: &str, host: &str, chrome: &Chrome) -> Result<String, PageError> {
    let context = minijinja::context! { code, host };
    Ok(render_value("mail/text_message.txt", context, chrome)?
        .trim()
        .to_owned())
}

impl MailKind {
    /// One of each.
    pub const ALL: [Self; 10] = [
        Self::VerifyEmail,
        Self::ResetPassword,
        Self::PasswordChanged,
        Self::BlockedAccount,
        Self::Welcome,
        Self::EmailChanged,
        Self::ImportOver,
        Self::LoginCode,
        Self::LoginLink,
        Self::Test,
    ];

    /// Auth0's name of the template that a tenant may set for it.
    #[must_use]
    pub const fn template(self) -> Option<&'static str> {
        match self {
            Self::VerifyEmail => Some("verify_email"),
            Self::ResetPassword => Some("reset_email"),
            Self::PasswordChanged => Some("password_reset"),
            Self::BlockedAccount => Some("blocked_account"),
            Self::Welcome => Some("welcome_email"),
            Self::EmailChanged
            | Self::ImportOver
            | Self::LoginCode
            | Self::LoginLink
            | Self::Test => None,
        }
    }
}

impl Mail {
    /// A mail with nothing but its texts.
    pub fn new(kind: MailKind, to: impl Into<String>) -> Self {
        Self {
            kind,
            to: to.into(),
            link: None,
            valid_hours: None,
            application: None,
            ip: None,
            outcome: None,
            code: None,
            valid_minutes: None,
        }
    }

    /// One of each kind, and the variants of their optional parts.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let mail = |kind| Self::new(kind, "ada@example.com");
        let link = |path: &str| Some(format!("http://localhost:4455/u/{path}?ticket=tkt_c2Ftc"));
        let verify = Self {
            link: link("email-verification"),
            valid_hours: Some(24),
            application: Some("Orchard".to_owned()),
            ..mail(MailKind::VerifyEmail)
        };
        let reset = Self {
            link: link("reset-password"),
            valid_hours: Some(1),
            ip: Some("203.0.113.7".to_owned()),
            ..mail(MailKind::ResetPassword)
        };
        let blocked = Self {
            link: link("unblock"),
            ip: Some("203.0.113.7".to_owned()),
            ..mail(MailKind::BlockedAccount)
        };
        let import = Self {
            outcome: Some("job_0123456789abcdef: 990 inserted, 7 updated, 3 failed".to_owned()),
            ..mail(MailKind::ImportOver)
        };
        let code = Self {
            code: Some("493817".to_owned()),
            valid_minutes: Some(3),
            application: Some("Orchard".to_owned()),
            ..mail(MailKind::LoginCode)
        };
        let login_link = Self {
            link: link("passwordless"),
            valid_minutes: Some(10),
            ..mail(MailKind::LoginLink)
        };
        vec![
            ("import-over", import),
            ("login-code", code),
            ("login-link", login_link),
            ("verify-email", verify),
            ("reset-password", reset),
            ("password-changed", mail(MailKind::PasswordChanged)),
            ("blocked-account", blocked),
            ("welcome", mail(MailKind::Welcome)),
            ("email-changed", mail(MailKind::EmailChanged)),
            ("test", mail(MailKind::Test)),
        ]
    }
}
