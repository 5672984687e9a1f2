//! Worker processes, kept warm: each runs one action at a time, and none outlives its limit.

use std::path::PathBuf;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::job::{Fault, FaultKind, Fetch, Fetched, FromWorker, Job, Limits, Outcome, ToWorker};

/// The longest line of a worker: all commands, logs and what surrounds them.
const LINE_MAX: u64 = 4 << 20;

/// What a kill may take beyond an action's own limit.
const GRACE: Duration = Duration::from_millis(250);

/// What a worker may take to make itself ready. It takes a millisecond; on a busy machine, more.
const PREPARING: Duration = Duration::from_secs(10);

/// What reading an action's code may use up: the largest code takes a tenth of it.
const COMPILE: Limits = Limits {
    wall_ms: 2_000,
    heap_bytes: 64 << 20,
    stack_bytes: 512 << 10,
    commands: 0,
    command_bytes: 0,
    log_lines: 0,
    log_line_characters: 0,
    fetches: 0,
};

/// Makes the requests that actions ask for. The address policy is its business (NET-01).
pub trait Outbound: Send + Sync + 'static {
    /// Makes one request.
    fn fetch(&self, fetch: Fetch) -> Pin<Box<dyn Future<Output = Fetched> + Send>>;
}

/// How a pool is made.
#[derive(Debug, Clone)]
pub struct PoolOptions {
    /// The program of a worker, which calls [`crate::serve`] …
    pub program: PathBuf,
    /// … when it gets these arguments.
    pub arguments: Vec<String>,
    /// Workers at once.
    pub workers: usize,
    /// Runs that may wait for a worker; more are refused at once.
    pub waiting_max: usize,
    /// A worker is replaced after so many runs.
    pub runs_per_worker: u32,
}

/// Why an action was not run.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// Too many wait already.
    #[error("{0} actions are waiting already; expected fewer. Try again in a moment")]
    Full(usize),
    /// No worker can be started.
    #[error("a worker cannot be started: {0}")]
    Start(#[from] std::io::Error),
}

/// Worker processes. Cheap to clone.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

struct Inner {
    options: PoolOptions,
    outbound: Arc<dyn Outbound>,
    free: Arc<Semaphore>,
    waiting: AtomicUsize,
    idle: Mutex<Vec<Worker>>,
}

struct Worker {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    /// The line that is being read: kept here, so that reading can be interrupted.
    line: Vec<u8>,
    runs: u32,
}

impl Pool {
    /// A pool without workers; they start when they are needed.
    #[must_use]
    pub fn new(options: PoolOptions, outbound: Arc<dyn Outbound>) -> Self {
        Self(Arc::new(Inner {
            free: Arc::new(Semaphore::new(options.workers.max(1))),
            waiting: AtomicUsize::new(0),
            idle: Mutex::new(Vec::new()),
            outbound,
            options,
        }))
    }

    /// Starts workers ahead, in the background: the first runs need not wait for them.
    pub fn warm(&self, workers: usize) {
        for _ in 0..workers.min(self.0.options.workers) {
            let pool = self.clone();
            tokio::spawn(async move {
                let inner = &*pool.0;
                let Ok(_permit) = inner.free.try_acquire() else {
                    return;
                };
                match inner.start().await {
                    Ok(worker) => inner.idle().push(worker),
                    Err(error) => tracing::warn!(%error, "a worker of actions does not start"),
                }
            });
        }
    }

    /// Runs an action to its end, or until its time is over.
    ///
    /// # Errors
    /// [`PoolError`] when it was not run at all. What went wrong in the action itself is
    /// [`Outcome::fault`].
    pub async fn run(&self, job: Job) -> Result<Outcome, PoolError> {
        let limit = Duration::from_millis(job.limits.wall_ms) + GRACE;
        let lost = |fault| FromWorker::Done(Box::new(Outcome::lost(fault)));
        match self.ask(ToWorker::Run(Box::new(job)), limit, lost).await? {
            FromWorker::Done(outcome) => Ok(*outcome),
            _ => Err(std::io::Error::other("the worker answered something else").into()),
        }
    }

    /// Makes JavaScript of an action's code: TypeScript loses its types, `import` and `export`
    /// become CommonJS, lines stay where they are. `None`: the code is JavaScript as it is.
    /// Nothing of it is executed, and it is read in the sandbox, too.
    ///
    /// # Errors
    /// [`PoolError`] when nobody could look at it. What is wrong with the code itself is the
    /// [`Fault`].
    pub async fn compile(&self, code: &str) -> Result<Result<Option<String>, Fault>, PoolError> {
        let message = ToWorker::Compile {
            code: code.to_owned(),
            limits: COMPILE,
        };
        let limit = Duration::from_millis(COMPILE.wall_ms) + GRACE;
        let lost = |fault| FromWorker::Compiled(Err(fault));
        match self.ask(message, limit, lost).await? {
            FromWorker::Compiled(compiled) => Ok(compiled),
            _ => Err(std::io::Error::other("the worker answered something else").into()),
        }
    }

