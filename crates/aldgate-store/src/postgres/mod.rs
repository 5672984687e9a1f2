//! PostgreSQL: a bounded pool of threads, each with a connection of its own.
//!
//! The blocking client drives its own small runtime, so connections are made, used and dropped on
//! these threads and never on a thread of the server's runtime.

mod link;
mod target;
mod value;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use crate::changes::Listeners;
use crate::error::StoreError;
use crate::job::{Job, Verdict};
use crate::queue::{Queue, pause};
use crate::store::{Durability, StoreOptions};
use crate::tx::{Cure, Fault, Mode, SystemTx};

pub(crate) use self::link::Link;
pub(crate) use self::target::PostgresTarget;
pub(crate) use self::value::cell;

/// How often a unit of work is tried before its caller gets the error. With the waits below, a
/// database that restarts within a second goes unnoticed.
const ATTEMPTS_MAX: u32 = 6;

/// The wait before the second attempt; it doubles with each further one.
const BACK_OFF: Duration = Duration::from_millis(10);

/// The threads of one PostgreSQL database.
pub(crate) struct Pool {
    queue: Arc<Queue<(Box<dyn Job>, Mode)>>,
    target: Box<PostgresTarget>,
}

/// One thread of the pool: connects at its first unit of work.
struct Worker {
    number: u32,
    target: PostgresTarget,
    durability: Durability,
    listeners: Listeners,
    link: Option<Link>,
}

/// What one attempt led to.
enum Attempt {
    /// The job has its result.
    Done,
    /// The job should run again, on a new connection if so said.
    Again(Cure),
}

impl Pool {
    /// Starts the threads.
    pub(crate) fn new(
        target: &PostgresTarget,
        options: &StoreOptions,
        listeners: &Listeners,
    ) -> Result<Self, StoreError> {
        let pool = Self {
            queue: Arc::new(Queue::new(options.queue_limit)),
            target: Box::new(target.clone()),
        };
        let threads = u32::try_from(options.postgres_connections.max(1)).unwrap_or(u32::MAX);
        for number in 0..threads {
            let queue = Arc::clone(&pool.queue);
            let (target, durability) = (target.clone(), options.durability);
            let listeners = listeners.clone();
            let mut worker = Worker {
                number,
                target,
                durability,
                listeners,
                link: None,
            };
            let thread = std::thread::Builder::new().name(format!("store-pg-{number}"));
            let work = move || {
                while let Some((job, mode)) = queue.pop(1).pop() {
                    worker.serve(job, mode);
                }
            };
            thread
                .spawn(work)
                .map(drop)
                .map_err(StoreError::unavailable)?;
        }
        Ok(pool)
    }

    /// Starts the thread that tells listeners what other nodes changed.
    pub(crate) fn watch(&self, listeners: Listeners) -> Result<(), StoreError> {
        let target = self.target.clone();
        let thread = std::thread::Builder::new().name("store-watch".to_owned());
        let work = move || watch::run(&target, &listeners);
        thread
            .spawn(work)
            .map(drop)
            .map_err(StoreError::unavailable)
    }

