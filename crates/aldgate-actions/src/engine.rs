//! One run of one action in a fresh realm of QuickJS. Only ever called in a worker process.

mod compile;
mod host;
mod url;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rquickjs::context::EvalOptions;
use rquickjs::{CatchResultExt as _, Context, Ctx, Function, Object, Runtime};

use crate::job::{FaultKind, Fetch, Fetched, Job, Outcome, Stats};
pub(crate) use compile::compile;
use host::Host;

/// What every realm starts with.
const PRELUDE: &str = concat!(
    "(function (host) { \"use strict\";\n",
    include_str!("../js/base.js"),
    include_str!("../js/web.js"),
    include_str!("../js/modules.js"),
    include_str!("../js/api.js"),
    "\n})"
);

/// The way to the server, for fetches.
pub(crate) trait Outside {
    /// Hands a request over.
    fn send(&mut self, fetch: Fetch);

    /// Waits for the answer to any request, at most so long; `None`: not yet.
    fn receive(&mut self, wait: Duration) -> Option<(u64, Fetched)>;
}

/// Runs a job to its end, or until its time is over. Native code that the engine cannot
/// interrupt is stopped from outside: the pool kills the process.
pub(crate) fn run(job: &Job, outside: &mut dyn Outside) -> Outcome {
    let began = now();
    let deadline = began + Duration::from_millis(job.limits.wall_ms);
    let host = Rc::new(RefCell::new(Host::new(job, began)));
    let heap = match execute(job, &host, deadline, outside) {
        Ok(heap) => heap,
        Err(error) => {
            let mut host = host.borrow_mut();
            host.fail(FaultKind::Memory, &error.to_string(), "");
            0
        }
    };
    let mut outcome = host.borrow_mut().finish();
    outcome.stats = Stats {
        wall_us: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
        heap_bytes: heap,
        fetches: outcome.stats.fetches,
    };
    outcome
}

fn execute(
    job: &Job,
    host: &Rc<RefCell<Host>>,
    deadline: Instant,
    outside: &mut dyn Outside,
) -> rquickjs::Result<u64> {
    let runtime = Runtime::new()?;
    runtime.set_memory_limit(job.limits.heap_bytes);
    runtime.set_max_stack_size(job.limits.stack_bytes);
    runtime.set_interrupt_handler(Some(Box::new(move || now() >= deadline)));
    let context = Context::full(&runtime)?;
    context.with(|ctx| {
        if let Err((kind, message, stack)) = drive(&ctx, job, host, deadline, outside) {
            host.borrow_mut().fail(kind, &message, &stack);
        }
    });
    let used = runtime.memory_usage().malloc_size;
    // Nothing of this run may be called any more: finalisers and leftover jobs go with it.
    runtime.set_interrupt_handler(Some(Box::new(|| true)));
    Ok(u64::try_from(used).unwrap_or_default())
}

type Failure = (FaultKind, String, String);

/// Loads the prelude and the action, calls it, and keeps the realm going until it is done.
fn drive<'js>(
    ctx: &Ctx<'js>,
    job: &Job,
    host: &Rc<RefCell<Host>>,
    deadline: Instant,
    outside: &mut dyn Outside,
) -> Result<(), Failure> {
    let ours = |error: rquickjs::CaughtError<'_>| {
        let text = format!("the realm cannot be prepared: {error}");
        (FaultKind::Memory, text, String::new())
    };
    let prelude: Function<'js> = ctx.eval(PRELUDE).catch(ctx).map_err(ours)?;
    let shared = Rc::clone(host);
    let call = Function::new(ctx.clone(), move |op: String, payload: String| {
        shared.borrow_mut().call(&op, &payload)
    });
    let call = call.catch(ctx).map_err(ours)?;
    let realm: Object<'js> = prelude.call((call,)).catch(ctx).map_err(ours)?;
    let load = load(ctx, job)?;
    let event = host.borrow().event(job);
    let run: Function<'js> = realm.get("run").catch(ctx).map_err(ours)?;
    let arguments = (load, job.trigger.as_str(), job.handler.as_str(), event);
    run.call::<_, ()>(arguments)
        .catch(ctx)
        .map_err(|error| thrown(&error, deadline))?;
    turn(ctx, &realm, host, deadline, outside)
}

