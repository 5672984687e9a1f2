//! That an API accepts the tokens of an application, told in the tenant log once in a while: by a
//! report of its verifier, or because it asks about a token and the token is good.

use std::sync::{Arc, Mutex, PoisonError};

use aldgate_app::App;
use aldgate_app::extract::{Caller, Tenant};
use aldgate_core::acceptance::{self, Evidence, INTERVAL};
use aldgate_core::api::Api;
use aldgate_core::application::Application;
use aldgate_core::event::EventType;
use aldgate_core::id::{ApiId, ClientId, TenantId};
use aldgate_core::mistake::Tally;
use aldgate_core::time::Timestamp;

/// What was told of lately. Cheap to clone; clones remember together.
#[derive(Clone)]
pub(crate) struct Acceptances(Arc<Mutex<Tally<(TenantId, ApiId, ClientId)>>>);

impl Default for Acceptances {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Tally::every(INTERVAL))))
    }
}

impl Acceptances {
    /// Tells of an acceptance, unless that was done lately.
    pub(crate) fn note(
        &self,
        (app, tenant, caller): (&App, &Tenant, &Caller),
        (application, api): (&Application, &Api),
        evidence: Evidence,
        now: Timestamp,
    ) {
        let key = (tenant.id.clone(), api.id.clone(), application.id.clone());
        let is_news = {
            let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            told.add(key, 1, now).is_some()
        };
        if is_news {
            let mut event = app.event(EventType::TokenAccepted, caller, now);
            acceptance::describe(&mut event, application, api, evidence);
            app.events.record(&tenant.id, event);
        }
    }
}
