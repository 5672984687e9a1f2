//! Sign-up: which fields a person may set about herself, what they must look like, and the user
//! that comes of them.
//!
//! Every way to make a user ends in [`Draft::into_user`]: the public form and endpoint, the command
//! line, configuration as code and the Management API. So a check made here holds everywhere
//! (ADM-03).

pub(crate) mod fields;

pub use fields::{EMAIL_BYTES_MAX, email, username};

use serde_json::{Map, Value};

use crate::connection::Connection;
use crate::connection::attributes::{AtSignUp, Attribute, Name};
use crate::error::Refusal;
use crate::id::UserId;
use crate::random::{self, Entropy};
use crate::time::Timestamp;
use crate::user::{Identity, Profile, User};

/// A user to be made. A public sign-up can fill only what [`Draft::public`] reads.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    /// The id at the connection; a fresh one when absent.
    pub subject: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether it is known to be hers. Never from a public sign-up.
    pub email_verified: bool,
    /// Login name.
    pub username: Option<String>,
    /// E.164.
    pub phone_number: Option<String>,
    /// Whether it is known to be hers. Never from a public sign-up.
    pub phone_verified: bool,
    /// Profile members.
    pub profile: Profile,
    /// What she may change herself.
    pub user_metadata: Map<String, Value>,
    /// What only administrators may change. Never from a public sign-up.
    pub app_metadata: Map<String, Value>,
    /// Refused everywhere. Never from a public sign-up.
    pub blocked: bool,
    /// She signs up herself: the connection may ask her for more, and take less, than it asks of
    /// administrators.
    pub by_herself: bool,
}

/// Which field of a draft is refused, and the story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedField {
    /// The field, in Auth0's name.
    pub field: &'static str,
    /// The story.
    pub refusal: Box<Refusal>,
}

impl RefusedField {
    pub(crate) fn new(field: &'static str, refusal: Refusal) -> Self {
        Self {
            field,
            refusal: Box::new(refusal),
        }
    }
}

impl Draft {
    /// Reads what a public sign-up may set (Auth0: `/dbconnections/signup`). Everything else in
    /// `body` is ignored, above all `email_verified`, `app_metadata`, `blocked` and `user_id`.
    ///
    /// # Errors
    /// The first field with a wrong type or value.
    pub fn public(body: &Map<String, Value>) -> Result<Self, RefusedField> {
        let profile = Profile {
            name: fields::text(body, "name", 300)?,
            given_name: fields::text(body, "given_name", 150)?,
            family_name: fields::text(body, "family_name", 150)?,
            nickname: fields::text(body, "nickname", 300)?,
            picture: fields::picture(body)?,
            ..Profile::default()
        };
        Ok(Self {
            email: fields::text(body, "email", EMAIL_BYTES_MAX)?,
            username: fields::text(body, "username", 128)?,
            phone_number: fields::phone(body)?,
            profile,
            user_metadata: fields::user_metadata(body)?,
            by_herself: true,
            ..Self::default()
        })
    }

    /// Checks the whole draft against the connection and makes the user.
    ///
    /// # Errors
    /// The first field that is missing or not allowed.
    pub fn into_user(
        self,
        connection: &Connection,
        picture_base: &str,
        now: Timestamp,
        rng: &mut dyn Entropy,
    ) -> Result<User, RefusedField> {
        let email = self.email.as_deref().map(email).transpose()?;
        let username = self
            .username
            .as_deref()
            .map(|name| username(name, connection))
            .transpose()?;
        if connection.is_database() {
            let given = [&email, &username, &self.phone_number].map(Option::is_some);
            require(connection, given, self.by_herself)?;
        }
        let subject = match self.subject {
            Some(subject) => fields::subject(&subject)?,
            None => random::hex(rng, 24),
        };
        let id = UserId::parse(&format!("{}|{subject}", connection.strategy))
            .map_err(|e| RefusedField::new("user_id", unreadable("user_id", e.to_string())))?;
        let names = [&email, &username, &self.phone_number];
        let shown = names.into_iter().flatten().next().cloned();
        Ok(User {
            profile: with_defaults(self.profile, shown.as_deref(), picture_base),
            identities: vec![Identity {
                connection: connection.name.clone(),
                connection_id: connection.id.clone(),
                provider: connection.strategy.clone(),
                user_id: id.subject().to_owned(),
                is_social: false,
                profile_data: None,
            }],
            id,
            email_verified: self.email_verified && email.is_some(),
            proved_elsewhere: false,
            email,
            username,
            phone_verified: self.phone_verified && self.phone_number.is_some(),
            phone_number: self.phone_number,
            user_metadata: self.user_metadata,
            app_metadata: self.app_metadata,
            blocked: self.blocked,
            created_at: now,
            updated_at: now,
            last_login: None,
            last_ip: None,
            logins_count: 0,
            last_password_reset: None,
        })
    }
}

/// The names that a database user must have, and may: `given` is in the order of [`Name::ALL`].
fn require(
    connection: &Connection,
    given: [bool; 3],
    by_herself: bool,
) -> Result<(), RefusedField> {
    let missing = |name: Name| {
        Err(RefusedField::new(
            name.as_str(),
            fields::missing(name.as_str()),
        ))
    };
    let mut identified = false;
    for (name, given) in Name::ALL.into_iter().zip(given) {
        let attribute = connection.attribute(name);
        let at_sign_up = by_herself.then_some(attribute.at_sign_up);
        let required = attribute.required || at_sign_up == Some(AtSignUp::Required);
        if required && !given {
            return missing(name);
        }
        let unwanted = match at_sign_up {
            Some(asked) => asked == AtSignUp::Inactive,
            None => attribute == Attribute::NEVER,
        };
        if unwanted && given {
            return Err(RefusedField::new(name.as_str(), not_taken(name)));
        }
        identified |= given && attribute.identifies;
    }
    let mut names = Name::ALL.into_iter();
    match names.find(|name| connection.attribute(*name).identifies) {
        Some(name) if !identified => missing(name),
        _ => Ok(()),
    }
}

fn not_taken(name: Name) -> Refusal {
    let name = name.as_str();
    let code = match name {
        "username" => "username_not_allowed",
        _ => "attribute_not_allowed",
    };
    Refusal::new(code, format!("The connection takes no {name} here."))
        .expected(format!("no {name}"))
        .remedy(format!(
            "Leave {name} out, or switch it on: the connection's options requires_username, or \
             attributes.{name}."
        ))
}

/// Fills what she did not say (as Auth0 does): the name is the address, the nickname its local
/// part, the picture her initials, drawn by this server.
fn with_defaults(mut profile: Profile, shown: Option<&str>, picture_base: &str) -> Profile {
    let Some(shown) = shown else { return profile };
    let local = shown.split('@').next().unwrap_or(shown);
    profile.name.get_or_insert_with(|| shown.to_owned());
    profile.nickname.get_or_insert_with(|| local.to_owned());
    profile
        .picture
        .get_or_insert_with(|| format!("{picture_base}{}.svg", initials(local)));
    profile
}

/// The first two letters or digits of `text` in lower ASCII case; `user` when it has none.
fn initials(text: &str) -> String {
    let letters = text.chars().filter(char::is_ascii_alphanumeric).take(2);
    let initials: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    if initials.is_empty() {
        "user".into()
    } else {
        initials
    }
}

fn unreadable(field: &str, actual: String) -> Refusal {
    Refusal::new(
        "field_malformed",
        format!("{field} has a wrong form: {actual}"),
    )
}

#[cfg(test)]
mod tests;
