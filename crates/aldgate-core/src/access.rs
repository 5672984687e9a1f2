//! What an application may get: the audience and scopes of a token (Auth0: APIs and RBAC; OAU-11).
//!
//! [`Audience::wanted`] reads what the request asks for, the shell looks the API up, and
//! [`evaluate`] decides. `/authorize`, the token endpoint and every refresh run the same rules
//! (SES-04).

mod unknown;

use crate::api::{Api, ClientPolicy, UserPolicy};
use crate::application::{Application, GrantType};
use crate::client_grant::ClientGrant;
use crate::error::{ErrorCode, OAuthError, Refusal};
use crate::scope::{self, Scopes};
use crate::tenant::Tenant;
use crate::time::Timestamp;

pub use unknown::unknown_audience;

/// What a request wants a token for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience<'a> {
    /// `/userinfo` alone: an opaque access token.
    UserInfo,
    /// The API with this identifier.
    Api(&'a str),
}

impl<'a> Audience<'a> {
    /// Reads `audience` and its synonym `resource` (ruling R7, RFC 8707). Without either, the
    /// tenant's default audience counts; the tenant's own `/userinfo` means no API at all.
    ///
    /// # Errors
    /// `invalid_request` when the two name different APIs.
    pub fn wanted(
        audience: Option<&'a str>,
        resource: Option<&'a str>,
        tenant: &'a Tenant,
    ) -> Result<Self, OAuthError> {
        if let (Some(audience), Some(resource)) = (audience, resource)
            && audience != resource
        {
            let text = "audience and resource name different APIs; send one of them";
            return Err(OAuthError::invalid_request(text).because(
                Refusal::new("audience_conflict", text)
                    .expected(format!("resource={audience}"))
                    .actual(resource),
            ));
        }
        let default = tenant.settings.default_audience.as_deref();
        let named = audience
            .or(resource)
            .or_else(|| default.filter(|d| !d.is_empty()));
        Ok(match named {
            Some(identifier) if identifier != tenant.issuer.userinfo() => Self::Api(identifier),
            _ => Self::UserInfo,
        })
    }

    /// The API's identifier, if an API is meant.
    #[must_use]
    pub const fn api(self) -> Option<&'a str> {
        match self {
            Self::UserInfo => None,
            Self::Api(identifier) => Some(identifier),
        }
    }
}

/// Facts for [`evaluate`].
#[derive(Debug, Clone, Copy)]
pub struct AccessRequest<'a> {
    /// Who asks.
    pub application: &'a Application,
    /// The API, with the identifier as asked for; `None`: `/userinfo` alone.
    pub api: Option<(&'a Api, &'a str)>,
    /// The application's client grant for this API and subject type, if there is one.
    pub client_grant: Option<&'a ClientGrant>,
    /// The scopes asked for; `None` when the parameter is absent.
    pub requested: Option<&'a Scopes>,
    /// On whose behalf.
    pub subject: Subject<'a>,
}

/// On whose behalf a token is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// The application itself (client credentials).
    Application,
    /// A user, with her permissions for the API: her own and those of her roles.
    User(&'a Scopes),
}

/// What is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The audience of the access token; `None`: opaque, for `/userinfo`.
    pub audience: Option<String>,
    /// The scopes granted, in the order asked for.
    pub scope: Scopes,
    /// The `permissions` claim, for the dialects that have it.
    pub permissions: Option<Scopes>,
}

/// Decides which of the requested scopes are granted, each by the rule that comes first.
///
/// # Errors
/// `access_denied` when the API's policy shuts the application out, or when an application asks for
/// itself beyond its client grant.
pub fn evaluate(request: AccessRequest<'_>) -> Result<Access, OAuthError> {
    match request.subject {
        Subject::Application => for_application(request),
        Subject::User(permissions) => for_user(request, permissions),
    }
}

fn for_user(request: AccessRequest<'_>, permissions: &Scopes) -> Result<Access, OAuthError> {
    let none = Scopes::none();
    let requested = request.requested.unwrap_or(&none);
    let offline = may_be_offline(request);
    let Some((api, identifier)) = request.api else {
        return Ok(Access {
            audience: None,
            scope: requested.filter(|s| scope::is_standard(s) && (s != OFFLINE || offline)),
            permissions: None,
        });
    };
    let covered = |s: &str| match api.subject_type_authorization.user.policy {
        UserPolicy::AllowAll => true,
        UserPolicy::RequireClientGrant => covers(request.client_grant, s),
        UserPolicy::DenyAll => false,
    };
    let policy = api.subject_type_authorization.user.policy;
    let granted_at_all = policy == UserPolicy::AllowAll
        || (policy == UserPolicy::RequireClientGrant && request.client_grant.is_some());
    if !granted_at_all {
        return Err(not_authorized(&request, identifier, "user"));
    }
    let held = |s: &str| !api.enforce_policies || permissions.contains(s);
    let scope = requested.filter(|s| {
        if scope::is_standard(s) {
            s != OFFLINE || offline
        } else {
            api.defines(s) && covered(s) && held(s)
        }
    });
    let lists = api.enforce_policies && api.token_dialect.has_permissions();
    Ok(Access {
        audience: Some(identifier.to_owned()),
        scope,
        permissions: lists.then(|| permissions.filter(|s| api.defines(s))),
    })
}

