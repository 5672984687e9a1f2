//! Tenants: the issuers that this database holds.

use aldgate_core::id::TenantId;
use aldgate_core::tenant::Tenant;
use aldgate_core::time::Timestamp;

use crate::changes::ChangeKind;
use crate::error::StoreError;
use crate::page::Page;
use crate::row::Row;
use crate::sql::sql;
use crate::tenant_tables;
use crate::tx::{SystemTx, Tx};
use crate::value::{params, to_json};

/// All tenants.
pub struct Tenants<'t, 'c> {
    system: &'t mut SystemTx<'c>,
}

/// The row of the tenant that a transaction is within.
pub struct OwnTenant<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

impl<'c> SystemTx<'c> {
    /// All tenants.
    pub const fn tenants(&mut self) -> Tenants<'_, 'c> {
        Tenants { system: self }
    }
}

impl<'c> Tx<'c> {
    /// The tenant's own row.
    pub const fn own_tenant(&mut self) -> OwnTenant<'_, 'c> {
        OwnTenant { tx: self }
    }
}

impl Tenants<'_, '_> {
    /// Finds the tenant that answers at `authority`: host and port of its issuer.
    pub fn by_authority(&mut self, authority: &str) -> Result<Option<Tenant>, StoreError> {
        self.system.one(&BY_AUTHORITY, params![authority], read)
    }

    /// Finds a tenant.
    pub fn by_id(&mut self, id: &TenantId) -> Result<Option<Tenant>, StoreError> {
        self.system.one(&BY_ID, params![id], read)
    }

    /// Lists tenants, ordered by id; the page's key is an id.
    pub fn list(&mut self, page: &Page) -> Result<Vec<Tenant>, StoreError> {
        self.system
            .all(&LIST, params![page.after, page.limit, page.offset], read)
    }

    /// Adds a tenant.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the id or the authority is taken.
    pub fn create(&mut self, tenant: &Tenant) -> Result<(), StoreError> {
        let document = to_json(tenant)?;
        let authority = tenant.issuer.authority();
        let tx = self.system.within(&tenant.id);
        tx.execute(&CREATE, params![authority, document, tenant.created_at])?;
        tx.note_change(ChangeKind::Tenant, tenant.id.as_str())
    }

    /// Removes a tenant with everything it owns, in this one unit of work; `false` when it does not
    /// exist.
    pub fn delete(&mut self, id: &TenantId) -> Result<bool, StoreError> {
        let tx = self.system.within(id);
        for statement in tenant_tables::STATEMENTS {
            tx.execute(statement, params![])?;
        }
        let existed = tx.execute(&DELETE, params![])? == 1;
        // Written last: the deletion above covers the notes of changes too.
        tx.note_change(ChangeKind::Tenant, id.as_str())?;
        Ok(existed)
    }
}

impl OwnTenant<'_, '_> {
    /// Reads the row; `None` when the tenant was deleted meanwhile.
    pub fn load(&mut self) -> Result<Option<Tenant>, StoreError> {
        self.tx.one(&BY_ID, params![], read)
    }

    /// Reads the row and holds it until the end of the unit of work, so that a change based on it
    /// cannot undo another one.
    pub fn load_to_change(&mut self) -> Result<Option<Tenant>, StoreError> {
        self.tx.one(&LOCK, params![], read)
    }

    /// Replaces the row; `false` when it does not exist.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another tenant has the authority, or the document is another
    /// tenant's.
    pub fn update(&mut self, tenant: &Tenant, now: Timestamp) -> Result<bool, StoreError> {
        if tenant.id != *self.tx.tenant() {
            return Err(StoreError::Conflict("tenants"));
        }
        let document = to_json(tenant)?;
        let authority = tenant.issuer.authority();
        let updated = self
            .tx
            .execute(&UPDATE, params![authority, document, now])?
            == 1;
        self.tx
            .note_change(ChangeKind::Tenant, tenant.id.as_str())?;
        Ok(updated)
    }
}

fn read(row: &Row<'_>) -> Result<Tenant, StoreError> {
    row.json(0)
}

sql! {
    const BY_AUTHORITY = "SELECT document, tenant_id FROM tenants WHERE authority = ?1";
    const BY_ID = "SELECT document FROM tenants WHERE tenant_id = ?1";
    const LIST = "SELECT document
        FROM tenants
        WHERE tenant_id > ?1
        ORDER BY tenant_id
        LIMIT ?2 OFFSET ?3";
    const CREATE = "INSERT INTO tenants (tenant_id, authority, document, created_at, updated_at)
        VALUES (?1, ?2, ?3, ?4, ?4)";
    const LOCK = "UPDATE tenants
        SET updated_at = updated_at
        WHERE tenant_id = ?1
        RETURNING document";
    const UPDATE = "UPDATE tenants
        SET authority = ?2, document = ?3, updated_at = ?4
        WHERE tenant_id = ?1";
    const DELETE = "DELETE FROM tenants WHERE tenant_id = ?1";
}
