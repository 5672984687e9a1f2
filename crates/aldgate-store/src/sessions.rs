//! Sessions: browsers' logins, found by the hash of their cookie.

use aldgate_core::id::{SessionId, UserId};
use aldgate_core::secret::TokenHash;
use aldgate_core::session::Session;
use aldgate_core::time::Timestamp;

use crate::error::StoreError;
use crate::page::Page;
use crate::row::Row;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::{params, to_json};

/// The sessions of a tenant.
pub struct Sessions<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

impl<'c> Tx<'c> {
    /// Sessions: browsers' logins.
    pub const fn sessions(&mut self) -> Sessions<'_, 'c> {
        Sessions { tx: self }
    }
}

impl Sessions<'_, '_> {
    /// Finds the session of a cookie, if it is live at `now`.
    pub fn live(
        &mut self,
        hash: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let found = self.tx.one(&BY_HASH, params![hash], read)?;
        Ok(found.filter(|session| session.is_live(now)))
    }

    /// Finds a session by its public name, also one that has ended by time.
    pub fn by_id(&mut self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        self.tx.one(&BY_ID, params![id], read)
    }

    /// The sessions of a user, oldest first.
    pub fn of_user(&mut self, user: &UserId, page: &Page) -> Result<Vec<Session>, StoreError> {
        self.tx
            .all(&OF_USER, params![user, page.limit, page.offset], read)
    }

    /// Begins a session, or goes on with it under a new cookie: whatever went by its name, and
    /// `retired`, the cookie that the browser had before, is gone (SES-01).
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the hash is taken.
    pub fn begin(
        &mut self,
        hash: &TokenHash,
        session: &Session,
        retired: Option<&TokenHash>,
    ) -> Result<(), StoreError> {
        if let Some(retired) = retired {
            self.tx.execute(&END, params![retired])?;
        }
        self.tx.execute(&END_BY_ID, params![session.id])?;
        let (document, ends_at) = (to_json(session)?, end_of(session));
        let params = params![
            hash,
            session.id,
            session.user_id,
            document,
            session.created_at,
            ends_at
        ];
        self.tx.execute(&BEGIN, params).map(drop)
    }

    /// Writes down how a session was used; `false` when it has ended meanwhile.
    pub fn touch(&mut self, hash: &TokenHash, session: &Session) -> Result<bool, StoreError> {
        let (document, ends_at) = (to_json(session)?, end_of(session));
        let params = params![hash, document, ends_at];
        Ok(self.tx.execute(&TOUCH, params)? == 1)
    }

    /// Holds a session as it is until the end of the unit of work; `false` when it has ended
    /// meanwhile.
    pub fn hold(&mut self, hash: &TokenHash) -> Result<bool, StoreError> {
        Ok(self.tx.execute(&HOLD, params![hash])? == 1)
    }

    /// Ends the session of a cookie and returns it; `None` when there was none.
    pub fn end(&mut self, hash: &TokenHash) -> Result<Option<Session>, StoreError> {
        self.tx.one(&TAKE, params![hash], |row| row.json(0))
    }

    /// Replaces the document of a session by its public name, with its end as it was; `false` when
    /// it has ended.
    pub fn replace(&mut self, session: &Session) -> Result<bool, StoreError> {
        let document = to_json(session)?;
        Ok(self.tx.execute(&REPLACE, params![session.id, document])? == 1)
    }

    /// Ends every session of a user; returns how many.
    pub fn end_of_user(&mut self, user: &UserId) -> Result<u64, StoreError> {
        self.tx.execute(&END_OF_USER, params![user])
    }

    /// Ends every session of a user but one; returns how many.
    pub fn end_others(&mut self, user: &UserId, keep: &SessionId) -> Result<u64, StoreError> {
        self.tx.execute(&END_OTHERS, params![user, keep])
    }

    /// Ends a session by its public name; `false` when there was none.
    pub fn end_by_id(&mut self, id: &SessionId) -> Result<bool, StoreError> {
        Ok(self.tx.execute(&END_BY_ID, params![id])? == 1)
    }
}

/// When a session ends if nobody uses it again: what the janitor goes by.
fn end_of(session: &Session) -> Timestamp {
    session.idle_expires_at.min(session.expires_at)
}

fn read(row: &Row<'_>) -> Result<Session, StoreError> {
    row.json(1)
}

sql! {
    const BY_HASH = "SELECT id, document FROM sessions WHERE tenant_id = ?1 AND hash = ?2";
    const BY_ID = "SELECT id, document FROM sessions WHERE tenant_id = ?1 AND id = ?2";
    const OF_USER = "SELECT id, document
        FROM sessions
        WHERE tenant_id = ?1 AND user_id = ?2
        ORDER BY created_at, id
        LIMIT ?3 OFFSET ?4";
    const BEGIN = "INSERT INTO sessions
            (tenant_id, hash, id, user_id, document, created_at, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    const TOUCH = "UPDATE sessions SET document = ?3, expires_at = ?4
        WHERE tenant_id = ?1 AND hash = ?2";
    const HOLD = "UPDATE sessions SET document = document WHERE tenant_id = ?1 AND hash = ?2";
    const REPLACE = "UPDATE sessions SET document = ?3 WHERE tenant_id = ?1 AND id = ?2";
    const END_OF_USER = "DELETE FROM sessions WHERE tenant_id = ?1 AND user_id = ?2";
    const END_OTHERS = "DELETE FROM sessions
        WHERE tenant_id = ?1 AND user_id = ?2 AND id <> ?3";
    const END = "DELETE FROM sessions WHERE tenant_id = ?1 AND hash = ?2";
    const TAKE = "DELETE FROM sessions WHERE tenant_id = ?1 AND hash = ?2 RETURNING document";
    const END_BY_ID = "DELETE FROM sessions WHERE tenant_id = ?1 AND id = ?2";
}
