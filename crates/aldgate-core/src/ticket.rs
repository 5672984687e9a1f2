//! Tickets: one-time links sent by mail (ACC-05).
//!
//! A ticket has one purpose, one user and one address, works once and until a moment. A newer one
//! of the same purpose replaces it; a change of the password or address voids it. Showing its page
//! does not use it up, because mail scanners follow links.

use serde::{Deserialize, Serialize};

use crate::error::Refusal;
use crate::id::{ClientId, UserId};
use crate::time::{Seconds, Timestamp};
use crate::user::{User, login_key};

/// What a ticket is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketPurpose {
    /// Set a new password.
    ResetPassword,
    /// Prove that the address is hers.
    VerifyEmail,
    /// Lift the block after too many failed logins.
    Unblock,
    /// Take back a change of the address; sent to the old one (ACC-06).
    UndoEmail,
}

/// A ticket as stored, under the hash of the mailed value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// What it is good for.
    pub purpose: TicketPurpose,
    /// For whom.
    pub user_id: UserId,
    /// The address it was mailed to, which using it proves.
    pub email: String,
    /// The application the person came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// Where to go afterwards, from the Management API (`result_url`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_url: Option<String>,
    /// Whether using it proves the address: not if an administrator hands the link out herself.
    #[serde(default = "mailed", skip_serializing_if = "Clone::clone")]
    pub proves_email: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is useless.
    pub expires_at: Timestamp,
}

const fn mailed() -> bool {
    true
}

impl TicketPurpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [
        Self::ResetPassword,
        Self::VerifyEmail,
        Self::Unblock,
        Self::UndoEmail,
    ];

    /// The name in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset_password",
            Self::VerifyEmail => "verify_email",
            Self::Unblock => "unblock",
            Self::UndoEmail => "undo_email",
        }
    }

    /// How long a ticket works unless an administrator says otherwise. A reset ends within the hour
    /// (ACC-05); Auth0's five days are too long for a link that takes over an account.
    #[must_use]
    pub const fn lifetime(self) -> Seconds {
        match self {
            Self::ResetPassword => Seconds::hours(1),
            Self::VerifyEmail | Self::Unblock => Seconds::days(1),
            Self::UndoEmail => Seconds::days(7),
        }
    }

    /// The path of the page that the link opens (Auth0: `/u/reset-verify`).
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::ResetPassword => "u/reset-verify",
            Self::VerifyEmail => "u/email-verification",
            Self::Unblock => "u/unblock",
            Self::UndoEmail => "u/undo-email-change",
        }
    }
}

impl Ticket {
    /// A ticket for the user's present address; `None` if she has none.
    #[must_use]
    pub fn for_user(purpose: TicketPurpose, user: &User, now: Timestamp) -> Option<Self> {
        Some(Self {
            purpose,
            user_id: user.id.clone(),
            email: user.email.clone()?,
            client_id: None,
            result_url: None,
            proves_email: true,
            created_at: now,
            expires_at: now + purpose.lifetime(),
        })
    }

    /// Whether the ticket may act on `user` as she is now. That it was not used before and has not
    /// expired is the store's conditional update.
    ///
    /// # Errors
    /// The refusal, for the tenant log: the page only says that the link is not valid any more.
    pub fn check(&self, user: &User) -> Result<(), Box<Refusal>> {
        if user.blocked {
            let refusal = Refusal::new("ticket_user_blocked", "The user is blocked.");
            return Err(refusal
                .remedy("Unblock the user, then ask for a new link.")
                .into());
        }
        if self.purpose == TicketPurpose::UndoEmail {
            return Ok(());
        }
        let present = user.email.as_deref().unwrap_or_default();
        if login_key(present) != login_key(&self.email) {
            let cause = "The user's address changed after the link was mailed.";
            return Err(Refusal::new("ticket_email_changed", cause)
                .remedy("Ask for a new link.")
                .into());
        }
        Ok(())
    }

    /// The story of a ticket that the store did not give out: unknown, used, replaced, expired or
    /// of another purpose, which cannot be told apart.
    #[must_use]
    pub fn not_usable(purpose: TicketPurpose) -> Refusal {
        Refusal::new(
            "ticket_not_usable",
            "The link was used, replaced by a newer one, voided by a change of the account, or is \
             too old.",
        )
        .expected(format!(
            "an unused ticket for {}, at most {} old",
            purpose.as_str(),
            purpose.lifetime()
        ))
        .remedy("Ask for a new link.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(json: &str) -> User {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn acc_05_a_ticket_is_bound_to_the_address_it_was_mailed_to() {
        let ann = user(r#"{"user_id":"auth0|1","email":"Ann@example.com"}"#);
        let now = Timestamp::from_seconds(100);
        for purpose in TicketPurpose::ALL {
            let ticket = Ticket::for_user(purpose, &ann, now).unwrap();
            assert_eq!(ticket.expires_at, now + purpose.lifetime());
            assert_eq!(ticket.check(&ann), Ok(()));
            let moved = user(r#"{"user_id":"auth0|1","email":"a@example.org"}"#);
            let refused = ticket.check(&moved).map_err(|refusal| refusal.code);
            let undo = purpose == TicketPurpose::UndoEmail;
            assert_eq!(refused.is_ok(), undo, "{purpose:?}");
            let blocked = user(r#"{"user_id":"auth0|1","email":"ann@example.com","blocked":true}"#);
            assert!(ticket.check(&blocked).is_err());
        }
        assert_eq!(TicketPurpose::ResetPassword.lifetime(), Seconds(3600));
        let nameless = user(r#"{"user_id":"auth0|2"}"#);
        assert_eq!(
            Ticket::for_user(TicketPurpose::VerifyEmail, &nameless, now),
            None
        );
    }
}
