//! Roles for administrators that most teams want, made the first time somebody is given one.

use aldgate_core::provision::management_scopes;
use http::Method;
use serde_json::{Value, json};

use crate::dashboard::Visit;
use crate::dashboard::api::Refused;
use crate::dashboard::applications::text;
use crate::dashboard::path::at;

/// A role that can be had ready-made.
pub(super) struct Ready {
    /// What the choice is called in the form.
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    holds: fn(&str) -> bool,
}

/// What there is besides the administrators' own role.
pub(super) const READY: [Ready; 2] = [
    Ready {
        key: "ready:viewer",
        name: "Viewer",
        about: "Looks at everything and changes nothing. Sees no keys and no tokens of others.",
        holds: looks,
    },
    Ready {
        key: "ready:support",
        name: "Support",
        about: "Helps people: finds users, blocks and unblocks them, ends sessions, sends mails, \
                reads the log.",
        holds: helps,
    },
];

fn looks(scope: &str) -> bool {
    // These read what lets one act as somebody else.
    let powerful = ["read:user_idp_tokens", "read:client_keys"];
    scope.starts_with("read:") && !powerful.contains(&scope)
}

fn helps(scope: &str) -> bool {
    [
        "read:users",
        "update:users",
        "read:users_app_metadata",
        "update:users_app_metadata",
        "create:user_tickets",
        "read:logs",
        "read:logs_users",
        "read:sessions",
        "delete:sessions",
        "read:refresh_tokens",
        "delete:refresh_tokens",
        "read:device_credentials",
        "delete:device_credentials",
        "read:grants",
        "delete:grants",
        "read:clients",
    ]
    .contains(&scope)
}

impl Ready {
    /// The scopes of the Management API that it permits.
    pub(super) fn scopes(&self) -> Vec<String> {
        management_scopes()
            .filter(|scope| (self.holds)(scope))
            .collect()
    }

    /// Makes the role; gives its id.
    ///
    /// # Errors
    /// What an operation refused; then there is no such role.
    pub(super) async fn make(&self, visit: &Visit) -> Result<String, Refused> {
        let body = json!({"name": self.name, "description": self.about});
        let role = visit.send(Method::POST, "/roles", &body).await?;
        let id = text(&role, "id");
        let api = visit.tenant.issuer.management();
        let permission =
            |name: &String| json!({"resource_server_identifier": api, "permission_name": name});
        let permissions: Vec<Value> = self.scopes().iter().map(permission).collect();
        let path = at("/roles/{}/permissions", &[&id]);
        let body = json!({"permissions": permissions});
        if let Err(refused) = visit.send(Method::POST, &path, &body).await {
            // Both or none.
            drop(visit.delete(&at("/roles/{}", &[&id])).await);
            return Err(refused);
        }
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adm_04_a_viewer_changes_nothing_and_sees_nobodys_keys() {
        let scopes = READY[0].scopes();
        assert!(scopes.len() > 20 && scopes.iter().all(|scope| scope.starts_with("read:")));
        assert!(!scopes.contains(&"read:client_keys".to_owned()));
        assert!(!scopes.contains(&"read:user_idp_tokens".to_owned()));
    }

    #[test]
    fn support_cannot_give_rights_away() {
        let scopes = READY[1].scopes();
        assert!(scopes.contains(&"update:users".to_owned()));
        let gives = |scope: &String| scope.contains("roles") || scope.contains("role_members");
        assert!(!scopes.iter().any(gives), "{scopes:?}");
    }
}
