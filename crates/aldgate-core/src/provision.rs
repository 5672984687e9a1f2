//! What a tenant has from its first moment, so that nothing about administration is a special case.

use serde_json::json;

use crate::api::{
    Api, ApiScope, SigningAlg, SubjectTypeAuthorization, TokenDialect, UserAccess, UserPolicy,
};
use crate::application::{AppType, Application, GrantType, rules};
use crate::client_grant::{ClientGrant, SubjectType};
use crate::connection::{Connection, DATABASE, DEFAULT_DATABASE};
use crate::id::{ApiId, ClientGrantId, ClientId, ConnectionId, RoleId, TenantId};
use crate::random::Entropy;
use crate::role::{ADMINISTRATOR, Permission, Role};
use crate::scope::Scopes;
use crate::secret::TokenHash;
use crate::tenant::{Issuer, Tenant, TenantSettings};
use crate::time::{Seconds, Timestamp};

/// The name of the Management API, as Auth0's tools look for it.
pub const MANAGEMENT_API: &str = "Auth0 Management API";

/// The id of the dashboard's application, the same in every tenant.
pub const DASHBOARD: &str = "aldgate-dashboard";

/// Everything a fresh tenant has.
#[derive(Debug, Clone, PartialEq)]
pub struct Provision {
    /// The tenant.
    pub tenant: Tenant,
    /// The built-in user database, usable by every application.
    pub database: Connection,
    /// The Management API, an ordinary API of the tenant.
    pub management: Api,
    /// The role of administrators, an ordinary role.
    pub administrator: Role,
    /// What the role permits: every scope of the Management API.
    pub permissions: Vec<Permission>,
}

/// Decides what a fresh tenant has. There is no user and no application: no default credentials
/// (ADM-02).
pub fn provision(id: TenantId, issuer: Issuer, now: Timestamp, rng: &mut dyn Entropy) -> Provision {
    let management = management_api(&issuer, now, rng);
    let permissions = management
        .scopes
        .iter()
        .map(|scope| Permission {
            api: management.identifier.clone(),
            name: scope.value.clone(),
        })
        .collect();
    Provision {
        database: database(now, rng),
        administrator: Role {
            id: RoleId::generate(rng),
            name: ADMINISTRATOR.to_owned(),
            description: Some("May do everything in this tenant.".to_owned()),
        },
        permissions,
        management,
        tenant: Tenant {
            id,
            issuer,
            settings: TenantSettings {
                default_directory: Some(DEFAULT_DATABASE.to_owned()),
                ..TenantSettings::default()
            },
            created_at: now,
        },
    }
}

/// The Management API of a tenant: identifier `{issuer}api/v2/`, RBAC on, RS256 and the dialect
/// that Auth0's own has.
pub fn management_api(issuer: &Issuer, now: Timestamp, rng: &mut dyn Entropy) -> Api {
    let scope = |value: String| ApiScope {
        description: Some(value.replace([':', '_'], " ")),
        value,
    };
    Api {
        id: ApiId::generate(rng),
        identifier: issuer.management(),
        name: MANAGEMENT_API.to_owned(),
        scopes: management_scopes().map(scope).collect(),
        signing_alg: SigningAlg::Rs256,
        signing_secret_sealed: None,
        token_lifetime: Seconds::days(1),
        token_lifetime_for_web: Seconds::hours(2),
        allow_offline_access: false,
        skip_consent_for_verifiable_first_party_clients: true,
        enforce_policies: true,
        token_dialect: TokenDialect::AccessToken,
        // Else anybody who may register a callback could lead an administrator's token to it
        // (ADM-04): users' tokens go only to applications that were given a client grant.
        subject_type_authorization: SubjectTypeAuthorization {
            user: UserAccess {
                policy: UserPolicy::RequireClientGrant,
            },
            ..SubjectTypeAuthorization::default()
        },
        is_system: true,
        aliases: Vec::new(),
        created_at: now,
        updated_at: now,
        extra: serde_json::Map::new(),
    }
}

/// The dashboard as an application of a tenant: an ordinary regular web application with the
/// authorization code grant. `known` is what is stored of it: what an administrator may have
/// chosen there stays (its name, whether it is disabled); where it leads and how it proves itself
/// follows from the tenant.
pub fn dashboard(
    issuer: &Issuer,
    secret: TokenHash,
    known: Option<&Application>,
    now: Timestamp,
) -> Application {
    let mut application = known.cloned().unwrap_or_else(|| {
        let mut fresh = rules::blank(dashboard_id(), Some(AppType::RegularWeb), now);
        "Aldgate Dashboard".clone_into(&mut fresh.name);
        fresh.description = Some("Where administrators look after this tenant.".to_owned());
        fresh
    });
    application.is_first_party = true;
    application.grant_types = [GrantType::AuthorizationCode].into();
    application.token_endpoint_auth_method = crate::application::ClientAuthMethod::ClientSecretPost;
    application.callbacks = vec![issuer.join("dashboard/callback")];
    application.allowed_logout_urls = vec![issuer.join("dashboard/signed-out")];
    application.web_origins = Vec::new();
    application.allowed_origins = Vec::new();
    application.credentials = Vec::new();
    application.secret_hash = Some(secret);
    application
}

