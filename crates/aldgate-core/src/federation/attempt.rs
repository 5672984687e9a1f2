//! A browser that is on its way to a provider and back. Single use, ten minutes.

use serde::{Deserialize, Serialize};

use crate::error::Refusal;
use crate::id::{ConnectionId, SessionId, UserId};
use crate::secret::TokenHash;
use crate::time::{Seconds, Timestamp};

/// How long the way to a provider and back may take.
pub const LIFETIME: Seconds = Seconds::minutes(10);

/// A browser on its way. Its name is the first half of `state`, stored as a hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Where it was sent.
    pub connection_id: ConnectionId,
    /// Hash of the cookie of the browser that was sent.
    pub browser: TokenHash,
    /// What it is for.
    pub purpose: Purpose,
    /// `iss` of the provider it was sent to: an answer of another one is a mix-up (RFC 9207).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The `max_age` that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Seconds>,
    /// When it left.
    pub began_at: Timestamp,
    /// When it must be back.
    pub expires_at: Timestamp,
}

/// What an attempt is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Logging in within the running authorization whose handle has this hash.
    LogIn(TokenHash),
    /// Linking the account at the provider to the user who is logged in.
    Link {
        /// The session in which she asked for it.
        session: SessionId,
        /// She herself.
        user: UserId,
    },
}

impl Attempt {
    /// Begins an attempt.
    #[must_use]
    pub fn begin(
        connection_id: ConnectionId,
        browser: TokenHash,
        purpose: Purpose,
        now: Timestamp,
    ) -> Self {
        Self {
            connection_id,
            browser,
            purpose,
            issuer: None,
            max_age: None,
            began_at: now,
            expires_at: now + LIFETIME,
        }
    }

    /// Whether the browser with this cookie is the one that was sent, in time (SES-01).
    ///
    /// # Errors
    /// Says which of both is wrong.
    pub fn check(&self, browser: Option<TokenHash>, now: Timestamp) -> Result<(), Refusal> {
        if browser != Some(self.browser) {
            let cause = "The answer of the provider came from another browser than was sent there.";
            return Err(Refusal::new("federation_browser", cause)
                .expected("the cookie of the browser that began")
                .actual(if browser.is_some() {
                    "another cookie"
                } else {
                    "no cookie"
                })
                .remedy("Begin and end the login in one browser, with cookies allowed."));
        }
        if now < self.expires_at {
            return Ok(());
        }
        Err(Refusal::new(
            "federation_expired",
            "The login at the provider took too long.",
        )
        .expected(format!("an answer before {}", self.expires_at))
        .remedy("Begin the login anew."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fed_02_an_attempt_belongs_to_one_browser_for_ten_minutes() {
        let now = Timestamp::from_seconds(100);
        let mine = TokenHash::of("mine");
        let id = ConnectionId::parse("con_1").unwrap();
        let purpose = Purpose::LogIn(TokenHash::of("handle"));
        let attempt = Attempt::begin(id, mine, purpose, now);
        assert!(attempt.check(Some(mine), now).is_ok());
        let code = |browser, now| attempt.check(browser, now).unwrap_err().code;
        assert_eq!(code(Some(TokenHash::of("x")), now), "federation_browser");
        assert_eq!(code(None, now), "federation_browser");
        assert_eq!(code(Some(mine), now + LIFETIME), "federation_expired");
        let json = serde_json::to_string(&attempt).unwrap();
        assert_eq!(serde_json::from_str::<Attempt>(&json).unwrap(), attempt);
    }
}
