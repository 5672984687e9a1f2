//! A running authorization: what the application asked for, until the user is back.

use serde::{Deserialize, Serialize};

use crate::action::Progress;
use crate::authorize::Request;
use crate::id::{ConnectionId, SessionId};
use crate::passwordless::Recipient;
use crate::scope::Scopes;
use crate::secret::TokenHash;
use crate::time::{Seconds, Timestamp};

/// How long a user may take to log in.
pub const LIFETIME: Seconds = Seconds::hours(1);

/// A running authorization. Its handle is in the address of every page of it and worthless without
/// the cookie of the browser that began it (SES-01). It keeps the request as sent: every return
/// runs every check again (SES-04, OAU-12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// What was asked for.
    pub request: Request,
    /// Hash of the cookie of the browser that began it.
    pub browser: TokenHash,
    /// When it began.
    pub began_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The session in which the user proved who she is within this transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logged_in: Option<SessionId>,
    /// Where the code that the user has to type was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeSent>,
    /// What the user agreed to within this transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consented: Option<Scopes>,
    /// How far the actions of the login came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Progress>,
}

/// A code on its way to somebody who wants to log in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeSent {
    /// The passwordless connection.
    pub connection: ConnectionId,
    /// Where it was sent.
    pub recipient: Recipient,
}

impl Transaction {
    /// Begins an authorization.
    #[must_use]
    pub fn begin(request: Request, browser: TokenHash, now: Timestamp) -> Self {
        Self {
            request,
            browser,
            began_at: now,
            expires_at: now + LIFETIME,
            logged_in: None,
            code: None,
            consented: None,
            actions: None,
        }
    }

    /// Whether it still runs at `now`, and in the browser with this cookie.
    #[must_use]
    pub fn is_open_to(&self, browser: Option<TokenHash>, now: Timestamp) -> bool {
        now < self.expires_at && browser.is_some_and(|browser| browser == self.browser)
    }

    /// Whether the login of this session happened within this transaction.
    #[must_use]
    pub fn is_fresh(&self, session: &SessionId) -> bool {
        self.logged_in.as_ref() == Some(session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ses_01_a_handle_is_worthless_in_another_browser_and_after_an_hour() {
        let now = Timestamp::from_seconds(100);
        let mine = TokenHash::of("mine");
        let transaction = Transaction::begin(Request::default(), mine, now);
        assert!(transaction.is_open_to(Some(mine), now));
        assert!(!transaction.is_open_to(Some(TokenHash::of("other")), now));
        assert!(!transaction.is_open_to(None, now));
        assert!(!transaction.is_open_to(Some(mine), now + LIFETIME));
        let json = serde_json::to_string(&transaction).unwrap();
        assert_eq!(
            serde_json::from_str::<Transaction>(&json).unwrap(),
            transaction
        );
    }
}
