//! Reading columns of a row, with errors that say which row of which table is at fault.

use aldgate_core::time::Timestamp;
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::postgres;
use crate::sql::Sql;
use crate::sqlite;
use crate::value::{Params, Value};

/// One column's value as both engines give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cell<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

/// A row of a result, valid during the closure that reads it.
pub(crate) struct Row<'a> {
    sql: &'a Sql,
    params: Params<'a>,
    source: Source<'a>,
}

enum Source<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a ::postgres::Row),
}

impl<'a> Row<'a> {
    pub(crate) const fn sqlite(
        sql: &'a Sql,
        params: Params<'a>,
        row: &'a rusqlite::Row<'a>,
    ) -> Self {
        let source = Source::Sqlite(row);
        Self {
            sql,
            params,
            source,
        }
    }

    pub(crate) const fn postgres(
        sql: &'a Sql,
        params: Params<'a>,
        row: &'a ::postgres::Row,
    ) -> Self {
        let source = Source::Postgres(row);
        Self {
            sql,
            params,
            source,
        }
    }

    /// Reads a text that is never null.
    pub(crate) fn text(&self, index: usize) -> Result<&str, StoreError> {
        self.opt_text(index)?
            .ok_or_else(|| self.corrupt(index, "expected text, got null"))
    }

    /// Reads a text or null.
    pub(crate) fn opt_text(&self, index: usize) -> Result<Option<&str>, StoreError> {
        match self.cell(index)? {
            Cell::Text(text) => Ok(Some(text)),
            Cell::Null => Ok(None),
            other => Err(self.unexpected(index, "text", other)),
        }
    }

    /// Reads an integer that is never null.
    pub(crate) fn int(&self, index: usize) -> Result<i64, StoreError> {
        self.opt_int(index)?
            .ok_or_else(|| self.corrupt(index, "expected an integer, got null"))
    }

    /// Reads an integer or null.
    pub(crate) fn opt_int(&self, index: usize) -> Result<Option<i64>, StoreError> {
        match self.cell(index)? {
            Cell::Int(value) => Ok(Some(value)),
            Cell::Null => Ok(None),
            other => Err(self.unexpected(index, "an integer", other)),
        }
    }

    /// Reads a number that is never negative.
    pub(crate) fn count(&self, index: usize) -> Result<u64, StoreError> {
        let value = self.int(index)?;
        u64::try_from(value).map_err(|_| self.corrupt(index, "expected a number from 0"))
    }

    /// Reads a point in time that is never null.
    pub(crate) fn at(&self, index: usize) -> Result<Timestamp, StoreError> {
        self.int(index).map(Timestamp::from_micros)
    }

    /// Reads a point in time or null.
    pub(crate) fn opt_at(&self, index: usize) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.opt_int(index)?.map(Timestamp::from_micros))
    }

    /// Reads bytes that are never null.
    pub(crate) fn blob(&self, index: usize) -> Result<&[u8], StoreError> {
        self.opt_blob(index)?
            .ok_or_else(|| self.corrupt(index, "expected bytes, got null"))
    }

    /// Reads bytes or null.
    pub(crate) fn opt_blob(&self, index: usize) -> Result<Option<&[u8]>, StoreError> {
        match self.cell(index)? {
            Cell::Blob(bytes) => Ok(Some(bytes)),
            Cell::Null => Ok(None),
            other => Err(self.unexpected(index, "bytes", other)),
        }
    }

    /// Reads an identifier, or anything else that is parsed from text.
    pub(crate) fn parse<T>(&self, index: usize) -> Result<T, StoreError>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        self.text(index)?
            .parse()
            .map_err(|e: T::Err| self.corrupt(index, &e.to_string()))
    }

    /// Reads an identifier or null.
    pub(crate) fn opt_parse<T>(&self, index: usize) -> Result<Option<T>, StoreError>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        let parsed = self.opt_text(index)?.map(str::parse).transpose();
        parsed.map_err(|e: T::Err| self.corrupt(index, &e.to_string()))
    }

    /// Reads a JSON document.
    pub(crate) fn json<T: DeserializeOwned>(&self, index: usize) -> Result<T, StoreError> {
        // serde's message may quote a value of the document, and the document may hold a secret:
        // only its place is told.
        serde_json::from_str(self.text(index)?).map_err(|e| {
            let place = format!(
                "unreadable JSON at line {}, column {}",
                e.line(),
                e.column()
            );
            self.corrupt(index, &place)
        })
    }

    /// Makes the error for a column whose value makes no sense.
    pub(crate) fn corrupt(&self, index: usize, reason: &str) -> StoreError {
        let id = self.id();
        let column = match &self.source {
            Source::Sqlite(row) => row.as_ref().column_name(index).ok().map(str::to_owned),
            Source::Postgres(row) => row.columns().get(index).map(|c| c.name().to_owned()),
        };
        StoreError::Corrupt {
            table: self.sql.table(),
            column: column.unwrap_or_else(|| index.to_string()),
            id,
            reason: reason.to_owned(),
        }
    }

    /// Which row it is, if the statement looked it up by its id. Other columns and parameters may
    /// hold what must not be shown.
    fn id(&self) -> String {
        match self.params.rest.first() {
            Some(Value::Text(Some(id))) if self.sql.text.contains(" id = ?2") => {
                id.chars().take(80).collect()
            }
            _ => String::new(),
        }
    }

    fn unexpected(&self, index: usize, expected: &str, actual: Cell<'_>) -> StoreError {
        let actual = match actual {
            Cell::Null => "null",
            Cell::Int(_) => "an integer",
            Cell::Text(_) => "text",
            Cell::Blob(_) => "bytes",
        };
        self.corrupt(index, &format!("expected {expected}, got {actual}"))
    }

    fn cell(&self, index: usize) -> Result<Cell<'_>, StoreError> {
        match &self.source {
            Source::Sqlite(row) => sqlite::cell(row, index),
            Source::Postgres(row) => postgres::cell(row, index),
        }
    }
}
