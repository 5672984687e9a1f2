//! Moving users in bulk: imports and exports, as background work that survives a restart.
//!
//! [`import_users`] is the engine of imports, for the jobs of the Management API and for the
//! command line; [`records`] reads its input without holding all of it.

mod engine;
mod records;

pub use engine::{Batch, Checkpoint, FaultyRecord, Importer, Tally, import_users};
pub use records::{RecordError, records};
