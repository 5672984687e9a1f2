//! Search queries in the part of Lucene's language that Auth0 has (Auth0: `q`).
//!
//! A query is parsed into a bounded tree whose fields and values have types, checked against the
//! fields that a list knows; it never becomes part of a statement (ADM-06). What an index can
//! narrow is read off the tree by [`Query::narrow`]; [`Query::matches`] decides the rest.
//!
//! ```text
//! email:"ann@example.com" AND (logins_count:[1 TO 10] OR NOT _exists_:last_login)
//! name:ann* app_metadata.plan:gold created_at:[2026-01-01 TO *]
//! ```

mod fields;
mod lex;
mod matches;
mod narrow;
mod parse;
mod pattern;
mod time;

pub use fields::{EVENTS, Field, Kind, Schema, USERS};
pub use narrow::{Narrowed, Span};

use pattern::Pattern;

/// The longest query, in characters.
pub const LENGTH_MAX: usize = 2048;

/// The most conditions of a query.
pub const TERMS_MAX: usize = 64;

/// The deepest nesting of a query.
pub const DEPTH_MAX: usize = 16;

/// A query that was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// Everything.
    All,
    /// What the inner query has not.
    Not(Box<Self>),
    /// What all of them have.
    And(Vec<Self>),
    /// What one of them has.
    Or(Vec<Self>),
    /// One condition.
    Term(Field, Test),
}

/// What a field's value must be.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Something.
    Exists,
    /// Exactly this; of a name, one of its words.
    Word(String),
    /// Exactly this.
    Phrase(String),
    /// Of this form; whole value.
    Wildcard(Pattern),
    /// Between two bounds.
    Range(Range),
}

/// A range; each bound with whether it belongs to the range itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    /// The lower bound; `None`: open.
    pub(crate) low: Option<(String, bool)>,
    /// The upper bound; `None`: open.
    pub(crate) high: Option<(String, bool)>,
}

#[cfg(test)]
mod tests;