    /// How many units of work wait.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.waiting()
    }

    /// Queues a unit of work.
    pub(crate) fn submit(&self, job: Box<dyn Job>, mode: Mode) -> Result<(), StoreError> {
        self.queue.push((job, mode))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl Worker {
    /// Runs a unit of work until it has a result that another attempt would not change.
    fn serve(&mut self, mut job: Box<dyn Job>, mode: Mode) {
        for attempt in 1..=ATTEMPTS_MAX {
            match self.attempt(&mut *job, mode) {
                Attempt::Done => break,
                Attempt::Again(cure) => {
                    if cure == Cure::Reconnect {
                        self.link = None;
                    }
                    if attempt < ATTEMPTS_MAX {
                        pause(self.back_off(attempt));
                    }
                }
            }
        }
        job.answer();
    }

    fn attempt(&mut self, job: &mut dyn Job, mode: Mode) -> Attempt {
        if self.link.as_ref().is_none_or(Link::is_closed) {
            match Link::connect(&self.target, self.durability) {
                Ok(link) => self.link = Some(link),
                Err(fault) => return refused(job, fault),
            }
        }
        let link = self.link.as_mut().expect("invariant: connected above");
        let attempt = match mode {
            Mode::Read => read(link, job),
            Mode::Write => write(link, job, &self.listeners),
        };
        if link.is_closed() {
            self.link = None;
        }
        attempt
    }

    /// Doubles with each attempt. The thread's number spreads those that met each other.
    fn back_off(&self, attempt: u32) -> Duration {
        let spread = BACK_OFF.mul_f64(f64::from(self.number % 8) / 8.0);
        BACK_OFF * 2u32.pow(attempt - 1) + spread
    }
}

/// Reads need no transaction: each statement has its own snapshot either way, and BEGIN and COMMIT
/// would cost two more round trips.
fn read(link: &mut Link, job: &mut dyn Job) -> Attempt {
    match job.run(&mut SystemTx::new(
        crate::tx::Link::Postgres(link),
        Mode::Read,
    )) {
        Verdict::Commit | Verdict::Undo(Cure::None) => Attempt::Done,
        Verdict::Undo(cure) => Attempt::Again(cure),
    }
}

fn write(link: &mut Link, job: &mut dyn Job, listeners: &Listeners) -> Attempt {
    if let Err(fault) = link.control("BEGIN") {
        return refused(job, fault);
    }
    let mut system = SystemTx::new(crate::tx::Link::Postgres(link), Mode::Write);
    let verdict = job.run(&mut system);
    let changes = system.take_changes();
    match verdict {
        Verdict::Commit => {
            let wake_others = if changes.is_empty() {
                Ok(())
            } else {
                link.control(watch::NOTIFY)
            };
            match wake_others.and_then(|()| link.control("COMMIT")) {
                Ok(()) => {
                    listeners.committed(1, &changes);
                    Attempt::Done
                }
                // Whether the commit happened is unknown: running it again could do it twice.
                Err(Fault {
                    error,
                    cure: Cure::Reconnect,
                }) => refused(
                    job,
                    Fault {
                        error,
                        cure: Cure::None,
                    },
                ),
                Err(fault) => refused(job, fault),
            }
        }
        Verdict::Undo(cure) => {
            let cure = match link.control("ROLLBACK") {
                Err(_) if cure != Cure::None => Cure::Reconnect,
                _ => cure,
            };
            if cure == Cure::None {
                Attempt::Done
            } else {
                Attempt::Again(cure)
            }
        }
    }
}

/// Gives the job an error as its result, which a further attempt may replace.
fn refused(job: &mut dyn Job, fault: Fault) -> Attempt {
    job.refuse(fault.error);
    if fault.cure == Cure::None {
        Attempt::Done
    } else {
        Attempt::Again(fault.cure)
    }
}

/// Runs statements on a connection of their own, for tests that make and drop schemas.
#[cfg(feature = "testing")]
pub(crate) fn administer(address: &str, text: &str) -> Result<(), StoreError> {
    let target = PostgresTarget::parse(address).map_err(StoreError::unavailable)?;
    let text = text.to_owned();
    let work = move || {
        let mut link = Link::connect(&target, Durability::Memory).map_err(|fault| fault.error)?;
        link.script(&text).map_err(|fault| fault.error)
    };
    // Not on the caller's thread: it may belong to a runtime.
    let outcome = std::thread::spawn(work).join();
    outcome.unwrap_or_else(|_| Err(StoreError::unavailable("the connection's thread panicked")))
}

/// Every row of every table, as text; for tests.
#[cfg(feature = "testing")]
pub(crate) fn dump(address: &str) -> Result<Vec<u8>, StoreError> {
    let target = PostgresTarget::parse(address).map_err(StoreError::unavailable)?;
    let work = move || {
        let failed = |fault: Fault| fault.error;
        let mut link = Link::connect(&target, Durability::Memory).map_err(failed)?;
        let mut rows = Vec::new();
        for table in crate::migrate::tables() {
            rows.extend(link.copy(table).map_err(failed)?);
        }
        Ok(rows)
    };
    let outcome = std::thread::spawn(work).join();
    outcome.unwrap_or_else(|_| Err(StoreError::unavailable("the connection's thread panicked")))
}
