//! A job that somebody asked for at the Management API: an import or an export of users, or a mail
//! that asks a user to prove her address. What is asked for, how far it is, and how that is told.

mod export;
mod import;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub use export::{Column, ExportField, ExportFormat, UsersExport};
pub use import::{ImportForm, UsersImport};

use crate::id::{JobId, UserId};
use crate::time::{Seconds, Timestamp};

/// How long a job, and what it made, can be asked for (Auth0: 24 hours).
pub const LIFETIME: Seconds = Seconds::days(1);

/// The most jobs of one kind that are not over, in a tenant (Auth0: 2 imports).
pub const UNFINISHED_MAX: u64 = 2;

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Key.
    pub id: JobId,
    /// What it does.
    #[serde(flatten)]
    pub work: Work,
    /// How far it is.
    pub status: Status,
    /// Why it failed, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_details: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// From when on it is forgotten.
    pub expires_at: Timestamp,
    /// Users that are done.
    #[serde(default)]
    pub done: u64,
    /// Users there are, as far as that is known.
    #[serde(default)]
    pub total: u64,
}

/// What a job does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Work {
    /// Takes users in.
    UsersImport(UsersImport),
    /// Writes users into a file.
    UsersExport(UsersExport),
    /// Mails a link that proves an address.
    VerificationEmail {
        /// Whose.
        user_id: UserId,
    },
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It waits for its turn.
    Pending,
    /// It runs.
    Processing,
    /// It is done.
    Completed,
    /// It was given up.
    Failed,
}

impl Status {
    /// The name on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more will happen.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

impl Work {
    /// The name on the wire and in the database.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::UsersImport(_) => UsersImport::KIND,
            Self::UsersExport(_) => UsersExport::KIND,
            Self::VerificationEmail { .. } => "verification_email",
        }
    }
}

impl Job {
    /// A job that waits for its turn.
    #[must_use]
    pub fn new(id: JobId, work: Work, total: u64, now: Timestamp) -> Self {
        Self {
            id,
            work,
            status: Status::Pending,
            status_details: None,
            created_at: now,
            started_at: None,
            expires_at: now + LIFETIME,
            done: 0,
            total,
        }
    }

    /// The job, running.
    #[must_use]
    pub fn begun(mut self, now: Timestamp) -> Self {
        self.status = Status::Processing;
        self.started_at = self.started_at.or(Some(now));
        self
    }

    /// The job, over. What it made can be asked for from now on as long as any job.
    #[must_use]
    pub fn over(mut self, outcome: Result<(), String>, now: Timestamp) -> Self {
        (self.status, self.status_details) = match outcome {
            Ok(()) => (Status::Completed, None),
            Err(why) => (Status::Failed, Some(why)),
        };
        self.expires_at = now + LIFETIME;
        self
    }

    /// The job on the wire.
    #[must_use]
    pub fn view(&self, now: Timestamp) -> Map<String, Value> {
        let mut view = Map::new();
        view.insert("id".into(), json!(self.id));
        view.insert("type".into(), self.work.kind().into());
        view.insert("status".into(), self.status.as_str().into());
        view.insert("created_at".into(), self.created_at.iso8601().into());
        if let Some(percentage) = self.percentage() {
            view.insert("percentage_done".into(), percentage.into());
        }
        if let Some(left) = self.time_left(now) {
            view.insert("time_left_seconds".into(), left.0.into());
        }
        if let Some(details) = &self.status_details {
            view.insert("status_details".into(), details.clone().into());
        }
        match &self.work {
            Work::UsersImport(import) => import.show(&mut view, self.status),
            Work::UsersExport(export) => export.show(&mut view),
            Work::VerificationEmail { .. } => {}
        }
        view
    }

    /// How much is done, from 0 to 100; nothing before it began.
    fn percentage(&self) -> Option<u64> {
        match self.status {
            Status::Pending => None,
            Status::Completed => Some(100),
            Status::Processing | Status::Failed => {
                let share = self.done.saturating_mul(100) / self.total.max(1);
                Some(share.min(99))
            }
        }
    }

    /// How long it will still take if it goes on as it went.
    fn time_left(&self, now: Timestamp) -> Option<Seconds> {
        if self.status != Status::Processing || self.done == 0 {
            return None;
        }
        let spent = now.since(self.started_at?).0;
        let rest = self.total.saturating_sub(self.done);
        Some(Seconds(spent.saturating_mul(rest).div_ceil(self.done)))
    }
}

#[cfg(test)]
mod tests;
