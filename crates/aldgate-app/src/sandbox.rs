//! The sandbox of tenant JavaScript as this process has it: worker processes, shared fairly among
//! tenants, and the way out to the network under the server's address policy.
//!
//! Nothing of it exists until the first action runs.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use aldgate_actions::{
    Fault, FaultKind, Fetch, Fetched, Job, Limits, Outbound as Fetches, Outcome, Pool, PoolError,
    PoolOptions, Stats,
};
use aldgate_core::action::Trigger;
use aldgate_core::id::{ActionVersionId, TenantId};
use aldgate_jose::b64;
use moka::sync::Cache;
use serde_json::Value;
use tokio::sync::Semaphore;
use url::Url;

use crate::config;
use crate::outbound::{Asked, BYTES_MAX, Outbound};

/// A worker is replaced after so many runs (SBX-08).
const RUNS_PER_WORKER: u32 = 1_000;

/// Workers that are started ahead once there is an action to run.
const WARM: usize = 2;

/// So many breaches of a limit in a row pause a version of an action …
const BREACHES_MAX: u32 = 5;

/// … for so long (SBX-06).
const PAUSE: Duration = Duration::from_secs(30);

/// Actions that run behind requests at once, after registrations and changes of passwords.
const BACKGROUND_MAX: u32 = 64;

/// What actions of one trigger keep for each other: key to `{"value", "expires_at"}`.
pub(crate) type Kept = serde_json::Map<String, Value>;

/// The sandbox of one process. Cheap to clone.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    pool: Pool,
    limits: Limits,
    enabled: bool,
    warmed: AtomicBool,
    /// Workers that one tenant may hold at once.
    share: usize,
    gates: Cache<TenantId, Arc<Semaphore>>,
    breaches: Cache<(TenantId, ActionVersionId), Arc<AtomicU32>>,
    kept: Cache<(TenantId, Trigger), Arc<Kept>>,
    background: Arc<Semaphore>,
}

impl Sandbox {
    /// A sandbox without workers.
    pub(crate) fn new(config: &config::Actions, outbound: Outbound) -> Self {
        let options = PoolOptions {
            program: config.worker.program.clone(),
            arguments: config.worker.arguments.clone(),
            workers: config.workers,
            waiting_max: config.waiting_max,
            runs_per_worker: RUNS_PER_WORKER,
        };
        let limits = Limits {
            wall_ms: u64::try_from(config.timeout.as_millis()).unwrap_or(u64::MAX),
            heap_bytes: config.heap_bytes,
            ..Limits::default()
        };
        Self(Arc::new(Inner {
            pool: Pool::new(options, Arc::new(Guarded(outbound))),
            limits,
            enabled: config.enabled,
            warmed: AtomicBool::new(false),
            share: config.workers.div_ceil(2),
            gates: Cache::new(10_000),
            breaches: Cache::builder()
                .max_capacity(10_000)
                .time_to_live(PAUSE)
                .build(),
            kept: Cache::new(1_000),
            background: Arc::new(Semaphore::new(BACKGROUND_MAX as usize)),
        }))
    }

