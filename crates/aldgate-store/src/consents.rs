//! Consents: what users allowed applications, one row for each audience.

use aldgate_core::consent::Consent;
use aldgate_core::id::{ClientId, UserId};
use aldgate_core::scope::Scopes;
use aldgate_core::time::Timestamp;

use crate::error::StoreError;
use crate::page::Page;
use crate::row::Row;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::params;

/// The consents of a tenant.
pub struct Consents<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

impl<'c> Tx<'c> {
    /// Consents: what users allowed applications.
    pub const fn consents(&mut self) -> Consents<'_, 'c> {
        Consents { tx: self }
    }
}

impl Consents<'_, '_> {
    /// What a user allowed an application for an audience; `None`: user info only.
    pub fn find(
        &mut self,
        user: &UserId,
        client: &ClientId,
        audience: Option<&str>,
    ) -> Result<Option<Consent>, StoreError> {
        let audience = audience.unwrap_or_default();
        self.tx.one(&FIND, params![user, client, audience], read)
    }

    /// What a user allowed, to whichever application, ordered by application.
    pub fn of_user(&mut self, user: &UserId, page: &Page) -> Result<Vec<Consent>, StoreError> {
        self.tx
            .all(&OF_USER, params![user, page.limit, page.offset], read)
    }

    /// Finds a consent by its id.
    pub fn by_id(&mut self, id: &str) -> Result<Option<Consent>, StoreError> {
        self.tx.one(&BY_ID, params![id], read)
    }

    /// What users allowed, of the tenant, ordered by id; `client` and `audience` narrow it. The
    /// page's key is an id.
    pub fn list(
        &mut self,
        client: Option<&ClientId>,
        audience: Option<&str>,
        page: &Page,
    ) -> Result<Vec<Consent>, StoreError> {
        let params = params![page.after, client, audience, page.limit, page.offset];
        self.tx.all(&LIST, params, read)
    }

    /// Forgets everything that a user allowed; returns how many consents.
    pub fn withdraw_of_user(&mut self, user: &UserId) -> Result<u64, StoreError> {
        self.tx.execute(&WITHDRAW_OF_USER, params![user])
    }

    /// Remembers a consent; an earlier one for the same user, application and audience keeps its id
    /// and gets the new scope.
    pub fn give(&mut self, consent: &Consent) -> Result<(), StoreError> {
        let audience = consent.audience.as_deref().unwrap_or_default();
        let scope = consent.scope.to_string();
        let params = params![
            consent.user_id,
            consent.client_id,
            audience,
            consent.id,
            scope,
            consent.created_at,
            consent.updated_at
        ];
        self.tx.execute(&GIVE, params).map(drop)
    }

    /// Forgets a consent and revokes everything that the user gave the application, because its
    /// tokens rest on what she allowed; `false` when there was none.
    pub fn withdraw(&mut self, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        let parties = self.tx.one(&WITHDRAW, params![id], |row| {
            Ok((row.parse(0)?, row.parse(1)?))
        })?;
        let Some((user, client)) = parties else {
            return Ok(false);
        };
        self.tx.grants().revoke_between(&user, &client, now)?;
        Ok(true)
    }
}

fn read(row: &Row<'_>) -> Result<Consent, StoreError> {
    let audience = row.text(3)?;
    Ok(Consent {
        id: row.text(0)?.to_owned(),
        user_id: row.parse(1)?,
        client_id: row.parse(2)?,
        audience: (!audience.is_empty()).then(|| audience.to_owned()),
        scope: Scopes::parse(row.text(4)?).map_err(|e| row.corrupt(4, &e.to_string()))?,
        created_at: row.at(5)?,
        updated_at: row.at(6)?,
    })
}

sql! {
    const FIND = "SELECT id, user_id, client_id, audience, scope, created_at, updated_at
        FROM consents
        WHERE tenant_id = ?1 AND user_id = ?2 AND client_id = ?3 AND audience = ?4";
    const OF_USER = "SELECT id, user_id, client_id, audience, scope, created_at, updated_at
        FROM consents
        WHERE tenant_id = ?1 AND user_id = ?2
        ORDER BY client_id, audience
        LIMIT ?3 OFFSET ?4";
    const BY_ID = "SELECT id, user_id, client_id, audience, scope, created_at, updated_at
        FROM consents
        WHERE tenant_id = ?1 AND id = ?2";
    const LIST = "SELECT id, user_id, client_id, audience, scope, created_at, updated_at
        FROM consents
        WHERE tenant_id = ?1
            AND id > ?2
            AND (CAST(?3 AS TEXT) IS NULL OR client_id = ?3)
            AND (CAST(?4 AS TEXT) IS NULL OR audience = ?4)
        ORDER BY id
        LIMIT ?5 OFFSET ?6";
    const WITHDRAW_OF_USER = "DELETE FROM consents WHERE tenant_id = ?1 AND user_id = ?2";
    const GIVE = "INSERT INTO consents
            (tenant_id, user_id, client_id, audience, id, scope, created_at, updated_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        ON CONFLICT (tenant_id, user_id, client_id, audience)
        DO UPDATE SET scope = excluded.scope, updated_at = excluded.updated_at";
    const WITHDRAW = "DELETE FROM consents
        WHERE tenant_id = ?1 AND id = ?2
        RETURNING user_id, client_id";
}
