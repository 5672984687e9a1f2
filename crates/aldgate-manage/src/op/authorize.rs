//! Who is calling: the token is verified with `aldgate-verify`, as any other API would do it; then
//! its state counts, so that what was taken away is gone at once (ADM-01).

use std::sync::Arc;
use std::time::Duration;

use aldgate_app::App;
use aldgate_core::client_grant::SubjectType;
use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::id::{ClientId, TenantId, UserId};
use aldgate_core::scope::Scopes;
use aldgate_core::tenant::Tenant;
use aldgate_core::token::TokenId;
use aldgate_jose::JwkSet;
use aldgate_store::{StoreError, Tx};
use aldgate_verify::{AccessToken, JwkProvider, Presented, Reason, Verifier};
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use moka::sync::Cache;

use super::{Actor, ApiError, Operation, Who};

/// Tenants whose verifier is kept.
const VERIFIERS_MAX: u64 = 1000;

/// One verifier a tenant, made anew when the tenant's keys change.
pub(crate) struct Callers {
    verifiers: Cache<TenantId, (Bytes, Verifier)>,
}

impl Default for Callers {
    fn default() -> Self {
        let verifiers = Cache::new(VERIFIERS_MAX);
        Self { verifiers }
    }
}

impl Callers {
    /// Finds out who calls.
    ///
    /// # Errors
    /// 401 with the reason, 503 when keys or database do not answer.
    pub(crate) async fn identify(
        &self,
        app: &App,
        tenant: &Tenant,
        headers: &HeaderMap,
    ) -> Result<Actor, ApiError> {
        let Some(header) = headers.get(AUTHORIZATION) else {
            return Err(refuse(&Reason::NoToken));
        };
        let presented = header
            .to_str()
            .map_err(|_| Reason::NoToken)
            .and_then(Presented::from_authorization)
            .map_err(|reason| refuse(&reason))?;
        let verifier = self.verifier(app, tenant).await?;
        let token = verifier
            .verify_presented(&presented)
            .await
            .map_err(|reason| refuse(&reason))?;
        state(app, tenant, &token).await
    }

    async fn verifier(&self, app: &App, tenant: &Tenant) -> Result<Verifier, ApiError> {
        let ring = app.key_ring(&tenant.id).await.map_err(OAuthError::from)?;
        let set = ring.key_set().body();
        if let Some((known, verifier)) = self.verifiers.get(&tenant.id)
            && known == *set
        {
            return Ok(verifier);
        }
        let broken = |error: &dyn std::fmt::Display| {
            ApiError::from(StoreError::unavailable(format!("own keys: {error}")))
        };
        let keys = JwkSet::parse(set).and_then(|set| JwkProvider::fixed(&set));
        let keys = keys.map_err(|error| broken(&error))?;
        let clock = Arc::clone(&app.clock);
        let micros = move || u64::try_from(clock.now().micros()).unwrap_or_default();
        let (issuer, audience) = (tenant.issuer.as_str(), tenant.issuer.management());
        let verifier = Verifier::builder(issuer, &audience)
            .keys(keys)
            .clock(move || Duration::from_micros(micros()))
            .build()
            .map_err(|error| broken(&error))?;
        let entry = (set.clone(), verifier.clone());
        self.verifiers.insert(tenant.id.clone(), entry);
        Ok(verifier)
    }
}

/// Whether the caller may do this. Deny by default: an operation that names no scope is closed.
pub(super) fn permit(actor: &Actor, operation: &Operation) -> Result<(), ApiError> {
    if operation.scopes.iter().any(|scope| actor.holds(scope)) {
        return Ok(());
    }
    let expected = operation.scopes.join(",");
    let cause = format!("Insufficient scope, expected any of: {expected}");
    let refusal = Refusal::new("insufficient_scope", cause)
        .expected(expected)
        .actual(&actor.scopes().to_string())
        .remedy(
            "Give the application a client grant with one of these scopes for the Management API, \
             or the user a role that has it, and get a new token.",
        );
    Err(ApiError::forbidden("insufficient_scope", refusal))
}

