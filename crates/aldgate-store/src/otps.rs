//! Codes of passwordless logins: few tries, one use, the newest alone (ACC-05).

use aldgate_core::id::ConnectionId;
use aldgate_core::passwordless::TRIES_MAX;
use aldgate_core::secret::TokenHash;
use aldgate_core::time::Timestamp;

use crate::error::StoreError;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::params;

/// The passwordless codes of a tenant.
pub struct Otps<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

/// Which code is meant.
#[derive(Debug, Clone)]
pub struct OtpKey {
    /// Its connection.
    pub connection: ConnectionId,
    /// The address or number, in the form that is compared.
    pub name: String,
    /// What it is bound to; see [`aldgate_core::passwordless::Binding`].
    pub binding: String,
}

impl<'c> Tx<'c> {
    /// Codes of passwordless logins.
    pub const fn otps(&mut self) -> Otps<'_, 'c> {
        Otps { tx: self }
    }
}

impl Otps<'_, '_> {
    /// Stores a code; an older one under the same key works no more.
    ///
    /// # Errors
    /// As [`crate::Roles::by_id`].
    pub fn issue(
        &mut self,
        key: &OtpKey,
        hash: &TokenHash,
        (now, expires_at): (Timestamp, Timestamp),
    ) -> Result<(), StoreError> {
        let OtpKey {
            connection,
            name,
            binding,
        } = key;
        let params = params![connection, name, binding, hash, now, expires_at];
        self.tx.execute(&ISSUE, params).map(drop)
    }

    /// Evaluates a typed code and uses it up if it is right; `false` when it is wrong, and when
    /// there is none, it was used, has expired or was guessed at too often. A wrong one counts as a
    /// try. One statement decides.
    ///
    /// # Errors
    /// As [`crate::Roles::by_id`].
    pub fn take(
        &mut self,
        key: &OtpKey,
        hash: &TokenHash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let OtpKey {
            connection,
            name,
            binding,
        } = key;
        let params = params![connection, name, binding, hash, now, TRIES_MAX];
        let used = self.tx.one(&TAKE, params, |row| row.opt_at(0))?;
        Ok(used.flatten().is_some())
    }

    /// Evaluates a typed code as [`Otps::take`] does, but leaves a right one usable.
    ///
    /// # Errors
    /// As [`crate::Roles::by_id`].
    pub fn check(
        &mut self,
        key: &OtpKey,
        hash: &TokenHash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let OtpKey {
            connection,
            name,
            binding,
        } = key;
        let params = params![connection, name, binding, hash, now, TRIES_MAX];
        let right = self.tx.one(&CHECK, params, |row| row.int(0))?;
        Ok(right == Some(1))
    }
}

sql! {
    const ISSUE = "INSERT INTO otps
            (tenant_id, connection_id, name_key, binding, code_hash, tries, created_at, expires_at,
            used_at)
        VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, NULL)
        ON CONFLICT (tenant_id, connection_id, name_key, binding) DO UPDATE
        SET code_hash = excluded.code_hash,
            tries = 0,
            created_at = excluded.created_at,
            expires_at = excluded.expires_at,
            used_at = NULL";
    const TAKE = "UPDATE otps
        SET tries = tries + CASE WHEN code_hash = ?5 THEN 0 ELSE 1 END,
            used_at = CASE WHEN code_hash = ?5 THEN CAST(?6 AS BIGINT) ELSE NULL END
        WHERE tenant_id = ?1 AND connection_id = ?2 AND name_key = ?3 AND binding = ?4
            AND used_at IS NULL AND expires_at > ?6 AND tries < ?7
        RETURNING used_at";
    const CHECK = "UPDATE otps
        SET tries = tries + CASE WHEN code_hash = ?5 THEN 0 ELSE 1 END
        WHERE tenant_id = ?1 AND connection_id = ?2 AND name_key = ?3 AND binding = ?4
            AND used_at IS NULL AND expires_at > ?6 AND tries < ?7
        RETURNING CAST(CASE WHEN code_hash = ?5 THEN 1 ELSE 0 END AS BIGINT)";
}
