//! What may be written to an action, and the steps from draft to deployed version (Auth0:
//! Management API, actions).

use serde::Deserialize;
use serde_json::Value;

use super::{Action, ActionVersion, Dependency, FailureMode, RUNTIME, SealedSecret, Trigger};
use crate::error::Refusal;
use crate::id::{ActionId, ActionVersionId};
use crate::secret::Secret;
use crate::time::Timestamp;

/// The most actions of a tenant.
pub const ACTIONS_MAX: u64 = 500;

/// The longest code, in bytes (Auth0: 100 kB).
pub const CODE_BYTES_MAX: usize = 100_000;

/// The most secrets of an action (Auth0: 30), and their longest name and value in characters.
pub const SECRETS_MAX: usize = 30;
const SECRET_NAME_MAX: usize = 128;
const SECRET_VALUE_MAX: usize = 4096;

/// The longest name of an action, in characters.
const NAME_MAX: usize = 255;

/// The most libraries an action can name.
const DEPENDENCIES_MAX: usize = 50;

/// The longest text of a dependency or a runtime, in characters.
const TEXT_MAX: usize = 255;

/// Runtimes that Auth0's tools name. All of them mean the one engine that is here.
pub const RUNTIMES: &[&str] = &[
    "node22",
    "node22-actions",
    "node18",
    "node18-actions",
    "node16",
    "node12",
];

/// What a body says of an action. Every member is optional: see [`create`] and [`update`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionBody {
    /// Unique name.
    pub name: Option<String>,
    /// The trigger: exactly one.
    pub supported_triggers: Option<Vec<SupportedTrigger>>,
    /// The code.
    pub code: Option<String>,
    /// Libraries that the author named.
    pub dependencies: Option<Vec<Dependency>>,
    /// The runtime.
    pub runtime: Option<String>,
    /// All secrets; one without a value keeps the value it has.
    pub secrets: Option<Vec<SecretBody>>,
    /// Shared modules: none are offered.
    pub modules: Option<Vec<Value>>,
    /// What happens when it fails (not in Auth0): `closed`, `open` or `default`.
    pub failure_mode: Option<String>,
    /// Whether to deploy it at once.
    pub deploy: Option<bool>,
}

/// A trigger as bodies name it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupportedTrigger {
    /// Its name.
    pub id: String,
    /// The version of its event and API.
    pub version: Option<String>,
    /// Ignored: tools send back what they read.
    #[serde(default)]
    pub status: Option<String>,
    /// Ignored, as `status`.
    #[serde(default)]
    pub url: Option<String>,
}

/// A secret as bodies bring it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretBody {
    /// Its name.
    pub name: String,
    /// Its value; absent: as it is.
    pub value: Option<Secret<String>>,
    /// Ignored: tools send back what they read.
    #[serde(default)]
    pub updated_at: Option<String>,
}

/// A secret whose new value the shell has sealed; `None`: it keeps the value it has.
pub type SealedName = (String, Option<String>);

/// Checks the secrets of a body, before they are sealed.
///
/// # Errors
/// Names the one at fault, never its value.
pub fn check_secrets(secrets: &[SecretBody]) -> Result<(), Refusal> {
    if secrets.len() > SECRETS_MAX {
        return Err(too_many("secrets", secrets.len(), SECRETS_MAX));
    }
    for (index, secret) in secrets.iter().enumerate() {
        let at = format!("secrets.{index}.name");
        check_text(&at, &secret.name, 1, SECRET_NAME_MAX)?;
        if secrets[..index]
            .iter()
            .any(|other| other.name == secret.name)
        {
            let cause = format!("secrets names {:?} twice", secret.name);
            return Err(Refusal::new("invalid_body", cause));
        }
        if let Some(value) = &secret.value {
            let length = value.expose().chars().count();
            if length > SECRET_VALUE_MAX || value.expose().contains('\0') {
                let cause = format!("the value of the secret {:?} is too long", secret.name);
                return Err(Refusal::new("invalid_body", cause)
                    .expected(format!("at most {SECRET_VALUE_MAX} characters, no NUL"))
                    .actual(&format!("{length} characters")));
            }
        }
    }
    Ok(())
}

