//! Moving users in bulk: imports and exports, as background work that survives a restart.
//!
//! [`import_users`] is the engine of imports, for the jobs of the Management API and for the
//! command line; [`records`] reads its input without holding all of it. A job's file is put into
//! the database in pieces by [`spool`]; [`App::run_transfers`](crate::App::run_transfers) does the
//! jobs, one piece in one unit of work, so that any node can go on where another one stopped.

mod engine;
mod export;
mod import;
mod records;
mod run;
mod spool;

pub use engine::{Batch, Ceiling, Checkpoint, FaultyRecord, Importer, Tally, import_users};
pub use records::{RecordError, records};
pub use run::{Faults, UNREPORTED, enqueue, faults};
pub use spool::{SpoolError, Spooled, spool};
