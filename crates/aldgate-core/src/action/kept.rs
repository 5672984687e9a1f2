//! Events of real logins that a tenant lets be kept for a while, to try drafts on: redacted before
//! they are stored.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Trigger;
use crate::id::ExecutionId;
use crate::time::Timestamp;

/// The most events that are kept of one trigger; the oldest go first.
pub const KEPT_MAX: u32 = 500;

/// The event of one login and the tokens it would have got without any action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptEvent {
    /// Key: the execution it belongs to; sorts by time.
    pub id: ExecutionId,
    /// The trigger.
    pub trigger: Trigger,
    /// The event, redacted.
    pub event: Value,
    /// The tokens before actions.
    pub tokens: BaseTokens,
    /// When it happened.
    pub at: Timestamp,
}

/// The claims of the tokens that a login gives when no action changes them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BaseTokens {
    /// The ID token's; `None`: there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<Map<String, Value>>,
    /// The access token's; `None`: there is none, or it is opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<Map<String, Value>>,
}