/// Makes an action from a body with a name and a trigger. `sealed` are its secrets.
///
/// # Errors
/// Names the member at fault.
pub fn create(
    body: ActionBody,
    id: ActionId,
    sealed: Vec<SealedName>,
    now: Timestamp,
) -> Result<Action, Refusal> {
    let missing = |member: &str| {
        Refusal::new(
            "invalid_body",
            format!("Missing required property: {member}"),
        )
    };
    let triggers = body.supported_triggers.as_deref();
    let (trigger, _) = trigger_of(triggers.ok_or_else(|| missing("supported_triggers"))?)?;
    let blank = Action {
        id,
        name: body.name.clone().ok_or_else(|| missing("name"))?,
        trigger,
        trigger_version: None,
        code: String::new(),
        dependencies: Vec::new(),
        runtime: None,
        secrets: Vec::new(),
        failure_mode: None,
        deployed: None,
        all_changes_deployed: false,
        created_at: now,
        updated_at: now,
    };
    let sealed = body.secrets.is_some().then_some(sealed);
    update(&blank, body, sealed.unwrap_or_default(), now)
}

/// Lays a body over an action. `sealed` are the secrets of the body, which replace all it has.
///
/// # Errors
/// Names the member at fault.
pub fn update(
    action: &Action,
    body: ActionBody,
    sealed: Vec<SealedName>,
    now: Timestamp,
) -> Result<Action, Refusal> {
    let mut after = action.clone();
    if body.modules.is_some_and(|modules| !modules.is_empty()) {
        return Err(
            Refusal::new("invalid_body", "modules: shared modules are not built yet")
                .remedy("Put the code of the module into the action."),
        );
    }
    if let Some(name) = body.name {
        check_text("name", &name, 1, NAME_MAX)?;
        after.name = name;
    }
    if let Some(triggers) = &body.supported_triggers {
        let (trigger, version) = trigger_of(triggers)?;
        if trigger != action.trigger {
            let cause = "supported_triggers: an action keeps its trigger";
            return Err(Refusal::new("invalid_body", cause)
                .expected(action.trigger.as_str())
                .actual(trigger.as_str())
                .remedy("Make another action."));
        }
        after.trigger_version = version;
    }
    if let Some(code) = body.code {
        if code.len() > CODE_BYTES_MAX || code.contains('\0') {
            return Err(
                Refusal::new("invalid_body", "code is too long, or holds a NUL")
                    .expected(format!("at most {CODE_BYTES_MAX} bytes"))
                    .actual(&format!("{} bytes", code.len())),
            );
        }
        after.code = code;
    }
    if let Some(dependencies) = body.dependencies {
        check_dependencies(&dependencies)?;
        after.dependencies = dependencies;
    }
    if let Some(runtime) = body.runtime {
        if !RUNTIMES.contains(&runtime.as_str()) {
            let refusal = Refusal::new("invalid_body", "runtime is unknown");
            return Err(refusal.expected(RUNTIMES.join(", ")).actual(&runtime));
        }
        after.runtime = Some(runtime);
    }
    if let Some(mode) = body.failure_mode {
        after.failure_mode = failure_of(&mode)?;
    }
    if body.secrets.is_some() {
        after.secrets = secrets(&action.secrets, sealed, now)?;
    }
    after.all_changes_deployed = action.all_changes_deployed && same_draft(action, &after);
    after.updated_at = now;
    Ok(after)
}

/// Makes the draft of an action its next version. `javascript` is what runs, where the code is
/// TypeScript.
#[must_use]
pub fn deploy(
    action: &Action,
    id: ActionVersionId,
    number: u32,
    javascript: Option<String>,
    now: Timestamp,
) -> (Action, ActionVersion) {
    let version = ActionVersion {
        id,
        action_id: action.id.clone(),
        number,
        trigger: action.trigger,
        trigger_version: action.trigger_version.clone(),
        code: action.code.clone(),
        javascript,
        dependencies: action.dependencies.clone(),
        runtime: action.runtime.clone(),
        secrets: action.secrets.clone(),
        created_at: now,
    };
    let mut after = action.clone();
    after.deployed = Some(version.id.clone());
    after.all_changes_deployed = true;
    after.updated_at = now;
    (after, version)
}

/// Rolls back: an older version becomes the newest one, under a number of its own (Auth0: deploy a
/// version). With `update_draft` the draft becomes the same.
#[must_use]
pub fn roll_back(
    action: &Action,
    to: &ActionVersion,
    (id, number): (ActionVersionId, u32),
    update_draft: bool,
    now: Timestamp,
) -> (Action, ActionVersion) {
    let version = ActionVersion {
        id,
        number,
        created_at: now,
        ..to.clone()
    };
    let mut after = action.clone();
    after.deployed = Some(version.id.clone());
    if update_draft {
        after.code.clone_from(&to.code);
        after.dependencies.clone_from(&to.dependencies);
        after.secrets.clone_from(&to.secrets);
        after.runtime.clone_from(&to.runtime);
        after.trigger_version.clone_from(&to.trigger_version);
    }
    after.all_changes_deployed = update_draft || after.code == to.code;
    after.updated_at = now;
    (after, version)
}

