//! One connection to PostgreSQL with its prepared statements.

use std::collections::HashMap;
use std::time::Duration;

use postgres::error::SqlState;
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::ToSql;
use postgres::{Client, Statement};

use super::target::PostgresTarget;
use crate::error::{Chain, StoreError};
use crate::row::Row;
use crate::sql::Sql;
use crate::store::Durability;
use crate::tx::{Cure, Each, Fault};
use crate::value::{Params, Value};

/// What every session runs first. READ COMMITTED is enough because single use is a `WHERE` clause;
/// the time limits keep a stuck session from holding a row for ever.
const SESSION: &str = "SET default_transaction_isolation = 'read committed';
SET statement_timeout = '30s';
SET lock_timeout = '10s';
SET idle_in_transaction_session_timeout = '60s';";

/// PostgreSQL's own catalogue; it knows no tenants.
const HAS_TABLE: &str = "SELECT 1 FROM information_schema.tables
    WHERE table_schema = current_schema() AND table_name = $1";

/// A connection. Used and dropped on the thread that made it.
pub(crate) struct Link {
    client: Client,
    /// By text; the statements are constants, so their number bounds it.
    prepared: HashMap<&'static str, Statement>,
}

impl Link {
    /// Connects and sets the session up.
    pub(super) fn connect(target: &PostgresTarget, durability: Durability) -> Result<Self, Fault> {
        let mut client = target.connect()?;
        let commit = match durability {
            Durability::Disk => "SET synchronous_commit = on",
            Durability::Memory => "SET synchronous_commit = off",
        };
        client
            .batch_execute(&format!("{SESSION}{commit}"))
            .map_err(|e| fault("setting up the session", "", &e))?;
        Ok(Self {
            client,
            prepared: HashMap::new(),
        })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Runs a statement and returns how many rows it changed.
    pub(crate) fn execute(&mut self, sql: &Sql, params: Params<'_>) -> Result<u64, Fault> {
        let statement = self.prepare(sql)?;
        check_count(sql, &statement, params)?;
        let values: Vec<Value<'_>> = params.iter().collect();
        let bound: Vec<&(dyn ToSql + Sync)> = values.iter().map(|v| v as _).collect();
        self.client
            .execute(&statement, &bound)
            .map_err(|e| fault(sql.name, sql.table(), &e))
    }

    /// Runs a statement and shows each row to `each`.
    pub(crate) fn query(
        &mut self,
        sql: &Sql,
        params: Params<'_>,
        each: &mut Each<'_>,
    ) -> Result<(), Fault> {
        let statement = self.prepare(sql)?;
        check_count(sql, &statement, params)?;
        let values: Vec<Value<'_>> = params.iter().collect();
        let bound: Vec<&(dyn ToSql + Sync)> = values.iter().map(|v| v as _).collect();
        let rows = self.client.query(&statement, &bound);
        for row in rows.map_err(|e| fault(sql.name, sql.table(), &e))? {
            each(&Row::postgres(sql, params, &row))?;
        }
        Ok(())
    }

    /// Every row of a table as text; for tests.
    #[cfg(feature = "testing")]
    pub(crate) fn copy(&mut self, table: &str) -> Result<Vec<u8>, Fault> {
        let reader = self.client.copy_out(&format!("COPY {table} TO STDOUT"));
        let mut reader = reader.map_err(|e| fault("a copy", "", &e))?;
        let mut rows = Vec::new();
        let read = std::io::Read::read_to_end(&mut reader, &mut rows);
        read.map_err(|error| Fault {
            error: StoreError::unavailable(error),
            cure: Cure::None,
        })?;
        Ok(rows)
    }

    /// Runs several statements without parameters.
    pub(crate) fn script(&mut self, text: &str) -> Result<(), Fault> {
        self.client.batch_execute(text).map_err(|e| {
            let mut fault = fault("a script", "", &e);
            // Two nodes that create the same table at once collide in the catalogue: the loser
            // finds it there at the next attempt.
            let in_catalogue = [SqlState::UNIQUE_VIOLATION, SqlState::DUPLICATE_TABLE];
            if e.code().is_some_and(|code| in_catalogue.contains(code)) {
                fault.cure = Cure::Rerun;
            }
            fault
        })
    }

    /// Tells whether a table exists in the current schema.
    pub(crate) fn has_table(&mut self, name: &str) -> Result<bool, Fault> {
        let found = self.client.query_opt(HAS_TABLE, &[&name]);
        found
            .map(|row| row.is_some())
            .map_err(|e| fault("looking for a table", "", &e))
    }

    /// Prepares a statement and tells how it would be run, were the tables large.
    #[cfg(feature = "testing")]
    pub(crate) fn plan(&mut self, sql: &Sql) -> Result<String, Fault> {
        let count = self.prepare(sql)?.params().len();
        let arguments = vec!["NULL"; count].join(", ");
        let arguments = if count == 0 {
            String::new()
        } else {
            format!("({arguments})")
        };
        let text = sql.for_postgres();
        let script = format!(
            "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan;
            PREPARE explained AS {text}; EXPLAIN EXECUTE explained{arguments};
            DEALLOCATE explained"
        );
        let rows = self.client.simple_query(&script);
        let rows = rows.map_err(|e| fault(sql.name, sql.table(), &e))?;
        let lines = rows.iter().filter_map(|message| match message {
            postgres::SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        Ok(lines.collect::<Vec<_>>().join("\n"))
    }

    /// Begins or ends a transaction.
    pub(super) fn control(&mut self, text: &'static str) -> Result<(), Fault> {
        self.client
            .batch_execute(text)
            .map_err(|e| fault(text, "", &e))
    }

    /// Waits for a notification, at most `time`, and forgets those that came.
    pub(super) fn wait_for_notification(&mut self, time: Duration) -> Result<(), StoreError> {
        let mut notifications = self.client.notifications();
        let first = notifications.timeout_iter(time).next();
        first.map_err(|e| fault("waiting for changes", "", &e).error)?;
        // Several units of work may have been told of; one look covers them all.
        while notifications.iter().next().is_ok_and(|more| more.is_some()) {}
        Ok(())
    }

    fn prepare(&mut self, sql: &Sql) -> Result<Statement, Fault> {
        if let Some(statement) = self.prepared.get(sql.text) {
            return Ok(statement.clone());
        }
        let prepared = self.client.prepare(&sql.for_postgres());
        let statement = prepared.map_err(|e| fault(sql.name, sql.table(), &e))?;
        self.prepared.insert(sql.text, statement.clone());
        Ok(statement)
    }
}

fn check_count(sql: &Sql, statement: &Statement, params: Params<'_>) -> Result<(), Fault> {
    let (expected, actual) = (statement.params().len(), params.count());
    if expected == actual {
        return Ok(());
    }
    let text = format!("{}: expected {expected} parameters, got {actual}", sql.name);
    Err(StoreError::unavailable(text).into())
}

/// Translates an error. PostgreSQL's DETAIL quotes rows, which may hold secrets: it is left out.
pub(super) fn fault(what: &str, table: &'static str, error: &postgres::Error) -> Fault {
    let Some(database) = error.as_db_error() else {
        let text = format!("{what}: {}", Chain(error));
        return Fault {
            error: StoreError::unavailable(text),
            cure: cure_of_io(error),
        };
    };
    let code = database.code();
    let reason = format!("{what}: {} (SQLSTATE {})", database.message(), code.code());
    let error = match *code {
        SqlState::UNIQUE_VIOLATION | SqlState::FOREIGN_KEY_VIOLATION => StoreError::Conflict(table),
        SqlState::CHECK_VIOLATION | SqlState::NOT_NULL_VIOLATION => StoreError::Corrupt {
            table,
            column: database.column().unwrap_or_default().to_owned(),
            id: String::new(),
            reason,
        },
        _ => StoreError::unavailable(reason),
    };
    let cure = match code.code() {
        // Serialization failure, deadlock.
        "40001" | "40P01" => Cure::Rerun,
        // Shut down, crashed, starting; too many connections; a statement that no longer fits the
        // schema, or that a pooler between us does not know.
        "57P01" | "57P02" | "57P03" | "53300" | "0A000" | "26000" => Cure::Reconnect,
        code if code.starts_with("08") => Cure::Reconnect,
        _ => Cure::None,
    };
    Fault { error, cure }
}

/// A broken connection is worth another attempt; a value that does not fit is not.
fn cure_of_io(error: &postgres::Error) -> Cure {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.is::<std::io::Error>() {
            return Cure::Reconnect;
        }
        source = inner.source();
    }
    if error.is_closed() {
        Cure::Reconnect
    } else {
        Cure::None
    }
}
