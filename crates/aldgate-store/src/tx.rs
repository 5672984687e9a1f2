//! The transaction that a unit of work gets: its tenant, and three ways to run a statement.

use aldgate_core::id::TenantId;

use crate::changes::Change;
use crate::error::{Chain, StoreError};
use crate::postgres;
use crate::row::Row;
use crate::sql::Sql;
use crate::sqlite;
use crate::value::{Params, Value};

/// A transaction within one tenant. Aggregates hang on it: `tx.users()`, `tx.roles()`, ….
///
/// After a statement failed (a conflict, say), the transaction is over: later statements are
/// refused and nothing is committed, on both engines alike. A statement that may meet a conflict
/// and go on says so with `ON CONFLICT`.
pub struct Tx<'c> {
    runner: Runner<'c>,
    tenant: Option<TenantId>,
    changes: Vec<Change>,
}

/// A transaction across tenants: migrations, the janitor, finding a tenant by its host.
pub struct SystemTx<'c> {
    tx: Tx<'c>,
}

/// The connection a transaction runs on.
pub(crate) enum Link<'c> {
    Sqlite(&'c rusqlite::Connection),
    Postgres(&'c mut postgres::Link),
}

/// Whether statements may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Read,
    Write,
}

/// What helps after a statement failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cure {
    /// Nothing: the caller gets the error.
    None,
    /// Running the unit of work again on a new connection.
    Reconnect,
    /// Running the unit of work again.
    Rerun,
}

/// A driver's error, translated, with what helps.
pub(crate) struct Fault {
    pub(crate) error: StoreError,
    pub(crate) cure: Cure,
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self {
            error,
            cure: Cure::None,
        }
    }
}

impl<'c> SystemTx<'c> {
    pub(crate) const fn new(link: Link<'c>, mode: Mode) -> Self {
        let runner = Runner {
            link,
            mode,
            failed: None,
        };
        Self {
            tx: Tx {
                runner,
                tenant: None,
                changes: Vec::new(),
            },
        }
    }

    /// Enters a tenant: what follows on the returned transaction is the tenant's.
    pub fn within(&mut self, tenant: &TenantId) -> &mut Tx<'c> {
        if self.tx.tenant.as_ref() != Some(tenant) {
            self.tx.tenant = Some(tenant.clone());
        }
        &mut self.tx
    }

    /// What helps, if a statement failed.
    pub(crate) const fn failed(&self) -> Option<Cure> {
        self.tx.runner.failed
    }

    /// What the unit of work noted as changed.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.tx.changes)
    }

    /// Runs a statement that names its tenants itself, and returns how many rows it changed.
    pub(crate) fn execute(&mut self, sql: &Sql, rest: &[Value<'_>]) -> Result<u64, StoreError> {
        self.tx.runner.execute(sql, Params { tenant: None, rest })
    }

    /// Runs a statement that names its tenants itself, and reads its first row, if there is one.
    pub(crate) fn one<T>(
        &mut self,
        sql: &Sql,
        rest: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.tx.runner.one(sql, Params { tenant: None, rest }, read)
    }

    /// Runs a statement that names its tenants itself, and reads all of its rows.
    pub(crate) fn all<T>(
        &mut self,
        sql: &Sql,
        rest: &[Value<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.tx.runner.all(sql, Params { tenant: None, rest }, read)
    }

    /// How the engine would run a statement, for the test that demands an index.
    #[cfg(feature = "testing")]
    pub fn plan(&mut self, sql: &Sql) -> Result<String, StoreError> {
        let result = match &mut self.tx.runner.link {
            Link::Sqlite(connection) => sqlite::plan(connection, sql),
            Link::Postgres(link) => link.plan(sql),
        };
        self.tx.runner.note(result)
    }

    /// Tells whether a table exists: the one question that each engine answers in its own words.
    pub(crate) fn has_table(&mut self, name: &str) -> Result<bool, StoreError> {
        let result = match &mut self.tx.runner.link {
            Link::Sqlite(connection) => sqlite::has_table(connection, name),
            Link::Postgres(link) => link.has_table(name),
        };
        self.tx.runner.note(result)
    }

    /// Runs several statements without parameters: the text of a migration.
    pub(crate) fn script(&mut self, text: &str) -> Result<(), StoreError> {
        self.tx.runner.check("a script", false)?;
        let result = match &mut self.tx.runner.link {
            Link::Sqlite(connection) => sqlite::script(connection, text),
            Link::Postgres(link) => link.script(text),
        };
        self.tx.runner.note(result)
    }
}

impl Tx<'_> {
    /// The tenant whose rows this transaction sees.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        self.tenant
            .as_ref()
            .expect("invariant: a Tx is only handed out by SystemTx::within")
    }

    /// Runs a statement and returns how many rows it changed. `?1` is the tenant, always (TEN-01);
    /// `rest` begins at `?2`.
    pub(crate) fn execute(&mut self, sql: &Sql, rest: &[Value<'_>]) -> Result<u64, StoreError> {
        let tenant = self.tenant.as_ref();
        self.runner.execute(sql, Params { tenant, rest })
    }

    /// Runs a statement and reads its first row, if there is one. Parameters as in
    /// [`Tx::execute`].
    pub(crate) fn one<T>(
        &mut self,
        sql: &Sql,
        rest: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let tenant = self.tenant.as_ref();
        self.runner.one(sql, Params { tenant, rest }, read)
    }

    /// Runs a statement and reads all of its rows. Parameters as in [`Tx::execute`].
    pub(crate) fn all<T>(
        &mut self,
        sql: &Sql,
        rest: &[Value<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let tenant = self.tenant.as_ref();
        self.runner.all(sql, Params { tenant, rest }, read)
    }
}

impl Tx<'_> {
    /// Runs a statement on a table that belongs to no tenant; `rest` begins at `?1`.
    pub(crate) fn one_global<T>(
        &mut self,
        sql: &Sql,
        rest: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.runner.one(sql, Params { tenant: None, rest }, read)
    }

    pub(crate) fn push_change(&mut self, change: Change) {
        self.changes.push(change);
    }
}

