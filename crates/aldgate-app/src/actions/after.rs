//! Triggers that only hear of something: their actions run behind the request and decide nothing.

use aldgate_core::action::{Ground, Trigger, Verdict};
use aldgate_core::error::Refusal;
use aldgate_core::event::{Event, EventType};
use aldgate_core::scope::Scopes;
use aldgate_core::tenant::Tenant;
use serde_json::Value;

use super::Run;
use crate::app::App;

impl App {
    /// Runs the actions of a trigger behind the request, with the event that `tell` makes if there
    /// are any. What cannot be run is told in the tenant log; `log` is what it tells beside.
    pub async fn run_after(
        &self,
        tenant: &Tenant,
        trigger: Trigger,
        tell: impl FnOnce() -> Value + Send,
        log: Event,
    ) {
        let steps = match self.actions_at(tenant, trigger).await {
            Ok(steps) if steps.is_empty() => return,
            Ok(steps) => steps,
            Err(error) => return self.not_run(tenant, trigger, log, &error.to_string()),
        };
        let Some(place) = self.sandbox.background() else {
            let why = "too many actions run behind requests already";
            return self.not_run(tenant, trigger, log, why);
        };
        let (app, tenant, event, now) = (self.clone(), tenant.clone(), tell(), self.now());
        tokio::spawn(async move {
            let requested = Scopes::none();
            let run = Run {
                app: &app,
                tenant: &tenant,
                steps: &steps,
                ground: Ground {
                    trigger,
                    user: None,
                    requested: &requested,
                    audience: None,
                    own_api: false,
                    can_redirect: false,
                },
                event,
                verdict: Verdict::default(),
                continues: None,
                log,
                now,
            };
            run.go().await;
            drop(place);
        });
    }

    fn not_run(&self, tenant: &Tenant, trigger: Trigger, mut event: Event, why: &str) {
        event.kind = EventType::ActionFailed;
        event.description = format!("The actions of {trigger} were not run");
        event.refusal = Some(Refusal::new("action_not_run", format!("Not run: {why}.")));
        self.events.record(&tenant.id, event);
    }
}
