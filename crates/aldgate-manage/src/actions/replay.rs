//! `POST /actions/actions/{id}/replay` (not in Auth0): the draft runs over the last real events
//! that the tenant lets be kept, in its place among what the trigger runs now, and the answer says
//! what would differ: outcome, tokens, time and size against the limits. Nothing is done of what
//! the actions ask for, and unless the caller says so no request leaves the sandbox.

use std::time::Duration;

use aldgate_actions::{Job, Limits, PoolError};
use aldgate_core::action::preview::{Difference, Preview, Scene, difference};
use aldgate_core::action::{Action, CONTINUES, Deployed, KeptEvent, Next, Verdict};
use aldgate_core::id::{ActionId, ActionVersionId};
use aldgate_store::{StoreError, Tx};
use serde::Deserialize;
use serde_json::{Value, json};

use super::deploy::{busy, javascript, load};
use super::test::living;
use crate::op::{ApiError, Call, Reply};

/// The most events of one replay.
const EVENTS_MAX: u32 = 100;

/// After so much time in actions the rest of the events is left out.
const BUDGET: Duration = Duration::from_secs(20);

/// The most bytes of custom claims of a token.
const CLAIMS_BYTES_MAX: usize = 100 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    count: Option<u32>,
    allow_requests: Option<bool>,
}

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: ActionId = call.id("id")?;
    let body: Body = crate::op::parse(Value::Object(call.object_or_nothing()?))?;
    let count = body.count.unwrap_or(20);
    if count == 0 || count > EVENTS_MAX {
        return Err(ApiError::invalid_body(format!(
            "count must be 1 to {EVENTS_MAX}"
        )));
    }
    let action = load(&call, &id).await?;
    let draft = draft(&call, &action).await?;
    let (trigger, now) = (action.trigger, call.now);
    let find = move |tx: &mut Tx<'_>| tx.action_records().kept(trigger, count, now);
    let events: Result<Vec<KeptEvent>, StoreError> =
        call.app.store.read(&call.tenant.id, find).await;
    let events = events?;
    let now_runs = call.app.bound_actions(&call.tenant.id, trigger).await?;
    let mut replay = Replay {
        call: &call,
        limits: limits(&call, body.allow_requests == Some(true)),
        spent: Duration::ZERO,
    };
    let after: Vec<Deployed> = with_draft(&now_runs, draft);
    let mut runs = Vec::new();
    for event in &events {
        if replay.spent >= BUDGET {
            break;
        }
        let scene = living(&call, Scene::of(trigger, &event.event)?).await?;
        let before = replay.through(&now_runs, event, &scene).await?;
        let after = replay.through(&after, event, &scene).await?;
        runs.push(Compared::of(event, before, after));
    }
    Ok(Reply::ok(summed_up(
        &action,
        events.len(),
        &runs,
        replay.limits,
    )))
}

/// What the draft would be if it were deployed now.
async fn draft(call: &Call, action: &Action) -> Result<Deployed, ApiError> {
    let javascript = javascript(call, &action.code, action.trigger).await?;
    Ok(Deployed {
        id: action.id.clone(),
        name: action.name.clone(),
        version_id: ActionVersionId::generate(&mut call.app.rng()),
        number: 0,
        code: javascript.unwrap_or_else(|| action.code.clone()),
        secrets: action.secrets.clone(),
        failure: action.failure(),
    })
}

/// The steps with the draft in its place; at the end, if it is not bound yet.
fn with_draft(steps: &[Deployed], draft: Deployed) -> Vec<Deployed> {
    let mut after = steps.to_vec();
    match after.iter_mut().find(|step| step.id == draft.id) {
        Some(place) => *place = draft,
        None => after.push(draft),
    }
    after
}

fn limits(call: &Call, requests: bool) -> Limits {
    let limits = call.app.sandbox.limits();
    Limits {
        fetches: if requests { limits.fetches } else { 0 },
        ..limits
    }
}

struct Replay<'a> {
    call: &'a Call,
    limits: Limits,
    spent: Duration,
}

/// What came of one event.
struct Came {
    /// `passed`, `denied: …`, `redirect: …` or `failed: …`.
    outcome: String,
    tokens: Preview,
    wall_us: u64,
    heap_bytes: u64,
    claims_bytes: usize,
}

