//! Jobs that somebody asked for, as they are told about, and the pieces that they read and write.

use aldgate_core::id::JobId;
use aldgate_core::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::{params, to_json};

/// The reports of a tenant's jobs. The documents' types are the callers'.
pub struct JobReports<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

/// What every report has besides its own facts.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a, T> {
    /// Key.
    pub id: &'a JobId,
    /// What kind of job it is.
    pub kind: &'a str,
    /// How far it is: `pending`, `processing`, `completed`, `failed`.
    pub state: &'a str,
    /// Its own facts.
    pub document: &'a T,
    /// From when on it is forgotten, with its pieces.
    pub expires_at: Timestamp,
}

/// What a piece is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobPart {
    /// What the job reads.
    Input,
    /// What it refused.
    Fault,
    /// What it made.
    Output,
    /// How far an import of the command line came.
    Checkpoint,
}

impl JobPart {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Fault => "fault",
            Self::Output => "output",
            Self::Checkpoint => "checkpoint",
        }
    }
}

impl<'c> Tx<'c> {
    /// Jobs that somebody asked for.
    pub const fn job_reports(&mut self) -> JobReports<'_, 'c> {
        JobReports { tx: self }
    }
}

impl JobReports<'_, '_> {
    /// Stores a report.
    pub fn create<T: Serialize>(
        &mut self,
        report: &Report<'_, T>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let document = to_json(report.document)?;
        let (id, kind, state) = (report.id, report.kind, report.state);
        let params = params![id, kind, state, document, now, report.expires_at];
        self.tx.execute(&CREATE, params).map(drop)
    }

    /// Replaces a report; `false` when it is gone.
    pub fn save<T: Serialize>(
        &mut self,
        report: &Report<'_, T>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let document = to_json(report.document)?;
        let params = params![report.id, report.state, document, now, report.expires_at];
        Ok(self.tx.execute(&SAVE, params)? == 1)
    }

    /// Reads a report.
    pub fn by_id<T: DeserializeOwned>(&mut self, id: &JobId) -> Result<Option<T>, StoreError> {
        self.tx.one(&BY_ID, params![id], |row| row.json(0))
    }

    /// Reads a report that is going to be replaced: nobody else changes it until the commit.
    pub fn by_id_to_change<T: DeserializeOwned>(
        &mut self,
        id: &JobId,
    ) -> Result<Option<T>, StoreError> {
        self.tx.one(&LOCK, params![id], |row| row.json(0))
    }

    /// Forgets a report and its pieces.
    pub fn delete(&mut self, id: &JobId) -> Result<(), StoreError> {
        self.tx.execute(&DELETE_PARTS, params![id])?;
        self.tx.execute(&DELETE, params![id]).map(drop)
    }

    /// How many jobs of a kind are not over.
    pub fn unfinished(&mut self, kind: &str) -> Result<u64, StoreError> {
        let count = self
            .tx
            .one(&UNFINISHED, params![kind], |row| row.count(0))?;
        Ok(count.unwrap_or_default())
    }

    /// Stores a piece, in place of a former one with its number.
    pub fn put_part(
        &mut self,
        (id, kind, number): (&JobId, JobPart, u32),
        content: &[u8],
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let kind = kind.as_str();
        let params = params![id, kind, number, content, expires_at];
        self.tx.execute(&PUT_PART, params).map(drop)
    }

    /// Reads a piece.
    pub fn part(
        &mut self,
        id: &JobId,
        kind: JobPart,
        number: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.tx
            .one(&PART, params![id, kind.as_str(), number], |row| {
                row.blob(0).map(<[u8]>::to_vec)
            })
    }

    /// Reads the first pieces of a kind, in their order.
    pub fn parts(
        &mut self,
        id: &JobId,
        kind: JobPart,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        self.tx
            .all(&PARTS, params![id, kind.as_str(), limit], |row| {
                row.blob(0).map(<[u8]>::to_vec)
            })
    }

    /// Removes a piece that was read for the last time.
    pub fn drop_part(&mut self, id: &JobId, kind: JobPart, number: u32) -> Result<(), StoreError> {
        let kind = kind.as_str();
        let params = params![id, kind, number];
        self.tx.execute(&DROP_PART, params).map(drop)
    }

    /// Removes all pieces of a kind.
    pub fn drop_parts(&mut self, id: &JobId, kind: JobPart) -> Result<(), StoreError> {
        self.tx
            .execute(&DROP_PARTS, params![id, kind.as_str()])
            .map(drop)
    }
}

sql! {
    const CREATE = "INSERT INTO job_reports
            (tenant_id, id, kind, state, document, created_at, updated_at, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)";
    const SAVE = "UPDATE job_reports
        SET state = ?3, document = ?4, updated_at = ?5, expires_at = ?6
        WHERE tenant_id = ?1 AND id = ?2";
    const BY_ID = "SELECT document
        FROM job_reports
        WHERE tenant_id = ?1 AND id = ?2";
    const LOCK = "UPDATE job_reports
        SET updated_at = updated_at
        WHERE tenant_id = ?1 AND id = ?2
        RETURNING document";
    const DELETE = "DELETE FROM job_reports WHERE tenant_id = ?1 AND id = ?2";
    const DELETE_PARTS = "DELETE FROM job_parts WHERE tenant_id = ?1 AND job_id = ?2";
    const UNFINISHED = "SELECT CAST(COUNT(*) AS BIGINT)
        FROM job_reports
        WHERE tenant_id = ?1 AND kind = ?2 AND state IN ('pending', 'processing')";
    const PUT_PART = "INSERT INTO job_parts
            (tenant_id, job_id, kind, number, content, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (tenant_id, job_id, kind, number) DO UPDATE
            SET content = excluded.content, expires_at = excluded.expires_at";
    const PART = "SELECT content
        FROM job_parts
        WHERE tenant_id = ?1 AND job_id = ?2 AND kind = ?3 AND number = ?4";
    const PARTS = "SELECT content
        FROM job_parts
        WHERE tenant_id = ?1 AND job_id = ?2 AND kind = ?3
        ORDER BY number
        LIMIT ?4";
    const DROP_PART = "DELETE FROM job_parts
        WHERE tenant_id = ?1 AND job_id = ?2 AND kind = ?3 AND number = ?4";
    const DROP_PARTS = "DELETE FROM job_parts
        WHERE tenant_id = ?1 AND job_id = ?2 AND kind = ?3";
}
