//! Applications (wire: clients).

use aldgate_core::application::Application;
use aldgate_core::id::ClientId;
use aldgate_core::user::login_key;

use crate::changes::ChangeKind;
use crate::error::StoreError;
use crate::page::{Page, containing};
use crate::row::Row;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::{params, to_json};

/// The applications of a tenant.
pub struct Applications<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

impl<'c> Tx<'c> {
    /// Applications.
    pub const fn applications(&mut self) -> Applications<'_, 'c> {
        Applications { tx: self }
    }
}

impl Applications<'_, '_> {
    /// Finds an application.
    pub fn by_id(&mut self, id: &ClientId) -> Result<Option<Application>, StoreError> {
        self.tx.one(&BY_ID, params![id], read)
    }

    /// Finds an application and holds its row until the end of the unit of work, so that a change
    /// based on it cannot undo another one.
    pub fn by_id_to_change(&mut self, id: &ClientId) -> Result<Option<Application>, StoreError> {
        self.tx.one(&LOCK, params![id], read)
    }

    /// Lists applications whose name contains `text`, whatever its case, ordered by id; the page's
    /// key is an id.
    pub fn list(&mut self, text: &str, page: &Page) -> Result<Vec<Application>, StoreError> {
        let pattern = containing(&login_key(text));
        self.tx.all(
            &LIST,
            params![page.after, pattern, page.limit, page.offset],
            read,
        )
    }

    /// Counts the applications that [`Applications::list`] has on all its pages.
    pub fn count(&mut self, text: &str) -> Result<u64, StoreError> {
        let pattern = containing(&login_key(text));
        let count = self.tx.one(&COUNT, params![pattern], |row| row.count(0))?;
        Ok(count.unwrap_or_default())
    }

    /// Adds an application.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the id is taken.
    pub fn create(&mut self, application: &Application) -> Result<(), StoreError> {
        let (document, name) = (to_json(application)?, login_key(&application.name));
        let params = params![application.id, name, document, application.created_at];
        self.tx.execute(&CREATE, params)?;
        self.note(&application.id)
    }

    /// Replaces an application; `false` when it does not exist. Its `updated_at` is taken as it is.
    pub fn update(&mut self, application: &Application) -> Result<bool, StoreError> {
        let (document, name) = (to_json(application)?, login_key(&application.name));
        let params = params![application.id, name, document, application.updated_at];
        let updated = self.tx.execute(&UPDATE, params)? == 1;
        self.note(&application.id)?;
        Ok(updated)
    }

    /// Removes an application with its client grants, consents, grants and tokens; `false` when it
    /// does not exist.
    pub fn delete(&mut self, id: &ClientId) -> Result<bool, StoreError> {
        for statement in [
            &DELETE_CODES,
            &DELETE_REFRESH_TOKENS,
            &DELETE_ACCESS_TOKENS,
            &DELETE_GRANTS,
            &DELETE_CONSENTS,
        ] {
            self.tx.execute(statement, params![id])?;
        }
        self.tx.client_grants().delete_of_application(id)?;
        let existed = self.tx.execute(&DELETE, params![id])? == 1;
        self.note(id)?;
        Ok(existed)
    }

    fn note(&mut self, id: &ClientId) -> Result<(), StoreError> {
        self.tx.note_change(ChangeKind::Application, id.as_str())
    }
}

fn read(row: &Row<'_>) -> Result<Application, StoreError> {
    row.json(0)
}

sql! {
    const BY_ID = "SELECT document FROM applications WHERE tenant_id = ?1 AND id = ?2";
    const LOCK = "UPDATE applications
        SET updated_at = updated_at
        WHERE tenant_id = ?1 AND id = ?2
        RETURNING document";
    const LIST = "SELECT document
        FROM applications
        WHERE tenant_id = ?1 AND id > ?2 AND name_key LIKE ?3 ESCAPE '\\'
        ORDER BY id
        LIMIT ?4 OFFSET ?5";
    const COUNT = "SELECT CAST(COUNT(*) AS BIGINT)
        FROM applications
        WHERE tenant_id = ?1 AND name_key LIKE ?2 ESCAPE '\\'";
    const CREATE = "INSERT INTO applications
            (tenant_id, id, name_key, document, created_at, updated_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?5)";
    const UPDATE = "UPDATE applications
        SET name_key = ?3, document = ?4, updated_at = ?5
        WHERE tenant_id = ?1 AND id = ?2";
    const DELETE = "DELETE FROM applications WHERE tenant_id = ?1 AND id = ?2";
    const DELETE_CODES = "DELETE FROM codes
        WHERE tenant_id = ?1 AND grant_id IN (
            SELECT id FROM grants WHERE tenant_id = ?1 AND client_id = ?2)";
    const DELETE_REFRESH_TOKENS = "DELETE FROM refresh_tokens
        WHERE tenant_id = ?1 AND grant_id IN (
            SELECT id FROM grants WHERE tenant_id = ?1 AND client_id = ?2)";
    const DELETE_ACCESS_TOKENS = "DELETE FROM access_tokens
        WHERE tenant_id = ?1 AND grant_id IN (
            SELECT id FROM grants WHERE tenant_id = ?1 AND client_id = ?2)";
    const DELETE_GRANTS = "DELETE FROM grants WHERE tenant_id = ?1 AND client_id = ?2";
    const DELETE_CONSENTS = "DELETE FROM consents WHERE tenant_id = ?1 AND client_id = ?2";
}
