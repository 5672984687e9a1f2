//! How far the actions of a running authorization came: kept with its transaction, so that each of
//! them runs once, whatever pages lie between.

use serde::{Deserialize, Serialize};

use super::Verdict;
use crate::id::{ActionId, ActionVersionId, ExecutionId, SessionId};

/// How far the actions of a running authorization came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// In which session: another user's login begins anew.
    pub session_id: SessionId,
    /// What was recorded of them so far.
    pub executions: Vec<ExecutionId>,
    /// What they asked for so far.
    pub verdict: Verdict,
    /// The action that sent the user away and goes on when she is back; `None`: all have run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<ActionId>,
    /// On which version it goes on, whatever was deployed meanwhile (SBX-07).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<ActionVersionId>,
}

impl Progress {
    /// What they asked for, if all have run for this session.
    #[must_use]
    pub fn settled(&self, session: &SessionId) -> Option<&Verdict> {
        (self.session_id == *session && self.waits.is_none()).then_some(&self.verdict)
    }

    /// The action that waits for the user of this session.
    #[must_use]
    pub fn waiting(&self, session: &SessionId) -> Option<&ActionId> {
        let waits = self.waits.as_ref();
        waits.filter(|_| self.session_id == *session)
    }
}
