//! Passwords: the form in which they are compared, and what may become one (ACC-08).
//!
//! A typed password becomes a [`Password`]: Unicode NFC, so that `é` typed on two keyboards is one
//! password, and at most 512 bytes, so that hashing cannot be made expensive (REL-03). Nothing is
//! trimmed, folded or cut. A [`NewPassword`] has besides been accepted by a [`PasswordPolicy`].

mod guess;
mod policy;
mod refused;

pub use policy::{PasswordPolicy, PersonalWords};
pub use refused::RefusedPassword;

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroize as _;

use crate::secret::Secret;

/// The longest password, in bytes of UTF-8.
pub const BYTES_MAX: usize = 512;

/// A password as it is hashed and compared: NFC, not empty, at most [`BYTES_MAX`] bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Password(Secret<String>);

/// A password that a policy accepted; only such are stored.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPassword(Password);

/// Why a text cannot be anybody's password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Nothing was typed.
    #[error("the password is empty")]
    Empty,
    /// Longer than [`BYTES_MAX`].
    #[error("a password has at most {BYTES_MAX} bytes")]
    TooLong,
}

impl Password {
    /// Takes a typed password.
    ///
    /// # Errors
    /// [`PasswordError`] when it is empty or too long, before or after normalisation.
    pub fn parse(typed: &str) -> Result<Self, PasswordError> {
        if typed.is_empty() {
            return Err(PasswordError::Empty);
        }
        if typed.len() > BYTES_MAX {
            return Err(PasswordError::TooLong);
        }
        // Reserved at once, so that growing leaves no copy behind: NFC is at most 3 times as long.
        let mut text = String::with_capacity(typed.len() * 3);
        text.extend(typed.nfc());
        if text.len() > BYTES_MAX {
            text.zeroize();
            return Err(PasswordError::TooLong);
        }
        Ok(Self(Secret::new(text)))
    }

    /// The text to hash.
    #[must_use]
    pub const fn secret(&self) -> &Secret<String> {
        &self.0
    }

    fn text(&self) -> &str {
        self.0.expose()
    }
}

impl NewPassword {
    /// The password that was accepted.
    #[must_use]
    pub const fn password(&self) -> &Password {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acc_08_composed_and_decomposed_text_is_one_password() {
        let composed = Password::parse("caf\u{e9} au lait").unwrap();
        assert_eq!(Password::parse("cafe\u{301} au lait").unwrap(), composed);
        assert_ne!(Password::parse("cafe au lait").unwrap(), composed);
    }

    #[test]
    fn acc_08_nothing_is_trimmed_or_folded() {
        let plain = Password::parse("sesame").unwrap();
        for other in [" sesame", "sesame ", "Sesame", "ｓesame"] {
            assert_ne!(Password::parse(other).unwrap(), plain, "{other:?}");
        }
    }

    #[test]
    fn acc_08_the_length_ends_at_512_bytes() {
        assert!(Password::parse(&"x".repeat(512)).is_ok());
        assert_eq!(
            Password::parse(&"x".repeat(513)),
            Err(PasswordError::TooLong)
        );
        // U+0958 becomes two characters in NFC: 171 of them have 513 bytes, 170 grow to 1020.
        assert_eq!(
            Password::parse(&"\u{958}".repeat(170)),
            Err(PasswordError::TooLong)
        );
        assert_eq!(Password::parse(""), Err(PasswordError::Empty));
    }
}
