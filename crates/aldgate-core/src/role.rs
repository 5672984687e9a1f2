//! Roles and permissions of users (RBAC).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body;
use crate::error::Refusal;
use crate::id::RoleId;
use crate::random::Entropy;

/// A named set of permissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Key.
    pub id: RoleId,
    /// Unique name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// One scope of one API, held by a user or a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Permission {
    /// The API's identifier.
    #[serde(rename = "resource_server_identifier")]
    pub api: String,
    /// The scope value.
    #[serde(rename = "permission_name")]
    pub name: String,
}

/// The role whose holders administer the tenant.
pub const ADMINISTRATOR: &str = "Administrator";

/// Members a body may set (Auth0: Management API).
pub const WRITABLE: &[&str] = &["name", "description"];

/// The longest name and the longest description, in characters.
const TEXT_MAX: usize = 255;

impl Role {
    /// Makes a role from a body with a `name`.
    ///
    /// # Errors
    /// Names the member at fault.
    pub fn create(body: Map<String, Value>, rng: &mut dyn Entropy) -> Result<Self, Refusal> {
        if !body.contains_key("name") {
            let cause = "Missing required property: name";
            return Err(Refusal::new("invalid_body", cause));
        }
        let blank = Self {
            id: RoleId::generate(rng),
            name: String::new(),
            description: None,
        };
        checked(body::merge(&blank, body, WRITABLE)?)
    }

    /// Lays a body over the role.
    ///
    /// # Errors
    /// Names the member at fault; the role of administrators keeps its name.
    pub fn update(&self, body: Map<String, Value>) -> Result<Self, Refusal> {
        let after = checked(body::merge(self, body, WRITABLE)?)?;
        if self.is_administrator() && after.name != self.name {
            let cause = "The role of administrators keeps its name";
            return Err(Refusal::new("administrator_role", cause)
                .expected(ADMINISTRATOR)
                .actual(&after.name)
                .remedy("Make another role."));
        }
        Ok(after)
    }

    /// Whether its holders administer the tenant.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.name == ADMINISTRATOR
    }
}

fn checked(role: Role) -> Result<Role, Refusal> {
    let texts = [
        ("name", Some(role.name.as_str()), 1),
        ("description", role.description.as_deref(), 0),
    ];
    for (member, text, min) in texts {
        let Some(text) = text else { continue };
        if text.trim().chars().count() < min || text.chars().count() > TEXT_MAX {
            let cause = format!("String has the wrong length on property {member}");
            return Err(Refusal::new("invalid_body", cause)
                .expected(format!("{min} to {TEXT_MAX} characters")));
        }
    }
    Ok(role)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::random::tests::Counting;

    fn body(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn a_role_needs_a_name_and_takes_nothing_else() {
        let role = Role::create(body(json!({"name": "Editor"})), &mut Counting(1)).unwrap();
        assert_eq!(role.name, "Editor");
        for bad in [
            json!({}),
            json!({"name": "  "}),
            json!({"name": "x".repeat(256)}),
            json!({"name": "x", "id": "rol_1"}),
            json!({"name": null}),
        ] {
            assert!(
                Role::create(body(bad.clone()), &mut Counting(1)).is_err(),
                "{bad}"
            );
        }
    }

    #[test]
    fn adm_04_the_role_of_administrators_keeps_its_name() {
        let role = Role::create(body(json!({"name": ADMINISTRATOR})), &mut Counting(1)).unwrap();
        assert!(role.update(body(json!({"name": "Guests"}))).is_err());
        let told = role.update(body(json!({"description": "All of it"})));
        assert_eq!(told.unwrap().description.as_deref(), Some("All of it"));
    }
}
