//! What came of running actions, and events that are kept to try drafts on.

use aldgate_core::action::{Execution, KEPT_MAX, KeptEvent, Trigger};
use aldgate_core::id::ExecutionId;
use aldgate_core::time::Timestamp;

use crate::error::StoreError;
use crate::page::Page;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::{params, to_json};

/// The executions and kept events of a tenant.
pub struct ActionRecords<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

impl<'c> Tx<'c> {
    /// Executions of actions and kept events.
    pub const fn action_records(&mut self) -> ActionRecords<'_, 'c> {
        ActionRecords { tx: self }
    }
}

impl ActionRecords<'_, '_> {
    /// Writes an execution, new or, after a redirect, in place of its former state. Removed by the
    /// janitor after `expires_at`; see [`aldgate_core::action::EXECUTIONS_KEPT`].
    pub fn executed(
        &mut self,
        execution: &Execution,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let (document, trigger) = (to_json(execution)?, execution.trigger.as_str());
        let params = params![execution.id, trigger, document, expires_at];
        self.tx.execute(&EXECUTED, params).map(drop)
    }

    /// Finds an execution.
    pub fn execution(&mut self, id: &ExecutionId) -> Result<Option<Execution>, StoreError> {
        self.tx.one(&EXECUTION, params![id], |row| row.json(0))
    }

    /// Lists the executions of a trigger, the newest first; the page's key is the id after which
    /// (in time: before which) it begins.
    pub fn executions(
        &mut self,
        trigger: Trigger,
        page: &Page,
    ) -> Result<Vec<Execution>, StoreError> {
        let before = Some(page.after.as_str()).filter(|key| !key.is_empty());
        let trigger = trigger.as_str();
        let params = params![trigger, before, page.limit, page.offset];
        self.tx.all(&EXECUTIONS, params, |row| row.json(0))
    }

    /// Keeps a redacted event until `expires_at`, and drops what is beyond the newest 500 of its
    /// trigger.
    pub fn keep(&mut self, event: &KeptEvent, expires_at: Timestamp) -> Result<(), StoreError> {
        let (document, trigger) = (to_json(event)?, event.trigger.as_str());
        self.tx
            .execute(&KEEP, params![trigger, event.id, document, expires_at])?;
        self.tx
            .execute(&DROP_OLDEST, params![trigger, KEPT_MAX])
            .map(drop)
    }

    /// The newest kept events of a trigger that have not expired, the newest first.
    pub fn kept(
        &mut self,
        trigger: Trigger,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<KeptEvent>, StoreError> {
        let (trigger, limit) = (trigger.as_str(), limit.min(KEPT_MAX));
        let params = params![trigger, now, limit];
        self.tx.all(&KEPT, params, |row| row.json(0))
    }

    /// Drops every kept event: the tenant no longer allows it.
    pub fn forget_kept(&mut self) -> Result<u64, StoreError> {
        self.tx.execute(&FORGET, params![])
    }
}

sql! {
    const EXECUTED = "INSERT INTO action_executions
            (tenant_id, id, trigger_id, document, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (tenant_id, id) DO UPDATE
            SET document = excluded.document, expires_at = excluded.expires_at";
    const EXECUTION = "SELECT document
        FROM action_executions
        WHERE tenant_id = ?1 AND id = ?2";
    const EXECUTIONS = "SELECT document
        FROM action_executions
        WHERE tenant_id = ?1 AND trigger_id = ?2 AND (CAST(?3 AS TEXT) IS NULL OR id < ?3)
        ORDER BY id DESC
        LIMIT ?4 OFFSET ?5";
    const KEEP = "INSERT INTO action_events (tenant_id, trigger_id, id, document, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (tenant_id, trigger_id, id) DO UPDATE
            SET document = excluded.document, expires_at = excluded.expires_at";
    const DROP_OLDEST = "DELETE FROM action_events
        WHERE tenant_id = ?1 AND trigger_id = ?2 AND id <= (
            SELECT id FROM action_events
            WHERE tenant_id = ?1 AND trigger_id = ?2
            ORDER BY id DESC LIMIT 1 OFFSET ?3)";
    const KEPT = "SELECT document
        FROM action_events
        WHERE tenant_id = ?1 AND trigger_id = ?2 AND expires_at > ?3
        ORDER BY id DESC
        LIMIT ?4";
    const FORGET = "DELETE FROM action_events WHERE tenant_id = ?1";
}
