//! What a tenant's mails say.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::Refusal;
use crate::liquid::{Escape, LiquidError, SOURCE_MAX, Template};
use crate::members::{self, Kind, Member, member};

/// The mails whose text can be set.
pub const NAMES: &[&str] = &[
    "verify_email",
    "verify_email_by_code",
    "reset_email",
    "reset_email_by_code",
    "welcome_email",
    "blocked_account",
    "stolen_credentials",
    "enrollment_email",
    "mfa_oob_code",
    "user_invitation",
    "change_password",
    "password_reset",
    "async_approval",
];

/// The longest subject and sender, in characters.
const LINE_MAX: usize = 1000;
/// Ten years in seconds.
const LIFETIME_MAX: u64 = 315_360_000;

/// Members a body may set.
pub const MEMBERS: &[Member] = &[
    member("template", Kind::OneOf(NAMES)),
    member("body", Kind::Text(SOURCE_MAX)),
    member("from", Kind::Text(LINE_MAX)),
    member("subject", Kind::Text(LINE_MAX)),
    member("syntax", Kind::OneOf(&["liquid"])),
    member("resultUrl", Kind::Text(2048)),
    member("urlLifetimeInSeconds", Kind::Whole(0, LIFETIME_MAX)),
    member("includeEmailInRedirect", Kind::Flag),
    member("enabled", Kind::Flag),
];

/// Members that a new template needs.
pub const REQUIRED: &[&str] = &["template", "body", "from", "subject", "syntax", "enabled"];

/// A template as it is used.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct MailTemplate {
    /// The HTML of the mail.
    #[serde(default)]
    pub body: String,
    /// The sender; empty: the provider's.
    #[serde(default)]
    pub from: String,
    /// The subject.
    #[serde(default)]
    pub subject: String,
    /// Whether it is used at all.
    #[serde(default)]
    pub enabled: bool,
}

/// A template, filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilledMail {
    /// The sender, if the template names one.
    pub from: Option<String>,
    /// The subject, one line.
    pub subject: String,
    /// The HTML.
    pub html: String,
}

/// Checks a body, and that its texts are Liquid that can be filled.
///
/// # Errors
/// Names the member at fault, and the line of the mistake.
pub fn check(body: &Map<String, Value>, required: &[&str]) -> Result<(), Refusal> {
    members::check(MEMBERS, required, body)?;
    for name in ["body", "from", "subject"] {
        if let Some(source) = body.get(name).and_then(Value::as_str) {
            Template::parse(source).map_err(|error| mistake(name, &error))?;
        }
    }
    Ok(())
}

impl MailTemplate {
    /// Fills the template.
    ///
    /// # Errors
    /// When it was stored by a version that understood more, or its text becomes too long.
    pub fn fill(&self, variables: &Value) -> Result<FilledMail, LiquidError> {
        let line = |source: &str| Template::parse(source)?.render(variables, Escape::Line);
        let from = line(&self.from)?;
        Ok(FilledMail {
            from: (!from.is_empty()).then_some(from),
            subject: line(&self.subject)?,
            html: Template::parse(&self.body)?.render(variables, Escape::Html)?,
        })
    }
}

fn mistake(member: &'static str, error: &LiquidError) -> Refusal {
    Refusal::new("invalid_body", format!("{member} is no template: {error}"))
        .expected("Liquid with variables, filters, if, unless, case, assign and comment")
        .remedy("Correct the line; nothing was changed.")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_mistake_names_member_and_line() {
        let body = json!({"body": "a\n{% if x %}"})
            .as_object()
            .cloned()
            .unwrap();
        let refusal = check(&body, &[]).unwrap_err();
        assert!(
            refusal.cause.starts_with("body is no template: line 2"),
            "{refusal:?}"
        );
    }

    #[test]
    fn a_template_is_filled() {
        let template: MailTemplate = serde_json::from_value(json!({
            "body": "<a href='{{ url }}'>{{ user.name }}</a>", "subject": "Hi {{ user.name }}",
            "from": "{{ nobody }}", "enabled": true,
        }))
        .unwrap();
        let variables = json!({"url": "https://a.test/", "user": {"name": "<Ada>"}});
        let filled = template.fill(&variables).unwrap();
        assert_eq!(filled.subject, "Hi <Ada>");
        assert_eq!(filled.html, "<a href='https://a.test/'>&lt;Ada&gt;</a>");
        assert_eq!(filled.from, None);
    }
}
