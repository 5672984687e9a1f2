//! Notices what other processes commit: the command line beside a running server.

use std::time::Duration;

use rusqlite::Connection;

use crate::changes::{self, Change, Listeners};
use crate::error::StoreError;
use crate::queue::pause;
use crate::tx::{Link, Mode, SystemTx};

/// How often to look. One look costs a few microseconds unless somebody committed.
const INTERVAL: Duration = Duration::from_millis(200);

/// Looks for changes until the store is gone.
pub(super) fn run(connection: &Connection, listeners: &Listeners) {
    let mut seen = Seen {
        version: -1,
        revision: None,
    };
    while !listeners.is_orphan() {
        match seen.look(connection) {
            Ok(changes) => listeners.tell(&changes),
            Err(error) => {
                tracing::warn!(%error, "cannot look for changes; the caches are emptied");
                listeners.tell(&[Change::Anything]);
            }
        }
        pause(INTERVAL);
    }
}

struct Seen {
    /// SQLite's own counter, which differs once another connection has committed.
    version: i64,
    revision: Option<i64>,
}

impl Seen {
    fn look(&mut self, connection: &Connection) -> Result<Vec<Change>, StoreError> {
        let version = connection.prepare_cached("PRAGMA data_version");
        let version = version.and_then(|mut s| s.query_row([], |row| row.get(0)));
        let version = version.map_err(StoreError::unavailable)?;
        if version == self.version {
            return Ok(Vec::new());
        }
        let mut system = SystemTx::new(Link::Sqlite(connection), Mode::Read);
        let (revision, changes) = match self.revision {
            Some(revision) => changes::since(&mut system, revision)?,
            // Before the first migration there is nothing to see.
            None if !system.has_table("counters")? => return Ok(Vec::new()),
            None => (changes::revision(&mut system)?, Vec::new()),
        };
        self.revision = Some(revision);
        // A full page may not be the last one: look again without waiting for another commit.
        if changes.is_empty() {
            self.version = version;
        }
        Ok(changes)
    }
}
