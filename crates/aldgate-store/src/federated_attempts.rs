//! Browsers on their way to another provider and back, found by hash, taken once (FED-02).

use aldgate_core::federation::attempt::Attempt;
use aldgate_core::secret::TokenHash;

use crate::error::StoreError;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::{params, to_json};

/// The attempts of a tenant.
pub struct FederatedAttempts<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

impl<'c> Tx<'c> {
    /// Browsers on their way to another provider.
    pub const fn federated_attempts(&mut self) -> FederatedAttempts<'_, 'c> {
        FederatedAttempts { tx: self }
    }
}

impl FederatedAttempts<'_, '_> {
    /// Begins an attempt.
    pub fn begin(&mut self, hash: &TokenHash, attempt: &Attempt) -> Result<(), StoreError> {
        let document = to_json(attempt)?;
        let params = params![hash, document, attempt.expires_at];
        self.tx.execute(&BEGIN, params).map(drop)
    }

    /// Takes an attempt out of the store, for the one caller who gets it. It may have expired:
    /// [`Attempt::check`] says so with its reason.
    pub fn take(&mut self, hash: &TokenHash) -> Result<Option<Attempt>, StoreError> {
        self.tx.one(&TAKE, params![hash], |row| row.json(0))
    }
}

sql! {
    const BEGIN = "INSERT INTO federated_attempts (tenant_id, hash, document, expires_at)
        VALUES (?1, ?2, ?3, ?4)";
    const TAKE = "DELETE FROM federated_attempts
        WHERE tenant_id = ?1 AND hash = ?2
        RETURNING document";
}
