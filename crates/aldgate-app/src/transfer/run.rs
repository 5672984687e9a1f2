//! Doing the jobs that wait: each is claimed by one node, and every unit of work renews the claim
//! and keeps how far the job is. A node that dies loses its claim in half a minute; the next one
//! goes on behind the last unit of work.

use aldgate_core::event::{Event, EventType};
use aldgate_core::id::{EventId, JobId};
use aldgate_core::job::{Job, UsersExport, UsersImport, Work};
use aldgate_core::role::ADMINISTRATOR;
use aldgate_core::tenant::Tenant;
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_store::{JobPart, Page, Report, StoreError, StoredJob, SystemTx, Tx};
use serde_json::{Value, json};

use super::engine::FaultyRecord;
use super::{export, import};
use crate::app::App;
use crate::mail::{OutgoingMail, QueuedMail};
use crate::page::{Mail, MailKind, render_mail};
use crate::serve::Stop;

/// How long a unit of work may take before another node goes on.
const CLAIM: Seconds = Seconds(30);

/// Claims after which a job is given up: something about it ends the process each time.
const TRIES_MAX: u32 = 20;

/// Administrators who are told that an import is over.
const TOLD_MAX: u32 = 20;

/// Pieces of refusals that [`faults`] reads; each is of one unit of work.
const FAULTY_PARTS_MAX: u32 = 1000;

/// Refused users that are kept with their reasons; further ones are counted only.
pub(super) const FAULTS_MAX: u64 = 1000;

/// Refused users whose record is longer than this are told by their names alone, in bytes.
const SHOWN_BYTES_MAX: usize = 8 << 10;

/// What stands for a record that is too long to be repeated.
pub const UNREPORTED: &str = "left_out";

/// The refused users of an import.
pub type Faults = Vec<FaultyRecord>;

/// Stores a job and puts it into the queue.
///
/// # Errors
/// When the database does not answer.
pub fn enqueue(tx: &mut Tx<'_>, job: &Job) -> Result<(), StoreError> {
    tx.job_reports().create(&report(job), job.created_at)?;
    let kind = job.work.kind();
    tx.jobs().enqueue(&job.id, kind, &json!({}), job.created_at)
}

/// The users that a job refused, with the reasons: the first thousand of them.
///
/// # Errors
/// When the database does not answer, or a piece cannot be read.
pub fn faults(tx: &mut Tx<'_>, id: &JobId) -> Result<Faults, StoreError> {
    let parts = tx
        .job_reports()
        .parts(id, JobPart::Fault, FAULTY_PARTS_MAX)?;
    let mut all = Faults::new();
    for part in parts {
        let some: Faults = serde_json::from_slice(&part)
            .map_err(|_| StoreError::unavailable("a piece of a job cannot be read"))?;
        all.extend(some);
    }
    Ok(all)
}

impl App {
    /// Does the jobs that wait, one after the other, until `stop`; says how many it worked on.
    ///
    /// # Errors
    /// When the database does not answer; the job goes on later.
    pub async fn run_transfers(&self, stop: &Stop) -> Result<usize, StoreError> {
        let mut worked = 0;
        for kind in [UsersImport::KIND, UsersExport::KIND] {
            while !stop.is_given() {
                let now = self.now();
                let claim = move |system: &mut SystemTx<'_>| {
                    system.job_queue().claim(kind, now, now + CLAIM, 1)
                };
                let mut claimed: Vec<StoredJob> = self.store.write_system(claim).await?;
                let Some(claim) = claimed.pop() else { break };
                worked += 1;
                match work(self, &claim, stop).await {
                    Err(StoreError::Conflict(_)) => {
                        tracing::info!(job.id = %claim.id, "another node goes on with this job");
                    }
                    outcome => outcome?,
                }
            }
        }
        Ok(worked)
    }
}

/// How far a turn brought a job.
pub(super) enum Turn {
    /// To its end, good or bad.
    Over(Box<Job>, Result<(), String>),
    /// The process stops; the job goes on later.
    Interrupted,
}

async fn work(app: &App, claim: &StoredJob, stop: &Stop) -> Result<(), StoreError> {
    let id = claim.id.clone();
    let load = move |tx: &mut Tx<'_>| tx.job_reports().by_id::<Job>(&id);
    let found = app.store.read(&claim.tenant, load).await?;
    let (Some(job), Some(tenant)) = (found, app.tenant(&claim.tenant).await?) else {
        // It was forgotten: nobody waits for it.
        let forgotten = claim.clone();
        let finish = move |tx: &mut Tx<'_>| tx.jobs().finish(&forgotten);
        return app.store.write(&claim.tenant, finish).await;
    };
    let job = job.begun(app.now());
    let turn = match &job.work {
        _ if claim.attempts > TRIES_MAX => {
            let why = format!("It was interrupted {TRIES_MAX} times; it is not tried again.");
            Turn::Over(Box::new(job), Err(why))
        }
        Work::UsersImport(_) => import::run(app, &tenant, claim, job, stop).await?,
        Work::UsersExport(_) => export::run(app, &tenant, claim, job, stop).await?,
        Work::VerificationEmail { .. } => Turn::Over(Box::new(job), Ok(())),
    };
    match turn {
        Turn::Over(job, outcome) => conclude(app, &tenant, claim, *job, outcome).await,
        Turn::Interrupted => {
            let (claim, now) = (claim.clone(), app.now());
            let give_back = move |tx: &mut Tx<'_>| tx.jobs().retry(&claim, now, now).map(drop);
            app.store.write(&tenant.id, give_back).await
        }
    }
}

