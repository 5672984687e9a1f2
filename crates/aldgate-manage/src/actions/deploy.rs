//! `POST /actions/actions/{id}/deploy`: the draft becomes a version that never changes. What would
//! not work is refused here, with its lines, and not at somebody's login.

use aldgate_actions::{Fault, Finding};
use aldgate_core::action::{Action, ActionVersion, Trigger, rules};
use aldgate_core::error::Refusal;
use aldgate_core::id::{ActionId, ActionVersionId};
use aldgate_store::{Page, StoreError, Tx};
use http::StatusCode;
use serde_json::{Value, json};

use super::{missing, view};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: ActionId = call.id("id")?;
    let (action, version) = deploy(&call, &id).await?;
    Ok(Reply::ok(view::version(&version, Some(&action))))
}

/// Deploys the draft of an action.
pub(super) async fn deploy(
    call: &Call,
    id: &ActionId,
) -> Result<(Action, ActionVersion), ApiError> {
    let draft = load(call, id).await?;
    let javascript = javascript(call, &draft.code, draft.trigger).await?;
    let version_id = ActionVersionId::generate(&mut call.app.rng());
    let (audit, now) = (call.audit().about("action", id.as_str()), call.now);
    let change = move |tx: &mut Tx<'_>| {
        let id = &draft.id;
        let action = tx.actions().by_id_to_change(id)?.ok_or_else(missing)?;
        // What was checked is what is deployed.
        if action.code != draft.code {
            return Err(StoreError::Conflict("actions").into());
        }
        let number = next_number(tx, id)?;
        let version = (version_id.clone(), number);
        let (after, version) =
            rules::deploy(&action, version.0, version.1, javascript.clone(), now);
        tx.actions().add_version(&version)?;
        tx.actions().update(&after)?;
        let told = json!({"version": number, "version_id": version.id, "name": after.name});
        audit.record(tx, &Value::Null, &told)?;
        Ok::<_, ApiError>((after, version))
    };
    call.app.store.write(&call.tenant.id, change).await
}

/// An action as it is stored.
pub(super) async fn load(call: &Call, id: &ActionId) -> Result<Action, ApiError> {
    let id = id.clone();
    let find = move |tx: &mut Tx<'_>| tx.actions().by_id(&id);
    let found: Result<_, StoreError> = call.app.store.read(&call.tenant.id, find).await;
    found?.ok_or_else(missing)
}

/// The number of the next version of an action.
pub(super) fn next_number(tx: &mut Tx<'_>, id: &ActionId) -> Result<u32, StoreError> {
    let newest = tx.actions().versions(id, &Page::at(0, 1))?;
    Ok(newest
        .first()
        .map_or(1, |version| version.number.saturating_add(1)))
}

/// The JavaScript of some code, where it differs from it.
///
/// # Errors
/// 400 with every line that would not work.
pub(super) async fn javascript(
    call: &Call,
    code: &str,
    trigger: Trigger,
) -> Result<Option<String>, ApiError> {
    let compiled = call.app.sandbox.compile(code).await.map_err(busy)?;
    let javascript = compiled.map_err(|fault| unreadable(&fault))?;
    let runs = javascript.as_deref().unwrap_or(code);
    match aldgate_actions::check(runs, trigger).as_slice() {
        [] => Ok(javascript),
        findings => Err(refused(findings)),
    }
}

/// 503: no worker of the sandbox is free, or none can be started.
pub(super) fn busy(error: aldgate_actions::PoolError) -> ApiError {
    tracing::warn!(%error, "an action could not be looked at");
    let refusal = Refusal::new("sandbox_busy", error.to_string()).remedy("Try again in a moment.");
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        Some("temporarily_unavailable"),
        refusal,
    )
}

pub(super) fn unreadable(fault: &Fault) -> ApiError {
    let place = fault.stack.lines().next().unwrap_or_default();
    let finding = Finding {
        line: 0,
        problem: format!("The code cannot be read: {} {place}", fault.message)
            .trim_end()
            .to_owned(),
        remedy: "Write JavaScript or TypeScript.".to_owned(),
    };
    refused(&[finding])
}

fn refused(findings: &[Finding]) -> ApiError {
    let line = |finding: &Finding| match finding.line {
        0 => format!("{} {}", finding.problem, finding.remedy),
        line => format!("line {line}: {} {}", finding.problem, finding.remedy),
    };
    let lines: Vec<String> = findings.iter().take(LINES_MAX).map(line).collect();
    let cause = format!("The action cannot be deployed. {}", lines.join(" "));
    let refusal = Refusal::new("action_refused", cause)
        .expected("code that uses only what actions have here")
        .remedy("Change these lines; docs/actions-reference.md lists what there is.");
    ApiError::bad_request("invalid_body", refusal).with("errors", json!(findings))
}

/// The most lines that a refusal's message tells; the list has all of them.
const LINES_MAX: usize = 20;
