//! How connections to SQLite are set up: the one place with pragmas.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::Location;
use crate::store::Durability;

/// More statements than this crate has.
const STATEMENTS_CACHED_MAX: usize = 512;

/// The cache of the one connection that writes, in KiB.
const WRITER_CACHE: i64 = 8_192;

/// The cache of each connection that reads, in KiB. SQLite empties it whenever somebody else has
/// committed.
const READER_CACHE: i64 = 2_048;

/// How many pages of 4 KiB the WAL takes before they are copied into the file. A page that changes
/// with every commit is copied once for all of them.
const CHECKPOINT_PAGES: i64 = 4_096;

/// How long to wait for another process (the command line beside a running server).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens the writer's connection and creates the file if it is missing.
pub(super) fn open_writer(location: &Location) -> rusqlite::Result<Connection> {
    create_private(&location.path);
    let connection = Connection::open_with_flags(
        &location.path,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match location.durability {
        Durability::Disk => "FULL",
        Durability::Memory => "OFF",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    // After a burst the WAL is cut back to this many bytes.
    connection.pragma_update(None, "journal_size_limit", 67_108_864)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    tune(&connection, WRITER_CACHE)?;
    Ok(connection)
}

/// Opens a connection that cannot write.
pub(super) fn open_reader(location: &Location) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        &location.path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    tune(&connection, READER_CACHE)?;
    connection.pragma_update(None, "query_only", "ON")?;
    Ok(connection)
}

fn tune(connection: &Connection, cache_kib: i64) -> rusqlite::Result<()> {
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    // A map would be made anew after each commit of somebody else.
    connection.pragma_update(None, "mmap_size", 0)?;
    // Plans do not depend on the values that are bound: else SQLite compiles some statements again
    // each time they run.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED_MAX);
    Ok(())
}

/// Creates a missing file readable by its owner alone; SQLite gives its side files the same mode.
/// A failure shows when SQLite opens the file, with a better message.
#[cfg(unix)]
pub(super) fn create_private(path: &Path) {
    use std::os::unix::fs::OpenOptionsExt as _;

    let mut options = std::fs::OpenOptions::new();
    drop(options.write(true).create_new(true).mode(0o600).open(path));
}

#[cfg(not(unix))]
pub(super) fn create_private(_: &Path) {}
