//! An export of users as a job: some hundred users are one unit of work, which adds a piece to the
//! file. Each piece is a gzip member of its own (RFC 1952 section 2.2 lets them follow each other),
//! so that the file can be gone on with after a restart.

use std::io::Write as _;

use aldgate_core::job::{Column, ExportFormat, Job, UsersExport, Work};
use aldgate_core::tenant::Tenant;
use aldgate_core::user::User;
use aldgate_store::{JobPart, StoreError, StoredJob, Tx, UserOrder, UserPlace, UserWalk};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use super::run::{Turn, keep};
use crate::app::App;
use crate::serve::Stop;

/// Users of a piece.
const BATCH: u32 = 500;

/// The longest file, compressed, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// Writes the users that are left.
pub(super) async fn run(
    app: &App,
    tenant: &Tenant,
    claim: &StoredJob,
    mut job: Job,
    stop: &Stop,
) -> Result<Turn, StoreError> {
    loop {
        let Work::UsersExport(export) = job.work.clone() else {
            return Ok(Turn::Over(
                Box::new(job),
                Err("It is no export of users.".to_owned()),
            ));
        };
        if stop.is_given() {
            return Ok(Turn::Interrupted);
        }
        if export.bytes > FILE_BYTES_MAX {
            let why =
                format!("The file is longer than {FILE_BYTES_MAX} bytes; export fewer users.");
            return Ok(Turn::Over(Box::new(job), Err(why)));
        }
        let columns = match export.columns() {
            Ok(columns) => columns,
            Err(refusal) => return Ok(Turn::Over(Box::new(job), Err(refusal.cause.into_owned()))),
        };
        let left = export
            .limit
            .map_or(u64::MAX, |limit| limit.saturating_sub(job.done));
        let wanted = u32::try_from(left.min(u64::from(BATCH))).unwrap_or(BATCH);
        let users = next(app, tenant, &export, wanted).await?;
        let last = users.len() < BATCH as usize;
        let after = users.last().map(|user| user.id.to_string());
        let written = users.len() as u64;
        let first = export.parts == 0;
        if written > 0 || first {
            let piece = piece(users, export.format, columns, first).await?;
            job = grown(job, &piece, written, after);
            store(app, tenant, claim, &job, piece).await?;
        }
        if last {
            return Ok(Turn::Over(Box::new(job), Ok(())));
        }
    }
}

/// The users behind the last that was written, by their ids.
async fn next(
    app: &App,
    tenant: &Tenant,
    export: &UsersExport,
    wanted: u32,
) -> Result<Vec<User>, StoreError> {
    if wanted == 0 {
        return Ok(Vec::new());
    }
    let order = match &export.connection_id {
        Some(connection) => UserOrder::Of(connection.clone()),
        None => UserOrder::Id,
    };
    let after = UserPlace {
        id: export.after.clone(),
        ..UserPlace::first()
    };
    let walk = move |tx: &mut Tx<'_>| {
        let walk = UserWalk::all(order.clone(), false);
        tx.users().walk(&walk, Some(&after), wanted)
    };
    let walked = app.store.read(&tenant.id, walk).await?;
    let users = walked.into_iter().map(|one| {
        serde_json::from_value(one.document)
            .map_err(|_| StoreError::unavailable("a stored user cannot be read"))
    });
    users.collect()
}

/// The lines of some users, compressed on a thread that may take its time.
async fn piece(
    users: Vec<User>,
    format: ExportFormat,
    columns: Vec<Column>,
    first: bool,
) -> Result<Vec<u8>, StoreError> {
    let compress = move || {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        if first {
            gzip.write_all(format.head(&columns).as_bytes())?;
        }
        for user in users {
            // What identity providers handed out is in no export.
            let line = format.line(&columns, &Value::Object(user.to_wire(false)));
            gzip.write_all(line.as_bytes())?;
        }
        gzip.finish()
    };
    let compressed = tokio::task::spawn_blocking(compress).await;
    let compressed = compressed.map_err(StoreError::unavailable)?;
    compressed.map_err(StoreError::unavailable)
}

/// The job with one more piece.
fn grown(mut job: Job, piece: &[u8], written: u64, after: Option<String>) -> Job {
    job.done += written;
    job.total = job.total.max(job.done);
    if let Work::UsersExport(export) = &mut job.work {
        export.parts += 1;
        export.bytes += piece.len() as u64;
        export.after = after.unwrap_or_else(|| std::mem::take(&mut export.after));
    }
    job
}

async fn store(
    app: &App,
    tenant: &Tenant,
    claim: &StoredJob,
    job: &Job,
    piece: Vec<u8>,
) -> Result<(), StoreError> {
    let Work::UsersExport(export) = &job.work else {
        return Ok(());
    };
    let (claim, job, now) = (claim.clone(), job.clone(), app.now());
    let number = export.parts.saturating_sub(1);
    let write = move |tx: &mut Tx<'_>| {
        let place = (&job.id, JobPart::Output, number);
        // It outlives the job's own life, which begins anew when the job is over.
        let expires_at = job.expires_at + aldgate_core::job::LIFETIME;
        tx.job_reports().put_part(place, &piece, expires_at)?;
        keep(tx, &claim, &job, now)
    };
    app.store.write(&tenant.id, write).await
}
