//! Notices what other nodes commit: woken by NOTIFY, and looking by itself now and then, since a
//! pooler between us and the database may swallow notifications.

use std::time::Duration;

use super::{Link, PostgresTarget};
use crate::changes::{self, Change, Listeners};
use crate::error::StoreError;
use crate::queue::pause;
use crate::store::Durability;
use crate::tx::{Mode, SystemTx};

/// What a unit of work with changes runs before its COMMIT, which delivers it.
pub(super) const NOTIFY: &str = "NOTIFY aldgate_changes";

/// How long to wait for a notification before looking anyway.
const INTERVAL: Duration = Duration::from_millis(500);

/// Looks for changes until the store is gone.
pub(super) fn run(target: &PostgresTarget, listeners: &Listeners) {
    let mut revision = None;
    while !listeners.is_orphan() {
        if let Err(error) = follow(target, listeners, &mut revision) {
            tracing::warn!(%error, "cannot look for changes; the caches are emptied");
            listeners.tell(&[Change::Anything]);
        }
        pause(INTERVAL);
    }
}

/// Follows the changes over one connection, until it breaks or the store is gone.
fn follow(
    target: &PostgresTarget,
    listeners: &Listeners,
    revision: &mut Option<i64>,
) -> Result<(), StoreError> {
    let mut link = Link::connect(target, Durability::Disk).map_err(|fault| fault.error)?;
    link.control("LISTEN aldgate_changes")
        .map_err(|fault| fault.error)?;
    while !listeners.is_orphan() {
        listeners.tell(&look(&mut link, revision)?);
        link.wait_for_notification(INTERVAL)?;
    }
    Ok(())
}

fn look(link: &mut Link, seen: &mut Option<i64>) -> Result<Vec<Change>, StoreError> {
    let mut system = SystemTx::new(crate::tx::Link::Postgres(link), Mode::Read);
    let (revision, changes) = match *seen {
        Some(revision) => changes::since(&mut system, revision)?,
        // Before the first migration there is nothing to see.
        None if !system.has_table("counters")? => return Ok(Vec::new()),
        None => (changes::revision(&mut system)?, Vec::new()),
    };
    *seen = Some(revision);
    Ok(changes)
}
