//! Users, their identities and the names they log in with.

mod names;
mod search;
mod walk;

use aldgate_core::id::{ConnectionId, UserId};
use aldgate_core::user::{User, login_key};

pub use self::search::UserFilter;
pub use self::walk::{UserOrder, UserPlace, UserWalk, WalkedUser};
pub(crate) use self::{
    names::STATEMENTS as NAMES, search::STATEMENTS as SEARCH, walk::STATEMENTS as WALK,
};
use crate::error::StoreError;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::Tx;
use crate::value::{params, to_json};

/// The users of a tenant.
pub struct Users<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

/// What a database user can type to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LoginName {
    /// Her e-mail address.
    Email,
    /// Her phone number.
    Phone,
    /// Her username.
    Username,
}

/// What came of saving a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// It is done.
    Done,
    /// There is no such user; nothing was written.
    Missing,
    /// Another user has this; nothing was written.
    Taken(Taken),
}

/// What another user has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The user id.
    Id,
    /// An account at a connection.
    Identity,
    /// A name to log in with at a connection.
    Name(LoginName),
}

impl LoginName {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Username => "username",
        }
    }
}

impl<'c> Tx<'c> {
    /// Users.
    pub const fn users(&mut self) -> Users<'_, 'c> {
        Users { tx: self }
    }
}

impl Users<'_, '_> {
    /// Finds a user.
    pub fn by_id(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        self.tx.one(&BY_ID, params![id], read)
    }

    /// Finds a user and holds her row until the end of the unit of work, so that a change based on
    /// it cannot undo another one.
    pub fn by_id_to_change(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        self.tx.one(&LOCK, params![id], read)
    }

    /// Finds the user who logs in at a connection with this name, in any case.
    pub fn by_login(
        &mut self,
        connection: &ConnectionId,
        kind: LoginName,
        name: &str,
    ) -> Result<Option<User>, StoreError> {
        self.tx.one(
            &BY_LOGIN,
            params![connection, kind.as_str(), login_key(name)],
            read,
        )
    }

    /// Finds the user whose account at a connection this is; `subject` is the provider's id for
    /// her.
    pub fn by_identity(
        &mut self,
        connection: &ConnectionId,
        subject: &str,
    ) -> Result<Option<User>, StoreError> {
        self.tx
            .one(&BY_IDENTITY, params![connection, subject], read)
    }

    /// Finds the users with this e-mail address, in any case: at most 100, ordered by id. Each
    /// connection may have one.
    pub fn by_email(&mut self, email: &str) -> Result<Vec<User>, StoreError> {
        let key = login_key(email);
        if key.is_empty() {
            return Ok(Vec::new());
        }
        self.tx.all(&BY_EMAIL, params![key], read)
    }

    /// Adds a user with her identities and login names.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another unit of work takes one of her names at the same time.
    pub fn create(&mut self, user: &User) -> Result<Saved, StoreError> {
        if self.by_id(&user.id)?.is_some() {
            return Ok(Saved::Taken(Taken::Id));
        }
        let plan = match names::plan(self.tx, user)? {
            Ok(plan) => plan,
            Err(taken) => return Ok(Saved::Taken(taken)),
        };
        self.row(&CREATE, user)?;
        plan.carry_out(self.tx, &user.id)?;
        Ok(Saved::Done)
    }

    /// Replaces a user, her identities and her login names. Her `updated_at` is taken as it is.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another unit of work takes one of her names at the same time.
    pub fn update(&mut self, user: &User) -> Result<Saved, StoreError> {
        let plan = match names::plan(self.tx, user)? {
            Ok(plan) => plan,
            Err(taken) => return Ok(Saved::Taken(taken)),
        };
        if self.row(&UPDATE, user)? == 0 {
            return Ok(Saved::Missing);
        }
        plan.carry_out(self.tx, &user.id)?;
        Ok(Saved::Done)
    }

    /// Replaces a user whose identities and login names are as before, as after a login: one
    /// statement. `false` when she does not exist.
    pub fn touch(&mut self, user: &User) -> Result<bool, StoreError> {
        Ok(self.row(&UPDATE, user)? == 1)
    }

    /// The language in which she last used the pages (a BCP 47 tag), if she ever did.
    pub fn language(&mut self, id: &UserId) -> Result<Option<String>, StoreError> {
        let found = self.tx.one(&LANGUAGE, params![id], |row| {
            row.opt_text(0).map(|text| text.map(str::to_owned))
        })?;
        Ok(found.flatten())
    }

    /// Remembers the language in which she uses the pages.
    pub fn speak(&mut self, id: &UserId, language: &str) -> Result<(), StoreError> {
        self.tx.execute(&SPEAK, params![id, language]).map(drop)
    }

    /// Removes a user with everything that is hers: identities, names, password, roles,
    /// permissions, sessions, consents, tickets, grants and their tokens. `false` when she does not
    /// exist.
    pub fn delete(&mut self, id: &UserId) -> Result<bool, StoreError> {
        self.tx.upstream_tokens().forget(id)?;
        for statement in OWNED {
            self.tx.execute(statement, params![id])?;
        }
        Ok(self.tx.execute(&DELETE, params![id])? == 1)
    }

