//! APIs (wire: resource servers) and their former identifiers.

use aldgate_core::api::{Api, IdentifierAlias};
use aldgate_core::id::ApiId;
use aldgate_core::time::Timestamp;

use crate::changes::ChangeKind;
use crate::error::StoreError;
use crate::page::Page;
use crate::row::Row;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::{params, to_json};

/// The APIs of a tenant.
pub struct Apis<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

impl<'c> Tx<'c> {
    /// APIs.
    pub const fn apis(&mut self) -> Apis<'_, 'c> {
        Apis { tx: self }
    }
}

impl Apis<'_, '_> {
    /// Finds an API.
    pub fn by_id(&mut self, id: &ApiId) -> Result<Option<Api>, StoreError> {
        self.tx.one(&BY_ID, params![id], read)
    }

    /// Finds an API and holds its row until the end of the unit of work, so that a change based on
    /// it cannot undo another one.
    pub fn by_id_to_change(&mut self, id: &ApiId) -> Result<Option<Api>, StoreError> {
        self.tx.one(&LOCK, params![id], read)
    }

    /// Finds the API whose identifier this is, or was: a former identifier works until its end
    /// (ruling R11). The API's `identifier` tells which of the two it was.
    pub fn by_identifier(
        &mut self,
        identifier: &str,
        now: Timestamp,
    ) -> Result<Option<Api>, StoreError> {
        if let Some(api) = self.tx.one(&BY_IDENTIFIER, params![identifier], read)? {
            return Ok(Some(api));
        }
        self.tx.one(&BY_ALIAS, params![identifier, now], read)
    }

    /// Lists APIs, ordered by id; the page's key is an id.
    pub fn list(&mut self, page: &Page) -> Result<Vec<Api>, StoreError> {
        self.tx
            .all(&LIST, params![page.after, page.limit, page.offset], read)
    }

    /// Counts the APIs.
    pub fn count(&mut self) -> Result<u64, StoreError> {
        Ok(self
            .tx
            .one(&COUNT, params![], |row| row.count(0))?
            .unwrap_or_default())
    }

    /// Adds an API.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the id, the identifier or an alias is taken.
    pub fn create(&mut self, api: &Api) -> Result<(), StoreError> {
        let document = to_json(api)?;
        let params = params![api.id, api.identifier, document, api.created_at];
        self.tx.execute(&CREATE, params)?;
        self.claim_names(api)
    }

    /// Replaces an API; `false` when it does not exist. Its `updated_at` is taken as it is.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the identifier or an alias is taken.
    pub fn update(&mut self, api: &Api) -> Result<bool, StoreError> {
        let document = to_json(api)?;
        let params = params![api.id, api.identifier, document, api.updated_at];
        let updated = self.tx.execute(&UPDATE, params)? == 1;
        if updated {
            self.tx.execute(&DELETE_ALIASES, params![api.id])?;
            self.claim_names(api)?;
        }
        Ok(updated)
    }

