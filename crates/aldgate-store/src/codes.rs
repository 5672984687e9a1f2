//! Authorization codes: found by hash, spent once (OAU-03).

use aldgate_core::grant::Code;
use aldgate_core::secret::TokenHash;
use aldgate_core::time::Timestamp;

use crate::error::StoreError;
use crate::grants::StoredGrant;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::{params, to_json};

/// The authorization codes of a tenant.
pub struct Codes<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

/// A code as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCode {
    /// The code's facts.
    pub code: Code,
    /// Whether it was redeemed.
    pub spent: bool,
}

impl<'c> Tx<'c> {
    /// Authorization codes.
    pub const fn codes(&mut self) -> Codes<'_, 'c> {
        Codes { tx: self }
    }
}

impl Codes<'_, '_> {
    /// Adds a code.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the hash is taken.
    pub fn create(&mut self, hash: &TokenHash, code: &Code) -> Result<(), StoreError> {
        let document = to_json(code)?;
        let params = params![hash, code.grant_id, document, code.expires_at];
        self.tx.execute(&CREATE, params).map(drop)
    }

    /// Finds a code, spent or not, with its grant.
    pub fn find(
        &mut self,
        hash: &TokenHash,
    ) -> Result<Option<(StoredCode, StoredGrant)>, StoreError> {
        self.tx.one(&FIND, params![hash], |row| {
            let code = StoredCode {
                code: row.json(0)?,
                spent: row.opt_at(1)?.is_some(),
            };
            Ok((code, StoredGrant::read(row, 2)?))
        })
    }

    /// Spends a code; `false` when somebody else was first.
    pub fn take(&mut self, hash: &TokenHash, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.tx.execute(&TAKE, params![hash, now])? == 1)
    }
}

sql! {
    const CREATE = "INSERT INTO codes (tenant_id, hash, grant_id, document, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    const FIND = "SELECT code.document, code.used_at,
            grants.document, grants.revoked_at
        FROM codes code
        JOIN grants ON grants.tenant_id = ?1 AND grants.id = code.grant_id
        WHERE code.tenant_id = ?1 AND code.hash = ?2";
    const TAKE = "UPDATE codes SET used_at = ?3
        WHERE tenant_id = ?1 AND hash = ?2 AND used_at IS NULL";
}
