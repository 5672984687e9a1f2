//! Tickets: single-use values with one purpose (ACC-05).

use aldgate_core::id::UserId;
use aldgate_core::secret::TokenHash;
use aldgate_core::ticket::{Ticket, TicketPurpose};
use aldgate_core::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::{params, to_json};

/// The tickets of a tenant.
pub struct Tickets<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

/// A ticket's row: what is known of any ticket besides its own facts.
#[derive(Debug, Clone, Copy)]
pub struct NewTicket<'a, T> {
    /// SHA-256 of the value that is handed out.
    pub hash: &'a TokenHash,
    /// What it is good for; only the same purpose finds it again.
    pub purpose: &'a str,
    /// Whose it is; her tickets die when her access is cut.
    pub user: Option<&'a UserId>,
    /// Its own facts.
    pub document: &'a T,
    /// From when on it is useless.
    pub expires_at: Timestamp,
}

impl<'c> Tx<'c> {
    /// Tickets: single-use values with one purpose.
    pub const fn tickets(&mut self) -> Tickets<'_, 'c> {
        Tickets { tx: self }
    }
}

impl Tickets<'_, '_> {
    /// Stores a mailed ticket; it replaces unused ones of the same purpose for the same user.
    ///
    /// # Errors
    /// As [`crate::Roles::by_id`].
    pub fn issue(&mut self, hash: &TokenHash, ticket: &Ticket) -> Result<(), StoreError> {
        self.void(&ticket.user_id, ticket.purpose, ticket.created_at)?;
        let row = NewTicket {
            hash,
            purpose: ticket.purpose.as_str(),
            user: Some(&ticket.user_id),
            document: ticket,
            expires_at: ticket.expires_at,
        };
        self.put(&row, ticket.created_at)
    }

    /// Looks at an unused mailed ticket without using it up, to show its page.
    ///
    /// # Errors
    /// As [`crate::Roles::by_id`].
    pub fn peek(
        &mut self,
        hash: &TokenHash,
        purpose: TicketPurpose,
        now: Timestamp,
    ) -> Result<Option<Ticket>, StoreError> {
        let purpose = purpose.as_str();
        self.tx
            .one(&PEEK, params![hash, purpose, now], |row| row.json(0))
    }

    /// Uses a mailed ticket up: `None` when it is unknown, used, void, expired or of another
    /// purpose.
    ///
    /// # Errors
    /// As [`crate::Roles::by_id`].
    pub fn take(
        &mut self,
        hash: &TokenHash,
        purpose: TicketPurpose,
        now: Timestamp,
    ) -> Result<Option<Ticket>, StoreError> {
        self.take_as(hash, purpose.as_str(), now)
    }

    /// Voids a user's unused tickets of one purpose.
    ///
    /// # Errors
    /// As [`crate::Roles::by_id`].
    pub fn void(
        &mut self,
        user: &UserId,
        purpose: TicketPurpose,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let purpose = purpose.as_str();
        self.tx
            .execute(&VOID, params![user, purpose, now])
            .map(drop)
    }

    /// Stores any ticket.
    ///
    /// # Errors
    /// As [`crate::Roles::by_id`].
    pub fn put<T: Serialize>(
        &mut self,
        ticket: &NewTicket<'_, T>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let document = to_json(ticket.document)?;
        let (purpose, expires) = (ticket.purpose, ticket.expires_at);
        let params = params![ticket.hash, purpose, ticket.user, document, now, expires];
        self.tx.execute(&PUT, params).map(drop)
    }

    /// Looks at any unused ticket and when it ends, without using it up.
    ///
    /// # Errors
    /// As [`crate::Roles::by_id`].
    pub fn look_as<T: DeserializeOwned>(
        &mut self,
        hash: &TokenHash,
        purpose: &str,
        now: Timestamp,
    ) -> Result<Option<(T, Timestamp)>, StoreError> {
        self.tx.one(&LOOK, params![hash, purpose, now], |row| {
            Ok((row.json(0)?, row.at(1)?))
        })
    }

    /// Lets an unused ticket live until `until`; `false` when it has ended already.
    ///
    /// # Errors
    /// As [`crate::Roles::by_id`].
    pub fn prolong(
        &mut self,
        hash: &TokenHash,
        purpose: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let params = params![hash, purpose, now, until];
        Ok(self.tx.execute(&PROLONG, params)? == 1)
    }

    /// Uses any ticket up, as [`Tickets::take`].
    ///
    /// # Errors
    /// As [`crate::Roles::by_id`].
    pub fn take_as<T: DeserializeOwned>(
        &mut self,
        hash: &TokenHash,
        purpose: &str,
        now: Timestamp,
    ) -> Result<Option<T>, StoreError> {
        self.tx
            .one(&TAKE, params![hash, purpose, now], |row| row.json(0))
    }
}

sql! {
    const PUT = "INSERT INTO tickets
            (tenant_id, hash, purpose, user_id, document, created_at, expires_at, used_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL)";
    const PEEK = "SELECT document
        FROM tickets
        WHERE tenant_id = ?1 AND hash = ?2 AND purpose = ?3
            AND used_at IS NULL AND expires_at > ?4";
    const LOOK = "SELECT document, expires_at
        FROM tickets
        WHERE tenant_id = ?1 AND hash = ?2 AND purpose = ?3
            AND used_at IS NULL AND expires_at > ?4";
    const PROLONG = "UPDATE tickets SET expires_at = ?5
        WHERE tenant_id = ?1 AND hash = ?2 AND purpose = ?3
            AND used_at IS NULL AND expires_at > ?4";
    const TAKE = "UPDATE tickets SET used_at = ?4
        WHERE tenant_id = ?1 AND hash = ?2 AND purpose = ?3
            AND used_at IS NULL AND expires_at > ?4
        RETURNING document";
    const VOID = "UPDATE tickets SET used_at = ?4
        WHERE tenant_id = ?1 AND user_id = ?2 AND purpose = ?3 AND used_at IS NULL";
}
