//! An import of users as a job: each piece of its file is one unit of work, which takes the users
//! in, keeps the refusals, counts, and drops the piece. So nothing is done twice and nothing is
//! lost, whenever the process ends.

use std::sync::Arc;

use aldgate_core::job::{Job, UsersImport, Work};
use aldgate_core::tenant::Tenant;
use aldgate_store::{JobPart, StoreError, StoredJob, Tx};

use super::engine::{Batch, Ceiling, Checkpoint, Importer, Tally, import_users};
use super::run::{FAULTS_MAX, Turn, keep, keep_faults};
use super::spool::open;
use crate::app::App;
use crate::serve::Stop;

/// Takes in the pieces that are left.
pub(super) async fn run(
    app: &App,
    tenant: &Tenant,
    claim: &StoredJob,
    mut job: Job,
    stop: &Stop,
) -> Result<Turn, StoreError> {
    loop {
        let Work::UsersImport(import) = job.work.clone() else {
            return Ok(Turn::Over(
                Box::new(job),
                Err("It is no import of users.".to_owned()),
            ));
        };
        if import.parts_done >= import.parts {
            return Ok(Turn::Over(Box::new(job), Ok(())));
        }
        if stop.is_given() {
            return Ok(Turn::Interrupted);
        }
        let connection = app.connection(&tenant.id, &import.connection_id).await?;
        let Some(connection) = connection.filter(|connection| connection.is_database()) else {
            let why = "Its connection was deleted, or is no database any more.";
            return Ok(Turn::Over(Box::new(job), Err(why.to_owned())));
        };
        let (id, number) = (job.id.clone(), import.parts_done);
        let load = move |tx: &mut Tx<'_>| tx.job_reports().part(&id, JobPart::Input, number);
        let Some(sealed) = app.store.read(&tenant.id, load).await? else {
            let why = format!("Piece {number} of its file is not there.");
            return Ok(Turn::Over(Box::new(job), Err(why)));
        };
        let users = match open(app, (&tenant.id, &job.id, number), &sealed) {
            Ok(users) => users,
            Err(why) => {
                let why = format!("Piece {number} of its file cannot be read: {why}");
                return Ok(Turn::Over(Box::new(job), Err(why)));
            }
        };
        let importer = Importer {
            app: app.clone(),
            tenant: tenant.clone(),
            connection,
            upsert: import.form.upsert,
            ceiling: Some(Ceiling {
                management: tenant.issuer.management(),
                scopes: import.caller_scopes.clone(),
            }),
        };
        let before = tally(&import);
        let checkpoint = checkpoint(app, claim, &job);
        let after = import_users(
            &importer,
            users.into_iter(),
            before,
            Some(checkpoint),
            |_| {},
        );
        job = counted(job, after.await?);
    }
}

/// What a unit of work does besides taking users in.
fn checkpoint(app: &App, claim: &StoredJob, job: &Job) -> Checkpoint {
    let (claim, job, now) = (claim.clone(), job.clone(), app.now());
    Arc::new(move |tx: &mut Tx<'_>, batch: &Batch| {
        let Work::UsersImport(before) = &job.work else {
            return Ok(());
        };
        let after = counted(job.clone(), batch.tally);
        if !batch.faults.is_empty() && before.failed < FAULTS_MAX {
            let room = usize::try_from(FAULTS_MAX - before.failed).unwrap_or(usize::MAX);
            let kept = &batch.faults[..batch.faults.len().min(room)];
            keep_faults(tx, &after, before.parts_done, kept)?;
        }
        tx.job_reports()
            .drop_part(&job.id, JobPart::Input, before.parts_done)?;
        keep(tx, &claim, &after, now)
    })
}

/// The job after one more piece.
fn counted(mut job: Job, tally: Tally) -> Job {
    if let Work::UsersImport(import) = &mut job.work {
        import.parts_done += 1;
        import.inserted = tally.inserted;
        import.updated = tally.updated;
        import.failed = tally.failed;
        job.done = import.tried();
    }
    job
}

const fn tally(import: &UsersImport) -> Tally {
    Tally {
        inserted: import.inserted,
        updated: import.updated,
        failed: import.failed,
    }
}
