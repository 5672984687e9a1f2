//! Events of real logins that a tenant lets be kept for a while, to try drafts on: redacted before
//! they are stored ([`super::redact`]).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Trigger;
use crate::id::{ActionId, ExecutionId};
use crate::time::Timestamp;

/// The most events that are kept of one trigger; the oldest go first.
pub const KEPT_MAX: u32 = 500;

/// The event of one login.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptEvent {
    /// Key: the execution it belongs to, where an action ran; sorts by time.
    pub id: ExecutionId,
    /// The trigger.
    pub trigger: Trigger,
    /// The action that had sent the user away, if she came back with this event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<ActionId>,
    /// The event, redacted.
    pub event: Value,
    /// When it happened.
    pub at: Timestamp,
}