    fn row(&mut self, statement: &Sql, user: &User) -> Result<u64, StoreError> {
        let document = to_json(user)?;
        let email = user.email.as_deref().map(login_key).unwrap_or_default();
        let last_login = user.last_login.unwrap_or_default();
        let name = login_key(user.display_name());
        // The creation time is kept by an update as well: imports bring their own.
        let (created_at, updated_at) = (user.created_at, user.updated_at);
        let params = params![
            user.id,
            email,
            name,
            user.blocked,
            document,
            created_at,
            updated_at,
            last_login
        ];
        self.tx.execute(statement, params)
    }
}

fn read(row: &Row<'_>) -> Result<User, StoreError> {
    row.json(0)
}

/// What goes with a user. Tokens come before the grants that lead to them.
const OWNED: [&Sql; 12] = [
    &DELETE_CODES,
    &DELETE_REFRESH_TOKENS,
    &DELETE_ACCESS_TOKENS,
    &DELETE_GRANTS,
    &DELETE_SESSIONS,
    &DELETE_CONSENTS,
    &DELETE_TICKETS,
    &DELETE_IDENTITIES,
    &DELETE_NAMES,
    &DELETE_PASSWORD,
    &DELETE_ROLES,
    &DELETE_PERMISSIONS,
];

sql! {
    const BY_ID = "SELECT document FROM users WHERE tenant_id = ?1 AND id = ?2";
    const LOCK = "UPDATE users
        SET updated_at = updated_at
        WHERE tenant_id = ?1 AND id = ?2
        RETURNING document";
    const BY_LOGIN = "SELECT users.document
        FROM login_names
        JOIN users ON users.tenant_id = login_names.tenant_id AND users.id = login_names.user_id
        WHERE login_names.tenant_id = ?1
            AND login_names.connection_id = ?2
            AND login_names.kind = ?3
            AND login_names.name_key = ?4";
    const BY_IDENTITY = "SELECT users.document
        FROM identities
        JOIN users ON users.tenant_id = identities.tenant_id AND users.id = identities.user_id
        WHERE identities.tenant_id = ?1
            AND identities.connection_id = ?2
            AND identities.subject = ?3";
    const BY_EMAIL = "SELECT document
        FROM users
        WHERE tenant_id = ?1 AND email_key = ?2
        ORDER BY id
        LIMIT 100";
    const CREATE = "INSERT INTO users
            (tenant_id, id, email_key, name_key, blocked, document, created_at, updated_at,
            last_login_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    const UPDATE = "UPDATE users
        SET email_key = ?3,
            name_key = ?4,
            blocked = ?5,
            document = ?6,
            created_at = ?7,
            updated_at = ?8,
            last_login_at = ?9
        WHERE tenant_id = ?1 AND id = ?2";
    const LANGUAGE = "SELECT language FROM users WHERE tenant_id = ?1 AND id = ?2";
    const SPEAK = "UPDATE users SET language = ?3
        WHERE tenant_id = ?1 AND id = ?2 AND language IS DISTINCT FROM ?3";
    const DELETE = "DELETE FROM users WHERE tenant_id = ?1 AND id = ?2";
    const DELETE_CODES = "DELETE FROM codes
        WHERE tenant_id = ?1 AND grant_id IN (
            SELECT id FROM grants WHERE tenant_id = ?1 AND user_id = ?2)";
    const DELETE_REFRESH_TOKENS = "DELETE FROM refresh_tokens
        WHERE tenant_id = ?1 AND grant_id IN (
            SELECT id FROM grants WHERE tenant_id = ?1 AND user_id = ?2)";
    const DELETE_ACCESS_TOKENS = "DELETE FROM access_tokens
        WHERE tenant_id = ?1 AND grant_id IN (
            SELECT id FROM grants WHERE tenant_id = ?1 AND user_id = ?2)";
    const DELETE_GRANTS = "DELETE FROM grants WHERE tenant_id = ?1 AND user_id = ?2";
    const DELETE_SESSIONS = "DELETE FROM sessions WHERE tenant_id = ?1 AND user_id = ?2";
    const DELETE_CONSENTS = "DELETE FROM consents WHERE tenant_id = ?1 AND user_id = ?2";
    const DELETE_TICKETS = "DELETE FROM tickets WHERE tenant_id = ?1 AND user_id = ?2";
    const DELETE_IDENTITIES = "DELETE FROM identities WHERE tenant_id = ?1 AND user_id = ?2";
    const DELETE_NAMES = "DELETE FROM login_names WHERE tenant_id = ?1 AND user_id = ?2";
    const DELETE_PASSWORD = "DELETE FROM passwords WHERE tenant_id = ?1 AND user_id = ?2";
    const DELETE_ROLES = "DELETE FROM user_roles WHERE tenant_id = ?1 AND user_id = ?2";
    const DELETE_PERMISSIONS = "DELETE FROM user_permissions WHERE tenant_id = ?1 AND user_id = ?2";
}
