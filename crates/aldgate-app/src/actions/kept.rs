//! Events of real logins, kept for a while to try drafts on, where the tenant allows it: off
//! unless its setting `kept_action_events` is on, redacted before they are stored, bounded in
//! number and time.

use aldgate_core::action::{KeptEvent, Trigger, redact};
use aldgate_core::id::{ActionId, ExecutionId};
use aldgate_core::tenant::Tenant;
use aldgate_core::time::Timestamp;
use aldgate_store::{StoreError, Tx};
use serde_json::Value;

use crate::app::App;

impl App {
    /// Whether the tenant lets events be kept: whether it makes sense to form one where no action
    /// wants it.
    #[must_use]
    pub fn keeps_events(&self, tenant: &Tenant) -> bool {
        tenant.settings.kept_action_events().is_some()
    }

    /// Keeps the event of a login at which no action ran, to try the first one on; see
    /// `App::keep_event`.
    pub fn keep_login(&self, tenant: &Tenant, trigger: Trigger, event: &Value, now: Timestamp) {
        let id = ExecutionId::at(now, &mut self.rng());
        self.keep_event(tenant, (trigger, id, None), event, now);
    }

    /// Keeps the event of a login, if the tenant wants that; costs nothing otherwise. Returns at
    /// once: what is stored is stored behind the request. The id is that of the execution, the
    /// action the one that continues with this event.
    pub(super) fn keep_event(
        &self,
        tenant: &Tenant,
        (trigger, id, continues): (Trigger, ExecutionId, Option<ActionId>),
        event: &Value,
        now: Timestamp,
    ) {
        let Some(kept) = tenant.settings.kept_action_events() else {
            return;
        };
        // Too many at once: an event more or less is no loss.
        let Some(permit) = self.sandbox.background() else {
            return;
        };
        let event = KeptEvent {
            id,
            trigger,
            continues,
            event: redact::event(event, self.csrf_key()),
            at: now,
        };
        let (store, tenant, expires_at) = (self.store.clone(), tenant.id.clone(), now + kept);
        let keep = move |tx: &mut Tx<'_>| tx.action_records().keep(&event, expires_at);
        tokio::spawn(async move {
            let kept: Result<(), StoreError> = store.write(&tenant, keep).await;
            if let Err(error) = kept {
                tracing::warn!(%error, "an event to try actions on was not kept");
            }
            drop(permit);
        });
    }
}
