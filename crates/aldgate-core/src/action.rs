//! Actions: tenant JavaScript that runs at a trigger and answers with [`Command`]s.
//!
//! An [`Action`] is the draft that people edit. Deploying it makes an [`ActionVersion`] that never
//! changes (SBX-07); rolling back makes an older version's code the newest version. A [`Binding`]
//! puts an action at a place of its trigger. What logins run is [`Deployed`]: the bound actions
//! that have a deployed version, in their order. What came of it is an [`Execution`].

pub mod claim_rules;
mod command;
mod customised;
pub mod event;
mod execution;
mod kept;
pub mod preview;
mod progress;
pub mod redact;
pub mod rules;
mod trigger;
mod verdict;

use serde::{Deserialize, Serialize};

use crate::id::{ActionId, ActionVersionId};
use crate::time::Timestamp;

pub use command::{Claims, Command, MetadataField};
pub use customised::Customised;
pub use execution::{
    EXECUTIONS_KEPT, Execution, ExecutionLog, ExecutionResult, ExecutionStatus, Failed,
};
pub use kept::{KEPT_MAX, KeptEvent};
pub use progress::Progress;
pub use trigger::{CONTINUES, FailureMode, Trigger};
pub use verdict::{Applied, CacheChange, Denial, Ground, Next, Verdict};

/// The runtime whose language and API actions get (Auth0's name for it).
pub const RUNTIME: &str = "node22";

/// An action as it is edited: its draft, and which version of it is deployed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Key.
    pub id: ActionId,
    /// Unique name.
    pub name: String,
    /// When it runs.
    pub trigger: Trigger,
    /// The version of the trigger that tools named; all of them mean the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_version: Option<String>,
    /// The code as it was written: JavaScript or TypeScript.
    pub code: String,
    /// Libraries that tools asked for. Only those that are built in are ever deployed.
    #[serde(default)]
    pub dependencies: Vec<Dependency>,
    /// The runtime that tools named; `None`: [`RUNTIME`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    /// Its secrets, sealed.
    #[serde(default)]
    pub secrets: Vec<SealedSecret>,
    /// What happens to the login when the action fails; `None`: as its trigger has it.
    #[serde(default)]
    pub failure_mode: Option<FailureMode>,
    /// The version that is deployed.
    #[serde(default)]
    pub deployed: Option<ActionVersionId>,
    /// Whether the draft is what is deployed.
    #[serde(default)]
    pub all_changes_deployed: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Action {
    /// What happens to the login when the action fails.
    #[must_use]
    pub fn failure(&self) -> FailureMode {
        self.failure_mode.unwrap_or_else(|| self.trigger.failure())
    }
}

/// A version of an action that was deployed once. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionVersion {
    /// Key.
    pub id: ActionVersionId,
    /// The action.
    pub action_id: ActionId,
    /// Counts up from 1 within the action.
    pub number: u32,
    /// When it runs.
    pub trigger: Trigger,
    /// The version of the trigger that tools named; all of them mean the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_version: Option<String>,
    /// The code as it was written.
    pub code: String,
    /// The code as it runs, where it differs: TypeScript without its types.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub javascript: Option<String>,
    /// As [`Action::dependencies`].
    #[serde(default)]
    pub dependencies: Vec<Dependency>,
    /// As [`Action::runtime`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    /// As [`Action::secrets`], at the time of deployment.
    #[serde(default)]
    pub secrets: Vec<SealedSecret>,
    /// When it was deployed for the first time.
    pub created_at: Timestamp,
}

/// A library that an action's author named (Auth0: an npm package).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// The package.
    pub name: String,
    /// Its version, as it was written.
    #[serde(default)]
    pub version: String,
    /// Where it would come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry_url: Option<String>,
}

/// A secret of an action: write-only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedSecret {
    /// Its name in `event.secrets`.
    pub name: String,
    /// Its value, sealed for the action and this name. The application shell opens it
    /// (`App::open_action_secrets`) just before a run.
    pub sealed: String,
    /// When its value was set.
    pub updated_at: Timestamp,
}

/// An action's place at its trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// Key.
    pub id: String,
    /// The trigger.
    pub trigger: Trigger,
    /// The action.
    pub action_id: ActionId,
    /// What the flow calls this step.
    pub display_name: String,
    /// When it was bound.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
}

/// One step of a trigger, ready to run: the deployed version of a bound action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    /// The action.
    pub id: ActionId,
    /// Its name, for logs.
    pub name: String,
    /// The version that runs.
    pub version_id: ActionVersionId,
    /// The version's number.
    pub number: u32,
    /// Plain JavaScript: types are stripped already.
    pub code: String,
    /// Its secrets, sealed.
    pub secrets: Vec<SealedSecret>,
    /// What happens to the login when it fails.
    pub failure: FailureMode,
}

impl Deployed {
    /// The step that a version of an action makes.
    #[must_use]
    pub fn new(action: &Action, version: ActionVersion) -> Self {
        Self {
            id: version.action_id,
            name: action.name.clone(),
            version_id: version.id,
            number: version.number,
            code: version.javascript.unwrap_or(version.code),
            secrets: version.secrets,
            failure: action.failure(),
        }
    }

    /// The same step on another version of its action.
    #[must_use]
    pub fn on(&self, version: ActionVersion) -> Self {
        Self {
            version_id: version.id,
            number: version.number,
            code: version.javascript.unwrap_or(version.code),
            secrets: version.secrets,
            ..self.clone()
        }
    }
}
