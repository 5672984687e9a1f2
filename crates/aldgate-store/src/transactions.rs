//! Running authorizations, found by the hash of their handle.

use aldgate_core::secret::TokenHash;
use aldgate_core::time::Timestamp;
use aldgate_core::transaction::Transaction;

use crate::error::StoreError;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::{params, to_json};

/// The running authorizations of a tenant.
pub struct Transactions<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

impl<'c> Tx<'c> {
    /// Running authorizations.
    pub const fn transactions(&mut self) -> Transactions<'_, 'c> {
        Transactions { tx: self }
    }
}

impl Transactions<'_, '_> {
    /// Begins a transaction.
    pub fn begin(&mut self, hash: &TokenHash, transaction: &Transaction) -> Result<(), StoreError> {
        let document = to_json(transaction)?;
        let params = params![hash, document, transaction.expires_at];
        self.tx.execute(&BEGIN, params).map(drop)
    }

    /// Finds a transaction that still runs at `now`.
    pub fn running(
        &mut self,
        hash: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<Transaction>, StoreError> {
        self.tx.one(&RUNNING, params![hash, now], |row| row.json(0))
    }

    /// Notes how far the user has come; `false` when the transaction has ended meanwhile.
    pub fn update(
        &mut self,
        hash: &TokenHash,
        transaction: &Transaction,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let document = to_json(transaction)?;
        Ok(self.tx.execute(&UPDATE, params![hash, now, document])? == 1)
    }

    /// Ends a transaction; `true` for the one caller who did it. Whoever gets `true` may answer.
    pub fn finish(&mut self, hash: &TokenHash, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.tx.execute(&FINISH, params![hash, now])? == 1)
    }
}

sql! {
    const BEGIN = "INSERT INTO transactions (tenant_id, hash, document, expires_at)
        VALUES (?1, ?2, ?3, ?4)";
    const RUNNING = "SELECT document
        FROM transactions
        WHERE tenant_id = ?1 AND hash = ?2 AND expires_at > ?3";
    const UPDATE = "UPDATE transactions SET document = ?4
        WHERE tenant_id = ?1 AND hash = ?2 AND expires_at > ?3";
    const FINISH = "DELETE FROM transactions
        WHERE tenant_id = ?1 AND hash = ?2 AND expires_at > ?3";
}
