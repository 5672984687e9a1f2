//! Runs tenant JavaScript in a sandboxed worker process: events in, commands out; nothing else.
//!
//! An action gets a copy of an event and answers with [`Command`]s, which the server checks and
//! applies. Its code never runs in the server: a [`Pool`] keeps worker processes that have no file
//! system, no network and no environment, and kills one that does not end in time. Each run has a
//! fresh realm. What an action may fetch passes through the server's one outbound client.

mod check;
mod engine;
mod job;
mod pool;
mod sandbox;
mod worker;

pub use aldgate_core::action::{Claims, Command, MetadataField, Trigger};
pub use check::{Finding, check};
pub use job::{Fault, FaultKind, Fetch, Fetched, Job, Limits, LogLine, Outcome, Stats};
pub use pool::{Outbound, Pool, PoolError, PoolOptions};
pub use worker::serve;
