//! The store: hands units of work to the engine that owns the connections.

use std::path::PathBuf;
use std::sync::Arc;

use aldgate_core::id::TenantId;

use crate::changes::{Change, Listeners};
use crate::error::StoreError;
use crate::job;
use crate::stats::StoreStats;
use crate::tx::{Mode, SystemTx, Tx};
use crate::url::{DatabaseUrl, Target};
use crate::{migrate, postgres, sqlite};

/// The database. Cheap to clone; the connections close when the last clone is dropped.
///
/// A unit of work is a closure that reads, decides and writes without waiting for anything else. It
/// may run more than once (after a serialization failure in PostgreSQL; when another unit of the
/// same group is undone in SQLite), so it has no effects but its transaction and its result. `Ok`
/// commits, `Err` rolls back: a refusal that must leave a trace (a burnt code, a counted attempt)
/// is an `Ok` with the refusal inside.
#[derive(Clone)]
pub struct Store {
    engine: Arc<Engine>,
    listeners: Listeners,
}

enum Engine {
    Sqlite(sqlite::Engine),
    Postgres(postgres::Pool),
}

/// Limits and trade-offs of a [`Store`].
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// How many units of work may wait (for writing and for reading each); beyond that they are
    /// refused as [`StoreError::Unavailable`].
    pub queue_limit: usize,
    /// How many threads read from SQLite at the same time.
    pub sqlite_readers: usize,
    /// How many connections to PostgreSQL are open at most.
    pub postgres_connections: usize,
    /// When a commit counts as done.
    pub durability: Durability,
}

/// When a commit counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// When it is on disk (REL-01). Anything that serves users wants this.
    Disk,
    /// When the operating system has it. Survives a crash of this program, not of the machine: for
    /// tests and throw-away databases.
    Memory,
}

impl Default for StoreOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            queue_limit: 1024,
            sqlite_readers: cores.clamp(2, 8),
            postgres_connections: 16,
            durability: Durability::Disk,
        }
    }
}