/// What the token's owner still holds.
async fn state(app: &App, tenant: &Tenant, token: &AccessToken) -> Result<Actor, ApiError> {
    let scopes = token.scopes();
    let scopes = Scopes::collect(scopes.iter().map(String::as_str));
    let id = token.application().and_then(|id| ClientId::parse(&id).ok());
    let application = match &id {
        Some(id) => app.application(&tenant.id, id).await?,
        None => None,
    };
    let Some(application) = application.filter(|application| !application.disabled) else {
        return Err(gone("The application was disabled or deleted."));
    };
    let audience = tenant.issuer.management();
    if token.subject() == Some(&format!("{}@clients", application.id)) {
        let (client, kind) = (&application.id, SubjectType::Client);
        let grant = app
            .client_grant(&tenant.id, client, &audience, kind)
            .await?;
        let Some(grant) = grant else {
            return Err(gone("The application's client grant was taken away."));
        };
        let held = scopes.filter(|scope| grant.allow_all_scopes || grant.scope.contains(scope));
        let (id, name) = (application.id.clone(), application.name.clone());
        return Ok(Actor::new(Who::Application { id, name }, held));
    }
    user_state(app, tenant, token, scopes, application.id.clone()).await
}

/// What the user still holds for whom the application calls.
async fn user_state(
    app: &App,
    tenant: &Tenant,
    token: &AccessToken,
    scopes: Scopes,
    client_id: ClientId,
) -> Result<Actor, ApiError> {
    let audience = tenant.issuer.management();
    let user = token.subject().and_then(|id| UserId::parse(id).ok());
    let grant = token.token_id().and_then(TokenId::grant_of);
    let (Some(user), Some(grant)) = (user, grant) else {
        return Err(gone("The token belongs to nobody."));
    };
    let kind = SubjectType::User;
    let allowed = app
        .client_grant(&tenant.id, &client_id, &audience, kind)
        .await?;
    let Some(allowed) = allowed else {
        return Err(gone(
            "The application may not act for users at the Management API: it has no client grant \
             for them.",
        ));
    };
    let scopes = scopes.filter(|scope| allowed.allow_all_scopes || allowed.scope.contains(scope));
    let find = move |tx: &mut Tx<'_>| {
        let live = tx
            .grants()
            .by_id(&grant)?
            .and_then(aldgate_store::StoredGrant::live);
        let known = tx.users().by_id(&user)?.filter(|user| !user.blocked);
        let held = tx.permissions().of_user_at(&user, &audience)?;
        Ok::<_, StoreError>(live.and(known).map(|user| (user, held)))
    };
    let Some((user, held)) = app.store.read(&tenant.id, find).await? else {
        return Err(gone(
            "The user was blocked or deleted, or the login was revoked.",
        ));
    };
    let name = user.email.clone();
    let who = Who::User {
        id: user.id.clone(),
        name: name.unwrap_or_else(|| user.id.to_string()),
        client_id,
    };
    Ok(Actor::new(
        who,
        scopes.filter(|scope| held.iter().any(|own| own == scope)),
    ))
}

fn gone(cause: &'static str) -> ApiError {
    let refusal = Refusal::new("invalid_token", cause).remedy("Get a new token.");
    ApiError::unauthorized(refusal, challenge("invalid_token"))
}

/// A verifier's reason in Auth0's words where it has some, and in ours beside them.
fn refuse(reason: &Reason) -> ApiError {
    let report = reason.report();
    let cause = match reason {
        Reason::NoToken => "Missing authentication".to_owned(),
        Reason::Expired { .. } => "Expired token received for JSON Web Token validation".to_owned(),
        Reason::WrongAudience { .. } => format!("Bad audience: {}", report.actual),
        _ => format!("Invalid token: {}", report.summary),
    };
    let refusal = Refusal::new("invalid_token", cause)
        .expected(report.expected)
        .actual(&report.actual)
        .remedy(report.remedy);
    let error = match reason {
        Reason::NoToken => "",
        _ => "invalid_token",
    };
    ApiError::unauthorized(refusal, challenge(error))
}

fn challenge(error: &str) -> Option<HeaderValue> {
    let text = match error {
        "" => "Bearer".to_owned(),
        error => format!("Bearer error=\"{error}\""),
    };
    HeaderValue::try_from(text).ok()
}
