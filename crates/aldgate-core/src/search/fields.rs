//! The fields that a list can be searched by.

use crate::body::closest;
use crate::error::Refusal;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name: any case, and single words of it.
    Name,
    /// A text compared in any case.
    Folded,
    /// A text compared exactly.
    Text,
    /// A time.
    Time,
    /// A number.
    Number,
    /// `true` or `false`.
    Flag,
    /// Whatever is there.
    Any,
}

/// The fields of a list.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// Each with what it holds.
    fields: &'static [(&'static str, Kind)],
    /// What fields of any further name begin with.
    open: &'static [&'static str],
    /// Where a text without a field is looked for.
    default: &'static [&'static str],
}

/// A field of a list, as a path in its documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The path.
    pub(crate) path: String,
    /// What it holds.
    pub(crate) kind: Kind,
}

/// The fields of users.
pub const USERS: Schema = Schema {
    fields: &[
        ("user_id", Kind::Text),
        ("email", Kind::Folded),
        ("email.domain", Kind::Folded),
        ("email_verified", Kind::Flag),
        ("username", Kind::Folded),
        ("phone_number", Kind::Text),
        ("phone_verified", Kind::Flag),
        ("name", Kind::Name),
        ("given_name", Kind::Name),
        ("family_name", Kind::Name),
        ("middle_name", Kind::Name),
        ("nickname", Kind::Name),
        ("preferred_username", Kind::Folded),
        ("picture", Kind::Text),
        ("locale", Kind::Text),
        ("blocked", Kind::Flag),
        ("created_at", Kind::Time),
        ("updated_at", Kind::Time),
        ("last_login", Kind::Time),
        ("last_password_reset", Kind::Time),
        ("last_ip", Kind::Text),
        ("logins_count", Kind::Number),
        ("identities.connection", Kind::Text),
        ("identities.provider", Kind::Text),
        ("identities.user_id", Kind::Text),
        ("identities.isSocial", Kind::Flag),
        ("app_metadata", Kind::Any),
        ("user_metadata", Kind::Any),
    ],
    open: &["app_metadata.", "user_metadata.", "identities.profileData."],
    default: &[
        "email",
        "name",
        "given_name",
        "family_name",
        "nickname",
        "username",
        "phone_number",
        "user_id",
    ],
};

/// The fields of the tenant log.
pub const EVENTS: Schema = Schema {
    fields: &[
        ("type", Kind::Text),
        ("log_id", Kind::Text),
        ("_id", Kind::Text),
        ("date", Kind::Time),
        ("user_id", Kind::Text),
        ("user_name", Kind::Folded),
        ("client_id", Kind::Text),
        ("client_name", Kind::Name),
        ("connection", Kind::Text),
        ("connection_id", Kind::Text),
        ("strategy", Kind::Text),
        ("strategy_type", Kind::Text),
        ("ip", Kind::Text),
        ("hostname", Kind::Folded),
        ("user_agent", Kind::Name),
        ("description", Kind::Name),
        ("audience", Kind::Text),
        ("scope", Kind::Name),
        ("isMobile", Kind::Flag),
        ("support_code", Kind::Text),
    ],
    open: &["details."],
    default: &["description", "user_name", "user_id", "client_name", "ip"],
};

impl Schema {
    /// Finds a field.
    ///
    /// # Errors
    /// Names the nearest one.
    pub(super) fn field(&self, path: &str) -> Result<Field, Refusal> {
        let known = self.fields.iter().find(|(name, _)| *name == path);
        let kind = match known {
            Some((_, kind)) => Some(*kind),
            None => {
                let open = self.open.iter();
                let mut open = open.filter(|start| path.len() > start.len());
                open.any(|start| path.starts_with(start))
                    .then_some(Kind::Any)
            }
        };
        if let Some(kind) = kind {
            let path = path.to_owned();
            return Ok(Field { path, kind });
        }
        let names: Vec<&str> = self.fields.iter().map(|(name, _)| *name).collect();
        let refusal = Refusal::new(
            "search_field",
            "The query names a field that is not searched",
        )
        .expected(format!(
            "one of {}, or {}…",
            names.join(", "),
            self.open.join("…, ")
        ))
        .actual(path);
        Err(match closest(path, &names) {
            Some(near) => refusal.remedy(format!("Did you mean {near}?")),
            None => refusal.remedy("Correct the field, or quote the text if it is none."),
        })
    }

    /// Where a text without a field is looked for.
    pub(super) fn default(&self) -> impl Iterator<Item = Field> {
        self.default.iter().filter_map(|path| self.field(path).ok())
    }
}
