//! Backups, and what has to end when one is restored.
//!
//! A backup is older than the database it replaces: it holds sessions that were ended and tokens
//! that were revoked since. So restoring ends them all (REL-02): people log in again, applications
//! keep their ids and secrets. Signing keys that were revoked after the backup come back with it:
//! rotate and revoke them again, as the command line says.

use std::path::Path;

use crate::error::StoreError;
use crate::sql::{Sql, sql};
use crate::sqlite;
use crate::store::Store;
use crate::tx::SystemTx;
use crate::url::DatabaseUrl;
use crate::value::params;

/// What happens to the logins in a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logins {
    /// They end: revoked ones must not come back to life.
    End,
    /// They stay: nothing was revoked since the backup was made. The operator's word for it.
    Keep,
}

/// What a restored backup left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Where the replaced database is now, if there was one.
    pub replaced: Option<std::path::PathBuf>,
    /// How many sessions, codes, tickets and tokens were ended.
    pub ended: u64,
}

impl Store {
    /// Writes a consistent copy of the database to `file`, while it is in use. The copy holds
    /// password hashes and sealed keys, so only its owner can read it; the master key is not in it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when `file` exists or cannot be written, and on PostgreSQL,
    /// which has its own tools: the message names them.
    pub async fn backup(&self, file: &Path) -> Result<(), StoreError> {
        let Some(copy) = self.backup_work(file.to_owned()) else {
            let text = "PostgreSQL is backed up by its own tools: pg_dump, or continuous archiving \
                with pg_basebackup. After restoring, run `aldgate restore --after-postgres`, which \
                ends the logins of the backup";
            return Err(StoreError::unavailable(text));
        };
        let (reply, answer) = tokio::sync::oneshot::channel();
        let thread = std::thread::Builder::new().name("store-backup".to_owned());
        let work = move || drop(reply.send(copy()));
        thread.spawn(work).map_err(StoreError::unavailable)?;
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::unavailable("the backup panicked")))
    }

    /// Ends every session, code, ticket and opaque token of every tenant; returns how many. For
    /// PostgreSQL after its own tools restored a backup; for an SQLite file [`restore`] does it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_all_logins(&self) -> Result<u64, StoreError> {
        self.write_system(end_logins).await
    }
}

/// Puts a backup in the place of an SQLite database that no server uses. The replaced file is kept
/// beside it with the ending `.before-restore`.
///
/// # Errors
/// [`StoreError::Unavailable`] when the database is in use, the backup is damaged or belongs to a
/// newer version of this program, a file cannot be written, or `url` is PostgreSQL's. The database
/// is as before then.
pub fn restore(url: &DatabaseUrl, backup: &Path, logins: Logins) -> Result<Restored, StoreError> {
    let Some(path) = url.sqlite_path() else {
        let text = "PostgreSQL is restored by its own tools: pg_restore, or recovery from an \
            archive. Then run `aldgate restore --after-postgres`, which ends the logins of the \
            backup";
        return Err(StoreError::unavailable(text));
    };
    sqlite::restore(path, backup, |system| {
        crate::migrate::pending(system)?;
        match logins {
            Logins::End => end_logins(system),
            Logins::Keep => Ok(0),
        }
    })
}

fn end_logins(system: &mut SystemTx<'_>) -> Result<u64, StoreError> {
    let mut ended = 0;
    for statement in LOGINS {
        ended += system.execute(statement, params![])?;
    }
    system.execute(&COUNT, params![])?;
    Ok(ended)
}

const LOGINS: [&Sql; 8] = [
    &ACCESS_TOKENS,
    &CODES,
    &FEDERATED_ATTEMPTS,
    &OTPS,
    &REFRESH_TOKENS,
    &SESSIONS,
    &TICKETS,
    &TRANSACTIONS,
];

sql! {
    const ACCESS_TOKENS: scan = "DELETE FROM access_tokens";
    const CODES: scan = "DELETE FROM codes";
    const FEDERATED_ATTEMPTS: scan = "DELETE FROM federated_attempts";
    const OTPS: scan = "DELETE FROM otps";
    const REFRESH_TOKENS: scan = "DELETE FROM refresh_tokens";
    const SESSIONS: scan = "DELETE FROM sessions";
    const TICKETS: scan = "DELETE FROM tickets";
    const TRANSACTIONS: scan = "DELETE FROM transactions";
    const COUNT = "UPDATE counters SET value = value + 1 WHERE name = 'restores'";
}
