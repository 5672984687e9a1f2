//! The writer thread: group commit. One transaction carries many units of work; one COMMIT makes
//! them durable; only then does any caller hear of it (REL-01).
//!
//! Most units of work succeed, and a savepoint copies every page that its unit changes. So a batch
//! runs without them first. When one of its units is to be undone, everything is rolled back and
//! the batch runs again, each unit in a savepoint.

use rusqlite::Connection;

use super::statement::unavailable;
use super::{Location, settings};
use crate::changes::{Change, Listeners};
use crate::error::StoreError;
use crate::job::{Job, Verdict};
use crate::queue::Queue;
use crate::tx::{Link, Mode, SystemTx};

/// How many units of work share one COMMIT at most. Bounds how long the first one waits.
const BATCH_MAX: usize = 64;

/// What a commit carried.
#[derive(Default)]
struct Done {
    units: u64,
    changes: Vec<Change>,
}

/// Serves the queue until it is closed.
pub(super) fn run(
    connection: Connection,
    location: &Location,
    queue: &Queue<Box<dyn Job>>,
    listeners: &Listeners,
) {
    let mut connection = Some(connection);
    loop {
        let mut batch = queue.pop(BATCH_MAX);
        if batch.is_empty() {
            return;
        }
        match serve(&mut connection, location, &mut batch) {
            Ok(done) => listeners.committed(done.units, &done.changes),
            Err(error) => refuse_all(&mut batch, &error),
        }
        for job in batch {
            job.answer();
        }
    }
}

fn refuse_all(batch: &mut [Box<dyn Job>], error: &StoreError) {
    tracing::error!(%error, units = batch.len(), "a commit failed; nothing of it is stored");
    for job in batch {
        job.refuse(StoreError::unavailable(format!(
            "the commit failed: {error}"
        )));
    }
}

/// Runs and commits a batch; returns what it changed. After a failure the connection is given up:
/// what it has cached of the file may differ from what the disk took.
fn serve(
    slot: &mut Option<Connection>,
    location: &Location,
    batch: &mut [Box<dyn Job>],
) -> Result<Done, StoreError> {
    let connection = match slot.take() {
        Some(connection) => connection,
        None => settings::open_writer(location).map_err(|e| unavailable(&e))?,
    };
    let result = commit_together(&connection, batch);
    match result {
        Ok(_) => *slot = Some(connection),
        // Dropping the connection rolls back what is open.
        Err(_) => drop(connection),
    }
    result.map_err(|e| unavailable(&e))
}

fn commit_together(connection: &Connection, batch: &mut [Box<dyn Job>]) -> rusqlite::Result<Done> {
    match commit_all(connection, batch)? {
        Some(done) => Ok(done),
        None if batch.len() == 1 => Ok(Done::default()),
        None => commit_each(connection, batch),
    }
}

/// Commits the whole batch, or nothing of it: `None` when a unit is to be undone.
fn commit_all(
    connection: &Connection,
    batch: &mut [Box<dyn Job>],
) -> rusqlite::Result<Option<Done>> {
    let mut done = Done::default();
    statement(connection, "BEGIN IMMEDIATE")?;
    for job in batch {
        if let Verdict::Undo(_) = run_job(connection, &mut **job, &mut done) {
            // Fails when SQLite has rolled back by itself (disk full, I/O error): then the whole
            // batch is refused.
            statement(connection, "ROLLBACK")?;
            return Ok(None);
        }
    }
    statement(connection, "COMMIT")?;
    Ok(Some(done))
}

/// Commits those units of the batch that are not to be undone.
fn commit_each(connection: &Connection, batch: &mut [Box<dyn Job>]) -> rusqlite::Result<Done> {
    let mut done = Done::default();
    statement(connection, "BEGIN IMMEDIATE")?;
    for job in batch {
        statement(connection, "SAVEPOINT unit")?;
        if let Verdict::Undo(_) = run_job(connection, &mut **job, &mut done) {
            statement(connection, "ROLLBACK TO unit")?;
        }
        statement(connection, "RELEASE unit")?;
    }
    statement(connection, "COMMIT")?;
    Ok(done)
}

fn run_job(connection: &Connection, job: &mut dyn Job, done: &mut Done) -> Verdict {
    let mut system = SystemTx::new(Link::Sqlite(connection), Mode::Write);
    let verdict = job.run(&mut system);
    if verdict == Verdict::Commit {
        done.units += 1;
        done.changes.append(&mut system.take_changes());
    }
    verdict
}

fn statement(connection: &Connection, text: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(text)?.raw_execute().map(drop)
}
