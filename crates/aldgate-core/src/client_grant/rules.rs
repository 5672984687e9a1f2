//! What may be written to a client grant, and what makes it sound.

use serde_json::{Map, Value, json};

use super::ClientGrant;
use crate::api::Api;
use crate::body;
use crate::error::Refusal;
use crate::id::{ClientGrantId, ClientId};
use crate::scope::{self, Scopes};
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
    blank.created_at = now;
    write(&blank, body, CREATABLE, now)
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
    write(grant, body, WRITABLE, now)
}

fn write(
    grant: &ClientGrant,
    body: Map<String, Value>,
    writable: &[&str],
    now: Timestamp,
) -> Result<ClientGrant, Refusal> {
    if let Some(Value::Array(scopes)) = body.get("scope") {
        scope::check_list(scopes)?;
    }
    let mut changed = body::merge(grant, body, writable)?;
    changed.updated_at = now;
    let once_each = Scopes::collect(changed.scope.iter());
    changed.scope = once_each;
    if changed.allow_all_scopes && !changed.scope.is_empty() {
        let cause = "allow_all_scopes and scope exclude each other";
        return Err(Refusal::new("invalid_body", cause)
            .remedy("Send scope as [], or set allow_all_scopes to false."));
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;

    fn make(body: Value) -> Result<ClientGrant, Refusal> {
        let id = ClientGrantId::generate(&mut Counting(1));
        create(
            body.as_object().cloned().unwrap(),
            id,
            Timestamp::from_seconds(1),
        )
    }

    #[test]
    fn a_grant_names_application_and_api_for_good() {
        let grant = make(json!({"client_id": "app", "audience": "https://api.test/"})).unwrap();
        assert_eq!(grant.client_id.as_str(), "app");
        assert!(make(json!({"client_id": "app"})).is_err());
        assert!(make(json!({"client_id": 1, "audience": "x"})).is_err());
        let now = Timestamp::from_seconds(2);
        for member in ["client_id", "audience", "subject_type", "id"] {
            let body = json!({member: "user"}).as_object().cloned().unwrap();
            assert!(update(&grant, body, now).is_err(), "ADM-03: {member}");
        }
    }

    #[test]
    fn scopes_are_listed_or_all() {
        let with = |more: Value| {
            let mut body = json!({"client_id": "app", "audience": "x"});
            let more = more.as_object().cloned().unwrap();
            body.as_object_mut().unwrap().extend(more);
            make(body)
        };
        let twice = with(json!({"scope": ["read:a", "read:a"]})).unwrap();
        assert_eq!(twice.scope.len(), 1);
        assert!(with(json!({"scope": null, "allow_all_scopes": true})).is_ok());
        for bad in [
            json!({"scope": ["read:a"], "allow_all_scopes": true}),
            json!({"scope": ["a b"]}),
            json!({"scope": [5]}),
            json!({"scope": "read:a"}),
        ] {
            assert!(with(bad.clone()).is_err(), "{bad}");
        }
    }
}
