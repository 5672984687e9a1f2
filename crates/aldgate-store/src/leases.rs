//! Leases: housekeeping that one node does at a time.

use aldgate_core::time::Timestamp;

use crate::error::StoreError;
use crate::sql::sql;
use crate::tx::SystemTx;
use crate::value::params;

/// The leases.
pub struct Leases<'t, 'c> {
    system: &'t mut SystemTx<'c>,
}

impl<'c> SystemTx<'c> {
    /// The leases.
    pub const fn leases(&mut self) -> Leases<'_, 'c> {
        Leases { system: self }
    }
}

impl Leases<'_, '_> {
    /// Takes or prolongs a lease until `until`; `false` when another holder has it. A lease says
    /// who should work, not who may write: clocks differ, so what it guards has to stand two
    /// workers.
    pub fn take(
        &mut self,
        name: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self
            .system
            .execute(&TAKE, params![name, holder, now, until])?
            == 1)
    }

    /// Gives a lease back, so that another node need not wait for its end.
    pub fn give_back(&mut self, name: &str, holder: &str) -> Result<(), StoreError> {
        self.system
            .execute(&GIVE_BACK, params![name, holder])
            .map(drop)
    }
}

sql! {
    const TAKE = "INSERT INTO leases (name, holder, expires_at)
        VALUES (?1, ?2, ?4)
        ON CONFLICT (name) DO UPDATE
            SET holder = excluded.holder, expires_at = excluded.expires_at
            WHERE leases.holder = excluded.holder OR leases.expires_at <= ?3";
    const GIVE_BACK = "DELETE FROM leases WHERE name = ?1 AND holder = ?2";
}