/// Runs statements on a connection and remembers whether one failed.
struct Runner<'c> {
    link: Link<'c>,
    mode: Mode,
    failed: Option<Cure>,
}

impl Runner<'_> {
    fn execute(&mut self, sql: &Sql, params: Params<'_>) -> Result<u64, StoreError> {
        self.check(sql.name, false)?;
        let result = match &mut self.link {
            Link::Sqlite(connection) => sqlite::execute(connection, sql, params),
            Link::Postgres(link) => link.execute(sql, params),
        };
        self.note(result)
    }

    fn one<T>(
        &mut self,
        sql: &Sql,
        params: Params<'_>,
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut found = None;
        let mut read = Some(read);
        self.query(sql, params, &mut |row| {
            if let Some(read) = read.take() {
                found = Some(read(row)?);
            }
            Ok(())
        })?;
        Ok(found)
    }

    fn all<T>(
        &mut self,
        sql: &Sql,
        params: Params<'_>,
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut rows = Vec::new();
        self.query(sql, params, &mut |row| {
            rows.push(read(row)?);
            Ok(())
        })?;
        Ok(rows)
    }

    fn query(
        &mut self,
        sql: &Sql,
        params: Params<'_>,
        each: &mut Each<'_>,
    ) -> Result<(), StoreError> {
        self.check(sql.name, sql.text.starts_with("SELECT"))?;
        let result = match &mut self.link {
            Link::Sqlite(connection) => sqlite::query(connection, sql, params, each),
            Link::Postgres(link) => link.query(sql, params, each),
        };
        self.note(result)
    }

    /// Refuses a statement after a failure, and a write within a read.
    fn check(&self, statement: &str, reads: bool) -> Result<(), StoreError> {
        if self.failed.is_some() {
            let text = format!("{statement} ran after an earlier statement of its unit failed");
            return Err(StoreError::unavailable(text));
        }
        if self.mode == Mode::Read && !reads {
            let text = format!("{statement} writes: expected it within Store::write");
            return Err(StoreError::unavailable(text));
        }
        Ok(())
    }

    fn note<T>(&mut self, result: Result<T, Fault>) -> Result<T, StoreError> {
        result.map_err(|fault| {
            self.failed = Some(fault.cure);
            tracing::debug!(error = %Chain(&fault.error), cure = ?fault.cure, "statement failed");
            fault.error
        })
    }
}

/// What is done with each row of a result.
pub(crate) type Each<'a> = dyn FnMut(&Row<'_>) -> Result<(), StoreError> + 'a;
