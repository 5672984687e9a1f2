//! `[actions]`: how tenant JavaScript runs.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::reader::Reader;

/// The longest that all actions of one trigger may take together (Auth0: 20 s).
pub const TRIGGER_TIMEOUT: Duration = Duration::from_secs(20);

/// `[actions]`: how tenant JavaScript runs.
#[derive(Clone, Debug)]
pub struct Actions {
    /// Whether actions run at all. Off is for emergencies: an action that locks everybody out.
    pub enabled: bool,
    /// Worker processes at once, over all tenants; each begins when it is needed.
    pub workers: usize,
    /// Runs that may wait for a worker.
    pub waiting_max: usize,
    /// Time on the clock for one action.
    pub timeout: Duration,
    /// JavaScript heap of one action.
    pub heap_bytes: usize,
    /// The program of a worker: this program itself.
    pub worker: Worker,
}

/// How a worker process is started.
#[derive(Clone, Debug, Default)]
pub struct Worker {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
}

impl Actions {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let workers = (cores.get() * 2).clamp(4, 32);
        Self {
            enabled: reader.flag("actions.enabled", true),
            workers: reader.size("actions.workers", 1..=256, workers),
            waiting_max: reader.size("actions.waiting_max", 1..=10_000, 256),
            timeout: reader.span("actions.timeout_seconds", 1..=TRIGGER_TIMEOUT.as_secs(), 5),
            heap_bytes: reader.size("actions.heap_mib", 4..=256, 32) << 20,
            worker: Worker {
                program: std::env::current_exe().unwrap_or_default(),
                arguments: vec!["action-worker".to_owned()],
            },
        }
    }
}
