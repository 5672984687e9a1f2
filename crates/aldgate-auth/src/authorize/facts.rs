//! What the checks of an authorization request need to know, loaded from caches and the store.

use std::sync::Arc;

use aldgate_core::access::{Access, AccessRequest, Audience, Subject, evaluate};
use aldgate_core::api::{Api, UserPolicy};
use aldgate_core::application::Application;
use aldgate_core::authorize::checks::Facts;
use aldgate_core::authorize::{Plan, Request};
use aldgate_core::client_grant::SubjectType;
use aldgate_core::connection::Connection;
use aldgate_core::consent;
use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::hint::Hint;
use aldgate_core::id::ClientId;
use aldgate_core::scope::Scopes;
use aldgate_core::session::Session;
use aldgate_core::user::User;
use aldgate_store::{Page, StoreError, Tx};

use crate::visitor::{Fault, Visitor};

/// What a request names.
pub(crate) struct Named {
    /// The application.
    pub(crate) application: Option<Arc<Application>>,
    /// The API.
    pub(crate) api: Option<Arc<Api>>,
    connection: Option<Arc<Connection>>,
    hint: Option<Result<Hint, Refusal>>,
    api_identifiers: Vec<String>,
}

impl Named {
    /// Looks everything up that the request names.
    pub(crate) async fn load(visitor: &Visitor, request: &Request) -> Result<Self, Fault> {
        let (app, tenant) = (&visitor.app, &visitor.tenant);
        let application = find_application(visitor, request.client_id.as_deref()).await?;
        let (audience, resource) = (request.audience.as_deref(), request.resource.as_deref());
        let wanted = Audience::wanted(audience, resource, tenant);
        let wanted = wanted.ok().and_then(Audience::api);
        let api = match wanted {
            Some(identifier) => app.api(&tenant.id, identifier, visitor.now).await?,
            None => None,
        };
        let api_identifiers = match (&api, wanted) {
            (None, Some(_)) => identifiers(visitor).await?,
            _ => Vec::new(),
        };
        let connection = match &request.connection {
            Some(name) => app.connection_by_name(&tenant.id, name).await?,
            None => None,
        };
        let hint = match &request.id_token_hint {
            Some(token) => Some(read_hint(visitor, token).await?),
            None => None,
        };
        Ok(Self {
            application,
            api,
            connection,
            hint,
            api_identifiers,
        })
    }

    /// The other provider that the request names.
    pub(crate) fn provider(&self) -> Option<&Connection> {
        let named = self.connection.as_deref();
        named.filter(|connection| connection.is_federated())
    }

    /// The facts for the checks.
    pub(crate) fn facts<'a>(&'a self, visitor: &'a Visitor) -> Facts<'a> {
        Facts {
            tenant: &visitor.tenant,
            application: self.application.as_deref(),
            api: self.api.as_deref(),
            api_identifiers: &self.api_identifiers,
            connection: self.connection.as_deref(),
            hint: self.hint.as_ref(),
        }
    }
}

/// The application that a `client_id` names.
pub(crate) async fn find_application(
    visitor: &Visitor,
    client_id: Option<&str>,
) -> Result<Option<Arc<Application>>, StoreError> {
    match client_id.and_then(|id| ClientId::parse(id).ok()) {
        Some(id) => visitor.app.application(&visitor.tenant.id, &id).await,
        None => Ok(None),
    }
}

/// Verifies an `id_token_hint` with the tenant's keys.
pub(crate) async fn read_hint(
    visitor: &Visitor,
    token: &str,
) -> Result<Result<Hint, Refusal>, Fault> {
    let ring = visitor.app.key_ring(&visitor.tenant.id).await?;
    Ok(Hint::assertion(
        token,
        &visitor.tenant.issuer,
        |unverified| unverified.header().kid().and_then(|kid| ring.verifier(kid)),
    ))
}

async fn identifiers(visitor: &Visitor) -> Result<Vec<String>, StoreError> {
    let list = |tx: &mut Tx<'_>| tx.apis().list(&Page::at(0, 50));
    let apis: Vec<Api> = visitor.app.store.read(&visitor.tenant.id, list).await?;
    Ok(apis.into_iter().map(|api| api.identifier).collect())
}

/// Who is at the browser, and what was settled with her before.
pub(crate) struct Person {
    /// Her live session.
    pub(crate) session: Session,
    /// She herself; never a blocked user.
    pub(crate) user: User,
    permissions: Scopes,
    /// What she allowed the application earlier, for this audience; not looked up where it does
    /// not count.
    pub(crate) remembered: Option<Scopes>,
}

/// Finds who is logged in at the browser. A session of a deleted or blocked user is none.
pub(crate) async fn person(
    visitor: &Visitor,
    plan: &Plan,
    named: &Named,
) -> Result<Option<Person>, StoreError> {
    let (Some(hash), now) = (visitor.session(), visitor.now) else {
        return Ok(None);
    };
    let client_id = plan.target.client_id.clone();
    let audience = plan.audience.clone();
    let api = named.api.as_deref();
    let application = named.application.as_deref();
    let is_asked = !application.is_some_and(|application| consent::is_skipped(application, api));
    let controlled = api.filter(|api| api.enforce_policies || api.token_dialect.has_permissions());
    let controlled = controlled.map(|api| api.identifier.clone());
    let read = move |tx: &mut Tx<'_>| {
        let Some(session) = tx.sessions().live(&hash, now)? else {
            return Ok(None);
        };
        let user = tx.users().by_id(&session.user_id)?;
        let Some(user) = user.filter(|user| !user.blocked) else {
            return Ok(None);
        };
        let permissions = match &controlled {
            Some(api) => tx.permissions().of_user_at(&user.id, api)?,
            None => Vec::new(),
        };
        let remembered = match is_asked {
            true => tx
                .consents()
                .find(&user.id, &client_id, audience.as_deref())?,
            false => None,
        };
        Ok::<_, StoreError>(Some(Person {
            session,
            user,
            permissions: Scopes::collect(permissions.iter().map(String::as_str)),
            remembered: remembered.map(|consent| consent.scope),
        }))
    };
    visitor.app.store.look_up(&visitor.tenant.id, read).await
}

/// What the person may let the application have (SES-04: asked anew each time).
pub(crate) async fn access(
    visitor: &Visitor,
    plan: &Plan,
    named: &Named,
    person: &Person,
) -> Result<Result<Access, OAuthError>, StoreError> {
    let Some(application) = named.application.as_deref() else {
        return Ok(Err(OAuthError::missing("client_id")));
    };
    let api = named.api.as_deref().zip(plan.audience.as_deref());
    let by_grant = api.filter(|(api, _)| {
        api.subject_type_authorization.user.policy == UserPolicy::RequireClientGrant
    });
    let client_grant = match by_grant {
        Some((api, _)) => {
            let (tenant, audience) = (&visitor.tenant.id, api.identifier.as_str());
            let subject = SubjectType::User;
            visitor
                .app
                .client_grant(tenant, &application.id, audience, subject)
                .await?
        }
        None => None,
    };
    Ok(evaluate(AccessRequest {
        application,
        api,
        client_grant: client_grant.as_deref(),
        requested: plan.scope.as_ref(),
        subject: Subject::User(&person.permissions),
    }))
}
