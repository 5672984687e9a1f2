//! Client grants: which scopes of an API an application may have.

use aldgate_core::client_grant::{ClientGrant, SubjectType};
use aldgate_core::id::{ClientGrantId, ClientId};

use crate::changes::ChangeKind;
use crate::error::StoreError;
use crate::page::Page;
use crate::row::Row;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::{params, to_json};

/// The client grants of a tenant.
pub struct ClientGrants<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

/// Which client grants a list has. Empty: all.
#[derive(Debug, Clone, Default)]
pub struct ClientGrantFilter {
    /// Those of one application.
    pub client_id: Option<ClientId>,
    /// Those for one API, by its identifier.
    pub audience: Option<String>,
    /// Those for one kind of subject.
    pub subject_type: Option<SubjectType>,
}

impl<'c> Tx<'c> {
    /// Client grants.
    pub const fn client_grants(&mut self) -> ClientGrants<'_, 'c> {
        ClientGrants { tx: self }
    }
}

impl ClientGrants<'_, '_> {
    /// Finds a client grant.
    pub fn by_id(&mut self, id: &ClientGrantId) -> Result<Option<ClientGrant>, StoreError> {
        self.tx.one(&BY_ID, params![id], read)
    }

    /// Finds a client grant and holds its row until the end of the unit of work, so that a change
    /// based on it cannot undo another one.
    pub fn by_id_to_change(
        &mut self,
        id: &ClientGrantId,
    ) -> Result<Option<ClientGrant>, StoreError> {
        self.tx.one(&LOCK, params![id], read)
    }

    /// Finds what an application may have of an API, given by its identifier.
    pub fn of(
        &mut self,
        client: &ClientId,
        audience: &str,
        subject: SubjectType,
    ) -> Result<Option<ClientGrant>, StoreError> {
        self.tx
            .one(&BY_PAIR, params![client, audience, subject.as_str()], read)
    }

    /// Lists client grants, ordered by id; the page's key is an id.
    pub fn list(
        &mut self,
        filter: &ClientGrantFilter,
        page: &Page,
    ) -> Result<Vec<ClientGrant>, StoreError> {
        let subject = filter.subject_type.map(SubjectType::as_str);
        self.tx.all(
            &LIST,
            params![
                page.after,
                filter.client_id,
                filter.audience,
                subject,
                page.limit,
                page.offset
            ],
            read,
        )
    }

    /// Counts the client grants that [`ClientGrants::list`] has on all its pages.
    pub fn count(&mut self, filter: &ClientGrantFilter) -> Result<u64, StoreError> {
        let subject = filter.subject_type.map(SubjectType::as_str);
        let params = params![filter.client_id, filter.audience, subject];
        Ok(self
            .tx
            .one(&COUNT, params, |row| row.count(0))?
            .unwrap_or_default())
    }

    /// Adds a client grant.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the application has one for this API and subject already.
    pub fn create(&mut self, grant: &ClientGrant) -> Result<(), StoreError> {
        let document = to_json(grant)?;
        let subject = grant.subject_type.as_str();
        let (client, audience) = (&grant.client_id, &grant.audience);
        let params = params![
            grant.id,
            client,
            audience,
            subject,
            document,
            grant.created_at
        ];
        self.tx.execute(&CREATE, params)?;
        self.note(&grant.id)
    }

    /// Replaces a client grant; `false` when it does not exist. Application, API and subject stay
    /// as they are.
    pub fn update(&mut self, grant: &ClientGrant) -> Result<bool, StoreError> {
        let document = to_json(grant)?;
        let updated = self
            .tx
            .execute(&UPDATE, params![grant.id, document, grant.updated_at])?;
        self.note(&grant.id)?;
        Ok(updated == 1)
    }

    /// Removes a client grant; `false` when it does not exist.
    pub fn delete(&mut self, id: &ClientGrantId) -> Result<bool, StoreError> {
        let existed = self.tx.execute(&DELETE, params![id])? == 1;
        self.note(id)?;
        Ok(existed)
    }

