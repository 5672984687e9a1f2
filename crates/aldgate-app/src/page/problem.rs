//! Why a form came back: one closed list, each with its text in every language.

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

/// Why a form came back.
///
/// The texts are `problem.{key}` in the catalogue. None of them tells whether an account exists
/// (ACC-04), except [`Self::UserExists`], which only a sign-up form may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Unknown user or wrong password; which one is not said.
    WrongCredentials,
    /// The account is blocked by an administrator. Only after the right password.
    Blocked,
    /// Too many failures; try again later.
    TooManyAttempts {
        /// How long to wait, rounded up.
        minutes: u32,
    },
    /// The server is busy hashing other people's passwords (REL-03).
    Busy,
    /// The application does not allow sign-ups.
    SignupClosed,
    /// An account with this address exists already.
    UserExists,
    /// The account was not made; whether because the address is taken is not said.
    SignupRefused,
    /// A required field is empty.
    Required,
    /// Not an e-mail address.
    EmailInvalid,
    /// Not a user name that the connection allows.
    UsernameInvalid,
    /// The password is too short.
    PasswordTooShort {
        /// Fewest characters allowed.
        min: u32,
    },
    /// The password is too long.
    PasswordTooLong {
        /// Most characters allowed.
        max: u32,
    },
    /// The password is on the list of common and breached ones, or easily guessed.
    PasswordTooCommon,
    /// The password holds the person's own name or address.
    PasswordContainsUserData,
    /// The password was used before.
    PasswordReused,
    /// The two passwords of a form differ.
    PasswordsDiffer,
    /// Not a phone number in international form.
    PhoneInvalid,
    /// The code is wrong, used or too old; which is not said.
    CodeWrong,
    /// Too many codes were asked for; try again later.
    TooManyCodes {
        /// How long to wait, rounded up.
        minutes: u32,
    },
    /// A name is too long or has signs that cannot be seen.
    NameInvalid,
    /// The address was not changed; whether because another account has it is not said.
    EmailRefused,
    /// The current password is not this one.
    PasswordWrong,
    /// An administrator's account goes only by another administrator.
    Administrator,
    /// The form was too old or came from another browser session; it is filled in again.
    FormExpired,
}

impl Problem {
    /// One of each, for tests and samples.
    pub const ALL: [Self; 24] = [
        Self::WrongCredentials,
        Self::Blocked,
        Self::TooManyAttempts { minutes: 10 },
        Self::Busy,
        Self::SignupClosed,
        Self::UserExists,
        Self::SignupRefused,
        Self::Required,
        Self::EmailInvalid,
        Self::UsernameInvalid,
        Self::PasswordTooShort { min: 12 },
        Self::PasswordTooLong { max: 128 },
        Self::PasswordTooCommon,
        Self::PasswordContainsUserData,
        Self::PasswordReused,
        Self::PasswordsDiffer,
        Self::PhoneInvalid,
        Self::CodeWrong,
        Self::TooManyCodes { minutes: 10 },
        Self::NameInvalid,
        Self::EmailRefused,
        Self::PasswordWrong,
        Self::Administrator,
        Self::FormExpired,
    ];

    /// The key of its text, below `problem.`.
    pub fn key(self) -> &'static str {
        match self {
            Self::WrongCredentials => "wrong_credentials",
            Self::Blocked => "blocked",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::Busy => "busy",
            Self::SignupClosed => "signup_closed",
            Self::UserExists => "user_exists",
            Self::SignupRefused => "signup_refused",
            Self::Required => "required",
            Self::EmailInvalid => "email_invalid",
            Self::UsernameInvalid => "username_invalid",
            Self::PasswordTooShort { .. } => "password_too_short",
            Self::PasswordTooLong { .. } => "password_too_long",
            Self::PasswordTooCommon => "password_too_common",
            Self::PasswordContainsUserData => "password_contains_user_data",
            Self::PasswordReused => "password_reused",
            Self::PasswordsDiffer => "passwords_differ",
            Self::PhoneInvalid => "phone_invalid",
            Self::CodeWrong => "code_wrong",
            Self::TooManyCodes { .. } => "too_many_codes",
            Self::NameInvalid => "name_invalid",
            Self::EmailRefused => "email_refused",
            Self::PasswordWrong => "password_wrong",
            Self::Administrator => "administrator",
            Self::FormExpired => "form_expired",
        }
    }

    /// The number its text speaks of.
    fn number(self) -> Option<u32> {
        match self {
            Self::TooManyAttempts { minutes: number }
            | Self::TooManyCodes { minutes: number }
            | Self::PasswordTooShort { min: number }
            | Self::PasswordTooLong { max: number } => Some(number),
            _ => None,
        }
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut problem = serializer.serialize_struct("Problem", 2)?;
        problem.serialize_field("key", self.key())?;
        problem.serialize_field("number", &self.number())?;
        problem.end()
    }
}
