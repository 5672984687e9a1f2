//! From the audience of a request to the API and the client grant that count for it.

use std::sync::Arc;

use aldgate_app::App;
use aldgate_core::access::{Audience, unknown_audience};
use aldgate_core::api::{Api, UserPolicy};
use aldgate_core::client_grant::{ClientGrant, SubjectType};
use aldgate_core::error::OAuthError;
use aldgate_core::id::{ClientId, TenantId};
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

/// What a unit of work may reach. Only the stored grant tells which API it is for, and within a
/// unit of work nothing can be loaded: it takes what the caches have, or asks for more.
#[derive(Clone)]
pub(crate) struct Reaches {
    app: App,
    tenant: TenantId,
    client: ClientId,
    now: Timestamp,
    /// What the caches did not have.
    loaded: Option<(Option<String>, Option<Reach>)>,
}

/// What a unit of work lacks: the API with this identifier.
#[derive(Debug)]
pub(crate) struct Lacking(Option<String>);

impl Reaches {
    /// What the caches have.
    pub(crate) fn cached(app: &App, tenant: &Tenant, client: &ClientId, now: Timestamp) -> Self {
        Self {
            app: app.clone(),
            tenant: tenant.id.clone(),
            client: client.clone(),
            now,
            loaded: None,
        }
    }

    /// What a grant with this audience reaches.
    pub(crate) fn of(&self, audience: Option<&str>) -> Result<Option<Reach>, Lacking> {
        match &self.loaded {
            Some((identifier, reach)) if identifier.as_deref() == audience => Ok(reach.clone()),
            _ => self.find(audience).ok_or_else(|| lacking(audience)),
        }
    }

    /// Loads what a unit of work lacked.
    ///
    /// # Errors
    /// As [`reach`].
    pub(crate) async fn load(
        self,
        tenant: &Tenant,
        Lacking(audience): Lacking,
    ) -> Result<Self, OAuthError> {
        let wanted = audience
            .as_deref()
            .map_or(Audience::UserInfo, Audience::Api);
        let subject = SubjectType::User;
        let found = reach(&self.app, tenant, &self.client, wanted, subject, self.now).await?;
        Ok(Self {
            loaded: Some((audience, found)),
            ..self
        })
    }

    fn find(&self, audience: Option<&str>) -> Option<Option<Reach>> {
        let Some(identifier) = audience else {
            return Some(None);
        };
        let (app, tenant) = (&self.app, &self.tenant);
        let api = app.known_api(tenant, identifier, self.now)??;
        let policy = api.subject_type_authorization.user.policy;
        let client_grant = match policy {
            UserPolicy::RequireClientGrant => {
                let subject = SubjectType::User;
                app.known_client_grant(tenant, &self.client, &api.identifier, subject)?
            }
            _ => None,
        };
        let identifier = identifier.to_owned();
        Some(Some(Reach {
            api,
            identifier,
            client_grant,
        }))
    }
}

fn lacking(audience: Option<&str>) -> Lacking {
    Lacking(audience.map(str::to_owned))
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
