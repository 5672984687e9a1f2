//! What users may do: permissions held directly and through roles (RBAC).

use aldgate_core::id::{RoleId, UserId};
use aldgate_core::role::Permission;

use crate::error::StoreError;
use crate::roles::read_permission;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::params;

/// The permissions of a tenant's users.
pub struct Permissions<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

/// A permission of a user and where she has it from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldPermission {
    /// The permission.
    pub permission: Permission,
    /// The role; `None`: held directly.
    pub role: Option<RoleId>,
}

impl<'c> Tx<'c> {
    /// Permissions of users.
    pub const fn permissions(&mut self) -> Permissions<'_, 'c> {
        Permissions { tx: self }
    }
}

impl Permissions<'_, '_> {
    /// The names of what a user may do at an API, from all sources, ordered.
    pub fn of_user_at(&mut self, user: &UserId, api: &str) -> Result<Vec<String>, StoreError> {
        self.tx.all(&OF_USER_AT, params![user, api], |row| {
            row.text(0).map(str::to_owned)
        })
    }

    /// The permissions that a user holds directly, ordered by API and name.
    pub fn direct(&mut self, user: &UserId) -> Result<Vec<Permission>, StoreError> {
        self.tx.all(&DIRECT, params![user], read_permission)
    }

    /// All permissions of a user with their sources, ordered by API and name: one entry a source.
    pub fn held(&mut self, user: &UserId) -> Result<Vec<HeldPermission>, StoreError> {
        self.tx.all(&HELD, params![user], |row| {
            Ok(HeldPermission {
                permission: read_permission(row)?,
                role: row.opt_parse(2)?,
            })
        })
    }

    /// Gives permissions to a user; those she holds already stay.
    pub fn give(&mut self, user: &UserId, permissions: &[Permission]) -> Result<(), StoreError> {
        for permission in permissions {
            self.tx
                .execute(&GIVE, params![user, permission.api, permission.name])?;
        }
        Ok(())
    }

    /// Takes directly held permissions from a user.
    pub fn withdraw(
        &mut self,
        user: &UserId,
        permissions: &[Permission],
    ) -> Result<(), StoreError> {
        for permission in permissions {
            self.tx
                .execute(&WITHDRAW, params![user, permission.api, permission.name])?;
        }
        Ok(())
    }

    /// Takes a permission from every role and user: the API no longer defines it.
    pub fn abolish(&mut self, permission: &Permission) -> Result<(), StoreError> {
        self.tx
            .execute(&ABOLISH_IN_ROLES, params![permission.api, permission.name])?;
        self.tx
            .execute(&ABOLISH_IN_USERS, params![permission.api, permission.name])?;
        Ok(())
    }
}

sql! {
    const OF_USER_AT = "SELECT permission
        FROM user_permissions
        WHERE tenant_id = ?1 AND user_id = ?2 AND api_identifier = ?3
        UNION
        SELECT role_permissions.permission
        FROM user_roles
        JOIN role_permissions
            ON role_permissions.tenant_id = user_roles.tenant_id
            AND role_permissions.role_id = user_roles.role_id
        WHERE user_roles.tenant_id = ?1
            AND user_roles.user_id = ?2
            AND role_permissions.api_identifier = ?3
        ORDER BY 1";
    const DIRECT = "SELECT api_identifier, permission
        FROM user_permissions
        WHERE tenant_id = ?1 AND user_id = ?2
        ORDER BY api_identifier, permission";
    const HELD = "SELECT api_identifier, permission, NULL AS role_id
        FROM user_permissions
        WHERE tenant_id = ?1 AND user_id = ?2
        UNION ALL
        SELECT role_permissions.api_identifier, role_permissions.permission, user_roles.role_id
        FROM user_roles
        JOIN role_permissions
            ON role_permissions.tenant_id = user_roles.tenant_id
            AND role_permissions.role_id = user_roles.role_id
        WHERE user_roles.tenant_id = ?1 AND user_roles.user_id = ?2
        ORDER BY 1, 2, 3";
    const GIVE = "INSERT INTO user_permissions (tenant_id, user_id, api_identifier, permission)
        VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (tenant_id, user_id, api_identifier, permission) DO NOTHING";
    const WITHDRAW = "DELETE FROM user_permissions
        WHERE tenant_id = ?1 AND user_id = ?2 AND api_identifier = ?3 AND permission = ?4";
    const ABOLISH_IN_ROLES = "DELETE FROM role_permissions
        WHERE tenant_id = ?1 AND api_identifier = ?2 AND permission = ?3";
    const ABOLISH_IN_USERS = "DELETE FROM user_permissions
        WHERE tenant_id = ?1 AND api_identifier = ?2 AND permission = ?3";
}