    pub(crate) fn delete_of_application(&mut self, id: &ClientId) -> Result<(), StoreError> {
        let ids = self
            .tx
            .all(&DELETE_OF_APPLICATION, params![id], |row| row.parse(0))?;
        ids.iter().try_for_each(|id| self.note(id))
    }

    pub(crate) fn delete_of_api(&mut self, identifier: &str) -> Result<(), StoreError> {
        let ids = self
            .tx
            .all(&DELETE_OF_API, params![identifier], |row| row.parse(0))?;
        ids.iter().try_for_each(|id| self.note(id))
    }

    /// The audience stands in the document too, so each is written anew.
    pub(crate) fn rename_audience(&mut self, from: &str, to: &str) -> Result<(), StoreError> {
        for mut grant in self.tx.all(&BY_AUDIENCE, params![from], read)? {
            to.clone_into(&mut grant.audience);
            let document = to_json(&grant)?;
            self.tx.execute(&RENAME, params![grant.id, to, document])?;
            self.note(&grant.id)?;
        }
        Ok(())
    }

    /// Takes scopes out of every client grant for an API: it no longer defines them.
    pub fn abolish(&mut self, audience: &str, scopes: &[String]) -> Result<(), StoreError> {
        for mut grant in self.tx.all(&BY_AUDIENCE, params![audience], read)? {
            let kept = grant.scope.filter(|s| !scopes.iter().any(|gone| gone == s));
            if kept != grant.scope {
                grant.scope = kept;
                self.update(&grant)?;
            }
        }
        Ok(())
    }

    fn note(&mut self, id: &ClientGrantId) -> Result<(), StoreError> {
        self.tx.note_change(ChangeKind::ClientGrant, id.as_str())
    }
}

fn read(row: &Row<'_>) -> Result<ClientGrant, StoreError> {
    row.json(0)
}

sql! {
    const BY_ID = "SELECT document FROM client_grants WHERE tenant_id = ?1 AND id = ?2";
    const LOCK = "UPDATE client_grants
        SET updated_at = updated_at
        WHERE tenant_id = ?1 AND id = ?2
        RETURNING document";
    const BY_PAIR = "SELECT document
        FROM client_grants
        WHERE tenant_id = ?1 AND client_id = ?2 AND audience = ?3 AND subject_type = ?4";
    const BY_AUDIENCE = "SELECT document
        FROM client_grants
        WHERE tenant_id = ?1 AND audience = ?2";
    const LIST = "SELECT document
        FROM client_grants
        WHERE tenant_id = ?1 AND id > ?2
            AND (CAST(?3 AS TEXT) IS NULL OR client_id = ?3)
            AND (CAST(?4 AS TEXT) IS NULL OR audience = ?4)
            AND (CAST(?5 AS TEXT) IS NULL OR subject_type = ?5)
        ORDER BY id
        LIMIT ?6 OFFSET ?7";
    const COUNT = "SELECT CAST(COUNT(*) AS BIGINT)
        FROM client_grants
        WHERE tenant_id = ?1
            AND (CAST(?2 AS TEXT) IS NULL OR client_id = ?2)
            AND (CAST(?3 AS TEXT) IS NULL OR audience = ?3)
            AND (CAST(?4 AS TEXT) IS NULL OR subject_type = ?4)";
    const CREATE = "INSERT INTO client_grants
            (tenant_id, id, client_id, audience, subject_type, document, created_at, updated_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)";
    const UPDATE = "UPDATE client_grants
        SET document = ?3, updated_at = ?4
        WHERE tenant_id = ?1 AND id = ?2";
    const RENAME = "UPDATE client_grants
        SET audience = ?3, document = ?4
        WHERE tenant_id = ?1 AND id = ?2";
    const DELETE = "DELETE FROM client_grants WHERE tenant_id = ?1 AND id = ?2";
    const DELETE_OF_APPLICATION = "DELETE FROM client_grants
        WHERE tenant_id = ?1 AND client_id = ?2
        RETURNING id";
    const DELETE_OF_API = "DELETE FROM client_grants
        WHERE tenant_id = ?1 AND audience = ?2
        RETURNING id";
}
