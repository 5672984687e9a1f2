//! Workers as processes: what they cannot do, what hostile scripts come to, and what the examples
//! of `examples/actions` do.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails has failed its test"
)]

mod examples;
mod hostile;
mod pool;

use std::path::PathBuf;
use std::sync::Arc;

use aldgate_actions::{Outbound, Pool, PoolOptions};

/// The example beside this test's own binary: `target/…/examples/worker`.
fn worker() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let target = own.parent().and_then(|deps| deps.parent()).unwrap();
    target.join("examples/worker")
}

fn pool_with(workers: usize, waiting_max: usize, outbound: Arc<dyn Outbound>) -> Pool {
    let options = PoolOptions {
        program: worker(),
        arguments: Vec::new(),
        workers,
        waiting_max,
        runs_per_worker: 100,
    };
    Pool::new(options, outbound)
}
