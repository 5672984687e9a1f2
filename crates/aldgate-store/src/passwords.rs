//! Passwords of database users, as hashes; hashing itself happens elsewhere.

use aldgate_core::id::UserId;
use aldgate_core::secret::Secret;
use aldgate_core::time::Timestamp;

use crate::error::StoreError;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::{params, to_json};

/// The most former hashes that are kept (Auth0's `password_history.size`: up to 24).
const FORMER_MAX: usize = 24;

/// The passwords of a tenant's users.
pub struct Passwords<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

/// What is stored of a user's password.
#[derive(Debug, Clone)]
pub struct StoredPassword {
    /// The hash in PHC or another self-describing format.
    pub hash: Secret<String>,
    /// Former hashes, latest first, if the connection keeps a history.
    pub former: Vec<Secret<String>>,
    /// When it was set.
    pub changed_at: Timestamp,
}

impl<'c> Tx<'c> {
    /// Passwords.
    pub const fn passwords(&mut self) -> Passwords<'_, 'c> {
        Passwords { tx: self }
    }
}

impl Passwords<'_, '_> {
    /// Reads what is stored of a user's password.
    pub fn of(&mut self, user: &UserId) -> Result<Option<StoredPassword>, StoreError> {
        self.tx.one(&OF_USER, params![user], |row| {
            let former: Vec<Secret<String>> = row.json(1)?;
            let hash = Secret::new(row.text(0)?.to_owned());
            Ok(StoredPassword {
                hash,
                former,
                changed_at: row.at(2)?,
            })
        })
    }

    /// Sets a user's password and keeps up to `history` (at most 24) former hashes.
    pub fn set(
        &mut self,
        user: &UserId,
        hash: &Secret<String>,
        history: usize,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut former: Vec<Secret<String>> = Vec::new();
        if let Some(current) = self.of(user)? {
            former.push(current.hash);
            former.extend(current.former);
        }
        former.truncate(history.min(FORMER_MAX));
        let former: Vec<&str> = former.iter().map(|hash| hash.expose().as_str()).collect();
        let document = to_json(&former)?;
        self.tx
            .execute(&SET, params![user, hash.expose(), document, now])
            .map(drop)
    }

    /// Replaces a hash by a better one of the same password, unless the password was changed
    /// meanwhile; tells whether it did.
    pub fn upgrade(
        &mut self,
        user: &UserId,
        from: &Secret<String>,
        to: &Secret<String>,
    ) -> Result<bool, StoreError> {
        Ok(self
            .tx
            .execute(&UPGRADE, params![user, from.expose(), to.expose()])?
            == 1)
    }

    /// Removes a user's password; `false` when there is none.
    pub fn delete(&mut self, user: &UserId) -> Result<bool, StoreError> {
        Ok(self.tx.execute(&DELETE, params![user])? == 1)
    }
}

sql! {
    const OF_USER = "SELECT hash, document, changed_at
        FROM passwords
        WHERE tenant_id = ?1 AND user_id = ?2";
    const SET = "INSERT INTO passwords (tenant_id, user_id, hash, document, changed_at)
        VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (tenant_id, user_id) DO UPDATE
            SET hash = excluded.hash,
                document = excluded.document,
                changed_at = excluded.changed_at";
    const UPGRADE = "UPDATE passwords
        SET hash = ?4
        WHERE tenant_id = ?1 AND user_id = ?2 AND hash = ?3";
    const DELETE = "DELETE FROM passwords WHERE tenant_id = ?1 AND user_id = ?2";
}
