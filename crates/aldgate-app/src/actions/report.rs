//! What is told of a run: the record of the execution, the tenant log, the answer.

use std::time::Duration;

use aldgate_actions::{Fault, FaultKind, Outcome, Stats};
use aldgate_core::action::{Deployed, Execution, ExecutionLog, ExecutionResult, Failed, Trigger};
use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::event::{Event, EventType};
use aldgate_core::id::{EventId, ExecutionId};
use aldgate_core::tenant::Tenant;
use aldgate_core::time::Timestamp;
use serde_json::{Value, json};

use super::Run;
use crate::app::App;

/// What the tenant log tells of the actions of one login.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The record of the execution.
    pub execution: ExecutionId,
    runs: Vec<Value>,
}

impl Summary {
    pub(super) fn of(execution: &Execution) -> Self {
        let run = |result: &ExecutionResult| {
            let mut run = json!({
                "action_id": result.action_id,
                "name": result.action_name,
                "version": result.version,
                "ms": (result.ended_at.micros() - result.started_at.micros()) as f64 / 1000.0,
            });
            if let Some(error) = &result.error {
                run["error"] = json!(error.msg);
            }
            run
        };
        Self {
            execution: execution.id.clone(),
            runs: execution.results.iter().map(run).collect(),
        }
    }

    /// Adds what is told to an event's detail; `earlier` are executions before a redirect.
    pub fn add_to(&self, event: &mut Event, earlier: &[ExecutionId]) {
        let executions: Vec<&ExecutionId> = earlier.iter().chain([&self.execution]).collect();
        let told = json!({"executions": executions, "runs": self.runs});
        tell(event, told);
    }
}

/// Adds what an earlier request ran to an event's detail.
pub fn add_executions(event: &mut Event, executions: &[ExecutionId]) {
    tell(event, json!({"executions": executions}));
}

fn tell(event: &mut Event, told: Value) {
    match &mut event.detail {
        Value::Object(detail) => drop(detail.insert("actions".to_owned(), told)),
        detail => *detail = json!({"actions": told}),
    }
}

/// What came of one action, after `spent` by those before it.
pub(super) fn result(
    step: &Deployed,
    outcome: &Outcome,
    now: Timestamp,
    spent: Duration,
) -> ExecutionResult {
    let after = |span: Duration| {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(now.micros().saturating_add(micros))
    };
    let log = |line: &aldgate_actions::LogLine| ExecutionLog {
        level: line.level.clone(),
        text: line.text.clone(),
    };
    ExecutionResult {
        action_id: step.id.clone(),
        action_name: step.name.clone(),
        version: step.number,
        started_at: after(spent),
        ended_at: after(spent + Duration::from_micros(outcome.stats.wall_us)),
        error: None,
        logs: outcome.logs.iter().map(log).collect(),
        heap_bytes: outcome.stats.heap_bytes,
        fetches: outcome.stats.fetches,
    }
}

/// An action that could not be run at all.
pub(super) fn not_run(why: &str) -> Outcome {
    Outcome {
        commands: Vec::new(),
        logs: Vec::new(),
        fault: Some(Fault {
            kind: FaultKind::Thrown,
            message: format!("The action was not run: {why}"),
            stack: String::new(),
        }),
        stats: Stats::default(),
    }
}

/// Why an action failed, with its remedy.
pub(super) fn story(step: &Deployed, fault: &Fault) -> Refusal {
    let cause = format!("The action {:?} failed: {}", step.name, fault.message);
    let (code, expected, remedy) = match fault.kind {
        FaultKind::Time => (
            "action_time",
            "an action that ends within its time",
            "Look for loops and slow requests; give every fetch a time limit of its own.",
        ),
        FaultKind::Memory => (
            "action_memory",
            "an action that fits its memory",
            "Keep less at once; actions.heap_mib sets the limit.",
        ),
        FaultKind::NeverSettled => (
            "action_never_settled",
            "promises that are settled",
            "Await every promise, and resolve those that the action makes.",
        ),
        FaultKind::Syntax => (
            "action_syntax",
            "JavaScript that can be read",
            "Deploy a corrected version, or roll back.",
        ),
        FaultKind::Thrown => (
            "action_thrown",
            "an action that does not throw",
            "Catch what may fail, deploy a corrected version, or roll back.",
        ),
    };
    let refusal = Refusal::new(code, cause).expected(expected).remedy(remedy);
    match fault.stack.is_empty() {
        true => refusal,
        false => refusal.actual(&fault.stack),
    }
}

/// What the record keeps of a failure.
pub(super) fn failed(refusal: &Refusal, fault: Option<&Fault>) -> Failed {
    let remedy = refusal.remedy.as_deref().unwrap_or_default();
    let cause = match fault {
        Some(fault) => fault.message.as_str(),
        None => refusal.cause.as_ref(),
    };
    Failed {
        id: refusal.code.clone().into_owned(),
        msg: format!("{cause} {remedy}").trim().to_owned(),
        url: None,
    }
}

/// What the application is told of an action that failed: that it did, no more.
pub(super) fn refused(step: &Deployed, refusal: Refusal) -> OAuthError {
    let text = "An action of the tenant failed";
    let mut refusal = refusal;
    if !refusal.cause.contains(&step.name) {
        let cause = format!("The action {:?}: {}", step.name, refusal.cause);
        refusal.cause = cause.into();
    }
    OAuthError::access_denied(text).because(refusal)
}

impl Run<'_> {
    /// Tells the tenant log of a failure, whatever its failure mode is.
    pub(super) fn note_failure(&self, step: &Deployed, refusal: &Refusal) {
        let mut event = self.event(EventType::ActionFailed, step);
        event.description = format!("The action {} failed", step.name);
        event.refusal = Some(refusal.clone());
        self.app.events.record(&self.tenant.id, event);
    }

    /// Tells the record, and once a minute the tenant log, what was left out (R12).
    pub(super) fn note_left_out(
        &self,
        step: &Deployed,
        stories: &[Refusal],
        result: &mut ExecutionResult,
    ) {
        for story in stories {
            let remedy = story.remedy.as_deref().unwrap_or_default();
            result.logs.push(ExecutionLog {
                level: "warning".to_owned(),
                text: format!("{} {remedy}", story.cause),
            });
            let mut event = self.event(EventType::Warning, step);
            event.description = format!("The action {}: {}", step.name, story.cause);
            event.refusal = Some(story.clone());
            let key = format!("action {} {}", step.version_id, story.cause);
            self.app.events.once_a_minute(self.tenant, &key, event);
        }
    }

    fn event(&self, kind: EventType, step: &Deployed) -> Event {
        Event {
            id: EventId::at(self.now, &mut self.app.rng()),
            kind,
            detail: json!({
                "trigger": self.ground.trigger,
                "action": {"id": step.id, "name": step.name, "version": step.number},
            }),
            ..self.log.clone()
        }
    }
}

impl App {
    /// Tells the tenant log, once a minute, that actions are switched off and logins pass without
    /// them.
    pub(super) fn tell_of_bypass(&self, tenant: &Tenant, trigger: Trigger) {
        let now = self.now();
        let mut event = Event::new(EventId::at(now, &mut self.rng()), EventType::Warning, now);
        event.description = format!("Actions are switched off: {trigger} runs without them");
        event.refusal = Some(
            Refusal::new(
                "actions_bypassed",
                "The operator set actions.enabled = false.",
            )
            .expected("actions.enabled = true")
            .remedy("Put the action right, then switch actions on again."),
        );
        self.events.once_a_minute(tenant, "actions bypassed", event);
    }
}
