//! Events to try an action with, as Auth0's events are formed.

use aldgate_core::action::Trigger;
use serde_json::{Value, json};

/// An event of a trigger.
pub(super) fn event(trigger: Trigger, hostname: &str) -> Value {
    let request = json!({
        "ip": "192.0.2.10",
        "hostname": hostname,
        "method": "GET",
        "language": "en",
        "user_agent": "Mozilla/5.0",
        "query": {},
        "body": {},
    });
    let client = json!({"client_id": "shop", "name": "Shop", "metadata": {}});
    let database = json!({"name": "Username-Password-Authentication", "strategy": "auth0"});
    match trigger {
        Trigger::PostLogin => json!({
            "user": user(),
            "client": client,
            "connection": database,
            "request": request,
            "transaction": {
                "protocol": "oidc-basic-profile",
                "requested_scopes": ["openid", "profile", "email", "read:orders"],
                "can_redirect": true,
            },
            "resource_server": {"identifier": "https://api.example.com/"},
            "authentication": {
                "methods": [{"name": "pwd", "timestamp": "2026-11-24T09:30:00.000Z"}],
            },
            "authorization": {"roles": ["editor"]},
            "stats": {"logins_count": 3},
        }),
        Trigger::CredentialsExchange => json!({
            "client": client,
            "request": request,
            "resource_server": {"identifier": "https://api.example.com/"},
            "accessToken": {"customClaims": {}, "scope": ["read:orders"]},
            "transaction": {"requested_scopes": ["read:orders"]},
        }),
        Trigger::PreUserRegistration => json!({
            "user": {
                "email": "ada@example.com",
                "user_metadata": {},
                "app_metadata": {},
            },
            "client": client,
            "connection": database,
            "request": request,
        }),
        Trigger::PostUserRegistration | Trigger::PostChangePassword => json!({
            "user": user(),
            "connection": database,
            "request": request,
        }),
    }
}

fn user() -> Value {
    json!({
        "user_id": "auth0|5f7c8ec7c33c6c004bbafe82",
        "email": "ada@example.com",
        "email_verified": true,
        "name": "Ada Lovelace",
        "created_at": "2026-01-12T08:00:00.000Z",
        "updated_at": "2026-11-24T09:30:00.000Z",
        "user_metadata": {},
        "app_metadata": {},
    })
}

#[cfg(test)]
mod tests {
    use aldgate_core::action::preview::Scene;

    use super::*;

    #[test]
    fn every_sample_is_an_event_that_can_be_tried() {
        for trigger in Trigger::ALL {
            let event = event(trigger, "id.test");
            assert!(Scene::of(trigger, &event).is_ok(), "{trigger}");
        }
    }
}
