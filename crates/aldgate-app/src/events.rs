//! Writes the tenant logs in batches, off the request path.
//!
//! An event that tells of a write goes into the same unit of work (`tx.events().record`), so that
//! one is never without the other. Everything else comes here.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aldgate_core::action::{EXECUTIONS_KEPT, Execution};
use aldgate_core::error::Refusal;
use aldgate_core::event::{Event, EventType};
use aldgate_core::id::TenantId;
use aldgate_core::tenant;
use aldgate_store::{Store, StoreError, Tx};
use moka::sync::Cache;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::app::App;
use crate::extract::{Caller, Tenant};
use crate::metrics::{Count, Metrics};

/// Events that may wait; beyond, they are dropped and counted.
const QUEUE: usize = 8192;
const BATCH: usize = 1024;
/// How long the first event of a batch waits for others. A commit costs more than an event.
const LINGER: Duration = Duration::from_millis(20);
const TRIES: u32 = 3;

/// The writer of the tenant logs.
#[derive(Clone)]
pub struct Events {
    queue: mpsc::Sender<Entry>,
    hurry: Arc<Notify>,
    metrics: Metrics,
    /// What was told of lately and is told of once a minute.
    told: Cache<(TenantId, String), ()>,
}

enum Entry {
    Event(TenantId, Box<Event>),
    Execution(TenantId, Box<Execution>),
    Flush(oneshot::Sender<()>),
}

impl Events {
    /// Starts the writer; it ends when the last clone is dropped.
    #[must_use]
    pub fn start(store: Store, metrics: Metrics) -> Self {
        let (queue, entries) = mpsc::channel(QUEUE);
        let hurry = Arc::new(Notify::new());
        tokio::spawn(write(store, entries, Arc::clone(&hurry), metrics.clone()));
        let told = Cache::builder()
            .max_capacity(1000)
            .time_to_live(Duration::from_secs(60));
        Self {
            queue,
            hurry,
            metrics,
            told: told.build(),
        }
    }

    /// Records an event. Never waits: when the queue is full, the event is dropped and counted.
    pub fn record(&self, tenant: &TenantId, event: Event) {
        tracing::debug!(
            tenant.id = %tenant,
            event.kind = event.kind.code(),
            support_code = event.support_code,
            "tenant log event"
        );
        if self
            .queue
            .try_send(Entry::Event(tenant.clone(), Box::new(event)))
            .is_err()
        {
            self.metrics.count(Count::EventDropped);
        }
    }

    /// Records what came of running actions, in the same way.
    pub(crate) fn executed(&self, tenant: &TenantId, execution: Execution) {
        let entry = Entry::Execution(tenant.clone(), Box::new(execution));
        if self.queue.try_send(entry).is_err() {
            self.metrics.count(Count::EventDropped);
        }
    }

    /// Waits until everything recorded so far is written, or given up.
    pub async fn flush(&self) {
        let (done, written) = oneshot::channel();
        if self.queue.send(Entry::Flush(done)).await.is_ok() {
            self.hurry.notify_one();
            // The writer is gone when the runtime shuts down: nothing to wait for then.
            drop(written.await);
        }
    }

    /// Tells, once a minute, that an origin was refused (Auth0: `fco`).
    pub(crate) fn cors_denied(&self, app: &App, tenant: &Tenant, caller: &Caller, origin: &str) {
        let mut event = app.event(EventType::FailedCors, caller, app.now());
        event.description = format!("Origin {origin} is not registered");
        event.refusal = Some(
            Refusal::new(
                "cors_origin",
                "A web page of another origin asked, and is not registered",
            )
            .expected("an origin of an application's callbacks, web origins or allowed origins")
            .actual(origin)
            .remedy("Add the origin to the application's Allowed Web Origins"),
        );
        self.once_a_minute(tenant, origin, event);
    }

    /// Records an event unless one was recorded under the same key within a minute.
    pub fn once_a_minute(&self, tenant: &tenant::Tenant, key: &str, event: Event) {
        let key = (tenant.id.clone(), key.to_owned());
        if self.told.contains_key(&key) {
            return;
        }
        self.told.insert(key, ());
        self.record(&tenant.id, event);
    }
}

async fn write(
    store: Store,
    mut entries: mpsc::Receiver<Entry>,
    hurry: Arc<Notify>,
    metrics: Metrics,
) {
    let mut batch = Vec::with_capacity(BATCH);
    while entries.recv_many(&mut batch, BATCH).await > 0 {
        if batch.len() < BATCH && !batch.iter().any(|entry| matches!(entry, Entry::Flush(_))) {
            // Either the time is over, or somebody waits for the log.
            drop(tokio::time::timeout(LINGER, hurry.notified()).await);
            while batch.len() < BATCH
                && let Ok(entry) = entries.try_recv()
            {
                batch.push(entry);
            }
        }
        let mut by_tenant: HashMap<TenantId, Batch> = HashMap::new();
        let mut flushed = Vec::new();
        for entry in batch.drain(..) {
            match entry {
                Entry::Event(tenant, event) => {
                    by_tenant.entry(tenant).or_default().events.push(*event);
                }
                Entry::Execution(tenant, execution) => {
                    let executions = &mut by_tenant.entry(tenant).or_default().executions;
                    executions.push(*execution);
                }
                Entry::Flush(done) => flushed.push(done),
            }
        }
        for (tenant, batch) in by_tenant {
            write_batch(&store, &tenant, batch, &metrics).await;
        }
        for done in flushed {
            // Nobody waits any more: fine.
            let _unheard = done.send(()).is_err();
        }
    }
}

/// What is written for one tenant at once.
#[derive(Default)]
struct Batch {
    events: Vec<Event>,
    executions: Vec<Execution>,
}

impl Batch {
    fn write(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for execution in &self.executions {
            let expires_at = execution.created_at + EXECUTIONS_KEPT;
            tx.action_records().executed(execution, expires_at)?;
        }
        tx.events().record(&self.events)
    }
}

async fn write_batch(store: &Store, tenant: &TenantId, batch: Batch, metrics: &Metrics) {
    let whole = Arc::new(batch);
    for attempt in 1..=TRIES {
        let batch = Arc::clone(&whole);
        let written = store.write(tenant, move |tx| batch.write(tx)).await;
        match written {
            Ok(()) => return,
            Err(error @ StoreError::Unavailable(_)) if attempt < TRIES => {
                tracing::warn!(%error, tenant.id = %tenant, "the tenant log is written again");
            }
            Err(error) => {
                tracing::error!(%error, tenant.id = %tenant, "tenant log events are lost");
                let lost = whole.events.len() + whole.executions.len();
                (0..lost).for_each(|_| metrics.count(Count::EventDropped));
                return;
            }
        }
    }
}
