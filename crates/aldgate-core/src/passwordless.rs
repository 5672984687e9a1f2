//! Passwordless login: a code or a link proves an e-mail address or a phone number.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::connection::Connection;
use crate::error::Refusal;
use crate::id::ClientId;
use crate::random::{self, Entropy};
use crate::secret::{Secret, TokenHash};
use crate::signup::{Draft, RefusedField, email, fields};
use crate::time::Seconds;
use crate::user::login_key;

/// By what way a code reaches a person: the strategy of its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// Mail; Auth0's strategy `email`.
    Email,
    /// Text message; Auth0's strategy `sms`.
    Sms,
}

/// Whom a code is for: an address or a number of the right form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// The way.
    pub channel: Channel,
    /// E-mail address as typed, or E.164 number.
    pub text: String,
}

/// What a connection says about its codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeRules {
    /// Digits of a code (Auth0: `options.totp.length`).
    pub length: usize,
    /// How long a code works (Auth0: `options.totp.time_step`).
    pub lifetime: Seconds,
    /// Whether somebody who is not known yet becomes a user (Auth0: `disable_signup`).
    pub allows_signup: bool,
}

/// So many wrong codes, and the right one works no more either (Auth0: 3).
pub const TRIES_MAX: u32 = 3;

/// How long a mailed link works; never longer than a code may (ACC-05).
pub const LINK_LIFETIME: Seconds = Seconds::minutes(10);

/// Auth0's 3 minutes.
const LIFETIME: Seconds = Seconds(180);
const LIFETIME_MIN: u64 = 60;
const LENGTH_MIN: u64 = 6;
const LENGTH_MAX: u64 = 12;

/// What a code is bound to: the same code proves nothing anywhere else (ACC-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding<'a> {
    /// The application that asked through `/passwordless/start`.
    Application(&'a ClientId),
    /// The running authorization whose page asked, by the hash of its handle.
    Transaction(&'a TokenHash),
}

impl Channel {
    /// The way of a connection; `None` when it is not passwordless.
    #[must_use]
    pub fn of(connection: &Connection) -> Option<Self> {
        match connection.strategy.as_str() {
            "email" => Some(Self::Email),
            "sms" => Some(Self::Sms),
            _ => None,
        }
    }

    /// The strategy's name, which is also the name of the method in a session.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }

    /// What the recipient is called in Auth0's messages.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "phone number",
        }
    }

    /// The parameter of `/passwordless/start` that holds the recipient.
    #[must_use]
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "phone_number",
        }
    }
}

impl Recipient {
    /// Reads what somebody typed. Spaces and the usual marks between the digits of a number are
    /// dropped.
    ///
    /// # Errors
    /// Says what is expected.
    pub fn parse(channel: Channel, typed: &str) -> Result<Self, RefusedField> {
        let text = match channel {
            Channel::Email => email(typed)?,
            Channel::Sms => {
                let digits: String = typed.chars().filter(|c| !" -.()/".contains(*c)).collect();
                let body = Map::from_iter([("phone_number".to_owned(), Value::String(digits))]);
                let missing = || {
                    let cause = "The phone number is missing.";
                    let refusal = Refusal::new("field_missing", cause);
                    let refusal = refusal.expected("+ and 7 to 15 digits");
                    RefusedField::new("phone_number", refusal)
                };
                fields::phone(&body)?.ok_or_else(missing)?
            }
        };
        Ok(Self { channel, text })
    }

    /// The form that is compared.
    #[must_use]
    pub fn key(&self) -> String {
        login_key(&self.text)
    }

    /// The user that somebody becomes who proved this recipient and is not known yet.
    #[must_use]
    pub fn draft(&self) -> Draft {
        let text = Some(self.text.clone());
        match self.channel {
            Channel::Email => Draft {
                email: text,
                email_verified: true,
                ..Draft::default()
            },
            Channel::Sms => Draft {
                phone_number: text,
                phone_verified: true,
                ..Draft::default()
            },
        }
    }
}

impl CodeRules {
    /// Reads the options of a connection. A code never has fewer than 6 digits or more than 10
    /// minutes (ACC-05).
    #[must_use]
    pub fn of(connection: &Connection) -> Self {
        let totp = connection.options.get("totp");
        let number = |name: &str| totp.and_then(|totp| totp.get(name)).and_then(Value::as_u64);
        let length = number("length").map_or(LENGTH_MIN, |n| n.clamp(LENGTH_MIN, LENGTH_MAX));
        let lifetime = number("time_step").map_or(LIFETIME, |seconds| {
            Seconds(seconds.clamp(LIFETIME_MIN, LINK_LIFETIME.0))
        });
        Self {
            length: usize::try_from(length).unwrap_or(6),
            lifetime,
            allows_signup: !connection.disables_signup(),
        }
    }

    /// Draws a code.
    pub fn generate(&self, rng: &mut dyn Entropy) -> Secret<String> {
        Secret::new(random::digits(rng, self.length))
    }

    /// The code in what somebody typed: spaces and dashes are dropped.
    #[must_use]
    pub fn typed(text: &str) -> String {
        let kept = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        kept.take(100).collect()
    }
}

impl Binding<'_> {
    /// The form in the database.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Application(id) => format!("application {id}"),
            Self::Transaction(hash) => {
                let hex = |text: String, byte: &u8| format!("{text}{byte:02x}");
                let hash = hash.as_bytes().iter().fold(String::new(), hex);
                format!("transaction {hash}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::random::tests::Counting;

    fn rules(options: Value) -> CodeRules {
        let connection = json!({
            "id": "con_1", "name": "email", "strategy": "email", "options": options,
        });
        CodeRules::of(&serde_json::from_value(connection).unwrap())
    }

    #[test]
    fn acc_05_a_code_has_six_digits_and_ten_minutes_at_the_least_and_most() {
        let usual = rules(json!({}));
        assert_eq!((usual.length, usual.lifetime), (6, Seconds(180)));
        assert!(usual.allows_signup);
        let weak = rules(json!({"totp": {"length": 3, "time_step": 86_400}}));
        assert_eq!((weak.length, weak.lifetime), (6, Seconds(600)));
        let hasty = rules(json!({"totp": {"length": 8, "time_step": 1}, "disable_signup": true}));
        assert_eq!((hasty.length, hasty.lifetime), (8, Seconds(60)));
        assert!(!hasty.allows_signup);
        let code = hasty.generate(&mut Counting(3));
        assert_eq!(code.expose().len(), 8);
    }

    #[test]
    fn recipients_are_read_strictly_and_typed_comfortably() {
        let number = Recipient::parse(Channel::Sms, "+49 (151) 123-456.78").unwrap();
        assert_eq!(number.text, "+4915112345678");
        for bad in ["", "0151 123", "+12", "ada@example.com"] {
            assert!(Recipient::parse(Channel::Sms, bad).is_err(), "{bad:?}");
        }
        let address = Recipient::parse(Channel::Email, " Ada@Example.com ").unwrap();
        assert_eq!(
            (address.text.as_str(), address.key().as_str()),
            ("Ada@Example.com", "ada@example.com")
        );
        assert!(address.draft().email_verified && number.draft().phone_verified);
        assert!(Recipient::parse(Channel::Email, "ada").is_err());
        assert_eq!(CodeRules::typed(" 123-456 "), "123456");
    }
}