/// Renews the claim and keeps how far the job is, within a unit of work.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    claim: &StoredJob,
    job: &Job,
    now: Timestamp,
) -> Result<(), StoreError> {
    if !tx.jobs().retry(claim, now + CLAIM, now)? || !tx.job_reports().save(&report(job), now)? {
        return Err(StoreError::Conflict("jobs"));
    }
    Ok(())
}

/// Keeps refused users, in one piece with its number.
pub(super) fn keep_faults(
    tx: &mut Tx<'_>,
    job: &Job,
    number: u32,
    faults: &[FaultyRecord],
) -> Result<(), StoreError> {
    let shown: Vec<FaultyRecord> = faults.iter().map(shown).collect();
    let content = serde_json::to_vec(&shown).map_err(StoreError::unavailable)?;
    let place = (&job.id, JobPart::Fault, number);
    tx.job_reports().put_part(place, &content, job.expires_at)
}

fn shown(fault: &FaultyRecord) -> FaultyRecord {
    let mut shown = fault.clone();
    if shown.user.to_string().len() > SHOWN_BYTES_MAX {
        let names = ["user_id", "email", "username", "phone_number"];
        let mut kept = json!({UNREPORTED: format!("more than {SHOWN_BYTES_MAX} bytes")});
        for name in names {
            let value = fault.user.get(name).and_then(Value::as_str);
            if let Some(value) = value.filter(|value| value.len() <= 255) {
                kept[name] = json!(value);
            }
        }
        shown.user = kept;
    }
    shown
}

async fn conclude(
    app: &App,
    tenant: &Tenant,
    claim: &StoredJob,
    job: Job,
    outcome: Result<(), String>,
) -> Result<(), StoreError> {
    let now = app.now();
    let job = job.over(outcome, now);
    let mails = completion_mails(app, tenant, &job).await?;
    let kind = match &job.status_details {
        None => EventType::ManagementOperation,
        Some(_) => EventType::FailedManagementOperation,
    };
    let mut event = Event::new(EventId::at(now, &mut app.rng()), kind, now);
    event.description = format!("{} is {}", job.work.kind(), job.status.as_str());
    event.audience = Some(tenant.issuer.management());
    event.detail = json!({"job": job.view(now)});
    let claim = claim.clone();
    let finish = move |tx: &mut Tx<'_>| {
        keep(tx, &claim, &job, now)?;
        tx.jobs().finish(&claim)?;
        tx.job_reports().drop_parts(&job.id, JobPart::Input)?;
        for mail in &mails {
            mail.enqueue(tx, now)?;
        }
        tx.events().record(std::slice::from_ref(&event))
    };
    app.store.write(&tenant.id, finish).await
}

/// Mails to the administrators, if the import wants them (Auth0: `send_completion_email`).
async fn completion_mails(
    app: &App,
    tenant: &Tenant,
    job: &Job,
) -> Result<Vec<QueuedMail>, StoreError> {
    let Work::UsersImport(import) = &job.work else {
        return Ok(Vec::new());
    };
    if !import.form.send_completion_email {
        return Ok(Vec::new());
    }
    let find = |tx: &mut Tx<'_>| {
        let Some(role) = tx.roles().by_name(ADMINISTRATOR)? else {
            return Ok(Vec::new());
        };
        let mut told = Vec::new();
        for id in tx.roles().holders(&role.id, &Page::after("", TOLD_MAX))? {
            let user = tx.users().by_id(&id)?;
            told.extend(user.filter(|user| user.email_verified && user.email.is_some()));
        }
        Ok::<_, StoreError>(told)
    };
    let told = app.store.read(&tenant.id, find).await?;
    let (inserted, updated, failed) = (import.inserted, import.updated, import.failed);
    let counts = format!("{inserted} inserted, {updated} updated, {failed} refused");
    let outcome = match &job.status_details {
        None => format!("{}: {counts}", job.id),
        Some(why) => format!("{}: {counts}. {why}", job.id),
    };
    let mut mails = Vec::new();
    for user in told {
        let Some(to) = user.email.clone() else {
            continue;
        };
        let chrome = app.chrome_of_user(tenant, &user, None).await;
        let mail = Mail {
            outcome: Some(outcome.clone()),
            ..Mail::new(MailKind::ImportOver, to.clone())
        };
        match render_mail(&mail, &chrome) {
            Ok(rendered) => {
                mails.push(app.seal_mail(&tenant.id, &OutgoingMail::new(to, rendered)));
            }
            Err(error) => tracing::error!(%error, "the mail about an import cannot be rendered"),
        }
    }
    Ok(mails)
}

/// The row of a job.
pub(super) fn report(job: &Job) -> Report<'_, Job> {
    Report {
        id: &job.id,
        kind: job.work.kind(),
        state: job.status.as_str(),
        document: job,
        expires_at: job.expires_at,
    }
}
