//! What can go wrong in the store: three kinds, none of which shows a driver.

use std::error::Error;
use std::fmt;

/// Why a unit of work was not done. Nothing of it is in the database, with one exception that is
/// said at [`StoreError::Unavailable`].
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The write would break a unique key or a foreign key of this table. Callers that need to know
    /// which key ask first or use a statement with `ON CONFLICT`. Answered as 409.
    #[error("conflict: the write breaks a key of table {0}")]
    Conflict(&'static str),
    /// A stored row cannot be read, or a value is not allowed in its column: a fault in the data or
    /// in this program. Answered as 500.
    #[error("corrupt row: table {table}, column {column}, row {id:?}: {reason}")]
    Corrupt {
        /// The table of the statement.
        table: &'static str,
        /// The column's name, or its position where the engine gives none.
        column: String,
        /// The row's id, if it was looked up by that; else empty.
        id: String,
        /// What was expected and what was there.
        reason: String,
    },
    /// The database cannot be reached, is full, too busy or not the one this program expects; or
    /// the work panicked. When a commit's outcome is unknown (the connection broke while the
    /// database was committing), this is returned too, although the work may have been done.
    /// Answered as 503.
    #[error("the database is unavailable: {0}")]
    Unavailable(Cause),
}

/// The error below a [`StoreError::Unavailable`].
pub type Cause = Box<dyn Error + Send + Sync>;

impl StoreError {
    /// Wraps any error or sentence as [`StoreError::Unavailable`].
    pub fn unavailable(cause: impl Into<Cause>) -> Self {
        Self::Unavailable(cause.into())
    }
}

/// A queue is full: the caller should answer 503 and the client should come back later.
#[derive(Debug, thiserror::Error)]
#[error("{limit} units of work are waiting already; expected fewer. Try again in a moment")]
pub struct QueueFull {
    /// How many units of work may wait.
    pub limit: usize,
}

/// Joins an error's chain of causes into one line.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}
