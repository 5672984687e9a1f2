//! Signing keys: the private half is sealed before it comes here (OPS-02).

use aldgate_core::api::SigningAlg;
use aldgate_core::id::KeyId;
use aldgate_core::key::KeyState;
use aldgate_core::time::Timestamp;
use serde_json::Value;

use crate::changes::ChangeKind;
use crate::error::StoreError;
use crate::row::Row;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::{params, to_json};

/// The signing keys of a tenant.
pub struct SigningKeys<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

/// A signing key as it is stored.
#[derive(Clone, PartialEq)]
pub struct StoredKey {
    /// Its `kid`.
    pub id: KeyId,
    /// What it signs with.
    pub alg: SigningAlg,
    /// Its place in the rotation.
    pub state: KeyState,
    /// The private half, sealed under the master key.
    pub sealed: Vec<u8>,
    /// The public half and what else anyone may know: JWK, certificate, times.
    pub document: Value,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
}

impl std::fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "StoredKey({} {} {})",
            self.id,
            self.alg.as_str(),
            self.state.as_str()
        )
    }
}

impl<'c> Tx<'c> {
    /// Signing keys.
    pub const fn signing_keys(&mut self) -> SigningKeys<'_, 'c> {
        SigningKeys { tx: self }
    }
}

impl SigningKeys<'_, '_> {
    /// Lists all keys, oldest first.
    pub fn all(&mut self) -> Result<Vec<StoredKey>, StoreError> {
        self.tx.all(&ALL, params![], read)
    }

    /// Finds a key.
    pub fn by_id(&mut self, id: &KeyId) -> Result<Option<StoredKey>, StoreError> {
        self.tx.one(&BY_ID, params![id], read)
    }

    /// Adds a key.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the id, or the place of the next or current key of its
    /// algorithm, is taken: another node was quicker.
    pub fn create(&mut self, key: &StoredKey) -> Result<(), StoreError> {
        let document = to_json(&key.document)?;
        let (alg, state) = (key.alg.as_str(), key.state.as_str());
        let params = params![key.id, alg, state, key.sealed, document, key.created_at];
        self.tx.execute(&CREATE, params)?;
        self.note(&key.id)
    }

    /// Moves a key from one state to another; `false` when it is not in the first. Free the current
    /// key's place before another key takes it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the place is taken.
    pub fn advance(
        &mut self,
        id: &KeyId,
        from: KeyState,
        to: KeyState,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (from, to) = (from.as_str(), to.as_str());
        let moved = self.tx.execute(&ADVANCE, params![id, from, to, now])? == 1;
        self.note(id)?;
        Ok(moved)
    }

    /// Replaces the sealed private half after the master key changed, unless somebody else did;
    /// tells whether it did.
    pub fn reseal(&mut self, id: &KeyId, from: &[u8], to: &[u8]) -> Result<bool, StoreError> {
        let done = self.tx.execute(&RESEAL, params![id, from, to])? == 1;
        self.note(id)?;
        Ok(done)
    }

    /// Removes a key; `false` when it does not exist.
    pub fn delete(&mut self, id: &KeyId) -> Result<bool, StoreError> {
        let existed = self.tx.execute(&DELETE, params![id])? == 1;
        self.note(id)?;
        Ok(existed)
    }

    fn note(&mut self, id: &KeyId) -> Result<(), StoreError> {
        self.tx.note_change(ChangeKind::SigningKey, id.as_str())
    }
}

fn read(row: &Row<'_>) -> Result<StoredKey, StoreError> {
    let alg = serde_json::from_value(Value::String(row.text(1)?.to_owned()));
    let state = KeyState::parse(row.text(2)?);
    Ok(StoredKey {
        id: row.parse(0)?,
        alg: alg.map_err(|_| row.corrupt(1, "expected the name of an algorithm"))?,
        state: state.ok_or_else(|| row.corrupt(2, "expected the state of a key"))?,
        sealed: row.blob(3)?.to_owned(),
        document: row.json(4)?,
        created_at: row.at(5)?,
        updated_at: row.at(6)?,
    })
}

sql! {
    const ALL = "SELECT id, alg, state, sealed, document, created_at, updated_at
        FROM signing_keys
        WHERE tenant_id = ?1
        ORDER BY created_at, id";
    const BY_ID = "SELECT id, alg, state, sealed, document, created_at, updated_at
        FROM signing_keys
        WHERE tenant_id = ?1 AND id = ?2";
    const CREATE = "INSERT INTO signing_keys
            (tenant_id, id, alg, state, sealed, document, created_at, updated_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)";
    const ADVANCE = "UPDATE signing_keys
        SET state = ?4, updated_at = ?5
        WHERE tenant_id = ?1 AND id = ?2 AND state = ?3";
    const RESEAL = "UPDATE signing_keys
        SET sealed = ?4
        WHERE tenant_id = ?1 AND id = ?2 AND sealed = ?3";
    const DELETE = "DELETE FROM signing_keys WHERE tenant_id = ?1 AND id = ?2";
}
