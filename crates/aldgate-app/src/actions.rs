//! Runs the actions of a trigger, one after another, and says what comes of it.
//!
//! Nothing is stored here but the records: the shell that asked applies the [`Verdict`] in its own
//! unit of work. No JavaScript runs within a unit of work.

mod after;
mod cache;
mod kept;
mod report;

use std::sync::Arc;
use std::time::Duration;

use aldgate_actions::{Job, Limits, Outcome};
use aldgate_core::action::{
    Applied, CONTINUES, Denial, Deployed, Execution, ExecutionResult, ExecutionStatus, FailureMode,
    Ground, Next, Trigger, Verdict,
};
use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::event::Event;
use aldgate_core::id::{ActionId, ActionVersionId, ExecutionId};
use aldgate_core::tenant::Tenant;
use aldgate_core::time::Timestamp;
use aldgate_store::StoreError;
use serde_json::Value;

use crate::app::App;
use crate::config::TRIGGER_TIMEOUT;

pub use report::{Summary, add_executions};

/// A run of a trigger.
pub struct Run<'a> {
    /// The state of the server.
    pub app: &'a App,
    /// Whose actions.
    pub tenant: &'a Tenant,
    /// What runs; see [`App::bound_actions`].
    pub steps: &'a [Deployed],
    /// What commands are checked against.
    pub ground: Ground<'a>,
    /// What the first action sees.
    pub event: Value,
    /// What earlier actions asked for.
    pub verdict: Verdict,
    /// The action that sent the user away, who is back; or the beginning.
    pub continues: Option<&'a ActionId>,
    /// What the tenant log tells beside.
    pub log: Event,
    /// When.
    pub now: Timestamp,
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Ran {
    /// Everything that the actions asked for.
    pub verdict: Verdict,
    /// How it ended.
    pub end: End,
    /// What the tenant log tells of it.
    pub summary: Summary,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub enum End {
    /// Every action ran, or was left out by its failure mode.
    Passed,
    /// An action refuses.
    Denied(Denial),
    /// The user has to go there first; the action goes on when she is back.
    Redirect {
        /// Where.
        to: String,
        /// Which action waits for her.
        by: ActionId,
        /// On which version.
        version: ActionVersionId,
    },
    /// An action failed that must not.
    Failed(OAuthError),
}

impl App {
    /// What a trigger runs now: nothing, where the operator has switched actions off. Answered
    /// from memory.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn actions_at(
        &self,
        tenant: &Tenant,
        trigger: Trigger,
    ) -> Result<Arc<Vec<Deployed>>, StoreError> {
        let bound = self.bound_actions(&tenant.id, trigger).await?;
        if bound.is_empty() || self.sandbox.is_enabled() {
            return Ok(bound);
        }
        self.tell_of_bypass(tenant, trigger);
        Ok(Arc::default())
    }
}

impl Run<'_> {
    /// Runs the actions to their end.
    pub async fn go(self) -> Ran {
        let id = ExecutionId::at(self.now, &mut self.app.rng());
        let begin = self.beginning();
        let mut going = Going {
            verdict: self.verdict.clone(),
            results: Vec::new(),
            spent: Duration::ZERO,
            run: &self,
        };
        let mut end = End::Passed;
        for (index, step) in self.steps.iter().enumerate().skip(begin) {
            let continues = index == begin && self.continues.is_some_and(|id| *id == step.id);
            if let Some(over) = going.step(step, continues).await {
                end = over;
                break;
            }
        }
        let Going {
            verdict, results, ..
        } = going;
        let execution = Execution {
            id,
            trigger: self.ground.trigger,
            status: status_of(&end),
            results,
            created_at: self.now,
            updated_at: self.now,
        };
        let summary = Summary::of(&execution);
        let continues = self.continues.cloned();
        let at = (execution.trigger, execution.id.clone(), continues);
        self.app.keep_event(self.tenant, at, &self.event, self.now);
        self.app.events.executed(&self.tenant.id, execution);
        Ran {
            verdict,
            end,
            summary,
        }
    }

    /// Where to begin: if the action that waits is bound no more, with the first one.
    fn beginning(&self) -> usize {
        let waits = self.continues;
        let place = waits.and_then(|id| self.steps.iter().position(|step| step.id == *id));
        place.unwrap_or(0)
    }
}

