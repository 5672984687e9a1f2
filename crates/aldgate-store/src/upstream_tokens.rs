//! What providers gave for accounts, sealed. Kept by account, so that linking and unlinking does
//! not lose it.

use aldgate_core::id::{ConnectionId, UserId};
use aldgate_core::time::Timestamp;

use crate::error::StoreError;
use crate::page::Page;
use crate::row::Row;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::params;

/// The tokens of a tenant's accounts.
pub struct UpstreamTokens<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

/// The tokens of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedTokens {
    /// The connection of the account.
    pub connection_id: ConnectionId,
    /// The account at the connection, as in the user's identities.
    pub subject: String,
    /// The tokens, sealed.
    pub sealed: Vec<u8>,
}

impl<'c> Tx<'c> {
    /// What providers gave for accounts.
    pub const fn upstream_tokens(&mut self) -> UpstreamTokens<'_, 'c> {
        UpstreamTokens { tx: self }
    }
}

impl UpstreamTokens<'_, '_> {
    /// Keeps the tokens of an account in place of those before.
    pub fn keep(&mut self, tokens: &SealedTokens, now: Timestamp) -> Result<(), StoreError> {
        let (connection, subject) = (&tokens.connection_id, &tokens.subject);
        let params = params![connection, subject, tokens.sealed, now];
        self.tx.execute(&KEEP, params).map(drop)
    }

    /// The tokens of every account of a user.
    pub fn of_user(&mut self, user: &UserId) -> Result<Vec<SealedTokens>, StoreError> {
        self.tx.all(&OF_USER, params![user], read)
    }

    /// Lists the tokens of all accounts, for sealing them anew.
    pub fn list(&mut self, page: &Page) -> Result<Vec<SealedTokens>, StoreError> {
        self.tx.all(&LIST, params![page.limit, page.offset], read)
    }

    /// Replaces sealed tokens by the same under another key, unless they changed meanwhile.
    pub fn reseal(&mut self, from: &SealedTokens, to: &[u8]) -> Result<bool, StoreError> {
        let (connection, subject) = (&from.connection_id, &from.subject);
        let params = params![connection, subject, from.sealed, *to];
        Ok(self.tx.execute(&RESEAL, params)? == 1)
    }

    /// Forgets the tokens of every account of a connection.
    pub(crate) fn forget_connection(&mut self, id: &ConnectionId) -> Result<(), StoreError> {
        self.tx.execute(&FORGET_CONNECTION, params![id]).map(drop)
    }

    /// Forgets the tokens of every account of a user. Call it before her accounts go.
    pub(crate) fn forget(&mut self, user: &UserId) -> Result<(), StoreError> {
        self.tx.execute(&FORGET, params![user]).map(drop)
    }
}

fn read(row: &Row<'_>) -> Result<SealedTokens, StoreError> {
    Ok(SealedTokens {
        connection_id: row.parse(0)?,
        subject: row.text(1)?.to_owned(),
        sealed: row.blob(2)?.to_vec(),
    })
}

sql! {
    const KEEP = "INSERT INTO upstream_tokens
            (tenant_id, connection_id, subject, sealed, updated_at)
        VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (tenant_id, connection_id, subject)
        DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at";
    const OF_USER = "SELECT upstream_tokens.connection_id, upstream_tokens.subject,
            upstream_tokens.sealed
        FROM identities
        JOIN upstream_tokens
            ON upstream_tokens.tenant_id = identities.tenant_id
            AND upstream_tokens.connection_id = identities.connection_id
            AND upstream_tokens.subject = identities.subject
        WHERE identities.tenant_id = ?1 AND identities.user_id = ?2";
    const LIST = "SELECT connection_id, subject, sealed
        FROM upstream_tokens
        WHERE tenant_id = ?1
        ORDER BY connection_id, subject
        LIMIT ?2 OFFSET ?3";
    const RESEAL = "UPDATE upstream_tokens SET sealed = ?5
        WHERE tenant_id = ?1 AND connection_id = ?2 AND subject = ?3 AND sealed = ?4";
    const FORGET_CONNECTION = "DELETE FROM upstream_tokens
        WHERE tenant_id = ?1 AND connection_id = ?2";
    const FORGET = "DELETE FROM upstream_tokens
        WHERE tenant_id = ?1 AND (connection_id, subject) IN (
            SELECT connection_id, subject FROM identities
            WHERE tenant_id = ?1 AND user_id = ?2)";
}
