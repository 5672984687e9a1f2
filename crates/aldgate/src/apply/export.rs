//! Writes a tenant's state in the layout that [`super::files`] reads. Secrets are left out.

use aldgate_core::application;
use aldgate_core::client_grant::ClientGrant;
use aldgate_core::id::ClientId;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::plan::Current;

/// The state as one document. The same state gives the same document, byte for byte.
pub(crate) fn document(current: &Current) -> Value {
    let mut clients: Vec<Value> = current
        .applications
        .iter()
        .map(|a| json!(application::rules::public_view(a)))
        .collect();
    clients
        .iter_mut()
        .for_each(|client| drop(client.as_object_mut().map(|c| c.remove("global"))));
    clients.sort_by_key(|client| client["name"].to_string());
    let mut apis: Vec<Value> = current
        .apis
        .iter()
        .filter(|api| !api.is_system)
        .map(|api| bare(api, API_HIDDEN))
        .collect();
    apis.sort_by_key(|api| api["identifier"].to_string());
    let mut grants: Vec<Value> = current
        .client_grants
        .iter()
        .map(|grant| client_grant(grant, current))
        .collect();
    grants.sort_by_key(Value::to_string);
    let mut roles: Vec<Value> = current
        .roles
        .iter()
        .filter(|(role, _)| role.name != aldgate_core::role::ADMINISTRATOR)
        .map(|(role, permissions)| {
            let mut sorted = permissions.clone();
            sorted.sort();
            let mut members = json!({"name": role.name, "permissions": sorted});
            if let Some(description) = &role.description {
                members["description"] = json!(description);
            }
            members
        })
        .collect();
    roles.sort_by_key(|role| role["name"].to_string());
    json!({
        "tenant": bare(&current.tenant.settings, &[]),
        "resourceServers": apis,
        "clients": clients,
        "clientGrants": grants,
        "roles": roles,
    })
}

const API_HIDDEN: &[&str] = &[
    "id",
    "is_system",
    "aliases",
    "signing_secret_sealed",
    "created_at",
    "updated_at",
];

fn client_grant(grant: &ClientGrant, current: &Current) -> Value {
    let mut members = bare(grant, &["id", "created_at", "updated_at"]);
    members["client_id"] = json!(name_of(&grant.client_id, current));
    members
}

/// deploy-cli names applications by their name; an ambiguous name stays an id.
fn name_of<'a>(id: &'a ClientId, current: &'a Current) -> &'a str {
    let named = |name: &str| {
        current
            .applications
            .iter()
            .filter(|a| a.name == name)
            .count()
    };
    let application = current.applications.iter().find(|a| a.id == *id);
    match application {
        Some(application) if named(&application.name) == 1 => &application.name,
        _ => id.as_str(),
    }
}

fn bare<T: Serialize>(value: &T, hidden: &[&str]) -> Value {
    let members = match serde_json::to_value(value) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    Value::Object(
        members
            .into_iter()
            .filter(|(name, _)| !hidden.contains(&name.as_str()))
            .collect(),
    )
}
