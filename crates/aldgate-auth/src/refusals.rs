//! `POST /oauth/refusals`: an API reports what its verifier refused, and the tenant log tells of
//! it: "Application *Shop* sent 12 ID tokens to *Orders*". A line with the code `accepted` says that
//! tokens of the application are accepted.
//!
//! For confidential first-party applications, as introspection of any token is. A report holds
//! codes, ids and counts. Ids that this tenant does not have are not repeated in the log.

use std::sync::{Arc, Mutex, PoisonError};

use aldgate_app::App;
use aldgate_app::error::OAuthRejection;
use aldgate_app::extract::{Caller, ClientRequest, Tenant};
use aldgate_app::respond;
use aldgate_core::acceptance::{self, Evidence};
use aldgate_core::api::Api;
use aldgate_core::application::Application;
use aldgate_core::client_auth::AuthenticatedClient;
use aldgate_core::error::{ErrorCode, OAuthError, Refusal};
use aldgate_core::event::EventType;
use aldgate_core::id::{ClientId, TenantId};
use aldgate_core::mistake::{self, Line, Mistake, Tally};
use aldgate_core::time::Timestamp;
use aldgate_store::StoreError;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::StatusCode;
use serde_json::json;

use crate::acceptances::Acceptances;
use crate::client::{self, down};

/// What was told of lately, by tenant, API, application and code.
type Told = Arc<Mutex<Tally<(TenantId, String, Option<ClientId>, String)>>>;

/// What was told of lately: mistakes, and acceptances.
#[derive(Clone)]
struct Lately {
    mistakes: Told,
    acceptances: Acceptances,
}

/// The endpoint for reports.
pub(crate) fn routes(acceptances: Acceptances) -> Router<App> {
    let lately = Lately {
        mistakes: Told::default(),
        acceptances,
    };
    let take =
        move |State(app): State<App>, tenant: Tenant, caller: Caller, request: ClientRequest| {
            let lately = lately.clone();
            async move { take((&app, &tenant, &caller), &lately, request).await }
        };
    Router::new().route("/oauth/refusals", post(take))
}

async fn take(
    (app, tenant, caller): (&App, &Tenant, &Caller),
    lately: &Lately,
    request: ClientRequest,
) -> Result<Response, OAuthRejection> {
    let now = app.now();
    let client = client::authenticate(app, tenant, &request.presented, now).await;
    client
        .and_then(|client| may_report(&client))
        .map_err(|error| OAuthRejection::new(error).challenge(request.challenge))?;
    let report = request.params.get("report");
    let lines = mistake::parse(report.ok_or_else(|| OAuthError::missing("report"))?)?;
    let mut accepted = 0;
    for line in lines {
        let known = known((app, tenant), &line, now).await.map_err(down)?;
        let Some((api, application)) = known else {
            continue;
        };
        accepted += 1;
        if line.code == acceptance::CODE {
            if let Some(application) = &application {
                let both = (&**application, &*api);
                let who = (app, tenant, caller);
                lately.acceptances.note(who, both, Evidence::Report, now);
            }
            continue;
        }
        let mistake = mistake_of(&line, &api, application.as_deref());
        let client_id = mistake.client_id.as_deref();
        let client_id = client_id.and_then(|id| ClientId::parse(id).ok());
        let key = (
            tenant.id.clone(),
            mistake.audience.clone(),
            client_id.clone(),
            mistake.code.clone(),
        );
        let count = {
            let told = lately.mistakes.lock();
            let mut told = told.unwrap_or_else(PoisonError::into_inner);
            told.add(key, mistake.count, now)
        };
        if let Some(count) = count {
            let mut event = app.event(EventType::Warning, caller, now);
            event.client_id = client_id;
            Mistake { count, ..mistake }.describe(&mut event);
            app.events.record(&tenant.id, event);
        }
    }
    Ok(respond::json(
        StatusCode::ACCEPTED,
        &json!({"accepted": accepted}),
    ))
}

fn may_report(client: &AuthenticatedClient) -> Result<(), OAuthError> {
    if client.is_confidential() && client.application().is_first_party {
        return Ok(());
    }
    let text = "Client authentication failed";
    let cause = "Only confidential first-party applications report refusals: anybody else could \
                 write into the tenant log.";
    let refusal = Refusal::new("refusals_not_allowed", cause);
    Err(OAuthError::new(ErrorCode::InvalidClient, text).because(refusal))
}

/// The API and the application of a line; `None` for an API that the tenant does not have.
async fn known(
    (app, tenant): (&App, &Tenant),
    line: &Line,
    now: Timestamp,
) -> Result<Option<(Arc<Api>, Option<Arc<Application>>)>, StoreError> {
    let Some(api) = app.api(&tenant.id, &line.audience, now).await? else {
        return Ok(None);
    };
    let id = line.application.as_deref();
    let application = match id.and_then(|id| ClientId::parse(id).ok()) {
        Some(id) => app.application(&tenant.id, &id).await?,
        None => None,
    };
    Ok(Some((api, application)))
}

/// A line with names.
fn mistake_of(line: &Line, api: &Api, application: Option<&Application>) -> Mistake {
    Mistake {
        code: line.code.clone(),
        client_id: application.map(|known| known.id.to_string()),
        client_name: application.map(|known| known.name.clone()),
        audience: api.identifier.clone(),
        api_name: api.name.clone(),
        count: line.count,
    }
}
