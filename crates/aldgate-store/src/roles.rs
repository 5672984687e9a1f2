//! Roles, what they permit, and who holds them; also permissions held directly.

use aldgate_core::id::{RoleId, UserId};
use aldgate_core::role::{Permission, Role};
use aldgate_core::time::Timestamp;

use crate::error::StoreError;
use crate::page::{Page, containing};
use crate::row::Row;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::{params, to_json};

/// The roles of a tenant.
pub struct Roles<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

impl<'c> Tx<'c> {
    /// Roles, what they permit, and who holds them.
    pub const fn roles(&mut self) -> Roles<'_, 'c> {
        Roles { tx: self }
    }
}

impl Roles<'_, '_> {
    /// Finds a role.
    pub fn by_id(&mut self, id: &RoleId) -> Result<Option<Role>, StoreError> {
        self.tx.one(&BY_ID, params![id], read)
    }

    /// Finds a role by its unique name.
    pub fn by_name(&mut self, name: &str) -> Result<Option<Role>, StoreError> {
        self.tx.one(&BY_NAME, params![name], read)
    }

    /// Lists roles whose name contains `text`, whatever its case, ordered by name.
    pub fn list(&mut self, text: &str, page: &Page) -> Result<Vec<Role>, StoreError> {
        let pattern = containing(&text.to_lowercase());
        self.tx.all(
            &LIST,
            params![page.after, pattern, page.limit, page.offset],
            read,
        )
    }

    /// Counts the roles that [`Roles::list`] has on all its pages.
    pub fn count(&mut self, text: &str) -> Result<u64, StoreError> {
        let pattern = containing(&text.to_lowercase());
        let count = self.tx.one(&COUNT, params![pattern], |row| row.count(0))?;
        Ok(count.unwrap_or_default())
    }

    /// Adds a role.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the id or the name is taken.
    pub fn create(&mut self, role: &Role, now: Timestamp) -> Result<(), StoreError> {
        let document = to_json(role)?;
        self.tx
            .execute(&CREATE, params![role.id, role.name, document, now])
            .map(drop)
    }

    /// Replaces a role; `false` when it does not exist.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the name is taken.
    pub fn update(&mut self, role: &Role, now: Timestamp) -> Result<bool, StoreError> {
        let document = to_json(role)?;
        Ok(self
            .tx
            .execute(&UPDATE, params![role.id, role.name, document, now])?
            == 1)
    }

    /// Removes a role, its permissions and who holds it; `false` when it does not exist.
    pub fn delete(&mut self, id: &RoleId) -> Result<bool, StoreError> {
        self.tx.execute(&DELETE_PERMISSIONS, params![id])?;
        self.tx.execute(&DELETE_HOLDERS, params![id])?;
        Ok(self.tx.execute(&DELETE, params![id])? == 1)
    }

    /// What a role permits, ordered by API and permission.
    pub fn permissions(&mut self, id: &RoleId) -> Result<Vec<Permission>, StoreError> {
        self.tx.all(&PERMISSIONS, params![id], read_permission)
    }

    /// Adds permissions to a role; those it has already stay.
    pub fn permit(&mut self, id: &RoleId, permissions: &[Permission]) -> Result<(), StoreError> {
        for permission in permissions {
            self.tx
                .execute(&PERMIT, params![id, permission.api, permission.name])?;
        }
        Ok(())
    }

    /// Takes permissions from a role.
    pub fn forbid(&mut self, id: &RoleId, permissions: &[Permission]) -> Result<(), StoreError> {
        for permission in permissions {
            self.tx
                .execute(&FORBID, params![id, permission.api, permission.name])?;
        }
        Ok(())
    }

    /// The roles that a user holds, ordered by name.
    pub fn of_user(&mut self, user: &UserId) -> Result<Vec<Role>, StoreError> {
        self.tx.all(&OF_USER, params![user], read)
    }

    /// The users that hold a role, ordered by id; the page's key is a user's id.
    pub fn holders(&mut self, id: &RoleId, page: &Page) -> Result<Vec<UserId>, StoreError> {
        let params = params![id, page.after, page.limit, page.offset];
        self.tx.all(&HOLDERS, params, |row| row.parse(0))
    }

