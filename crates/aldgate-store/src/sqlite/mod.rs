//! SQLite: one writer thread with group commit, a few reader threads, and connections that callers
//! borrow for the moment of a look-up.

mod backup;
mod settings;
mod statement;
mod watch;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use crate::changes::Listeners;
use crate::error::StoreError;
use crate::job::Job;
use crate::queue::Queue;
use crate::store::{Durability, StoreOptions};
use crate::tx::{Link, Mode, SystemTx};

pub(crate) use self::backup::restore;
#[cfg(feature = "testing")]
pub(crate) use self::statement::plan;
pub(crate) use self::statement::{cell, execute, has_table, query, script};

/// The threads of one SQLite database.
pub(crate) struct Engine {
    location: Location,
    writes: Arc<Queue<Box<dyn Job>>>,
    reads: Arc<Queue<Box<dyn Job>>>,
    /// Connections for look-ups that nobody uses now: never more than threads that look up.
    idle: Mutex<Vec<Connection>>,
}

/// What a thread needs to open its connection again.
#[derive(Clone)]
struct Location {
    path: PathBuf,
    durability: Durability,
}

impl Engine {
    /// Opens the file, creating it if it is missing, and starts the threads.
    pub(crate) fn open(
        path: &Path,
        options: &StoreOptions,
        listeners: &Listeners,
    ) -> Result<Self, StoreError> {
        let location = Location {
            path: path.to_owned(),
            durability: options.durability,
        };
        let writer = settings::open_writer(&location).map_err(|e| cannot_open(path, &e))?;
        let engine = Self {
            location: location.clone(),
            writes: Arc::new(Queue::new(options.queue_limit)),
            reads: Arc::new(Queue::new(options.queue_limit)),
            idle: Mutex::default(),
        };
        for number in 0..options.sqlite_readers.max(1) {
            let (location, queue) = (location.clone(), Arc::clone(&engine.reads));
            // Each opens its connection by itself, so that the start need not wait for all.
            spawn(&format!("store-read-{number}"), move || {
                read(&location, &queue);
            })?;
        }
        let queue = Arc::clone(&engine.writes);
        let listeners = listeners.clone();
        spawn("store-write", move || {
            writer::run(writer, &location, &queue, &listeners);
        })?;
        Ok(engine)
    }

    /// How many units of work wait.
    pub(crate) fn waiting(&self) -> usize {
        self.writes.waiting() + self.reads.waiting()
    }

    /// Runs a look-up on this thread.
    pub(crate) fn look_up(&self, mut job: Box<dyn Job>) -> Result<(), StoreError> {
        let known = self.idle().pop();
        let opened = known.map_or_else(|| settings::open_reader(&self.location), Ok);
        let connection = opened.map_err(|e| cannot_open(&self.location.path, &e))?;
        job.run(&mut SystemTx::new(Link::Sqlite(&connection), Mode::Read));
        self.idle().push(connection);
        job.answer();
        Ok(())
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // No user code runs under the lock, so a poisoned one still guards a whole list.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a unit of work.
    pub(crate) fn submit(&self, job: Box<dyn Job>, mode: Mode) -> Result<(), StoreError> {
        match mode {
            Mode::Read => self.reads.push(job),
            Mode::Write => self.writes.push(job),
        }
    }
}

impl Engine {
    /// The work that copies the database to a file, for a thread of its own.
    pub(crate) fn backup_work(
        &self,
        to: PathBuf,
    ) -> impl FnOnce() -> Result<(), StoreError> + Send + 'static {
        let from = self.location.path.clone();
        move || backup::copy(&from, &to)
    }

    /// Starts the thread that tells listeners what other processes changed.
    pub(crate) fn watch(&self, listeners: Listeners) -> Result<(), StoreError> {
        let reader = settings::open_reader(&self.location);
        let reader = reader.map_err(|e| cannot_open(&self.location.path, &e))?;
        spawn("store-watch", move || watch::run(&reader, &listeners))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.writes.close();
        self.reads.close();
    }
}

fn read(location: &Location, queue: &Queue<Box<dyn Job>>) {
    let mut connection: Option<Connection> = None;
    while let Some(mut job) = queue.pop(1).pop() {
        if connection.is_none() {
            match settings::open_reader(location) {
                Ok(opened) => connection = Some(opened),
                Err(error) => job.refuse(cannot_open(&location.path, &error)),
            }
        }
        if let Some(connection) = &connection {
            job.run(&mut SystemTx::new(Link::Sqlite(connection), Mode::Read));
        }
        job.answer();
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    thread
        .spawn(work)
        .map(drop)
        .map_err(StoreError::unavailable)
}

fn cannot_open(path: &Path, error: &rusqlite::Error) -> StoreError {
    StoreError::unavailable(format!(
        "cannot open {}: {error}. Expected a file that this user may read and write, in a \
         directory that exists",
        path.display()
    ))
}