    /// Whether actions run at all; see [`config::Actions::enabled`].
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.0.enabled
    }

    /// What one run may use up.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.0.limits
    }

    /// Runs an action of `tenant`. No tenant holds more than half of the workers (SBX-02).
    ///
    /// # Errors
    /// [`PoolError`] when it was not run at all.
    pub async fn run(&self, tenant: &TenantId, job: Job) -> Result<Outcome, PoolError> {
        let inner = &*self.0;
        if !inner.warmed.swap(true, Ordering::Relaxed) {
            inner.pool.warm(WARM.min(inner.share));
        }
        let share = inner.share;
        let gate = inner
            .gates
            .get_with(tenant.clone(), || Arc::new(Semaphore::new(share)));
        let patience = Duration::from_millis(job.limits.wall_ms);
        match tokio::time::timeout(patience, gate.acquire()).await {
            Ok(Ok(_permit)) => inner.pool.run(job).await,
            Ok(Err(closed)) => Err(PoolError::Start(std::io::Error::other(closed))),
            Err(_late) => Err(PoolError::Full(share)),
        }
    }

    /// Makes JavaScript of an action's code; see [`Pool::compile`].
    ///
    /// # Errors
    /// [`PoolError`] when nobody could look at it.
    pub async fn compile(&self, code: &str) -> Result<Result<Option<String>, Fault>, PoolError> {
        self.0.pool.compile(code).await
    }

    /// As [`Sandbox::run`], but a version that broke its limits again and again does not run for a
    /// while: it fails at once, and holds nobody else up.
    pub(crate) async fn run_unless_paused(
        &self,
        (tenant, version): (&TenantId, &ActionVersionId),
        job: Job,
    ) -> Result<Outcome, PoolError> {
        let breaches = &self.0.breaches;
        let key = (tenant.clone(), version.clone());
        let before = breaches.get(&key);
        let count = before
            .as_ref()
            .map_or(0, |count| count.load(Ordering::Relaxed));
        if count >= BREACHES_MAX {
            return Ok(paused());
        }
        let outcome = self.run(tenant, job).await?;
        let fault = outcome.fault.as_ref().map(|fault| fault.kind);
        match fault {
            Some(FaultKind::Time | FaultKind::Memory) => {
                let count = before.unwrap_or_default();
                count.fetch_add(1, Ordering::Relaxed);
                breaches.insert(key, count);
            }
            _ if before.is_some() => breaches.invalidate(&key),
            _ => {}
        }
        Ok(outcome)
    }

    /// What actions of a trigger keep for each other.
    pub(crate) fn kept(&self, tenant: &TenantId, trigger: Trigger) -> Option<Arc<Kept>> {
        self.0.kept.get(&(tenant.clone(), trigger))
    }

    /// Replaces what actions of a trigger keep for each other.
    pub(crate) fn keep(&self, tenant: &TenantId, trigger: Trigger, kept: Kept) {
        self.0
            .kept
            .insert((tenant.clone(), trigger), Arc::new(kept));
    }

    /// A place among the runs behind requests; `None` when there are too many.
    pub(crate) fn background(&self) -> Option<tokio::sync::OwnedSemaphorePermit> {
        Arc::clone(&self.0.background).try_acquire_owned().ok()
    }

    /// Waits until no action runs behind a request any more.
    pub async fn settled(&self) {
        drop(self.0.background.acquire_many(BACKGROUND_MAX).await);
    }
}

fn paused() -> Outcome {
    let message = format!(
        "The action is paused for {} s, because it broke its limits {BREACHES_MAX} times in a row.",
        PAUSE.as_secs()
    );
    Outcome {
        commands: Vec::new(),
        logs: Vec::new(),
        fault: Some(Fault {
            kind: FaultKind::Time,
            message,
            stack: String::new(),
        }),
        stats: Stats::default(),
    }
}

/// Requests of actions, under the server's address policy (SBX-05).
pub struct Guarded(pub Outbound);

impl Fetches for Guarded {
    fn fetch(&self, fetch: Fetch) -> Pin<Box<dyn Future<Output = Fetched> + Send>> {
        let outbound = self.0.clone();
        Box::pin(async move {
            let failed = |error: String| Fetched::Failed { error };
            let url = match Url::parse(&fetch.url) {
                Ok(url) => url,
                Err(error) => return failed(format!("{}: {error}", fetch.url)),
            };
            let body = fetch.body.as_deref().map(b64::decode_standard).transpose();
            let Ok(body) = body else {
                return failed("the body is not base64".to_owned());
            };
            let asked = Asked {
                method: &fetch.method,
                url: &url,
                headers: &fetch.headers,
                body,
            };
            match outbound.request(asked, BYTES_MAX).await {
                Ok((fetched, headers)) => Fetched::Answer {
                    url: fetch.url,
                    status: fetched.status,
                    headers,
                    body: b64::encode_standard(&fetched.body),
                },
                Err(error) => failed(error.to_string()),
            }
        })
    }
}
