//! Further documents of a tenant, one for each kind and id: branding, texts, the mail provider, ….

use aldgate_core::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::changes::ChangeKind;
use crate::error::StoreError;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::{params, to_json};

/// The settings documents of a tenant. The types are the callers'.
pub struct Settings<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

impl<'c> Tx<'c> {
    /// Settings documents.
    pub const fn settings(&mut self) -> Settings<'_, 'c> {
        Settings { tx: self }
    }
}

impl Settings<'_, '_> {
    /// Reads a document; an `id` of `""` is meant for kinds with a single one.
    pub fn load<T: DeserializeOwned>(
        &mut self,
        kind: &str,
        id: &str,
    ) -> Result<Option<T>, StoreError> {
        self.tx.one(&LOAD, params![kind, id], |row| row.json(0))
    }

    /// Reads all documents of a kind with their ids, ordered by id.
    pub fn all<T: DeserializeOwned>(&mut self, kind: &str) -> Result<Vec<(String, T)>, StoreError> {
        self.tx.all(&ALL, params![kind], |row| {
            Ok((row.text(0)?.to_owned(), row.json(1)?))
        })
    }

    /// Reads all documents with their kinds and ids: what a change of the master key goes through.
    pub fn everything(&mut self) -> Result<Vec<(String, String, Value)>, StoreError> {
        self.tx.all(&EVERYTHING, params![], |row| {
            let (kind, id) = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
            Ok((kind, id, row.json(2)?))
        })
    }

    /// Writes a document, new or in place of the former one.
    pub fn save<T: Serialize>(
        &mut self,
        kind: &str,
        id: &str,
        document: &T,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let document = to_json(document)?;
        self.tx.execute(&SAVE, params![kind, id, document, now])?;
        self.tx.note_change(ChangeKind::Settings, kind)
    }

    /// Removes a document; `false` when it does not exist.
    pub fn delete(&mut self, kind: &str, id: &str) -> Result<bool, StoreError> {
        let existed = self.tx.execute(&DELETE, params![kind, id])? == 1;
        self.tx.note_change(ChangeKind::Settings, kind)?;
        Ok(existed)
    }
}

sql! {
    const LOAD = "SELECT document
        FROM settings
        WHERE tenant_id = ?1 AND kind = ?2 AND id = ?3";
    const ALL = "SELECT id, document
        FROM settings
        WHERE tenant_id = ?1 AND kind = ?2
        ORDER BY id";
    const EVERYTHING = "SELECT kind, id, document
        FROM settings
        WHERE tenant_id = ?1
        ORDER BY kind, id";
    const SAVE = "INSERT INTO settings (tenant_id, kind, id, document, updated_at)
        VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (tenant_id, kind, id) DO UPDATE
            SET document = excluded.document, updated_at = excluded.updated_at";
    const DELETE = "DELETE FROM settings WHERE tenant_id = ?1 AND kind = ?2 AND id = ?3";
}
