//! The answer of an operation, before it is HTTP.

use serde_json::Value;

/// Status and body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    /// The status; `None`: the one that the operation declares.
    pub(crate) status: Option<u16>,
    /// The body, if there is one.
    pub(crate) body: Option<Value>,
}

impl Reply {
    /// The declared status with a body.
    pub(crate) const fn ok(body: Value) -> Self {
        Self {
            status: None,
            body: Some(body),
        }
    }

    /// The declared status without a body.
    pub(crate) const fn empty() -> Self {
        Self {
            status: None,
            body: None,
        }
    }

    /// Another status than the declared one.
    pub(crate) const fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }
}
