//! Refresh tokens: families of generations, each retired once (RTK-01, RTK-02).

use aldgate_core::grant::Grant;
use aldgate_core::grant::refresh::RefreshToken;
use aldgate_core::id::{ClientId, GrantId, UserId};
use aldgate_core::secret::TokenHash;
use aldgate_core::time::Timestamp;

use crate::error::StoreError;
use crate::grants::StoredGrant;
use crate::page::Page;
use crate::row::Row;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::params;

/// The refresh tokens of a tenant.
pub struct RefreshTokens<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

/// A refresh token with its family.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundRefreshToken {
    /// The token's facts.
    pub token: RefreshToken,
    /// The youngest generation of its family.
    pub newest: i64,
    /// Its grant.
    pub grant: StoredGrant,
}

/// A family with a token that can be used, and its grant.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveFamily {
    /// The grant, whose id names the family.
    pub grant: Grant,
    /// When its newest token was issued.
    pub issued_at: Timestamp,
    /// When that ends if it is not used.
    pub idle_expires_at: Timestamp,
    /// When the family ends.
    pub expires_at: Timestamp,
}

impl<'c> Tx<'c> {
    /// Refresh tokens.
    pub const fn refresh_tokens(&mut self) -> RefreshTokens<'_, 'c> {
        RefreshTokens { tx: self }
    }
}

impl RefreshTokens<'_, '_> {
    /// Adds a token that is not retired.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the hash is taken.
    pub fn create(
        &mut self,
        hash: &TokenHash,
        token: &RefreshToken,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let params = params![
            hash,
            token.grant_id,
            token.generation,
            now,
            token.idle_expires_at,
            token.expires_at,
        ];
        self.tx.execute(&CREATE, params).map(drop)
    }

    /// Finds a token, retired or not, with its family and grant.
    pub fn find(&mut self, hash: &TokenHash) -> Result<Option<FoundRefreshToken>, StoreError> {
        self.tx.one(&FIND, params![hash], read)
    }

    /// The families of a user that can be used at `now`, ordered by id; the page's key is an id.
    pub fn of_user(
        &mut self,
        user: &UserId,
        now: Timestamp,
        page: &Page,
    ) -> Result<Vec<LiveFamily>, StoreError> {
        let params = params![user, page.after, now, page.limit, page.offset];
        self.tx.all(&OF_USER, params, family)
    }

    /// The family of a grant, if it can be used at `now`.
    pub fn of_grant(
        &mut self,
        grant: &GrantId,
        now: Timestamp,
    ) -> Result<Option<LiveFamily>, StoreError> {
        self.tx.one(&OF_GRANT, params![grant, now], family)
    }

    /// Retires a token; `false` when somebody else was first.
    pub fn retire(&mut self, hash: &TokenHash, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.tx.execute(&RETIRE, params![hash, now])? == 1)
    }

    /// Removes the oldest families between a user and an application beyond the `keep` youngest
    /// that still work. Cheap where she has no more than `keep` grants there.
    pub fn keep_youngest(
        &mut self,
        (user, client): (&UserId, &ClientId),
        keep: u32,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let keep = i64::from(keep);
        let more = self
            .tx
            .one(&MORE_THAN, params![user, client, keep], |row| row.int(0))?;
        if more.is_some() {
            self.tx
                .execute(&KEEP_YOUNGEST, params![user, client, keep, now])?;
        }
        Ok(())
    }

    /// Starts the idle lifetime of a token anew.
    pub fn touch(&mut self, hash: &TokenHash, idle_end: Timestamp) -> Result<(), StoreError> {
        self.tx.execute(&TOUCH, params![hash, idle_end]).map(drop)
    }
}

fn family(row: &Row<'_>) -> Result<LiveFamily, StoreError> {
    Ok(LiveFamily {
        grant: row.json(0)?,
        issued_at: row.at(1)?,
        idle_expires_at: row.at(2)?,
        expires_at: row.at(3)?,
    })
}

fn read(row: &Row<'_>) -> Result<FoundRefreshToken, StoreError> {
    Ok(FoundRefreshToken {
        token: RefreshToken {
            grant_id: row.parse(0)?,
            generation: row.int(1)?,
            idle_expires_at: row.at(2)?,
            expires_at: row.at(3)?,
            retired_at: row.opt_at(4)?,
        },
        newest: row.int(5)?,
        grant: StoredGrant::read(row, 6)?,
    })
}

sql! {
    const CREATE = "INSERT INTO refresh_tokens
        (tenant_id, hash, grant_id, generation, created_at, idle_expires_at, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    const FIND = "SELECT token.grant_id, token.generation, token.idle_expires_at,
            token.expires_at, token.retired_at,
            (SELECT MAX(family.generation) FROM refresh_tokens family
                WHERE family.tenant_id = ?1 AND family.grant_id = token.grant_id),
            grants.document, grants.revoked_at
        FROM refresh_tokens token
        JOIN grants ON grants.tenant_id = ?1 AND grants.id = token.grant_id
        WHERE token.tenant_id = ?1 AND token.hash = ?2";
    const OF_USER = "SELECT grants.document, token.created_at, token.idle_expires_at,
            token.expires_at
        FROM grants
        JOIN refresh_tokens token ON token.tenant_id = ?1 AND token.grant_id = grants.id
        WHERE grants.tenant_id = ?1
            AND grants.user_id = ?2
            AND grants.id > ?3
            AND grants.revoked_at IS NULL
            AND token.retired_at IS NULL
            AND token.expires_at > ?4
            AND token.idle_expires_at > ?4
        ORDER BY grants.id
        LIMIT ?5 OFFSET ?6";
    const OF_GRANT = "SELECT grants.document, token.created_at, token.idle_expires_at,
            token.expires_at
        FROM grants
        JOIN refresh_tokens token ON token.tenant_id = ?1 AND token.grant_id = grants.id
        WHERE grants.tenant_id = ?1
            AND grants.id = ?2
            AND grants.revoked_at IS NULL
            AND token.retired_at IS NULL
            AND token.expires_at > ?3
            AND token.idle_expires_at > ?3
        ORDER BY token.generation DESC
        LIMIT 1";
    const RETIRE = "UPDATE refresh_tokens SET retired_at = ?3
        WHERE tenant_id = ?1 AND hash = ?2 AND retired_at IS NULL";
    const MORE_THAN = "SELECT 1
        FROM grants
        WHERE tenant_id = ?1 AND user_id = ?2 AND client_id = ?3
        LIMIT 1 OFFSET ?4";
    const KEEP_YOUNGEST = "DELETE FROM refresh_tokens
        WHERE tenant_id = ?1 AND grant_id IN (
            SELECT grants.id FROM grants
            WHERE grants.tenant_id = ?1 AND grants.user_id = ?2 AND grants.client_id = ?3
                AND grants.revoked_at IS NULL
                AND EXISTS (SELECT 1 FROM refresh_tokens token
                    WHERE token.tenant_id = ?1 AND token.grant_id = grants.id
                        AND token.retired_at IS NULL AND token.expires_at > ?5)
            ORDER BY grants.created_at DESC, grants.id DESC
            LIMIT 1000 OFFSET ?4)";
    const TOUCH = "UPDATE refresh_tokens SET idle_expires_at = ?3
        WHERE tenant_id = ?1 AND hash = ?2 AND retired_at IS NULL";
}