/// The action's code as a function of a CommonJS module; its first line stays its first line.
fn load<'js>(ctx: &Ctx<'js>, job: &Job) -> Result<Function<'js>, Failure> {
    let loaded = ctx
        .eval_with_options(source(&job.code), options())
        .catch(ctx);
    loaded.map_err(|error| {
        let (_, message, stack) = thrown(&error, now());
        (FaultKind::Syntax, message, stack)
    })
}

/// Code within the function of a CommonJS module.
fn source(code: &str) -> String {
    format!("(function (exports, require, module) {{{code}\n}})")
}

fn options() -> EvalOptions {
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some("action.js".to_owned());
    options
}

/// Runs jobs, timers and answers until the action is done.
fn turn<'js>(
    ctx: &Ctx<'js>,
    realm: &Object<'js>,
    host: &Rc<RefCell<Host>>,
    deadline: Instant,
    outside: &mut dyn Outside,
) -> Result<(), Failure> {
    let function = |name: &str| -> Result<Function<'js>, Failure> {
        let found = realm.get(name).catch(ctx);
        found.map_err(|error| thrown(&error, deadline))
    };
    let (fire, settle) = (function("fire")?, function("settle")?);
    loop {
        while ctx.execute_pending_job() {
            if now() >= deadline {
                return Err(too_late());
            }
        }
        let fetches = host.borrow_mut().take_fetches();
        for fetch in fetches {
            outside.send(fetch);
        }
        if host.borrow().is_over() {
            return Ok(());
        }
        if now() >= deadline {
            return Err(too_late());
        }
        let due = host.borrow_mut().due_timer(now());
        if let Some(id) = due {
            let fired = fire.call::<_, ()>((id,)).catch(ctx);
            fired.map_err(|error| thrown(&error, deadline))?;
            continue;
        }
        let (timer, waits) = {
            let host = host.borrow();
            (host.next_timer(), host.waits_for_fetch())
        };
        let until = timer.map_or(deadline, |at| at.min(deadline));
        match (timer, waits) {
            (None, false) => return Err(never_settled()),
            (_, false) => pause(until),
            (_, true) => {
                let wait = until.saturating_duration_since(now());
                if let Some((id, answer)) = outside.receive(wait) {
                    host.borrow_mut().answered();
                    let text = serde_json::to_string(&answer).unwrap_or_default();
                    let settled = settle.call::<_, ()>((id, text)).catch(ctx);
                    settled.map_err(|error| thrown(&error, deadline))?;
                }
            }
        }
    }
}

fn thrown(error: &rquickjs::CaughtError<'_>, deadline: Instant) -> Failure {
    if now() >= deadline {
        return too_late();
    }
    match error {
        rquickjs::CaughtError::Exception(exception) => {
            let message = exception.message().unwrap_or_default();
            let kind = match message.contains("out of memory") {
                true => FaultKind::Memory,
                false => FaultKind::Thrown,
            };
            (kind, message, exception.stack().unwrap_or_default())
        }
        other => {
            let text = other.to_string();
            let kind = match text.contains("memory") || text.contains("null") {
                true => FaultKind::Memory,
                false => FaultKind::Thrown,
            };
            (kind, text, String::new())
        }
    }
}

fn too_late() -> Failure {
    let text = "The action took longer than its time limit.".to_owned();
    (FaultKind::Time, text, String::new())
}

fn never_settled() -> Failure {
    let text = "The action waits for a promise that nothing will ever settle.".to_owned();
    (FaultKind::NeverSettled, text, String::new())
}

#[expect(clippy::disallowed_methods, reason = "the worker measures its own run")]
fn now() -> Instant {
    Instant::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the worker has nothing else to do"
)]
fn pause(until: Instant) {
    std::thread::sleep(until.saturating_duration_since(now()));
}

#[cfg(test)]
mod tests;