fn for_application(request: AccessRequest<'_>) -> Result<Access, OAuthError> {
    let Some((api, identifier)) = request.api else {
        return Err(no_audience());
    };
    let policy = api.subject_type_authorization.client.policy;
    let (ClientPolicy::RequireClientGrant, Some(grant)) = (policy, request.client_grant) else {
        return Err(not_authorized(&request, identifier, "client"));
    };
    let granted = if grant.allow_all_scopes {
        api.all_scopes()
    } else {
        grant.scope.filter(|s| api.defines(s))
    };
    let scope = match request.requested {
        None => granted,
        Some(requested) => {
            let beyond = requested.filter(|s| !granted.contains(s));
            if !beyond.is_empty() {
                return Err(beyond_grant(&request, identifier, &beyond, &granted));
            }
            requested.clone()
        }
    };
    let permissions = api.token_dialect.has_permissions().then(|| scope.clone());
    Ok(Access {
        audience: Some(identifier.to_owned()),
        scope,
        permissions,
    })
}

const OFFLINE: &str = "offline_access";

/// Refresh tokens need the application's grant type and the API's consent (Auth0: refresh tokens).
fn may_be_offline(request: AccessRequest<'_>) -> bool {
    let allowed = request.api.is_none_or(|(api, _)| api.allow_offline_access);
    allowed && request.application.may(GrantType::RefreshToken)
}

fn covers(grant: Option<&ClientGrant>, scope: &str) -> bool {
    grant.is_some_and(|grant| grant.allow_all_scopes || grant.scope.contains(scope))
}

/// Whether `api` goes by `identifier` at `now`: its own, or a former one in its alias period (R11).
#[must_use]
pub fn goes_by(api: &Api, identifier: &str, now: Timestamp) -> bool {
    let alias = |a: &crate::api::IdentifierAlias| a.identifier == identifier && now < a.until;
    api.identifier == identifier || api.aliases.iter().any(alias)
}

fn no_audience() -> OAuthError {
    OAuthError::access_denied(
        "An application that asks for itself must name an API: send audience with the identifier \
         of a registered API, or set a default audience for the tenant",
    )
    .because(
        Refusal::new(
            "audience_missing",
            "client_credentials without audience, and the tenant has no default audience.",
        )
        .expected("audience=<identifier of an API>")
        .remedy("Send audience; see the APIs page of the dashboard for the identifiers."),
    )
}

fn not_authorized(
    request: &AccessRequest<'_>,
    identifier: &str,
    subject_type: &'static str,
) -> OAuthError {
    let id = &request.application.id;
    let denied = match (subject_type, request.api) {
        ("user", Some((api, _))) => {
            api.subject_type_authorization.user.policy == UserPolicy::DenyAll
        }
        (_, Some((api, _))) => {
            api.subject_type_authorization.client.policy == ClientPolicy::DenyAll
        }
        _ => false,
    };
    let remedy = if denied {
        format!("The API's policy for subject type {subject_type} is deny_all; change it there.")
    } else {
        format!(
            "Create a client grant: client_id {id}, audience {identifier}, subject_type \
             {subject_type}, with the scopes it needs."
        )
    };
    OAuthError::access_denied(format!(
        "Client is not authorized to access '{identifier}'. You need to create a 'client-grant' \
         associated to this API, or change the API's access policy."
    ))
    .because(
        Refusal::new(
            "client_grant_missing",
            "The API's access policy does not let this application in.",
        )
        .expected(format!("a client grant of {id} for {identifier}"))
        .remedy(remedy),
    )
}

fn beyond_grant(
    request: &AccessRequest<'_>,
    identifier: &str,
    beyond: &Scopes,
    granted: &Scopes,
) -> OAuthError {
    OAuthError::new(
        ErrorCode::AccessDenied,
        format!("Client has not been granted scopes: {beyond}"),
    )
    .because(
        Refusal::new(
            "scope_beyond_client_grant",
            format!("The client grant for {identifier} does not hold every scope asked for."),
        )
        .expected(granted.to_string())
        .actual(
            &request
                .requested
                .map(ToString::to_string)
                .unwrap_or_default(),
        )
        .remedy("Leave scope out to get all that is granted, or extend the client grant."),
    )
}

#[cfg(test)]
mod tests;
