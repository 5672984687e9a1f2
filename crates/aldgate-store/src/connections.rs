//! Connections: the sources of users.

use aldgate_core::connection::Connection;
use aldgate_core::id::{ConnectionId, UserId};

use crate::changes::ChangeKind;
use crate::error::StoreError;
use crate::page::Page;
use crate::row::Row;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::{params, to_json};

/// The connections of a tenant.
pub struct Connections<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

impl<'c> Tx<'c> {
    /// Connections.
    pub const fn connections(&mut self) -> Connections<'_, 'c> {
        Connections { tx: self }
    }
}

impl Connections<'_, '_> {
    /// Finds a connection.
    pub fn by_id(&mut self, id: &ConnectionId) -> Result<Option<Connection>, StoreError> {
        self.tx.one(&BY_ID, params![id], read)
    }

    /// Finds a connection and holds its row until the end of the unit of work, so that a change
    /// based on it cannot undo another one.
    pub fn by_id_to_change(&mut self, id: &ConnectionId) -> Result<Option<Connection>, StoreError> {
        self.tx.one(&LOCK, params![id], read)
    }

    /// Finds a connection by its unique name.
    pub fn by_name(&mut self, name: &str) -> Result<Option<Connection>, StoreError> {
        self.tx.one(&BY_NAME, params![name], read)
    }

    /// Lists connections, all or those of one strategy, ordered by id; the page's key is an id.
    pub fn list(
        &mut self,
        strategy: Option<&str>,
        page: &Page,
    ) -> Result<Vec<Connection>, StoreError> {
        self.tx.all(
            &LIST,
            params![page.after, strategy, page.limit, page.offset],
            read,
        )
    }

    /// Counts the connections that [`Connections::list`] has on all its pages.
    pub fn count(&mut self, strategy: Option<&str>) -> Result<u64, StoreError> {
        let count = self.tx.one(&COUNT, params![strategy], |row| row.count(0))?;
        Ok(count.unwrap_or_default())
    }

    /// Adds a connection.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the id or the name is taken.
    pub fn create(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let document = to_json(connection)?;
        let (name, strategy) = (&connection.name, &connection.strategy);
        let params = params![
            connection.id,
            name,
            strategy,
            document,
            connection.created_at
        ];
        self.tx.execute(&CREATE, params)?;
        self.note(&connection.id)
    }

    /// Replaces a connection; `false` when it does not exist. Its `updated_at` is taken as it is.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the name is taken.
    pub fn update(&mut self, connection: &Connection) -> Result<bool, StoreError> {
        let document = to_json(connection)?;
        let (name, strategy) = (&connection.name, &connection.strategy);
        let params = params![
            connection.id,
            name,
            strategy,
            document,
            connection.updated_at
        ];
        let updated = self.tx.execute(&UPDATE, params)? == 1;
        self.note(&connection.id)?;
        Ok(updated)
    }

    /// Lists up to `limit` users who have an identity at a connection.
    pub fn users(&mut self, id: &ConnectionId, limit: u32) -> Result<Vec<UserId>, StoreError> {
        self.tx.all(&USERS, params![id, limit], |row| row.parse(0))
    }

    /// What the users of a connection may do at an API, all of them together, ordered.
    pub fn reaches(&mut self, id: &ConnectionId, api: &str) -> Result<Vec<String>, StoreError> {
        self.tx.all(&REACHES, params![id, api], |row| {
            row.text(0).map(str::to_owned)
        })
    }

    /// Removes a connection that has no users left; `false` when it does not exist. Delete its
    /// users first, in units of a few hundred: a connection may have millions.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it still has users.
    pub fn delete(&mut self, id: &ConnectionId) -> Result<bool, StoreError> {
        if !self.users(id, 1)?.is_empty() {
            return Err(StoreError::Conflict("identities"));
        }
        self.tx.upstream_tokens().forget_connection(id)?;
        let existed = self.tx.execute(&DELETE, params![id])? == 1;
        self.note(id)?;
        Ok(existed)
    }

    fn note(&mut self, id: &ConnectionId) -> Result<(), StoreError> {
        self.tx.note_change(ChangeKind::Connection, id.as_str())
    }
}

fn read(row: &Row<'_>) -> Result<Connection, StoreError> {
    row.json(0)
}

sql! {
    const BY_ID = "SELECT document FROM connections WHERE tenant_id = ?1 AND id = ?2";
    const LOCK = "UPDATE connections
        SET updated_at = updated_at
        WHERE tenant_id = ?1 AND id = ?2
        RETURNING document";
    const BY_NAME = "SELECT document FROM connections WHERE tenant_id = ?1 AND name = ?2";
    const LIST = "SELECT document
        FROM connections
        WHERE tenant_id = ?1 AND id > ?2 AND (CAST(?3 AS TEXT) IS NULL OR strategy = ?3)
        ORDER BY id
        LIMIT ?4 OFFSET ?5";
    const COUNT = "SELECT CAST(COUNT(*) AS BIGINT)
        FROM connections
        WHERE tenant_id = ?1 AND (CAST(?2 AS TEXT) IS NULL OR strategy = ?2)";
    const CREATE = "INSERT INTO connections
            (tenant_id, id, name, strategy, document, created_at, updated_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)";
    const UPDATE = "UPDATE connections
        SET name = ?3, strategy = ?4, document = ?5, updated_at = ?6
        WHERE tenant_id = ?1 AND id = ?2";
    const USERS = "SELECT user_id
        FROM identities
        WHERE tenant_id = ?1 AND connection_id = ?2
        ORDER BY subject
        LIMIT ?3";
    const REACHES = "SELECT user_permissions.permission
        FROM user_permissions
        JOIN identities
            ON identities.tenant_id = user_permissions.tenant_id
            AND identities.user_id = user_permissions.user_id
        WHERE user_permissions.tenant_id = ?1
            AND identities.connection_id = ?2
            AND user_permissions.api_identifier = ?3
        UNION
        SELECT role_permissions.permission
        FROM role_permissions
        JOIN user_roles
            ON user_roles.tenant_id = role_permissions.tenant_id
            AND user_roles.role_id = role_permissions.role_id
        JOIN identities
            ON identities.tenant_id = user_roles.tenant_id
            AND identities.user_id = user_roles.user_id
        WHERE role_permissions.tenant_id = ?1
            AND identities.connection_id = ?2
            AND role_permissions.api_identifier = ?3
        ORDER BY 1";
    const DELETE = "DELETE FROM connections WHERE tenant_id = ?1 AND id = ?2";
}