    /// Has a worker answer. One that is late or dies gives what `lost` makes of it.
    async fn ask(
        &self,
        message: ToWorker,
        limit: Duration,
        lost: impl Fn(Fault) -> FromWorker,
    ) -> Result<FromWorker, PoolError> {
        let inner = &*self.0;
        let waiting = Waiting::enter(inner)?;
        let free = Arc::clone(&inner.free).acquire_owned().await;
        let permit = free.map_err(std::io::Error::other)?;
        drop(waiting);
        let idle = inner.idle().pop();
        let mut worker = match idle {
            Some(worker) => worker,
            None => inner.start().await?,
        };
        let asked = worker.ask(&message, &inner.outbound);
        let answer = match tokio::time::timeout(limit, asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a worker of actions died");
                let text = "The process that ran the action died.";
                lost(Fault::plain(FaultKind::Memory, text))
            }
            Err(_late) => {
                let text = "The action took longer than its time limit.";
                lost(Fault::plain(FaultKind::Time, text))
            }
        };
        worker.runs += 1;
        let again = answer.leaves_sound() && worker.runs < inner.options.runs_per_worker;
        tokio::spawn(self.clone().rest(worker, again, permit));
        Ok(answer)
    }

    /// Ends a worker, or lets it make itself ready for its next run. Until then it counts as busy.
    async fn rest(self, mut worker: Worker, again: bool, _busy: OwnedSemaphorePermit) {
        let ready = again
            && matches!(
                tokio::time::timeout(PREPARING, worker.read()).await,
                Ok(Ok(FromWorker::Ready))
            );
        if ready {
            self.0.idle().push(worker);
        } else {
            worker.end().await;
        }
    }
}

impl Inner {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Worker>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn start(&self) -> Result<Worker, PoolError> {
        let mut child = Command::new(&self.options.program)
            .args(&self.options.arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let broken = || std::io::Error::other("the worker has no pipes");
        let to = child.stdin.take().ok_or_else(broken)?;
        let from = child.stdout.take().ok_or_else(broken)?;
        let mut worker = Worker {
            child,
            to,
            from: BufReader::new(from),
            line: Vec::new(),
            runs: 0,
        };
        match worker.read().await? {
            FromWorker::Ready => Ok(worker),
            _ => Err(std::io::Error::other("the worker did not say that it is ready").into()),
        }
    }
}

impl Worker {
    async fn ask(
        &mut self,
        message: &ToWorker,
        outbound: &Arc<dyn Outbound>,
    ) -> std::io::Result<FromWorker> {
        self.write(message).await?;
        let mut fetches = JoinSet::new();
        loop {
            tokio::select! {
                message = self.read() => match message? {
                    answer @ (FromWorker::Done(_) | FromWorker::Compiled(_)) => return Ok(answer),
                    FromWorker::Fetch(fetch) => {
                        let outbound = Arc::clone(outbound);
                        fetches.spawn(async move { (fetch.id, outbound.fetch(fetch).await) });
                    }
                    FromWorker::Ready => {}
                },
                Some(Ok((id, answer))) = fetches.join_next() => {
                    self.write(&ToWorker::Fetched { id, answer }).await?;
                }
            }
        }
    }

    async fn write(&mut self, message: &ToWorker) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(message)?;
        line.push(b'\n');
        self.to.write_all(&line).await
    }

    /// Reads one line.
    async fn read(&mut self) -> std::io::Result<FromWorker> {
        let room = LINE_MAX.saturating_sub(self.line.len() as u64);
        let mut limited = (&mut self.from).take(room);
        limited.read_until(b'\n', &mut self.line).await?;
        if self.line.last() != Some(&b'\n') {
            return Err(std::io::Error::other(
                "the worker ended, or its line is too long",
            ));
        }
        let message = serde_json::from_slice(&self.line);
        self.line.clear();
        Ok(message?)
    }

    async fn end(mut self) {
        if let Err(error) = self.child.kill().await {
            tracing::warn!(%error, "a worker of actions could not be killed");
        }
    }
}

/// Counts who waits for a worker.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(inner: &'a Inner) -> Result<Self, PoolError> {
        let before = inner.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Self(&inner.waiting);
        match before >= inner.options.waiting_max {
            true => Err(PoolError::Full(before)),
            false => Ok(waiting),
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