const fn status_of(end: &End) -> ExecutionStatus {
    match end {
        End::Passed => ExecutionStatus::Final,
        End::Redirect { .. } => ExecutionStatus::Suspended,
        End::Denied(_) | End::Failed(_) => ExecutionStatus::Partial,
    }
}

/// A run on its way.
struct Going<'a, 'r> {
    run: &'a Run<'r>,
    verdict: Verdict,
    results: Vec<ExecutionResult>,
    spent: Duration,
}

impl Going<'_, '_> {
    /// Runs one action; `Some` ends the run.
    async fn step(&mut self, step: &Deployed, continues: bool) -> Option<End> {
        let outcome = self.outcome(step, continues).await;
        let mut result = report::result(step, &outcome, self.run.now, self.spent);
        self.spent += Duration::from_micros(outcome.stats.wall_us);
        let applied = match &outcome.fault {
            Some(fault) => Err(report::story(step, fault)),
            None => self.verdict.apply(&outcome.commands, &self.run.ground),
        };
        let end = match applied {
            Ok(applied) => {
                self.run.note_left_out(step, &applied.left_out, &mut result);
                self.accept(step, applied)
            }
            Err(refusal) => {
                result.error = Some(report::failed(&refusal, outcome.fault.as_ref()));
                self.run.note_failure(step, &refusal);
                match step.failure {
                    FailureMode::Open => None,
                    FailureMode::Closed => Some(End::Failed(report::refused(step, refusal))),
                }
            }
        };
        self.results.push(result);
        end
    }

    fn accept(&mut self, step: &Deployed, applied: Applied) -> Option<End> {
        let Run {
            app,
            tenant,
            ground,
            now,
            ..
        } = self.run;
        cache::change(
            &app.sandbox,
            (&tenant.id, ground.trigger),
            applied.cache,
            *now,
        );
        let mut verdict = applied.verdict;
        verdict.tokens.attribute(&self.verdict.tokens, &step.name);
        self.verdict = verdict;
        match applied.next {
            Next::GoOn => None,
            Next::Denied(denial) => Some(End::Denied(denial)),
            Next::Redirect(to) => Some(End::Redirect {
                to,
                by: step.id.clone(),
                version: step.version_id.clone(),
            }),
        }
    }

    async fn outcome(&self, step: &Deployed, continues: bool) -> Outcome {
        let Run {
            app,
            tenant,
            ground,
            now,
            event,
            ..
        } = self.run;
        let secrets = match app.open_action_secrets(&tenant.id, &step.id, &step.secrets) {
            Ok(secrets) => secrets,
            Err(refusal) => return report::not_run(&refusal.cause),
        };
        let mut event = event.clone();
        self.verdict.show_in(&mut event);
        event["cache"] = cache::shown(&app.sandbox, (&tenant.id, ground.trigger), *now);
        let trigger = ground.trigger;
        let handler = if continues {
            CONTINUES
        } else {
            trigger.handler()
        };
        let job = Job {
            name: step.name.clone(),
            code: step.code.clone(),
            trigger,
            handler: handler.to_owned(),
            event,
            secrets,
            limits: self.limits(),
        };
        let ran = app
            .sandbox
            .run_unless_paused((&tenant.id, &step.version_id), job)
            .await;
        ran.unwrap_or_else(|error| report::not_run(&error.to_string()))
    }

    /// The limits of the next action: what is left of the time of all.
    fn limits(&self) -> Limits {
        let limits = self.run.app.sandbox.limits();
        let left = TRIGGER_TIMEOUT.saturating_sub(self.spent);
        let left = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        Limits {
            wall_ms: limits.wall_ms.min(left).max(1),
            ..limits
        }
    }
}

/// A refusal by an action, for the wire of OAuth endpoints and for the log.
#[must_use]
pub fn denied(denial: &Denial) -> OAuthError {
    let code = denial
        .code
        .unwrap_or(aldgate_core::error::ErrorCode::AccessDenied);
    OAuthError::new(code, denial.reason.clone()).because(
        Refusal::new("action_denied", "An action of the tenant refused.")
            .actual(&denial.reason)
            .remedy("Look at the actions of the trigger, and at the execution in this event."),
    )
}
