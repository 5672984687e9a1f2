//! Sessions that are about to end, put down as jobs within the same unit of work, so that the
//! applications that used them are told (OpenID Connect Back-Channel Logout 1.0).

use aldgate_core::id::{SessionId, UserId};
use aldgate_core::logout::backchannel::Initiator;
use aldgate_core::time::Timestamp;

use crate::error::StoreError;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::params;

/// The kind of the jobs; each document is an [`aldgate_core::logout::backchannel::Ended`].
pub const ENDED_SESSION: &str = "ended_session";

/// What is told of sessions that end.
pub struct Logouts<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

impl<'c> Tx<'c> {
    /// What is told of sessions that end. Say it before they are removed.
    pub const fn logouts(&mut self) -> Logouts<'_, 'c> {
        Logouts { tx: self }
    }
}

impl Logouts<'_, '_> {
    /// Puts down that a session ends now.
    pub fn of_session(
        &mut self,
        id: &SessionId,
        initiator: Initiator,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let initiator = initiator.as_str();
        let params = params![id, initiator, now];
        self.tx.execute(&OF_SESSION, params).map(drop)
    }

    /// Puts down that a user's sessions end now, all but `keep`.
    pub fn of_user(
        &mut self,
        user: &UserId,
        keep: Option<&SessionId>,
        initiator: Initiator,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let initiator = initiator.as_str();
        let params = params![user, initiator, now, keep];
        self.tx.execute(&OF_USER, params).map(drop)
    }
}

sql! {
    /// A session ends once, so its name can name the job.
    const OF_SESSION = "INSERT INTO jobs
            (tenant_id, id, kind, state, document, attempts, run_at, created_at, updated_at)
        SELECT tenant_id, 'job_' || REPLACE(REPLACE(id, '-', ''), '_', ''), 'ended_session',
            'waiting',
            '{\"initiator\":\"' || CAST(?3 AS TEXT) || '\",\"session\":' || document || '}',
            0, CAST(?4 AS BIGINT), CAST(?4 AS BIGINT), CAST(?4 AS BIGINT)
        FROM sessions
        WHERE tenant_id = ?1 AND id = ?2 AND expires_at > ?4
        ON CONFLICT (tenant_id, id) DO NOTHING";
    const OF_USER = "INSERT INTO jobs
            (tenant_id, id, kind, state, document, attempts, run_at, created_at, updated_at)
        SELECT tenant_id, 'job_' || REPLACE(REPLACE(id, '-', ''), '_', ''), 'ended_session',
            'waiting',
            '{\"initiator\":\"' || CAST(?3 AS TEXT) || '\",\"session\":' || document || '}',
            0, CAST(?4 AS BIGINT), CAST(?4 AS BIGINT), CAST(?4 AS BIGINT)
        FROM sessions
        WHERE tenant_id = ?1 AND user_id = ?2 AND expires_at > ?4 AND id IS DISTINCT FROM ?5
        ON CONFLICT (tenant_id, id) DO NOTHING";
}