impl Store {
    /// Opens the database, creating an SQLite file that is missing, with the default options.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database cannot be reached or was migrated by a newer
    /// version of this program.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        Self::open_with(url, StoreOptions::default()).await
    }

    /// Opens the database with options.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_with(url: &DatabaseUrl, options: StoreOptions) -> Result<Self, StoreError> {
        let listeners = Listeners::default();
        let engine = match url.target() {
            Target::Sqlite(path) => {
                Engine::Sqlite(sqlite::Engine::open(path, &options, &listeners)?)
            }
            Target::Postgres(target) => {
                Engine::Postgres(postgres::Pool::new(target, &options, &listeners)?)
            }
        };
        let store = Self {
            engine: Arc::new(engine),
            listeners,
        };
        // The first read proves that the database answers and that its schema is not too new.
        store.read_system(migrate::pending).await?;
        Ok(store)
    }

    /// Runs a unit of work of `tenant` that may write; returns once it is durable.
    ///
    /// # Errors
    /// The closure's own, or a [`StoreError`] turned into it.
    pub async fn write<T, E, F>(&self, tenant: &TenantId, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let tenant = tenant.clone();
        self.run(Mode::Write, move |system| work(system.within(&tenant)))
            .await
    }

    /// Runs a unit of work of `tenant` that only reads. Each statement sees what was committed when
    /// it began.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn read<T, E, F>(&self, tenant: &TenantId, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let tenant = tenant.clone();
        self.run(Mode::Read, move |system| work(system.within(&tenant)))
            .await
    }

    /// Runs a unit of work of `tenant` that finds a few rows by their keys. On SQLite it runs on
    /// the thread that asks: handing it to another costs three times as much as such a look-up
    /// itself. Whatever reads more than that belongs to [`Store::read`].
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn look_up<T, E, F>(&self, tenant: &TenantId, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let tenant = tenant.clone();
        let (job, answer) =
            job::pack(move |system: &mut SystemTx<'_>| work(system.within(&tenant)));
        match &*self.engine {
            Engine::Sqlite(engine) => engine.look_up(job)?,
            Engine::Postgres(pool) => pool.submit(job, Mode::Read)?,
        }
        answer.await.unwrap_or_else(|_| Err(stopped().into()))
    }

    /// Runs a unit of work across tenants that may write; [`SystemTx::within`] enters one.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_system<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: Fn(&mut SystemTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.run(Mode::Write, work).await
    }

    /// Runs a unit of work across tenants that only reads.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn read_system<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: Fn(&mut SystemTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.run(Mode::Read, work).await
    }

    /// Brings the schema up to date; returns the names of the migrations that were applied. Several
    /// nodes may do this at the same time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when an applied migration differs from the one in this program,
    /// or the database knows migrations that this program does not.
    pub async fn migrate(&self) -> Result<Vec<&'static str>, StoreError> {
        let mut applied = Vec::new();
        for migration in migrate::MIGRATIONS {
            if self
                .write_system(|system| migrate::apply(system, migration))
                .await?
            {
                applied.push(migration.name);
            }
        }
        Ok(applied)
    }

    /// Names the migrations that the database still lacks.
    ///
    /// # Errors
    /// As [`Store::migrate`].
    pub async fn pending_migrations(&self) -> Result<Vec<&'static str>, StoreError> {
        self.read_system(migrate::pending).await
    }

    /// Calls `listener` with whatever changed, so that caches can forget it. For what this node
    /// changed it is called after the commit and before the writer hears of it; for what others
    /// changed within a second; and it may be called twice for one change. It runs on the store's
    /// threads: it must be quick and never wait for the store.
    ///
    /// A cache that loads a row while it changes could keep the former one: let it drop what it
    /// loaded if the listener was called for the row since the load began.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the thread that watches the others cannot be started.
    pub fn on_change(
        &self,
        listener: impl Fn(&Change) + Send + Sync + 'static,
    ) -> Result<(), StoreError> {
        if self.listeners.add(Box::new(listener)) {
            return Ok(());
        }
        let watching = self.listeners.clone();
        match &*self.engine {
            Engine::Sqlite(engine) => engine.watch(watching),
            Engine::Postgres(pool) => pool.watch(watching),
        }
    }

    /// How much work was done since the store was opened.
    #[must_use]
    pub fn stats(&self) -> StoreStats {
        let waiting = match &*self.engine {
            Engine::Sqlite(engine) => engine.waiting(),
            Engine::Postgres(pool) => pool.waiting(),
        };
        self.listeners.stats(waiting)
    }

    /// The work that copies the database to a file; `None` on PostgreSQL.
    pub(crate) fn backup_work(
        &self,
        to: PathBuf,
    ) -> Option<impl FnOnce() -> Result<(), StoreError> + Send + 'static> {
        match &*self.engine {
            Engine::Sqlite(engine) => Some(engine.backup_work(to)),
            Engine::Postgres(_) => None,
        }
    }

    /// Which engine this is: `"sqlite"` or `"postgres"`, for messages and metrics.
    #[must_use]
    pub fn engine_name(&self) -> &'static str {
        match *self.engine {
            Engine::Sqlite(_) => "sqlite",
            Engine::Postgres(_) => "postgres",
        }
    }

    async fn run<T, E, F>(&self, mode: Mode, work: F) -> Result<T, E>
    where
        F: Fn(&mut SystemTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (job, answer) = job::pack(work);
        match &*self.engine {
            Engine::Sqlite(engine) => engine.submit(job, mode)?,
            Engine::Postgres(pool) => pool.submit(job, mode)?,
        }
        answer.await.unwrap_or_else(|_| Err(stopped().into()))
    }
}

fn stopped() -> StoreError {
    StoreError::unavailable("the store stopped")
}
