//! Copies of an SQLite database: made while it is in use, put back while it is not.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::settings;
use crate::error::StoreError;
use crate::restore::Restored;
use crate::tx::{Link, Mode, SystemTx};

/// Writes a consistent copy. `VACUUM INTO` reads one snapshot and holds up no writer; SQLite does
/// not wait for the disk there, so that is done here before the copy gets its name.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    if to.exists() {
        return Err(problem(to, "exists already; expected a name that is free"));
    }
    let partial = beside(to, "partial");
    remove(&partial)?;
    settings::create_private(&partial);
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE);
    let source = source.map_err(|e| problem(from, e))?;
    let name = partial
        .to_str()
        .ok_or_else(|| problem(to, "is not UTF-8"))?;
    source
        .execute("VACUUM INTO ?1", [name])
        .map_err(|e| problem(to, e))?;
    finish(&partial, to)
}

/// Puts `backup` in the place of the database at `path`, after `adjust` changed it.
pub(crate) fn restore(
    path: &Path,
    backup: &Path,
    adjust: impl FnOnce(&mut SystemTx<'_>) -> Result<u64, StoreError>,
) -> Result<Restored, StoreError> {
    let fresh = beside(path, "restoring");
    remove(&fresh)?;
    settings::create_private(&fresh);
    // Not `fs::copy`: it would give the copy the permissions of the backup.
    let mut source = File::open(backup).map_err(|e| problem(backup, e))?;
    let target = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&fresh);
    let mut target = target.map_err(|e| problem(&fresh, e))?;
    std::io::copy(&mut source, &mut target).map_err(|e| problem(&fresh, e))?;
    let ended = match prepare(&fresh, adjust) {
        Ok(ended) => ended,
        Err(error) => {
            remove(&fresh)?;
            return Err(error);
        }
    };
    let replaced = set_aside(path)?;
    finish(&fresh, path)?;
    Ok(Restored { replaced, ended })
}

/// Checks the copy and adjusts it, in one file without companions.
fn prepare(
    fresh: &Path,
    adjust: impl FnOnce(&mut SystemTx<'_>) -> Result<u64, StoreError>,
) -> Result<u64, StoreError> {
    let wrong = |e: rusqlite::Error| problem(fresh, e);
    let connection = Connection::open(fresh).map_err(wrong)?;
    let health: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(wrong)?;
    if health != "ok" {
        return Err(problem(fresh, format!("the backup is damaged: {health}")));
    }
    connection.execute_batch("BEGIN IMMEDIATE").map_err(wrong)?;
    let mut system = SystemTx::new(Link::Sqlite(&connection), Mode::Write);
    if !system.has_table("schema_migrations")? {
        return Err(problem(fresh, "holds no database of this program"));
    }
    let ended = adjust(&mut system)?;
    connection
        .execute_batch("COMMIT; PRAGMA journal_mode = DELETE")
        .map_err(wrong)?;
    Ok(ended)
}

/// Moves the present database out of the way, if there is one and nobody uses it.
fn set_aside(path: &Path) -> Result<Option<PathBuf>, StoreError> {
    if !path.exists() {
        return Ok(None);
    }
    // Leaving WAL takes every lock there is, and writes what the WAL still holds into the file.
    let connection = Connection::open(path).map_err(|e| problem(path, e))?;
    let mode = connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0));
    let alone = mode.is_ok_and(|mode: String| mode == "delete");
    drop(connection);
    if !alone {
        return Err(problem(path, "is in use: stop the server first"));
    }
    let aside = beside(path, "before-restore");
    remove(&aside)?;
    fs::rename(path, &aside).map_err(|e| problem(&aside, e))?;
    Ok(Some(aside))
}

/// Waits for the disk, then gives a finished file its name.
fn finish(partial: &Path, to: &Path) -> Result<(), StoreError> {
    File::open(partial)
        .and_then(|file| file.sync_all())
        .map_err(|e| problem(partial, e))?;
    fs::rename(partial, to).map_err(|e| problem(to, e))?;
    let directory = to
        .parent()
        .filter(|d| !d.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    File::open(directory)
        .and_then(|d| d.sync_all())
        .map_err(|e| problem(directory, e))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(problem(path, error)),
        _ => Ok(()),
    }
}

fn problem(path: &Path, reason: impl std::fmt::Display) -> StoreError {
    StoreError::unavailable(format!("{}: {reason}", path.display()))
}
