//! Fixtures for the tests of the grants.

use std::sync::Arc;

use serde_json::json;

use super::Grant;
use crate::client_auth::{AuthenticatedClient, Authentication, authenticate};
use crate::id::ClientId;
use crate::presented::Presented;
use crate::tenant::Issuer;
use crate::time::Timestamp;
use crate::user::User;

/// A public application that proved its name.
pub(crate) fn client(id: &str, grant_types: &[&str]) -> AuthenticatedClient {
    client_with(json!({"client_id": id, "grant_types": grant_types}))
}

/// A public application with these members.
pub(crate) fn client_with(mut members: serde_json::Value) -> AuthenticatedClient {
    members["name"] = json!("App");
    members["token_endpoint_auth_method"] = json!("none");
    let application = Arc::new(serde_json::from_value(members).unwrap());
    let credentials = Presented::Name {
        client_id: ClientId::parse("x").unwrap(),
    };
    let issuer = Issuer::parse("https://id.test/").unwrap();
    match authenticate(
        Some(&application),
        &credentials,
        &issuer,
        Timestamp::default(),
    ) {
        Ok(Authentication::Done(client)) => client,
        other => panic!("{other:?}"),
    }
}

/// What a user allowed `app`.
pub(crate) fn grant() -> Grant {
    serde_json::from_value(json!({
        "id": "gnt_1", "client_id": "app", "user_id": "auth0|1", "origin": "code",
        "audience": "https://api.test/", "requested": ["openid", "offline_access", "read", "write"],
        "scope": ["openid", "offline_access", "read", "write"], "created_at": 0,
    }))
    .unwrap()
}

/// A user with an e-mail address.
pub(crate) fn user(blocked: bool) -> User {
    let user = json!({"user_id": "auth0|1", "email": "ann@example.com", "blocked": blocked});
    serde_json::from_value(user).unwrap()
}

/// A tenant without settings.
pub(crate) fn tenant() -> crate::tenant::Tenant {
    serde_json::from_value(json!({
        "id": "default", "issuer": "https://id.test/", "created_at": 0,
    }))
    .unwrap()
}
