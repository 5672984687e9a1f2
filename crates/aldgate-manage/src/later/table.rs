//! The table of what is not built yet.

use serde_json::{Value, json};

use super::{Form, Later};

/// A resource whose four operations each have a scope of their own.
macro_rules! list {
    ($path:literal, $form:expr, $scope:literal) => {
        Later {
            path: $path,
            item: Some(concat!($path, "/{id}")),
            form: $form,
            read: &[concat!("read:", $scope)],
            create: &[concat!("create:", $scope)],
            update: &[concat!("update:", $scope)],
            delete: &[concat!("delete:", $scope)],
        }
    };
}

/// A resource that can be read, and perhaps be updated.
macro_rules! single {
    ($path:literal, $form:expr, $read:literal, $update:expr) => {
        Later {
            path: $path,
            item: None,
            form: $form,
            read: &[$read],
            create: &[],
            update: $update,
            delete: &[],
        }
    };
}

pub(super) const LATER: &[Later] = &[
    list!("/actions/modules", Form::Numbered("modules"), "actions"),
    list!(
        "/branding/phone/providers",
        Form::Wrapped("providers"),
        "phone_providers"
    ),
    list!(
        "/branding/phone/templates",
        Form::Wrapped("templates"),
        "phone_templates"
    ),
    list!(
        "/connection-profiles",
        Form::Wrapped("connection_profiles"),
        "connection_profiles"
    ),
    single!(
        "/connections-directory-provisionings",
        Form::Wrapped("directory_provisionings"),
        "read:directory_provisionings",
        &[]
    ),
    single!(
        "/connections-scim-configurations",
        Form::Wrapped("scim_configurations"),
        "read:scim_config",
        &[]
    ),
    list!(
        "/event-streams",
        Form::Wrapped("eventStreams"),
        "event_streams"
    ),
    list!("/flows", Form::Page("flows"), "flows"),
    list!(
        "/flows/vault/connections",
        Form::Page("connections"),
        "flows_vault_connections"
    ),
    list!("/forms", Form::Page("forms"), "forms"),
    list!("/groups", Form::Wrapped("groups"), "groups"),
    list!("/hooks", Form::Page("hooks"), "hooks"),
    list!("/keys/custom-signing", Form::Missing, "custom_signing_keys"),
    list!("/keys/encryption", Form::Page("keys"), "encryption_keys"),
    list!("/network-acls", Form::Page("network_acls"), "network_acls"),
    list!(
        "/rate-limit-policies",
        Form::Wrapped("rate_limit_policies"),
        "rate_limit_policies"
    ),
    single!(
        "/risk-assessments/settings",
        Form::Document(off),
        "read:risk_assessments",
        &["update:risk_assessments"]
    ),
    single!(
        "/risk-assessments/settings/new-device",
        Form::Document(new_device),
        "read:risk_assessments",
        &["update:risk_assessments"]
    ),
    list!("/rules", Form::Page("rules"), "rules"),
    Later {
        path: "/rules-configs",
        item: None,
        form: Form::Bare,
        read: &["read:rules_configs"],
        create: &[],
        update: &[],
        delete: &[],
    },
    list!(
        "/self-service-profiles",
        Form::Page("self_service_profiles"),
        "self_service_profiles"
    ),
    single!(
        "/supplemental-signals",
        Form::Document(signals),
        "read:supplemental_signals",
        &["update:supplemental_signals"]
    ),
    list!(
        "/token-exchange-profiles",
        Form::Wrapped("token_exchange_profiles"),
        "token_exchange_profiles"
    ),
    list!(
        "/user-attribute-profiles",
        Form::Wrapped("user_attribute_profiles"),
        "user_attribute_profiles"
    ),
];

/// Further writes: method, path, scopes.
pub(super) const WRITES: &[(&str, &str, &[&str])] = &[
    (
        "POST",
        "/guardian/enrollments/ticket",
        &["create:guardian_enrollment_tickets"],
    ),
    (
        "POST",
        "/keys/encryption/rekey",
        &["create:encryption_keys"],
    ),
    (
        "PUT",
        "/keys/custom-signing",
        &["create:custom_signing_keys"],
    ),
    ("PUT", "/rules-configs/{key}", &["update:rules_configs"]),
    ("DELETE", "/rules-configs/{key}", &["delete:rules_configs"]),
];

fn off() -> Value {
    json!({"enabled": false})
}

fn new_device() -> Value {
    json!({"remember_for": 30})
}

fn signals() -> Value {
    json!({"akamai_enabled": false})
}