impl Replay<'_> {
    /// Runs the steps over an event, as a login would.
    async fn through(
        &mut self,
        steps: &[Deployed],
        kept: &KeptEvent,
        scene: &Scene,
    ) -> Result<Came, ApiError> {
        let mut verdict = Verdict::default();
        let mut outcome = "passed".to_owned();
        let (mut wall_us, mut heap_bytes) = (0, 0);
        // Who was back from a redirect goes on where she was sent away.
        let waits = |step: &Deployed| kept.continues.as_ref() == Some(&step.id);
        let begin = steps.iter().position(waits).unwrap_or(0);
        for step in &steps[begin..] {
            let mut event = kept.event.clone();
            verdict.show_in(&mut event);
            let ran = self.step(step, event, kept).await.map_err(busy)?;
            wall_us += ran.stats.wall_us;
            heap_bytes = heap_bytes.max(ran.stats.heap_bytes);
            let applied = match &ran.fault {
                Some(fault) => Err(fault.message.clone()),
                None => verdict
                    .apply(&ran.commands, &scene.ground())
                    .map_err(|refusal| refusal.cause.into_owned()),
            };
            match applied {
                Ok(applied) => {
                    verdict = applied.verdict;
                    match applied.next {
                        Next::GoOn => continue,
                        Next::Denied(denial) => outcome = format!("denied: {}", denial.reason),
                        Next::Redirect(to) => outcome = format!("redirect: {to}"),
                    }
                    break;
                }
                Err(problem) => {
                    outcome = format!("failed: {}: {problem}", step.name);
                    if step.failure == aldgate_core::action::FailureMode::Closed {
                        break;
                    }
                }
            }
        }
        self.spent += Duration::from_micros(wall_us);
        let claims = [&verdict.tokens.id_token, &verdict.tokens.access_token];
        let size =
            |claims: &aldgate_core::token::CustomClaims| json!(claims.as_map()).to_string().len();
        Ok(Came {
            outcome,
            tokens: scene.tokens(&verdict.tokens, kept.at),
            wall_us,
            heap_bytes,
            claims_bytes: claims.into_iter().map(size).max().unwrap_or_default(),
        })
    }

    async fn step(
        &self,
        step: &Deployed,
        event: Value,
        kept: &KeptEvent,
    ) -> Result<aldgate_actions::Outcome, PoolError> {
        let Call { app, tenant, .. } = self.call;
        let secrets = app.open_action_secrets(&tenant.id, &step.id, &step.secrets);
        let job = Job {
            name: step.name.clone(),
            code: step.code.clone(),
            trigger: kept.trigger,
            handler: match kept.continues.as_ref() == Some(&step.id) {
                true => CONTINUES.to_owned(),
                false => kept.trigger.handler().to_owned(),
            },
            event,
            secrets: secrets.unwrap_or_default(),
            limits: self.limits,
        };
        app.sandbox.run(&tenant.id, job).await
    }
}

/// One event, before and after.
struct Compared {
    shown: Value,
    changed: bool,
    before: Came,
    after: Came,
}

impl Compared {
    fn of(event: &KeptEvent, before: Came, after: Came) -> Self {
        let token = |differs: Difference| {
            let one =
                |(name, before, after)| json!({"claim": name, "before": before, "after": after});
            differs.into_iter().map(one).collect::<Vec<Value>>()
        };
        let id = difference(
            before.tokens.id_token.as_ref(),
            after.tokens.id_token.as_ref(),
        );
        let access = difference(
            before.tokens.access_token.as_ref(),
            after.tokens.access_token.as_ref(),
        );
        let changed = !id.is_empty() || !access.is_empty() || before.outcome != after.outcome;
        let shown = json!({
            "id": event.id,
            "at": event.at.iso8601(),
            "user_id": event.event["user"]["user_id"],
            "client_id": event.event["client"]["client_id"],
            "before": before.outcome,
            "after": after.outcome,
            "id_token": token(id),
            "access_token": token(access),
            "wall_us": {"before": before.wall_us, "after": after.wall_us},
            "heap_bytes": {"before": before.heap_bytes, "after": after.heap_bytes},
            "claims_bytes": {"before": before.claims_bytes, "after": after.claims_bytes},
        });
        Self {
            shown,
            changed,
            before,
            after,
        }
    }
}

fn summed_up(action: &Action, found: usize, runs: &[Compared], limits: Limits) -> Value {
    let count = |word: &str| {
        let now = runs
            .iter()
            .filter(|run| run.after.outcome.starts_with(word));
        let was = runs
            .iter()
            .filter(|run| run.before.outcome.starts_with(word));
        json!({"before": was.count(), "after": now.count()})
    };
    let mut times: Vec<u64> = runs.iter().map(|run| run.after.wall_us).collect();
    times.sort_unstable();
    let most = |of: fn(&Came) -> u64| runs.iter().map(|run| of(&run.after)).max().unwrap_or(0);
    json!({
        "action_id": action.id,
        "trigger_id": action.trigger.as_str(),
        "events": found,
        "replayed": runs.len(),
        "changed": runs.iter().filter(|run| run.changed).count(),
        "passed": count("passed"),
        "denied": count("denied"),
        "redirected": count("redirect"),
        "failed": count("failed"),
        "wall_us": {
            "median": times.get(times.len() / 2),
            "most": times.last(),
            "limit": limits.wall_ms * 1000,
        },
        "heap_bytes": {"most": most(|came| came.heap_bytes), "limit": limits.heap_bytes},
        "claims_bytes": {
            "most": most(|came| came.claims_bytes as u64),
            "limit": CLAIMS_BYTES_MAX,
        },
        "runs": runs.iter().map(|run| run.shown.clone()).collect::<Vec<_>>(),
    })
}
