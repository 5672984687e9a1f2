//! The part of Liquid that mail templates of Auth0 use: variables, a few filters, `if`, `unless`,
//! `case`, `assign` and `comment`.
//!
//! No loops and no inclusion, so that a template ends: its cost is bounded by its length. Values
//! are escaped for HTML by themselves; Auth0 leaves that to the template, which forgets it.

mod eval;
mod lex;
mod parse;
#[cfg(test)]
mod tests;

use serde_json::Value;

/// The longest template, in bytes.
pub const SOURCE_MAX: usize = 256 << 10;

/// A template, parsed.
#[derive(Clone, Debug)]
pub struct Template {
    nodes: Vec<Node>,
}

/// Why a template cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct LiquidError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

/// What becomes of values in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// They are escaped for HTML, unless the filter `escape` did it.
    Html,
    /// They are plain text on one line: subjects and senders.
    Line,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Names the line and what is wrong there.
    pub fn parse(source: &str) -> Result<Self, LiquidError> {
        if source.len() > SOURCE_MAX {
            let problem = format!("the template is longer than {SOURCE_MAX} bytes");
            return Err(LiquidError { line: 1, problem });
        }
        let nodes = parse::template(source)?;
        Ok(Self { nodes })
    }

    /// Fills the template; what is not among the variables is empty, as in Liquid.
    ///
    /// # Errors
    /// When the text becomes too long.
    pub fn render(&self, variables: &Value, escape: Escape) -> Result<String, LiquidError> {
        eval::render(&self.nodes, variables, escape)
    }
}

#[derive(Clone, Debug)]
enum Node {
    Text(String),
    Output(Output),
    Assign(String, Output),
    /// The first branch whose condition holds.
    Branches(Vec<(Condition, Vec<Self>)>),
}

/// A value and the filters it goes through.
#[derive(Clone, Debug)]
struct Output {
    value: Operand,
    filters: Vec<(Filter, Vec<Operand>)>,
}

#[derive(Clone, Debug)]
enum Operand {
    Literal(Value),
    /// `empty` and `blank`: equal to whatever has nothing in it.
    Empty,
    Path(Vec<String>),
}

#[derive(Clone, Debug)]
enum Condition {
    Always,
    Holds(Operand),
    Compare(Operand, Comparison, Operand),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Different,
    Less,
    Greater,
    AtMost,
    AtLeast,
    Contains,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    Append,
    Capitalize,
    Default,
    Downcase,
    Escape,
    Prepend,
    Replace,
    Strip,
    Truncate,
    Upcase,
    UrlEncode,
}

impl Filter {
    /// Each filter with its name and how many arguments it takes.
    const ALL: [(&'static str, Self, usize); 13] = [
        ("append", Self::Append, 1),
        ("capitalize", Self::Capitalize, 0),
        ("default", Self::Default, 1),
        ("downcase", Self::Downcase, 0),
        ("escape", Self::Escape, 0),
        ("escape_once", Self::Escape, 0),
        ("h", Self::Escape, 0),
        ("prepend", Self::Prepend, 1),
        ("replace", Self::Replace, 2),
        ("strip", Self::Strip, 0),
        ("truncate", Self::Truncate, 1),
        ("upcase", Self::Upcase, 0),
        ("url_encode", Self::UrlEncode, 0),
    ];
}
