//! Background work, such as mail: put here with the change that asks for it, done by any node.

use aldgate_core::id::{JobId, TenantId};
use aldgate_core::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::page::Page;
use crate::row::Row;
use crate::sql::sql;
use crate::tx::{SystemTx, Tx};
use crate::value::{params, to_json};

/// The jobs of a tenant.
pub struct Jobs<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

/// The jobs of all tenants, for those who do them.
pub struct JobQueue<'t, 'c> {
    system: &'t mut SystemTx<'c>,
}

/// A job that was claimed, or failed for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredJob {
    /// Its tenant.
    pub tenant: TenantId,
    /// Key.
    pub id: JobId,
    /// What kind of work it is.
    pub kind: String,
    /// How often it was claimed, this time included. Names the claim: a later one has a higher.
    pub attempts: u32,
    /// When it was put here.
    pub created_at: Timestamp,
    document: String,
}

impl StoredJob {
    /// Reads what is to be done.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the document is no `T`.
    pub fn document<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        serde_json::from_str(&self.document).map_err(|e| StoreError::Corrupt {
            table: "jobs",
            column: "document".to_owned(),
            id: self.id.to_string(),
            reason: format!(
                "unreadable JSON at line {}, column {}",
                e.line(),
                e.column()
            ),
        })
    }
}

impl<'c> Tx<'c> {
    /// Jobs.
    pub const fn jobs(&mut self) -> Jobs<'_, 'c> {
        Jobs { tx: self }
    }
}

impl<'c> SystemTx<'c> {
    /// The jobs of all tenants.
    pub const fn job_queue(&mut self) -> JobQueue<'_, 'c> {
        JobQueue { system: self }
    }
}

impl Jobs<'_, '_> {
    /// Puts a job here, to be done at `run_at` or soon after.
    pub fn enqueue<T: Serialize>(
        &mut self,
        id: &JobId,
        kind: &str,
        document: &T,
        run_at: Timestamp,
    ) -> Result<(), StoreError> {
        let document = to_json(document)?;
        self.tx
            .execute(&ENQUEUE, params![id, kind, document, run_at])
            .map(drop)
    }

    /// Removes a job that is done. Nothing happens if the claim was lost meanwhile.
    pub fn finish(&mut self, job: &StoredJob) -> Result<(), StoreError> {
        self.tx
            .execute(&FINISH, params![job.id, job.attempts])
            .map(drop)
    }

    /// Gives a job back, to be tried again at `run_at`; `false` if the claim was lost meanwhile.
    pub fn retry(
        &mut self,
        job: &StoredJob,
        run_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self
            .tx
            .execute(&RETRY, params![job.id, job.attempts, run_at, now])?
            == 1)
    }

    /// Gives a job up: it is kept for the administrator to see; `false` if the claim was lost.
    pub fn give_up(&mut self, job: &StoredJob, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self
            .tx
            .execute(&GIVE_UP, params![job.id, job.attempts, now])?
            == 1)
    }

    /// Lists jobs that were given up, ordered by id; the page's key is an id.
    pub fn failed(&mut self, page: &Page) -> Result<Vec<StoredJob>, StoreError> {
        self.tx
            .all(&FAILED, params![page.after, page.limit, page.offset], read)
    }
}

impl JobQueue<'_, '_> {
    /// Claims up to `limit` jobs of a kind that are due. Until `claimed_until` nobody else gets
    /// them; after that the claim is lost, so a node that died holds up nothing.
    pub fn claim(
        &mut self,
        kind: &str,
        now: Timestamp,
        claimed_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<StoredJob>, StoreError> {
        self.system
            .all(&CLAIM, params![kind, now, claimed_until, limit], read)
    }

    /// When the next job of a kind is due; `None` when none waits.
    pub fn next_due(&mut self, kind: &str) -> Result<Option<Timestamp>, StoreError> {
        self.system.one(&NEXT_DUE, params![kind], |row| row.at(0))
    }
}

fn read(row: &Row<'_>) -> Result<StoredJob, StoreError> {
    Ok(StoredJob {
        tenant: row.parse(0)?,
        id: row.parse(1)?,
        kind: row.text(2)?.to_owned(),
        attempts: u32::try_from(row.count(3)?).unwrap_or(u32::MAX),
        created_at: row.at(4)?,
        document: row.text(5)?.to_owned(),
    })
}

sql! {
    const ENQUEUE = "INSERT INTO jobs
            (tenant_id, id, kind, state, document, attempts, run_at, created_at, updated_at)
        VALUES (?1, ?2, ?3, 'waiting', ?4, 0, ?5, ?5, ?5)";
    /// The outer conditions decide between two nodes that chose the same rows.
    const CLAIM = "UPDATE jobs
        SET attempts = attempts + 1, run_at = ?3, updated_at = ?2
        WHERE (tenant_id, id) IN (
                SELECT tenant_id, id
                FROM jobs
                WHERE kind = ?1 AND state = 'waiting' AND run_at <= ?2
                ORDER BY run_at
                LIMIT ?4)
            AND state = 'waiting'
            AND run_at <= ?2
        RETURNING tenant_id, id, kind, attempts, created_at, document";
    const NEXT_DUE = "SELECT run_at, tenant_id
        FROM jobs
        WHERE kind = ?1 AND state = 'waiting'
        ORDER BY run_at
        LIMIT 1";
    const FINISH = "DELETE FROM jobs WHERE tenant_id = ?1 AND id = ?2 AND attempts = ?3";
    const RETRY = "UPDATE jobs
        SET run_at = ?4, updated_at = ?5
        WHERE tenant_id = ?1 AND id = ?2 AND attempts = ?3 AND state = 'waiting'";
    const GIVE_UP = "UPDATE jobs
        SET state = 'failed', updated_at = ?4
        WHERE tenant_id = ?1 AND id = ?2 AND attempts = ?3 AND state = 'waiting'";
    const FAILED = "SELECT tenant_id, id, kind, attempts, created_at, document
        FROM jobs
        WHERE tenant_id = ?1 AND id > ?2 AND state = 'failed'
        ORDER BY id
        LIMIT ?3 OFFSET ?4";
}
