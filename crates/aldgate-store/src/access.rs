//! Cutting a user's access everywhere at once (ACC-07).

use aldgate_core::id::{SessionId, UserId};
use aldgate_core::logout::backchannel::Initiator;
use aldgate_core::time::Timestamp;

use crate::error::StoreError;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::params;

/// Whatever lets a user in.
pub struct Access<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

impl<'c> Tx<'c> {
    /// Whatever lets a user in: sessions, grants with all their tokens, tickets.
    pub const fn access(&mut self) -> Access<'_, 'c> {
        Access { tx: self }
    }
}

impl Access<'_, '_> {
    /// Ends a user's sessions, revokes her grants (codes, refresh tokens and opaque access tokens
    /// hang on them) and voids her tickets, mailed and for login; applications are told why.
    /// `keep` is the session of the browser in which she changes her own password.
    ///
    /// # Errors
    /// As [`crate::Roles::by_id`].
    pub fn cut(
        &mut self,
        user: &UserId,
        keep: Option<&SessionId>,
        initiator: Initiator,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.tx.logouts().of_user(user, keep, initiator, now)?;
        self.tx.execute(&END_SESSIONS, params![user, keep])?;
        self.tx.execute(&REVOKE_GRANTS, params![user, now])?;
        self.tx.execute(&VOID_TICKETS, params![user, now]).map(drop)
    }
}

sql! {
    const END_SESSIONS = "DELETE FROM sessions
        WHERE tenant_id = ?1 AND user_id = ?2 AND id IS DISTINCT FROM ?3";
    const REVOKE_GRANTS = "UPDATE grants SET revoked_at = ?3
        WHERE tenant_id = ?1 AND user_id = ?2 AND revoked_at IS NULL";
    const VOID_TICKETS = "UPDATE tickets SET used_at = ?3
        WHERE tenant_id = ?1 AND user_id = ?2 AND used_at IS NULL";
}
