//! How far an import of the command line came: kept in the database, in the unit of work that takes
//! the users in. So a run that was killed goes on without a user twice, or one left out; and the
//! file of refusals is put right from there.

use std::io::Read as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use aldgate_app::App;
use aldgate_app::transfer::{Batch, Checkpoint, Tally};
use aldgate_core::connection::Connection;
use aldgate_core::id::{JobId, TenantId};
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_jose::digest;
use aldgate_store::{JobPart, StoreError, Tx};
use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::source::{BadLine, BadLines};

/// How much of a file tells it from others, in bytes; its length does so, too.
const SAMPLE_BYTES: u64 = 64 << 10;

/// How long an import that was interrupted can be gone on with.
const KEPT: Seconds = Seconds::days(30);

/// The pieces that are kept: how far it came, and the refusals of the last unit of work.
const REACHED: u32 = 0;
const REFUSED: u32 = 1;

/// How far an import came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reached {
    /// What came of the users so far.
    pub(super) tally: Tally,
    /// Length of the file of refusals before those of the last unit of work.
    pub(super) errors_at: u64,
}

/// The place of an import in the database.
pub(super) struct Place {
    app: App,
    tenant: TenantId,
    id: JobId,
    bad: BadLines,
    errors_at: Arc<AtomicU64>,
}

impl Place {
    /// The place of importing a file into a connection: the same file finds it again, also under
    /// another name.
    pub(super) fn of(
        app: &App,
        tenant: &TenantId,
        connection: &Connection,
        file: &Path,
        bad: BadLines,
    ) -> Result<Self> {
        let told = || format!("cannot read {}", file.display());
        let opened = std::fs::File::open(file).with_context(told)?;
        let length = opened.metadata().with_context(told)?.len();
        let mut sample = format!("{}\n{length}\n", connection.id).into_bytes();
        opened
            .take(SAMPLE_BYTES)
            .read_to_end(&mut sample)
            .with_context(told)?;
        let mark = digest::sha256(&sample);
        let mark: String = mark[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Ok(Self {
            app: app.clone(),
            tenant: tenant.clone(),
            id: JobId::parse(&format!("job_{mark}")).map_err(anyhow::Error::msg)?,
            bad,
            errors_at: Arc::default(),
        })
    }

    /// How far an earlier run came, and the refusals of its last unit of work.
    pub(super) async fn find(&self) -> Result<Option<(Reached, Vec<u8>)>> {
        let id = self.id.clone();
        let load = move |tx: &mut Tx<'_>| {
            let mut reports = tx.job_reports();
            let reached = reports.part(&id, JobPart::Checkpoint, REACHED)?;
            let refused = reports.part(&id, JobPart::Checkpoint, REFUSED)?;
            Ok::<_, StoreError>(reached.zip(refused))
        };
        let found = self.app.store.read(&self.tenant, load).await?;
        found
            .map(|(reached, refused)| {
                let reached = serde_json::from_slice(&reached);
                Ok((
                    reached.context("the import's place cannot be read")?,
                    refused,
                ))
            })
            .transpose()
    }

    /// Says how long the file of refusals is now.
    pub(super) fn errors_end_at(&self, length: u64) {
        self.errors_at.store(length, Ordering::Relaxed);
    }

    /// What each unit of work keeps. It refuses when another run went on in the meantime.
    pub(super) fn checkpoint(&self) -> Checkpoint {
        let (id, bad) = (self.id.clone(), Arc::clone(&self.bad));
        let (app, errors_at) = (self.app.clone(), Arc::clone(&self.errors_at));
        Arc::new(move |tx: &mut Tx<'_>, batch: &Batch| {
            let errors_at = errors_at.load(Ordering::Relaxed);
            let reached = Reached {
                tally: batch.tally,
                errors_at,
            };
            let lines = {
                let bad = bad.lock().unwrap_or_else(PoisonError::into_inner);
                lines(batch, &bad)
            };
            alone(tx, &id, batch)?;
            keep(tx, &id, &reached, lines.as_bytes(), app.now())
        })
    }

    /// Forgets the import: it came to its end.
    pub(super) async fn forget(&self) -> Result<()> {
        let id = self.id.clone();
        let forget = move |tx: &mut Tx<'_>| tx.job_reports().drop_parts(&id, JobPart::Checkpoint);
        Ok(self.app.store.write(&self.tenant, forget).await?)
    }
}

/// Whether the place is where this run left it; two runs of one file must not take turns.
fn alone(tx: &mut Tx<'_>, id: &JobId, batch: &Batch) -> Result<(), StoreError> {
    let found = tx.job_reports().part(id, JobPart::Checkpoint, REACHED)?;
    let found = found.and_then(|bytes| serde_json::from_slice::<Reached>(&bytes).ok());
    let found = found.map_or(0, |reached| reached.tally.total());
    let expected = batch.before.total();
    if found == expected {
        return Ok(());
    }
    Err(StoreError::unavailable(format!(
        "another run imports this file: it has {found} users, this one {expected}"
    )))
}

fn keep(
    tx: &mut Tx<'_>,
    id: &JobId,
    reached: &Reached,
    refused: &[u8],
    now: Timestamp,
) -> Result<(), StoreError> {
    let content = serde_json::to_vec(reached).map_err(StoreError::unavailable)?;
    for (number, content) in [(REACHED, content.as_slice()), (REFUSED, refused)] {
        let place = (id, JobPart::Checkpoint, number);
        tx.job_reports().put_part(place, content, now + KEPT)?;
    }
    Ok(())
}

/// The refusals of a unit of work, a line each. A line that was no JSON came to the engine as
/// `null`; it is told by its number.
pub(super) fn lines(batch: &Batch, bad: &[BadLine]) -> String {
    let bad = bad
        .iter()
        .map(|line| json!({"line": line.number, "errors": [{"message": line.cause}]}));
    let faults = batch.faults.iter().filter(|fault| !fault.user.is_null());
    let faults = faults.map(|fault| json!({"user": fault.user, "errors": fault.errors}));
    bad.chain(faults).map(|line| format!("{line}\n")).collect()
}