    /// Counts the users that hold a role.
    pub fn holders_count(&mut self, id: &RoleId) -> Result<u64, StoreError> {
        let count = self
            .tx
            .one(&HOLDERS_COUNT, params![id], |row| row.count(0))?;
        Ok(count.unwrap_or_default())
    }

    /// Gives a role to a user, who may hold it already.
    pub fn give(&mut self, id: &RoleId, user: &UserId, now: Timestamp) -> Result<(), StoreError> {
        self.tx.execute(&GIVE, params![user, id, now]).map(drop)
    }

    /// Takes a role from a user.
    pub fn withdraw(&mut self, id: &RoleId, user: &UserId) -> Result<(), StoreError> {
        self.tx.execute(&WITHDRAW, params![user, id]).map(drop)
    }
}

fn read(row: &Row<'_>) -> Result<Role, StoreError> {
    row.json(0)
}

pub(crate) fn read_permission(row: &Row<'_>) -> Result<Permission, StoreError> {
    Ok(Permission {
        api: row.text(0)?.to_owned(),
        name: row.text(1)?.to_owned(),
    })
}

sql! {
    const BY_ID = "SELECT document FROM roles WHERE tenant_id = ?1 AND id = ?2";
    const BY_NAME = "SELECT document FROM roles WHERE tenant_id = ?1 AND name = ?2";
    const LIST = "SELECT document
        FROM roles
        WHERE tenant_id = ?1 AND name > ?2 AND LOWER(name) LIKE ?3 ESCAPE '\\'
        ORDER BY name
        LIMIT ?4 OFFSET ?5";
    const COUNT = "SELECT CAST(COUNT(*) AS BIGINT)
        FROM roles
        WHERE tenant_id = ?1 AND LOWER(name) LIKE ?2 ESCAPE '\\'";
    const CREATE = "INSERT INTO roles (tenant_id, id, name, document, created_at, updated_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?5)";
    const UPDATE = "UPDATE roles
        SET name = ?3, document = ?4, updated_at = ?5
        WHERE tenant_id = ?1 AND id = ?2";
    const DELETE = "DELETE FROM roles WHERE tenant_id = ?1 AND id = ?2";
    const DELETE_PERMISSIONS = "DELETE FROM role_permissions
        WHERE tenant_id = ?1 AND role_id = ?2";
    const DELETE_HOLDERS = "DELETE FROM user_roles WHERE tenant_id = ?1 AND role_id = ?2";
    const PERMISSIONS = "SELECT api_identifier, permission
        FROM role_permissions
        WHERE tenant_id = ?1 AND role_id = ?2
        ORDER BY api_identifier, permission";
    const PERMIT = "INSERT INTO role_permissions (tenant_id, role_id, api_identifier, permission)
        VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (tenant_id, role_id, api_identifier, permission) DO NOTHING";
    const FORBID = "DELETE FROM role_permissions
        WHERE tenant_id = ?1 AND role_id = ?2 AND api_identifier = ?3 AND permission = ?4";
    const OF_USER = "SELECT roles.document
        FROM user_roles
        JOIN roles ON roles.tenant_id = user_roles.tenant_id AND roles.id = user_roles.role_id
        WHERE user_roles.tenant_id = ?1 AND user_roles.user_id = ?2
        ORDER BY roles.name";
    const HOLDERS = "SELECT user_id
        FROM user_roles
        WHERE tenant_id = ?1 AND role_id = ?2 AND user_id > ?3
        ORDER BY user_id
        LIMIT ?4 OFFSET ?5";
    const HOLDERS_COUNT = "SELECT CAST(COUNT(*) AS BIGINT)
        FROM user_roles
        WHERE tenant_id = ?1 AND role_id = ?2";
    const GIVE = "INSERT INTO user_roles (tenant_id, user_id, role_id, created_at)
        VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (tenant_id, user_id, role_id) DO NOTHING";
    const WITHDRAW = "DELETE FROM user_roles
        WHERE tenant_id = ?1 AND user_id = ?2 AND role_id = ?3";
}