/// What lets the dashboard use the Management API for its users: each of them has what her roles
/// permit, no more.
pub fn dashboard_grant(issuer: &Issuer, now: Timestamp, rng: &mut dyn Entropy) -> ClientGrant {
    ClientGrant {
        id: ClientGrantId::generate(rng),
        client_id: dashboard_id(),
        audience: issuer.management(),
        scope: Scopes::none(),
        allow_all_scopes: true,
        subject_type: SubjectType::User,
        created_at: now,
        updated_at: now,
        extra: serde_json::Map::new(),
    }
}

/// [`DASHBOARD`] as an id.
#[must_use]
pub fn dashboard_id() -> ClientId {
    ClientId::parse(DASHBOARD).expect("invariant: letters and a hyphen")
}

fn database(now: Timestamp, rng: &mut dyn Entropy) -> Connection {
    let options = json!({
        "passwordPolicy": "good",
        "strategy_version": 2,
        "brute_force_protection": true,
        "mfa": {"active": true, "return_enroll_settings": true},
        "authentication_methods": {"password": {"enabled": true}, "passkey": {"enabled": false}},
    });
    Connection {
        id: ConnectionId::generate(rng),
        name: DEFAULT_DATABASE.to_owned(),
        display_name: None,
        strategy: DATABASE.to_owned(),
        options: options.as_object().cloned().unwrap_or_default(),
        enabled_clients: Vec::new(),
        is_domain_connection: true,
        realms: vec![DEFAULT_DATABASE.to_owned()],
        created_at: now,
        updated_at: now,
        extra: serde_json::Map::new(),
    }
}

/// Every scope of the Management API (as Auth0 has them), grouped by the verbs that exist.
pub fn management_scopes() -> impl Iterator<Item = String> {
    MANAGEMENT_SCOPES.iter().flat_map(|(verbs, resources)| {
        resources.split_whitespace().flat_map(move |resource| {
            verbs
                .split_whitespace()
                .map(move |verb| format!("{verb}:{resource}"))
        })
    })
}

const MANAGEMENT_SCOPES: &[(&str, &str)] = &[
    (
        "read create update delete",
        "actions authentication_methods client_credentials client_grants client_keys clients \
         connection_profiles connections connections_keys custom_domains custom_signing_keys \
         email_provider email_templates encryption_keys event_streams flows \
         flows_vault_connections forms groups guardian_factors hooks log_streams mfa_policies \
         network_acls organizations organization_client_grants organization_connections \
         organization_discovery_domains organization_invitations organization_member_roles \
         organization_members phone_providers phone_templates rate_limit_policies \
         resource_servers roles rules scim_config self_service_profiles signing_keys \
         token_exchange_profiles user_attribute_profiles users users_app_metadata",
    ),
    (
        "read update",
        "attack_protection prompts rules_configs tenant_settings triggers branding \
         refresh_tokens sessions risk_assessments supplemental_signals event_deliveries",
    ),
    (
        "read create delete",
        "role_members custom_domain_certificates user_custom_blocks \
         scim_token directory_provisionings",
    ),
    (
        "read delete",
        "anomaly_blocks device_credentials grants guardian_enrollments \
         organization_invitation_links",
    ),
    ("delete", "branding rules_configs sessions refresh_tokens"),
    (
        "create",
        "guardian_enrollment_tickets user_tickets verification_email \
         self_service_profile_sso_access_tickets",
    ),
    (
        "read",
        "client_summary connections_options entitlements insights logs logs_users stats \
         user_idp_tokens user_effective_permissions user_effective_roles limits",
    ),
    ("blacklist", "tokens"),
    ("update", "connections_options"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::random::tests::Counting;

    #[test]
    fn adm_02_a_fresh_tenant_has_no_credentials() {
        let issuer = Issuer::parse("http://localhost:4455/").unwrap();
        let now = Timestamp::from_seconds(1);
        let fresh = provision(TenantId::default(), issuer, now, &mut Counting(1));
        assert_eq!(fresh.management.identifier, "http://localhost:4455/api/v2/");
        assert!(fresh.management.is_system && fresh.management.enforce_policies);
        assert_eq!(fresh.permissions.len(), fresh.management.scopes.len());
        assert!(fresh.database.is_database() && fresh.database.is_domain_connection);
    }

    #[test]
    fn management_scopes_are_unique() {
        let all: Vec<_> = management_scopes().collect();
        let unique: BTreeSet<_> = all.iter().collect();
        assert_eq!(unique.len(), all.len());
        for scope in [
            "read:clients",
            "create:client_grants",
            "update:tenant_settings",
            "read:logs",
            "create:user_tickets",
            "read:user_idp_tokens",
            "delete:users_app_metadata",
        ] {
            assert!(all.iter().any(|s| s == scope), "{scope}");
        }
    }
}
