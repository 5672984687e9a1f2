//! What came of running the actions of a trigger once: kept for a while, for people to look at.

use serde::{Deserialize, Serialize};

use super::Trigger;
use crate::id::{ActionId, ExecutionId};
use crate::time::{Seconds, Timestamp};

/// How long executions are kept (Auth0: 10 days).
pub const EXECUTIONS_KEPT: Seconds = Seconds::days(10);

/// One run of a trigger: each of its actions, in order, until one failed or denied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// Key; sorts by time.
    pub id: ExecutionId,
    /// The trigger.
    pub trigger: Trigger,
    /// How far it came.
    pub status: ExecutionStatus,
    /// One for each action that ran.
    pub results: Vec<ExecutionResult>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
}

/// How far an execution came (Auth0's words).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExecutionStatus {
    /// Every action ran.
    Final,
    /// An action failed or denied, so later ones did not run.
    Partial,
    /// An action sent the user away; the rest runs when she is back.
    Suspended,
    /// She never came back, or could not go on.
    Canceled,
}

/// What came of one action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionResult {
    /// The action.
    pub action_id: ActionId,
    /// Its name then.
    pub action_name: String,
    /// The number of the version that ran.
    pub version: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Why it failed, if it did, or was refused something it asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failed>,
    /// What it said, with secrets replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<ExecutionLog>,
    /// Bytes of heap at its end.
    #[serde(default)]
    pub heap_bytes: u64,
    /// How many requests it made.
    #[serde(default)]
    pub fetches: u64,
}

/// Why an action failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// A short name: `thrown`, `time`, `memory`, `claim_refused` ….
    pub id: String,
    /// One sentence, with secrets replaced and the remedy, if there is one.
    pub msg: String,
    /// The support code of the tenant log's event, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// One line of an action's console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionLog {
    /// `info`, `debug`, `warning` or `error`.
    pub level: String,
    /// The text, cut, with secrets replaced.
    pub text: String,
}
