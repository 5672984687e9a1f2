//! Removes what has expired, in small units of work, so that every table stays bounded and nobody
//! waits long behind it.

use aldgate_core::time::{Seconds, Timestamp};

use crate::changes;
use crate::error::StoreError;
use crate::sql::{Sql, sql};
use crate::store::Store;
use crate::value::params;

/// How many rows one unit of work removes at most.
const BATCH: i64 = 500;

impl Store {
    /// Removes everything that expired before `now`, of all tenants, and the jobs that were given
    /// up longer than `failed_jobs_kept` ago; returns how many rows. Every node may call it; one at
    /// a time is enough, see [`crate::Leases`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; what was removed by then stays removed.
    pub async fn sweep(
        &self,
        now: Timestamp,
        failed_jobs_kept: Seconds,
    ) -> Result<u64, StoreError> {
        let mut removed = 0;
        for (statement, before) in EXPIRING
            .iter()
            .map(|s| (*s, now))
            .chain([(&FAILED_JOBS, now - failed_jobs_kept)])
        {
            removed += self.sweep_table(statement, before).await?;
        }
        removed += self.write_system(changes::prune).await?;
        Ok(removed)
    }

    async fn sweep_table(
        &self,
        statement: &'static Sql,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            let batch = move |system: &mut crate::SystemTx<'_>| {
                system.execute(statement, params![before, BATCH])
            };
            let count = self.write_system(batch).await?;
            removed += count;
            if count < BATCH.unsigned_abs() {
                return Ok(removed);
            }
        }
    }
}

/// Every table with rows that expire by themselves.
const EXPIRING: [&Sql; 17] = [
    &ACCESS_TOKENS,
    &ACTION_EVENTS,
    &ACTION_EXECUTIONS,
    &API_ALIASES,
    &ASSERTIONS,
    &ATTEMPTS,
    &CODES,
    &FEDERATED_ATTEMPTS,
    &GRANTS,
    &JOB_PARTS,
    &JOB_REPORTS,
    &LEASES,
    &OTPS,
    &REFRESH_TOKENS,
    &SESSIONS,
    &TICKETS,
    &TRANSACTIONS,
];

sql! {
    const ACCESS_TOKENS = "DELETE FROM access_tokens
        WHERE (tenant_id, hash) IN (
            SELECT tenant_id, hash FROM access_tokens
            WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
    const ACTION_EVENTS = "DELETE FROM action_events
        WHERE (tenant_id, trigger_id, id) IN (
            SELECT tenant_id, trigger_id, id FROM action_events
            WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
    const ACTION_EXECUTIONS = "DELETE FROM action_executions
        WHERE (tenant_id, id) IN (
            SELECT tenant_id, id FROM action_executions
            WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
    const API_ALIASES = "DELETE FROM api_aliases
        WHERE (tenant_id, identifier) IN (
            SELECT tenant_id, identifier FROM api_aliases
            WHERE until_at < ?1 ORDER BY until_at LIMIT ?2)";
    const ASSERTIONS = "DELETE FROM assertions
        WHERE (tenant_id, client_id, jti_hash) IN (
            SELECT tenant_id, client_id, jti_hash FROM assertions
            WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
    const ATTEMPTS = "DELETE FROM attempts
        WHERE (tenant_id, subject) IN (
            SELECT tenant_id, subject FROM attempts
            WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
    const CODES = "DELETE FROM codes
        WHERE (tenant_id, hash) IN (
            SELECT tenant_id, hash FROM codes
            WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
    const FAILED_JOBS = "DELETE FROM jobs
        WHERE (tenant_id, id) IN (
            SELECT tenant_id, id FROM jobs
            WHERE state = 'failed' AND updated_at < ?1 ORDER BY updated_at LIMIT ?2)";
    const FEDERATED_ATTEMPTS = "DELETE FROM federated_attempts
        WHERE (tenant_id, hash) IN (
            SELECT tenant_id, hash FROM federated_attempts
            WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
    const GRANTS = "DELETE FROM grants
        WHERE (tenant_id, id) IN (
            SELECT tenant_id, id FROM grants
            WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
    const JOB_PARTS = "DELETE FROM job_parts
        WHERE (tenant_id, job_id, kind, number) IN (
            SELECT tenant_id, job_id, kind, number FROM job_parts
            WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
    const JOB_REPORTS = "DELETE FROM job_reports
        WHERE (tenant_id, id) IN (
            SELECT tenant_id, id FROM job_reports
            WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
    /// A handful of rows, one for each kind of housekeeping.
    const LEASES: scan = "DELETE FROM leases
        WHERE name IN (SELECT name FROM leases WHERE expires_at < ?1 LIMIT ?2)";
    const OTPS = "DELETE FROM otps
        WHERE (tenant_id, connection_id, name_key, binding) IN (
            SELECT tenant_id, connection_id, name_key, binding FROM otps
            WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
    const REFRESH_TOKENS = "DELETE FROM refresh_tokens
        WHERE (tenant_id, hash) IN (
            SELECT tenant_id, hash FROM refresh_tokens
            WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
    const SESSIONS = "DELETE FROM sessions
        WHERE (tenant_id, hash) IN (
            SELECT tenant_id, hash FROM sessions
            WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
    const TICKETS = "DELETE FROM tickets
        WHERE (tenant_id, hash) IN (
            SELECT tenant_id, hash FROM tickets
            WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
    const TRANSACTIONS = "DELETE FROM transactions
        WHERE (tenant_id, hash) IN (
            SELECT tenant_id, hash FROM transactions
            WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
}
