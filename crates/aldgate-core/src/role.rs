//! Roles and permissions of users (RBAC).

use serde::{Deserialize, Serialize};

use crate::id::RoleId;

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
