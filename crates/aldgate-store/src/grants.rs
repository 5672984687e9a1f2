//! Grants: what one authorization gave one application. Revoking one ends all of its tokens.

use aldgate_core::grant::Grant;
use aldgate_core::id::{ClientId, GrantId, SessionId, UserId};
use aldgate_core::time::Timestamp;

use crate::error::StoreError;
use crate::row::Row;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::{params, to_json};

/// The grants of a tenant.
pub struct Grants<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

/// A grant as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredGrant {
    /// The grant.
    pub grant: Grant,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl StoredGrant {
    /// The grant unless it was revoked.
    #[must_use]
    pub fn live(self) -> Option<Grant> {
        match self.revoked_at {
            None => Some(self.grant),
            Some(_) => None,
        }
    }

    /// Reads `document, revoked_at` from the given column on.
    pub(crate) fn read(row: &Row<'_>, index: usize) -> Result<Self, StoreError> {
        Ok(Self {
            grant: row.json(index)?,
            revoked_at: row.opt_at(index + 1)?,
        })
    }
}

impl<'c> Tx<'c> {
    /// Grants.
    pub const fn grants(&mut self) -> Grants<'_, 'c> {
        Grants { tx: self }
    }
}

impl Grants<'_, '_> {
    /// Adds a grant. It is kept until `expires_at` at least: the end of what hangs on it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the id is taken.
    pub fn create(&mut self, grant: &Grant, expires_at: Timestamp) -> Result<(), StoreError> {
        let document = to_json(grant)?;
        let params = params![
            grant.id,
            grant.client_id,
            grant.user_id,
            grant.session_id,
            document,
            grant.created_at,
            expires_at,
        ];
        self.tx.execute(&CREATE, params).map(drop)
    }

    /// Finds a grant.
    pub fn by_id(&mut self, id: &GrantId) -> Result<Option<StoredGrant>, StoreError> {
        self.tx
            .one(&BY_ID, params![id], |row| StoredGrant::read(row, 0))
    }

    /// Keeps a grant until `expires_at` at least.
    pub fn keep_until(&mut self, id: &GrantId, expires_at: Timestamp) -> Result<(), StoreError> {
        self.tx
            .execute(&KEEP_UNTIL, params![id, expires_at])
            .map(drop)
    }

    /// Revokes a grant; `false` when it is gone or was revoked before.
    pub fn revoke(&mut self, id: &GrantId, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.tx.execute(&REVOKE, params![id, now])? == 1)
    }

    /// Replaces the document of a grant that was not revoked; `false` when there is none.
    pub fn replace(&mut self, grant: &Grant) -> Result<bool, StoreError> {
        let document = to_json(grant)?;
        Ok(self.tx.execute(&REPLACE, params![grant.id, document])? == 1)
    }

    /// Revokes what came from a session; returns how many grants.
    pub fn revoke_of_session(
        &mut self,
        session: &SessionId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.tx.execute(&REVOKE_OF_SESSION, params![session, now])
    }

    /// Revokes everything that a user gave to whichever application; returns how many grants.
    pub fn revoke_of_user(&mut self, user: &UserId, now: Timestamp) -> Result<u64, StoreError> {
        self.tx.execute(&REVOKE_OF_USER, params![user, now])
    }

    /// Revokes everything that a user gave an application; returns how many grants.
    pub fn revoke_between(
        &mut self,
        user: &UserId,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.tx.execute(&REVOKE_BETWEEN, params![user, client, now])
    }
}

sql! {
    const CREATE = "INSERT INTO grants
        (tenant_id, id, client_id, user_id, session_id, document, created_at, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    const BY_ID = "SELECT document, revoked_at FROM grants WHERE tenant_id = ?1 AND id = ?2";
    const KEEP_UNTIL = "UPDATE grants SET expires_at = ?3
        WHERE tenant_id = ?1 AND id = ?2 AND expires_at < ?3";
    const REVOKE = "UPDATE grants SET revoked_at = ?3
        WHERE tenant_id = ?1 AND id = ?2 AND revoked_at IS NULL";
    const REPLACE = "UPDATE grants SET document = ?3
        WHERE tenant_id = ?1 AND id = ?2 AND revoked_at IS NULL";
    const REVOKE_OF_SESSION = "UPDATE grants SET revoked_at = ?3
        WHERE tenant_id = ?1 AND session_id = ?2 AND revoked_at IS NULL";
    const REVOKE_OF_USER = "UPDATE grants SET revoked_at = ?3
        WHERE tenant_id = ?1 AND user_id = ?2 AND revoked_at IS NULL";
    const REVOKE_BETWEEN = "UPDATE grants SET revoked_at = ?4
        WHERE tenant_id = ?1 AND user_id = ?2 AND client_id = ?3 AND revoked_at IS NULL";
}
