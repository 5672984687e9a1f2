//! What an index can narrow: the conditions that every match must have.

use super::{Query, Test};
use crate::search::time;
use crate::time::Timestamp;
use crate::user::login_key;

/// A span of times: from, and until before.
pub type Span = (Timestamp, Timestamp);

/// What every match of a query has, as far as an index can use it. Each member that is there holds
/// for all matches; none says that whatever has it is a match.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Narrowed {
    /// `user_id`.
    pub user_id: Option<String>,
    /// `email`, as [`login_key`].
    pub email: Option<String>,
    /// The beginning of `email`, as [`login_key`].
    pub email_prefix: Option<String>,
    /// The beginning of `name`, as [`login_key`].
    pub name_prefix: Option<String>,
    /// `identities.connection`.
    pub connection: Option<String>,
    /// `blocked`.
    pub blocked: Option<bool>,
    /// `created_at`, or `date` of the tenant log.
    pub created: Option<Span>,
    /// `updated_at`.
    pub updated: Option<Span>,
    /// `last_login`.
    pub last_login: Option<Span>,
    /// `client_id` of the tenant log.
    pub client_id: Option<String>,
    /// `type` of the tenant log.
    pub kind: Option<String>,
    /// `support_code` of the tenant log.
    pub support_code: Option<String>,
}

impl Query {
    /// Reads off what every match has.
    #[must_use]
    pub fn narrow(&self) -> Narrowed {
        let mut narrowed = Narrowed::default();
        self.note(&mut narrowed);
        narrowed
    }

    fn note(&self, narrowed: &mut Narrowed) {
        match self {
            Self::And(all) => all.iter().for_each(|one| one.note(narrowed)),
            Self::Term(field, test) => narrowed.add(&field.path, test),
            // One alternative says nothing about the others.
            Self::All | Self::Not(_) | Self::Or(_) => {}
        }
    }
}

impl Narrowed {
    fn add(&mut self, path: &str, test: &Test) {
        let exact = match test {
            Test::Word(text) | Test::Phrase(text) => Some(text.clone()),
            _ => None,
        };
        let span = || match test {
            Test::Word(text) | Test::Phrase(text) => time::period(text),
            Test::Range(range) => range.span(),
            _ => None,
        };
        let prefix = || match test {
            Test::Wildcard(pattern) => Some(pattern.prefix()).filter(|text| !text.is_empty()),
            _ => None,
        };
        match path {
            "user_id" => self.user_id = self.user_id.take().or(exact),
            "client_id" => self.client_id = self.client_id.take().or(exact),
            "type" => self.kind = self.kind.take().or(exact),
            "support_code" => self.support_code = self.support_code.take().or(exact),
            "identities.connection" => self.connection = self.connection.take().or(exact),
            "blocked" => {
                let flag = exact.map(|text| text == "true");
                self.blocked = self.blocked.take().or(flag);
            }
            "email" => {
                let key = exact.map(|text| login_key(&text));
                self.email = self.email.take().or(key);
                self.email_prefix = self.email_prefix.take().or_else(prefix);
            }
            "name" => {
                // A word may stand anywhere in a name; a phrase is all of it.
                let whole = match test {
                    Test::Phrase(text) => Some(login_key(text)).filter(|key| !key.is_empty()),
                    _ => None,
                };
                let found = whole.or_else(prefix);
                self.name_prefix = self.name_prefix.take().or(found);
            }
            "created_at" | "date" => self.created = within(self.created, span()),
            "updated_at" => self.updated = within(self.updated, span()),
            "last_login" => self.last_login = within(self.last_login, span()),
            _ => {}
        }
    }
}

/// What lies in both spans.
fn within(known: Option<Span>, more: Option<Span>) -> Option<Span> {
    match (known, more) {
        (Some(a), Some(b)) => Some((a.0.max(b.0), a.1.min(b.1))),
        (one, other) => one.or(other),
    }
}
