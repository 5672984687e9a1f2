//! What may be written to a client grant, and what makes it sound.

use serde_json::{Map, Value, json};

use super::ClientGrant;
use crate::api::Api;
use crate::body;
use crate::error::Refusal;
use crate::id::{ClientGrantId, ClientId};
use crate::time::Timestamp;

/// Members a body may set when the grant is made.
pub const CREATABLE: &[&str] = &[
    "client_id",
    "audience",
    "scope",
    "allow_all_scopes",
    "subject_type",
    "organization_usage",
    "allow_any_organization",
    "authorization_details_types",
    "default_for",
];

/// Members a body may change later: who gets what stays who gets what.
pub const WRITABLE: &[&str] = &[
    "scope",
    "allow_all_scopes",
    "organization_usage",
    "allow_any_organization",
    "authorization_details_types",
];

/// Makes a client grant from a body. That the application and the API exist is the caller's to
/// look up; [`validate`] takes the API then.
///
/// # Errors
/// Names the member at fault.
pub fn create(
    body: Map<String, Value>,
    id: ClientGrantId,
    now: Timestamp,
) -> Result<ClientGrant, Refusal> {
    for required in ["client_id", "audience"] {
        if !body.get(required).is_some_and(Value::is_string) {
            let cause = format!("Missing required property: {required}");
            return Err(Refusal::new("invalid_body", cause));
        }
    }
    let client_id = body.get("client_id").and_then(Value::as_str);
    let client_id = ClientId::parse(client_id.unwrap_or_default())
        .map_err(|error| Refusal::new("invalid_body", format!("{error} on property client_id")))?;
    let blank = json!({"id": id, "client_id": client_id, "audience": ""});
    let mut blank: ClientGrant = serde_json::from_value(blank)
        .map_err(|error| Refusal::new("invalid_body", error.to_string()))?;
    (blank.created_at, blank.updated_at) = (now, now);
    body::merge(&blank, body, CREATABLE)
}

/// Lays `body` over `grant`.
///
/// # Errors
/// Names the member at fault.
pub fn update(
    grant: &ClientGrant,
    body: Map<String, Value>,
    now: Timestamp,
) -> Result<ClientGrant, Refusal> {
    let mut changed = body::merge(grant, body, WRITABLE)?;
    changed.updated_at = now;
    Ok(changed)
}

/// Checks that the API defines every scope granted.
///
/// # Errors
/// Names the scope, and the nearest one that exists.
pub fn validate(grant: &ClientGrant, api: &Api) -> Result<(), Refusal> {
    let Some(unknown) = grant.scope.iter().find(|scope| !api.defines(scope)) else {
        return Ok(());
    };
    let known: Vec<&str> = api
        .scopes
        .iter()
        .map(|scope| scope.value.as_str())
        .collect();
    let cause = format!("The following scopes are not available in the resource server: {unknown}");
    let refusal = Refusal::new("invalid_body", cause)
        .expected(format!("scopes that {} defines", api.identifier))
        .actual(unknown);
    Err(match body::closest(unknown, &known) {
        Some(near) => refusal.remedy(format!("Did you mean {near}?")),
        None => refusal.remedy("Add the scope to the API first."),
    })
}
