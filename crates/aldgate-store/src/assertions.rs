//! Ids of client assertions that were used: each counts once, on every node (OAU-06).

use aldgate_core::id::ClientId;
use aldgate_core::secret::TokenHash;
use aldgate_core::time::Timestamp;

use crate::error::StoreError;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::params;

/// The used client assertions of a tenant.
pub struct Assertions<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

impl<'c> Tx<'c> {
    /// Used client assertions.
    pub const fn assertions(&mut self) -> Assertions<'_, 'c> {
        Assertions { tx: self }
    }
}

impl Assertions<'_, '_> {
    /// Remembers an assertion until it expires; `false` when it was used before.
    pub fn take(
        &mut self,
        client: &ClientId,
        jti: &TokenHash,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.tx.execute(&TAKE, params![client, jti, expires_at])? == 1)
    }
}

sql! {
    const TAKE = "INSERT INTO assertions (tenant_id, client_id, jti_hash, expires_at)
        VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (tenant_id, client_id, jti_hash) DO NOTHING";
}
