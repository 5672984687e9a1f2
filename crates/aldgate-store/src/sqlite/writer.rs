//! The writer thread: group commit. One transaction carries many units of work, each in a savepoint;
//! one COMMIT makes them durable; only then does any caller hear of it (REL-01).

use rusqlite::Connection;

use super::statement::unavailable;
use super::{Location, settings};
use crate::error::StoreError;
use crate::job::{Job, Verdict};
use crate::queue::Queue;
use crate::tx::{Link, Mode, SystemTx};

/// How many units of work share one COMMIT at most. Bounds how long the first one waits.
const BATCH_MAX: usize = 64;

/// Serves the queue until it is closed.
pub(super) fn run(connection: Connection, location: &Location, queue: &Queue<Box<dyn Job>>) {
    let mut connection = Some(connection);
    loop {
        let mut batch = queue.pop(BATCH_MAX);
        if batch.is_empty() {
            return;
        }
        if let Err(error) = serve(&mut connection, location, &mut batch) {
            tracing::error!(%error, units = batch.len(), "a commit failed; nothing of it is stored");
            for job in &mut batch {
                job.refuse(StoreError::unavailable(format!(
                    "the commit failed: {error}"
                )));
            }
        }
        for job in batch {
            job.answer();
        }
    }
}

/// Runs and commits a batch. After a failure the connection is given up: what it has cached of the
/// file may differ from what the disk took.
fn serve(
    slot: &mut Option<Connection>,
    location: &Location,
    batch: &mut [Box<dyn Job>],
) -> Result<(), StoreError> {
    let connection = match slot.take() {
        Some(connection) => connection,
        None => settings::open_writer(location).map_err(|e| unavailable(&e))?,
    };
    let result = commit_together(&connection, batch);
    match result {
        Ok(()) => *slot = Some(connection),
        // Dropping the connection rolls back what is open.
        Err(_) => drop(connection),
    }
    result.map_err(|e| unavailable(&e))
}

fn commit_together(connection: &Connection, batch: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
    statement(connection, "BEGIN IMMEDIATE")?;
    if let [only] = batch {
        let end = match only.run(&mut SystemTx::new(Link::Sqlite(connection), Mode::Write)) {
            Verdict::Commit => "COMMIT",
            Verdict::Undo(_) => "ROLLBACK",
        };
        return statement(connection, end);
    }
    for job in batch {
        statement(connection, "SAVEPOINT unit")?;
        let verdict = job.run(&mut SystemTx::new(Link::Sqlite(connection), Mode::Write));
        if let Verdict::Undo(_) = verdict {
            statement(connection, "ROLLBACK TO unit")?;
        }
        // Fails when SQLite has rolled back everything by itself (disk full, I/O error): then the
        // whole batch is refused.
        statement(connection, "RELEASE unit")?;
    }
    statement(connection, "COMMIT")
}

fn statement(connection: &Connection, text: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(text)?.raw_execute().map(drop)
}
