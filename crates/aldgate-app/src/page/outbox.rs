//! The outbox of development: mails that were not sent, to read them.

use serde::Serialize;

use super::Page;

/// The list of mails, newest first.
#[derive(Clone, Debug, Serialize)]
pub struct Outbox {
    /// The mails.
    pub mails: Vec<OutboxEntry>,
}

/// A line of the list.
#[derive(Clone, Debug, Serialize)]
pub struct OutboxEntry {
    /// Path of the mail's page.
    pub href: String,
    /// To whom.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// When, as people read it.
    pub sent_at: String,
}

/// One mail.
#[derive(Clone, Debug, Serialize)]
pub struct OutboxMail {
    /// Path of the list.
    pub back_url: String,
    /// Sender.
    pub from: String,
    /// To whom.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// When, as people read it.
    pub sent_at: String,
    /// The plain text part.
    pub text: String,
    /// The link in the mail, to follow it with one click.
    pub link: Option<String>,
    /// Path of the HTML part, shown in a sandboxed frame.
    pub html_url: Option<String>,
}

impl Page for Outbox {
    const TEMPLATE: &'static str = "outbox.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let entry = |id: &str, subject: &str, sent_at: &str| OutboxEntry {
            href: format!("/dev/outbox/{id}"),
            to: "ada@example.com".to_owned(),
            subject: subject.to_owned(),
            sent_at: sent_at.to_owned(),
        };
        let full = Self {
            mails: vec![
                entry("3", "Reset your password", "2026-11-24 07:03:12"),
                entry("2", "Your password was changed", "2026-11-24 06:58:40"),
                entry("1", "Confirm your e-mail address", "2026-11-24 06:51:07"),
            ],
        };
        vec![("full", full), ("empty", Self { mails: Vec::new() })]
    }
}

impl Page for OutboxMail {
    const TEMPLATE: &'static str = "outbox_mail.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let full = Self {
            back_url: "/dev/outbox".to_owned(),
            from: "Orchard <no-reply@orchard.example>".to_owned(),
            to: "ada@example.com".to_owned(),
            subject: "Reset your password".to_owned(),
            sent_at: "2026-11-24 07:03:12".to_owned(),
            text: "Hello,\n\nsomeone asked to reset the password of this account.\n".to_owned(),
            link: Some("http://localhost:4455/u/reset-password?ticket=tkt_c2Ftc".to_owned()),
            html_url: Some("/dev/outbox/3/html".to_owned()),
        };
        let text_only = Self {
            link: None,
            html_url: None,
            ..full.clone()
        };
        vec![("full", full), ("text-only", text_only)]
    }
}
