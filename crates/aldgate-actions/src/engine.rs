//! One run of one action in a fresh realm of QuickJS. Only ever called in a worker process.

mod compile;
mod host;
mod prelude;
mod url;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rquickjs::context::EvalOptions;
use rquickjs::{CatchResultExt as _, Context, Ctx, Function, Object, Persistent, Runtime};
use serde_json::json;

use crate::job::{Fault, FaultKind, Fetch, Fetched, Job, Limits, Outcome};
pub(crate) use compile::compile;
use host::Host;

/// The way to the server, for fetches.
pub(crate) trait Outside {
    /// Hands a request over.
    fn send(&mut self, fetch: Fetch);

    /// Waits for the answer to any request; `None`: there is none yet.
    fn receive(&mut self, until: Instant) -> Option<(u64, Fetched)>;
}

/// A realm that has run nothing but our own code: made ahead, used once.
pub(crate) struct Realm {
    // Fields are dropped in this order: what lives in the realm, then the realm, then its heap.
    entry: Persistent<Object<'static>>,
    host: Rc<RefCell<Host>>,
    context: Context,
    runtime: Runtime,
}

impl Realm {
    /// Makes a realm.
    ///
    /// # Errors
    /// The engine has no memory for one.
    pub(crate) fn prepare() -> rquickjs::Result<Self> {
        let runtime = Runtime::new()?;
        let context = Context::full(&runtime)?;
        let host = Rc::new(RefCell::new(Host::new(
            Limits::default(),
            &[].into(),
            now(),
        )));
        prelude::open(&runtime)?;
        let entry = context.with(|ctx| {
            let shared = Rc::clone(&host);
            let call = Function::new(ctx.clone(), move |op: String, payload: String| {
                shared.borrow_mut().call(&op, &payload)
            })?;
            let entry: Object<'_> = prelude::load(&ctx)?.call((call,))?;
            Ok::<_, rquickjs::Error>(Persistent::save(&ctx, entry))
        })?;
        prelude::close(&runtime);
        Ok(Self {
            entry,
            host,
            context,
            runtime,
        })
    }

    /// Runs a job to its end, or until its time is over. Native code that the engine cannot
    /// interrupt is stopped from outside: the pool kills the process. The realm is then used up;
    /// dropping it takes longer than a short action, so the caller answers first.
    pub(crate) fn run(&self, job: &Job, outside: &mut dyn Outside) -> Outcome {
        let began = now();
        let deadline = began + Duration::from_millis(job.limits.wall_ms);
        *self.host.borrow_mut() = Host::new(job.limits, &job.secrets, began);
        self.runtime.set_memory_limit(job.limits.heap_bytes);
        self.runtime.set_max_stack_size(job.limits.stack_bytes);
        let late = move || now() >= deadline;
        self.runtime.set_interrupt_handler(Some(Box::new(late)));
        self.context.with(|ctx| {
            let driven = drive(&ctx, self.entry.clone(), job, &self.host, deadline, outside);
            if let Err((kind, message, stack)) = driven {
                self.host.borrow_mut().fail(kind, &message, &stack);
            }
        });
        let heap = self.runtime.memory_usage().malloc_size;
        // Nothing of this run may be called any more: finalisers and leftover jobs go with it.
        self.runtime.set_interrupt_handler(Some(Box::new(|| true)));
        let mut outcome = self.host.borrow_mut().finish();
        outcome.stats.heap_bytes = u64::try_from(heap).unwrap_or_default();
        outcome
    }
}

/// What came of a run that got no realm.
pub(crate) fn unprepared(error: &rquickjs::Error) -> Outcome {
    let text = format!("the realm cannot be prepared: {error}");
    Outcome::lost(Fault::plain(FaultKind::Memory, &text))
}

type Failure = (FaultKind, String, String);

/// Loads the action, calls it, and keeps the realm going until it is done.
fn drive<'js>(
    ctx: &Ctx<'js>,
    entry: Persistent<Object<'static>>,
    job: &Job,
    host: &Rc<RefCell<Host>>,
    deadline: Instant,
    outside: &mut dyn Outside,
) -> Result<(), Failure> {
    let failed = |error: rquickjs::CaughtError<'_>| thrown(&error, deadline);
    let realm = entry.restore(ctx).catch(ctx).map_err(failed)?;
    let load = load(ctx, job)?;
    let run: Function<'js> = realm.get("run").catch(ctx).map_err(failed)?;
    let event = event(job);
    let arguments = (load, job.trigger.as_str(), job.handler.as_str(), event);
    run.call::<_, ()>(arguments).catch(ctx).map_err(failed)?;
    turn(ctx, &realm, host, deadline, outside)
}

/// The event as the action gets it, with its secrets.
fn event(job: &Job) -> String {
    let mut event = job.event.clone();
    if let Some(members) = event.as_object_mut() {
        members.insert("secrets".into(), json!(job.secrets));
    }
    event.to_string()
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
                if let Some((id, answer)) = outside.receive(until) {
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
pub(crate) fn now() -> Instant {
    Instant::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the worker has nothing else to do"
)]
pub(crate) fn pause(until: Instant) {
    std::thread::sleep(until.saturating_duration_since(now()));
}

#[cfg(test)]
mod tests;
