//! Opaque access tokens, good for `/userinfo`.

use aldgate_core::id::GrantId;
use aldgate_core::scope::Scopes;
use aldgate_core::secret::TokenHash;
use aldgate_core::time::Timestamp;
use aldgate_core::user::User;

use crate::error::StoreError;
use crate::grants::StoredGrant;
use crate::row::Row;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::params;

/// The opaque access tokens of a tenant.
pub struct AccessTokens<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

/// An opaque access token's facts. The token itself exists only as a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// The grant it hangs on.
    pub grant_id: GrantId,
    /// What it may be used for.
    pub scope: Scopes,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl<'c> Tx<'c> {
    /// Opaque access tokens.
    pub const fn access_tokens(&mut self) -> AccessTokens<'_, 'c> {
        AccessTokens { tx: self }
    }
}

impl AccessTokens<'_, '_> {
    /// Adds a token. One that is there already stays: a refresh within the leeway gives the same
    /// token again.
    pub fn create(&mut self, hash: &TokenHash, token: &AccessToken) -> Result<(), StoreError> {
        let scope = token.scope.to_string();
        let params = params![
            hash,
            token.grant_id,
            scope,
            token.created_at,
            token.expires_at
        ];
        self.tx.execute(&CREATE, params).map(drop)
    }

    /// Finds a token with its grant.
    pub fn find(
        &mut self,
        hash: &TokenHash,
    ) -> Result<Option<(AccessToken, StoredGrant)>, StoreError> {
        self.tx.one(&FIND, params![hash], read)
    }

    /// Finds a token with its grant and with whom it is about.
    pub fn find_with_user(
        &mut self,
        hash: &TokenHash,
    ) -> Result<Option<(AccessToken, StoredGrant, Option<User>)>, StoreError> {
        self.tx.one(&FIND_WITH_USER, params![hash], |row| {
            let (token, grant) = read(row)?;
            let user = row.opt_text(6)?.map(|_| row.json(6)).transpose()?;
            Ok((token, grant, user))
        })
    }

    /// Removes a token; `false` when it is gone.
    pub fn delete(&mut self, hash: &TokenHash) -> Result<bool, StoreError> {
        Ok(self.tx.execute(&DELETE, params![hash])? == 1)
    }
}

fn read(row: &Row<'_>) -> Result<(AccessToken, StoredGrant), StoreError> {
    let scope = Scopes::parse(row.text(1)?).map_err(|e| row.corrupt(1, &e.to_string()))?;
    let token = AccessToken {
        grant_id: row.parse(0)?,
        scope,
        created_at: row.at(2)?,
        expires_at: row.at(3)?,
    };
    Ok((token, StoredGrant::read(row, 4)?))
}

sql! {
    const CREATE = "INSERT INTO access_tokens
        (tenant_id, hash, grant_id, scope, created_at, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (tenant_id, hash) DO NOTHING";
    const FIND = "SELECT token.grant_id, token.scope, token.created_at, token.expires_at,
            grants.document, grants.revoked_at
        FROM access_tokens token
        JOIN grants ON grants.tenant_id = ?1 AND grants.id = token.grant_id
        WHERE token.tenant_id = ?1 AND token.hash = ?2";
    const FIND_WITH_USER = "SELECT token.grant_id, token.scope, token.created_at, token.expires_at,
            grants.document, grants.revoked_at, users.document
        FROM access_tokens token
        JOIN grants ON grants.tenant_id = ?1 AND grants.id = token.grant_id
        LEFT JOIN users ON users.tenant_id = ?1 AND users.id = grants.user_id
        WHERE token.tenant_id = ?1 AND token.hash = ?2";
    const DELETE = "DELETE FROM access_tokens WHERE tenant_id = ?1 AND hash = ?2";
}