    /// Carries client grants and permissions over to a new identifier. Called with an update that
    /// changes the identifier.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), StoreError> {
        self.tx.execute(&RENAME_IN_ROLES, params![from, to])?;
        self.tx.execute(&RENAME_IN_USERS, params![from, to])?;
        self.tx.client_grants().rename_audience(from, to)
    }

    /// Removes an API with its client grants and permissions; `false` when it does not exist.
    pub fn delete(&mut self, api: &Api) -> Result<bool, StoreError> {
        self.tx.execute(&DELETE_ALIASES, params![api.id])?;
        self.tx.execute(&DELETE_IN_ROLES, params![api.identifier])?;
        self.tx.execute(&DELETE_IN_USERS, params![api.identifier])?;
        self.tx.client_grants().delete_of_api(&api.identifier)?;
        let existed = self.tx.execute(&DELETE, params![api.id])? == 1;
        self.tx.note_change(ChangeKind::Api, api.id.as_str())?;
        Ok(existed)
    }

    /// Takes the aliases and makes sure that nobody else answers to one of the API's names.
    fn claim_names(&mut self, api: &Api) -> Result<(), StoreError> {
        let now = api.updated_at;
        let params = params![api.identifier, api.id, now];
        if self
            .tx
            .one(&ALIAS_OF_ANOTHER, params, |_| Ok(()))?
            .is_some()
        {
            return Err(StoreError::Conflict("api_aliases"));
        }
        for alias in &api.aliases {
            self.claim_alias(api, alias, now)?;
        }
        self.tx.note_change(ChangeKind::Api, api.id.as_str())
    }

    fn claim_alias(
        &mut self,
        api: &Api,
        alias: &IdentifierAlias,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let another = self
            .tx
            .one(&BY_IDENTIFIER, params![alias.identifier], read)?;
        let params = params![alias.identifier, api.id, alias.until, now];
        if another.is_some() || self.tx.execute(&CLAIM_ALIAS, params)? == 0 {
            return Err(StoreError::Conflict("api_aliases"));
        }
        Ok(())
    }
}

fn read(row: &Row<'_>) -> Result<Api, StoreError> {
    row.json(0)
}

sql! {
    const BY_ID = "SELECT document FROM apis WHERE tenant_id = ?1 AND id = ?2";
    const LOCK = "UPDATE apis
        SET updated_at = updated_at
        WHERE tenant_id = ?1 AND id = ?2
        RETURNING document";
    const BY_IDENTIFIER = "SELECT document FROM apis WHERE tenant_id = ?1 AND identifier = ?2";
    const BY_ALIAS = "SELECT apis.document
        FROM api_aliases
        JOIN apis ON apis.tenant_id = api_aliases.tenant_id AND apis.id = api_aliases.api_id
        WHERE api_aliases.tenant_id = ?1
            AND api_aliases.identifier = ?2
            AND api_aliases.until_at > ?3";
    const LIST = "SELECT document
        FROM apis
        WHERE tenant_id = ?1 AND id > ?2
        ORDER BY id
        LIMIT ?3 OFFSET ?4";
    const COUNT = "SELECT CAST(COUNT(*) AS BIGINT) FROM apis WHERE tenant_id = ?1";
    const CREATE = "INSERT INTO apis
            (tenant_id, id, identifier, document, created_at, updated_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?5)";
    const UPDATE = "UPDATE apis
        SET identifier = ?3, document = ?4, updated_at = ?5
        WHERE tenant_id = ?1 AND id = ?2";
    const DELETE = "DELETE FROM apis WHERE tenant_id = ?1 AND id = ?2";
    const ALIAS_OF_ANOTHER = "SELECT api_id
        FROM api_aliases
        WHERE tenant_id = ?1 AND identifier = ?2 AND api_id <> ?3 AND until_at > ?4";
    /// Takes an alias that is free: new, expired, or the API's own already.
    const CLAIM_ALIAS = "INSERT INTO api_aliases (tenant_id, identifier, api_id, until_at)
        VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (tenant_id, identifier) DO UPDATE
            SET api_id = excluded.api_id, until_at = excluded.until_at
            WHERE api_aliases.api_id = excluded.api_id OR api_aliases.until_at <= ?5";
    const DELETE_ALIASES = "DELETE FROM api_aliases WHERE tenant_id = ?1 AND api_id = ?2";
    const RENAME_IN_ROLES = "UPDATE role_permissions
        SET api_identifier = ?3
        WHERE tenant_id = ?1 AND api_identifier = ?2";
    const RENAME_IN_USERS = "UPDATE user_permissions
        SET api_identifier = ?3
        WHERE tenant_id = ?1 AND api_identifier = ?2";
    const DELETE_IN_ROLES = "DELETE FROM role_permissions
        WHERE tenant_id = ?1 AND api_identifier = ?2";
    const DELETE_IN_USERS = "DELETE FROM user_permissions
        WHERE tenant_id = ?1 AND api_identifier = ?2";
}