/// The runtime that an action shows.
#[must_use]
pub fn runtime(chosen: Option<&str>) -> &str {
    chosen.unwrap_or(RUNTIME)
}

fn trigger_of(triggers: &[SupportedTrigger]) -> Result<(Trigger, Option<String>), Refusal> {
    let [only] = triggers else {
        let cause = "supported_triggers must hold exactly one trigger";
        return Err(Refusal::new("invalid_body", cause).actual(&triggers.len().to_string()));
    };
    let trigger: Trigger = only.id.parse().map_err(|problem: String| {
        Refusal::new(
            "invalid_body",
            format!("supported_triggers.0.id: {problem}"),
        )
        .actual(&only.id)
        .remedy("CONFORMANCE.md lists the triggers that are not built yet.")
    })?;
    let newest = trigger.version();
    let known = |version: &str| ["v1", "v2", "v3"].contains(&version) && version <= newest;
    if let Some(version) = only.version.as_deref().filter(|version| !known(version)) {
        let cause = "supported_triggers.0.version is unknown";
        let refusal = Refusal::new("invalid_body", cause).actual(version);
        return Err(refusal.expected(format!("v1 to {newest}")));
    }
    Ok((trigger, only.version.clone()))
}

fn check_dependencies(dependencies: &[Dependency]) -> Result<(), Refusal> {
    if dependencies.len() > DEPENDENCIES_MAX {
        return Err(too_many(
            "dependencies",
            dependencies.len(),
            DEPENDENCIES_MAX,
        ));
    }
    for (index, one) in dependencies.iter().enumerate() {
        check_text(
            &format!("dependencies.{index}.name"),
            &one.name,
            1,
            TEXT_MAX,
        )?;
        check_text(
            &format!("dependencies.{index}.version"),
            &one.version,
            0,
            TEXT_MAX,
        )?;
        let url = one.registry_url.as_deref().unwrap_or_default();
        check_text(
            &format!("dependencies.{index}.registry_url"),
            url,
            0,
            TEXT_MAX,
        )?;
    }
    Ok(())
}

fn failure_of(mode: &str) -> Result<Option<FailureMode>, Refusal> {
    match mode {
        "closed" => Ok(Some(FailureMode::Closed)),
        "open" => Ok(Some(FailureMode::Open)),
        "default" => Ok(None),
        other => Err(Refusal::new("invalid_body", "failure_mode is unknown")
            .expected("closed, open or default")
            .actual(other)),
    }
}

/// The secrets after a change: what has a new seal is new, the rest keeps its own.
fn secrets(
    before: &[SealedSecret],
    sealed: Vec<SealedName>,
    now: Timestamp,
) -> Result<Vec<SealedSecret>, Refusal> {
    let one = |(name, sealed): SealedName| match sealed {
        Some(sealed) => Ok(SealedSecret {
            name,
            sealed,
            updated_at: now,
        }),
        None => {
            let kept = before.iter().find(|secret| secret.name == name).cloned();
            kept.ok_or_else(|| {
                let cause = format!("the secret {name:?} is new and has no value");
                Refusal::new("invalid_body", cause).remedy("Send its value.")
            })
        }
    };
    sealed.into_iter().map(one).collect()
}

/// Whether what a version is made of is the same.
fn same_draft(a: &Action, b: &Action) -> bool {
    a.code == b.code
        && a.dependencies == b.dependencies
        && a.secrets == b.secrets
        && runtime(a.runtime.as_deref()) == runtime(b.runtime.as_deref())
}

fn check_text(at: &str, text: &str, min: usize, max: usize) -> Result<(), Refusal> {
    let length = text.chars().count();
    let blank = min > 0 && text.trim().is_empty();
    if length > max || blank || text.chars().any(char::is_control) {
        let cause = format!("String has the wrong length, or control characters, on property {at}");
        return Err(Refusal::new("invalid_body", cause)
            .expected(format!("{min} to {max} characters"))
            .actual(&format!("{length} characters")));
    }
    Ok(())
}

fn too_many(member: &str, actual: usize, most: usize) -> Refusal {
    Refusal::new("invalid_body", format!("{member} has too many entries"))
        .expected(format!("at most {most}"))
        .actual(&actual.to_string())
}

#[cfg(test)]
mod tests;
