//! The Management API as a page uses it: calls in the user's name, and what she may call.

use std::collections::HashMap;

use http::{Method, StatusCode};
use serde_json::Value;

use crate::local::Local;
use crate::op::{Actor, Operation};

/// An operation that was refused, as the Management API told it.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    /// The cause, without the words that only programs need.
    pub(super) cause: String,
    pub(super) expected: Option<String>,
    pub(super) actual: Option<String>,
    pub(super) remedy: Option<String>,
    /// What is wrong one by one, where the operation tells it: lines of an action.
    pub(super) errors: Value,
}

/// Which scopes each operation wants: `GET /clients` wants one of these.
#[derive(Debug)]
pub(super) struct Rights(HashMap<String, &'static [&'static str]>);

impl Rights {
    pub(super) fn of(operations: &[Operation]) -> Self {
        let entry = |operation: &Operation| {
            let name = format!("{} {}", operation.method, operation.path);
            (name, operation.scopes)
        };
        Self(operations.iter().map(entry).collect())
    }

    /// The scopes of which an operation wants one; `None` when there is no such operation.
    pub(super) fn scopes(&self, operation: &str) -> Option<&'static [&'static str]> {
        self.0.get(operation).copied()
    }

    /// Whether `actor` may call an operation. Nobody may call one that does not exist.
    pub(super) fn permit(&self, actor: &Actor, operation: &str) -> bool {
        let scopes = self.scopes(operation).unwrap_or_default();
        scopes.iter().any(|scope| actor.holds(scope))
    }
}

/// Does one operation.
pub(super) async fn call(
    api: &Local,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<Value, Refused> {
    let answer = match api.call(method, path, body).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::error!(%error, path, "a page asked for an impossible path");
            return Err(Refused::new(
                StatusCode::NOT_FOUND,
                "There is no such address.",
            ));
        }
    };
    if answer.status.is_success() {
        return Ok(answer.body);
    }
    let text = |name: &str| answer.body[name].as_str().map(str::to_owned);
    Err(Refused {
        status: answer.status,
        cause: plain(&text("message").unwrap_or_else(|| answer.status.to_string())),
        expected: text("expected"),
        actual: text("actual"),
        remedy: text("remedy"),
        errors: answer.body["errors"].clone(),
    })
}

impl Refused {
    pub(super) fn new(status: StatusCode, cause: impl Into<String>) -> Self {
        Self {
            status,
            cause: cause.into(),
            expected: None,
            actual: None,
            remedy: None,
            errors: Value::Null,
        }
    }

    /// The member of the body that is at fault, as the cause names it: at its beginning
    /// (`callbacks "x" is refused`) or at its end (`… on property callbacks[0]`).
    pub(super) fn member(&self) -> Option<&str> {
        let cause = self.cause.as_str();
        let named = cause.rsplit_once(" on property ").map(|(_, name)| name);
        let first = cause.split([' ', ':']).next();
        let missing = cause.strip_prefix("Missing required property: ");
        let name = missing.or(named).or(first)?;
        let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || "_.[]".contains(c)));
        Some(&name[..end.unwrap_or(name.len())])
    }
}

/// A message without Auth0's envelope: `Payload validation error: 'x'.` is `x`.
fn plain(message: &str) -> String {
    let inner = message
        .strip_prefix("Payload validation error: '")
        .and_then(|rest| rest.strip_suffix("'.").or_else(|| rest.strip_suffix('\'')));
    inner.unwrap_or(message).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_member_at_fault_is_found_in_the_cause() {
        let member = |message: &str| {
            let refused = Refused::new(StatusCode::BAD_REQUEST, plain(message));
            refused.member().map(str::to_owned)
        };
        let table = [
            (
                "Payload validation error: 'callbacks \"x\" is refused: y'.",
                "callbacks",
            ),
            (
                "Payload validation error: 'invalid type on property jwt.alg'.",
                "jwt.alg",
            ),
            (
                "Payload validation error: 'Missing required property: name'.",
                "name",
            ),
            ("name must have 1 to 200 characters", "name"),
        ];
        for (message, expected) in table {
            assert_eq!(member(message).as_deref(), Some(expected), "{message}");
        }
    }
}
