//! `aldgate actions`: try an action on a file's event or on real logins, and the types for editors.

mod replay;
mod show;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use aldgate_actions::{Finding, Job, Limits, Outcome, Pool, PoolOptions, Trigger};
use aldgate_app::clock::Clock as _;
use aldgate_app::sandbox::Guarded;
use aldgate_core::action::preview::{Preview, Scene};
use aldgate_core::action::{Applied, Next, Verdict};
use aldgate_core::error::Refusal;
use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::cli::{Actions, ActionsTest, Cli};
use crate::{context, ui};

/// The most bytes of an event's file.
const EVENT_BYTES_MAX: u64 = 1 << 20;

/// The types of events and APIs, for editors.
const TYPES: &str = include_str!("../../../../examples/actions/actions.d.ts");

/// Runs the command.
pub(crate) async fn run(cli: &Cli, command: &Actions) -> Result<()> {
    match command {
        Actions::Test(args) => test(cli, args).await,
        Actions::Replay(args) => replay::run(cli, args).await,
        Actions::Types => {
            ui::result(TYPES.trim_end());
            Ok(())
        }
    }
}

/// What came of a run, and the tokens it would give.
struct Tried {
    findings: Vec<Finding>,
    outcome: Outcome,
    /// What comes of the commands; `None`: the action failed before.
    applied: Option<Result<Applied, Refusal>>,
    tokens: Option<Preview>,
}

/// Runs an action once; fails (exit code 1) if the action does.
async fn test(cli: &Cli, args: &ActionsTest) -> Result<()> {
    let written = read(&args.file)?;
    let pool = pool(cli)?;
    let code = match pool.compile(&written).await? {
        Ok(javascript) => javascript.unwrap_or(written),
        Err(fault) => bail!(
            "{}: {}\n{}",
            args.file.display(),
            fault.message,
            fault.stack
        ),
    };
    let trigger = match &args.trigger {
        Some(name) => name.parse().map_err(anyhow::Error::msg)?,
        None => trigger_of(&code),
    };
    let event: Value = serde_json::from_str(&read(&args.event)?)
        .with_context(|| format!("{} is not JSON", args.event.display()))?;
    let job = job(&args.file, code, trigger, event)?;
    let tried = try_out(&pool, job).await?;
    if args.output.json {
        ui::json(&as_json(&tried));
    } else {
        show::tried(&tried);
    }
    match (&tried.outcome.fault, &tried.applied) {
        (Some(fault), _) => bail!("the action failed: {}", fault.message),
        (None, Some(Err(refusal))) => bail!("what it asks for is refused: {}", refusal.cause),
        _ => Ok(()),
    }
}

async fn try_out(pool: &Pool, job: Job) -> Result<Tried> {
    let told = |refusal: Refusal| anyhow::anyhow!("{}", refusal.cause);
    let scene = Scene::of(job.trigger, &job.event).map_err(told)?;
    let findings = aldgate_actions::check(&job.code, job.trigger);
    let outcome = pool.run(job).await?;
    let applied = outcome.fault.is_none().then(|| {
        let verdict = Verdict::default();
        verdict.apply(&outcome.commands, &scene.ground())
    });
    let now = aldgate_app::clock::SystemClock.now();
    let goes_on = |applied: &&Applied| matches!(applied.next, Next::GoOn);
    let accepted = applied.as_ref().and_then(|applied| applied.as_ref().ok());
    let tokens = accepted
        .filter(goes_on)
        .map(|applied| scene.tokens(&applied.verdict.tokens, now));
    Ok(Tried {
        findings,
        outcome,
        applied,
        tokens,
    })
}

fn as_json(tried: &Tried) -> Value {
    let mut shown = json!({
        "findings": tried.findings,
        "outcome": tried.outcome,
        "tokens": tried.tokens,
    });
    match &tried.applied {
        Some(Ok(applied)) => {
            shown["end"] = match &applied.next {
                Next::GoOn => json!("passed"),
                Next::Denied(denial) => json!({"denied": denial.reason}),
                Next::Redirect(to) => json!({"redirect": to}),
            };
            shown["left_out"] = json!(applied.left_out);
        }
        Some(Err(refusal)) => shown["refused"] = json!(refusal),
        None => {}
    }
    shown
}

/// The trigger whose function the code exports; the first of them, if there are several.
fn trigger_of(code: &str) -> Trigger {
    let exports = |trigger: &Trigger| code.contains(trigger.handler());
    Trigger::ALL
        .into_iter()
        .find(exports)
        .unwrap_or(Trigger::PostLogin)
}

fn read(path: &Path) -> Result<String> {
    let size =
        std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    if size.len() > EVENT_BYTES_MAX {
        bail!("{} is larger than {EVENT_BYTES_MAX} bytes", path.display());
    }
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// `event.secrets` of the file become the action's secrets, so that they are kept out of its log.
fn job(file: &Path, code: String, trigger: Trigger, mut event: Value) -> Result<Job> {
    let Some(members) = event.as_object_mut() else {
        bail!("the event must be a JSON object");
    };
    let secrets: BTreeMap<String, String> = match members.remove("secrets") {
        None => BTreeMap::new(),
        Some(secrets) => serde_json::from_value(secrets).context("event.secrets: texts by name")?,
    };
    Ok(Job {
        name: file.display().to_string(),
        code,
        trigger,
        handler: trigger.handler_of(&event).to_owned(),
        event,
        secrets,
        limits: Limits::default(),
    })
}

/// One worker: this program itself.
fn pool(cli: &Cli) -> Result<Pool> {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let config = context::config(cli, &[])?;
    let outbound = aldgate_app::outbound::Outbound::new(&config.outbound)?;
    let options = PoolOptions {
        program: std::env::current_exe().context("cannot find this program")?,
        arguments: vec!["action-worker".to_owned()],
        workers: 1,
        waiting_max: 1,
        runs_per_worker: 2,
    };
    Ok(Pool::new(options, Arc::new(Guarded(outbound))))
}
