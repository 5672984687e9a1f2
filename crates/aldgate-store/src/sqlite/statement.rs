//! Runs one statement on an SQLite connection and translates what comes back.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ToSql, ffi};

use crate::error::StoreError;
use crate::row::{Cell, Row};
use crate::sql::Sql;
use crate::tx::{Cure, Each, Fault};
use crate::value::{Params, Value};

/// SQLite's own catalogue; it knows no tenants.
const HAS_TABLE: &str = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1";

/// Runs a statement and returns how many rows it changed.
pub(crate) fn execute(
    connection: &Connection,
    sql: &Sql,
    params: Params<'_>,
) -> Result<u64, Fault> {
    let changed = prepare(connection, sql, params).and_then(|mut s| s.raw_execute());
    changed
        .map(|count| count as u64)
        .map_err(|e| fault(sql, &e))
}

/// Runs a statement and shows each row to `each`.
pub(crate) fn query(
    connection: &Connection,
    sql: &Sql,
    params: Params<'_>,
    each: &mut Each<'_>,
) -> Result<(), Fault> {
    let mut statement = prepare(connection, sql, params).map_err(|e| fault(sql, &e))?;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(|e| fault(sql, &e))? {
        each(&Row::sqlite(sql, params, row))?;
    }
    Ok(())
}

/// Runs several statements without parameters.
pub(crate) fn script(connection: &Connection, text: &str) -> Result<(), Fault> {
    connection
        .execute_batch(text)
        .map_err(|e| unavailable(&e).into())
}

/// Prepares a statement and tells how it would be run.
#[cfg(feature = "testing")]
pub(crate) fn plan(connection: &Connection, sql: &Sql) -> Result<String, Fault> {
    let explain = || {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", sql.text))?;
        let mut rows = statement.raw_query();
        let mut plan = String::new();
        while let Some(row) = rows.next()? {
            plan += &row.get::<_, String>("detail")?;
            plan += "\n";
        }
        Ok(plan)
    };
    explain().map_err(|e| fault(sql, &e))
}

/// Tells whether a table exists.
pub(crate) fn has_table(connection: &Connection, name: &str) -> Result<bool, Fault> {
    // Not `table_exists`: it looks into the cached schema, which may be older than the file.
    let exists = connection
        .prepare_cached(HAS_TABLE)
        .and_then(|mut s| s.exists([name]));
    exists.map_err(|e| unavailable(&e).into())
}

/// Reads one column of a row.
pub(crate) fn cell<'a>(row: &'a rusqlite::Row<'_>, index: usize) -> Result<Cell<'a>, StoreError> {
    match row.get_ref(index).map_err(StoreError::unavailable)? {
        ValueRef::Null => Ok(Cell::Null),
        ValueRef::Integer(value) => Ok(Cell::Int(value)),
        ValueRef::Text(bytes) => std::str::from_utf8(bytes)
            .map(Cell::Text)
            .map_err(StoreError::unavailable),
        ValueRef::Blob(bytes) => Ok(Cell::Blob(bytes)),
        ValueRef::Real(_) => Err(StoreError::unavailable("a column holds a fraction")),
    }
}

/// Names the reason of an error; SQLite's messages hold names of tables and columns, no values.
pub(super) fn unavailable(error: &rusqlite::Error) -> StoreError {
    StoreError::unavailable(error.to_string())
}

fn prepare<'c>(
    connection: &'c Connection,
    sql: &Sql,
    params: Params<'_>,
) -> rusqlite::Result<CachedStatement<'c>> {
    let mut statement = connection.prepare_cached(sql.text)?;
    let (expected, actual) = (statement.parameter_count(), params.count());
    if expected != actual {
        return Err(rusqlite::Error::InvalidParameterCount(actual, expected));
    }
    for (index, value) in params.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, value)?;
    }
    Ok(statement)
}

fn fault(sql: &Sql, error: &rusqlite::Error) -> Fault {
    let code = error.sqlite_error().map_or(0, |e| e.extended_code);
    let error = match code {
        ffi::SQLITE_CONSTRAINT_UNIQUE
        | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        | ffi::SQLITE_CONSTRAINT_FOREIGNKEY => StoreError::Conflict(sql.table()),
        ffi::SQLITE_CONSTRAINT_CHECK | ffi::SQLITE_CONSTRAINT_NOTNULL => StoreError::Corrupt {
            table: sql.table(),
            column: String::new(),
            id: String::new(),
            reason: format!("{}: {error}", sql.name),
        },
        _ => StoreError::unavailable(format!("{}: {error}", sql.name)),
    };
    Fault {
        error,
        cure: Cure::None,
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match *self {
            Value::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Value::Int(Some(value)) => ValueRef::Integer(value),
            Value::Blob(Some(bytes)) => ValueRef::Blob(bytes),
            Value::Text(None) | Value::Int(None) | Value::Blob(None) => ValueRef::Null,
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}
