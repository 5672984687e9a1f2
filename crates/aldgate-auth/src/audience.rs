//! From the audience of a request to the API and the client grant that count for it.

use std::sync::Arc;

use aldgate_app::App;
use aldgate_core::access::{Audience, unknown_audience};
use aldgate_core::api::{Api, UserPolicy};
use aldgate_core::client_grant::{ClientGrant, SubjectType};
use aldgate_core::error::OAuthError;
use aldgate_core::id::ClientId;
use aldgate_core::tenant::Tenant;
use aldgate_core::time::Timestamp;
use aldgate_store::Page;

use crate::client::down;

/// How many identifiers the log lists beside an unknown one.
const KNOWN_MAX: u32 = 100;

/// An API with the name it was asked by and what the application was granted there.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    /// The API.
    pub(crate) api: Arc<Api>,
    /// The identifier as asked for: its own or a former one.
    pub(crate) identifier: String,
    /// The application's client grant, where the policy asks for one.
    pub(crate) client_grant: Option<Arc<ClientGrant>>,
}

impl Reach {
    /// The API with its identifier as [`aldgate_core::access::AccessRequest`] wants it.
    pub(crate) fn pair(&self) -> (&Api, &str) {
        (&self.api, &self.identifier)
    }
}

/// Looks up what `wanted` names; `None`: no API.
///
/// # Errors
/// `access_denied` for an unknown audience, with a text that lists what to do (ruling R7).
pub(crate) async fn reach(
    app: &App,
    tenant: &Tenant,
    client: &ClientId,
    wanted: Audience<'_>,
    subject: SubjectType,
    now: Timestamp,
) -> Result<Option<Reach>, OAuthError> {
    let Some(identifier) = wanted.api() else {
        return Ok(None);
    };
    let Some(api) = app.api(&tenant.id, identifier, now).await.map_err(down)? else {
        return Err(unknown(app, tenant, identifier, subject).await?);
    };
    let policy = api.subject_type_authorization.user.policy;
    let needs_grant = subject == SubjectType::Client || policy == UserPolicy::RequireClientGrant;
    let client_grant = if needs_grant {
        app.client_grant(&tenant.id, client, &api.identifier, subject)
            .await
            .map_err(down)?
    } else {
        None
    };
    let identifier = identifier.to_owned();
    Ok(Some(Reach {
        api,
        identifier,
        client_grant,
    }))
}

async fn unknown(
    app: &App,
    tenant: &Tenant,
    asked: &str,
    subject: SubjectType,
) -> Result<OAuthError, OAuthError> {
    let list = |tx: &mut aldgate_store::Tx<'_>| tx.apis().list(&Page::at(0, KNOWN_MAX));
    let known: Vec<Api> = app.store.read(&tenant.id, list).await.map_err(down)?;
    let known = known.iter().map(|api| api.identifier.as_str());
    Ok(unknown_audience(
        asked,
        known,
        subject == SubjectType::Client,
    ))
}
