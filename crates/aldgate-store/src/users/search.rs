//! Lists of users: searched, newest first, or all in the order of their ids.

use aldgate_core::id::ConnectionId;
use aldgate_core::user::{User, login_key};

use super::{Users, read};
use crate::error::StoreError;
use crate::page::{Page, containing};
use crate::sql::sql;
use crate::value::params;

/// Which users a list has. Empty: all.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// Those whose name or e-mail address contains this, in any case, or whose id it is.
    pub text: Option<String>,
    /// Those who are blocked, or not.
    pub blocked: Option<bool>,
    /// Those who have an account at a connection.
    pub connection: Option<ConnectionId>,
}

impl UserFilter {
    fn pattern(&self) -> Option<String> {
        self.text
            .as_deref()
            .map(|text| containing(&login_key(text)))
    }
}

impl Users<'_, '_> {
    /// Lists users, newest first. Takes the page's offset; its key has no meaning here.
    pub fn search(&mut self, filter: &UserFilter, page: &Page) -> Result<Vec<User>, StoreError> {
        let pattern = filter.pattern();
        let UserFilter {
            text,
            blocked,
            connection,
        } = filter;
        let params = params![pattern, text, blocked, connection, page.limit, page.offset];
        self.tx.all(&SEARCH, params, read)
    }

    /// Counts the users that [`Users::search`] has on all its pages.
    pub fn count(&mut self, filter: &UserFilter) -> Result<u64, StoreError> {
        let pattern = filter.pattern();
        let params = params![pattern, filter.text, filter.blocked, filter.connection];
        Ok(self
            .tx
            .one(&COUNT, params, |row| row.count(0))?
            .unwrap_or_default())
    }

    /// Lists all users in the order of their ids, for programs that read them all; the page's key
    /// is an id.
    pub fn list(&mut self, page: &Page) -> Result<Vec<User>, StoreError> {
        self.tx
            .all(&LIST, params![page.after, page.limit, page.offset], read)
    }
}

sql! {
    const SEARCH = "SELECT document
        FROM users
        WHERE tenant_id = ?1
            AND (CAST(?2 AS TEXT) IS NULL
                OR name_key LIKE ?2 ESCAPE '\\' OR email_key LIKE ?2 ESCAPE '\\' OR id = ?3)
            AND (CAST(?4 AS BIGINT) IS NULL OR blocked = ?4)
            AND (CAST(?5 AS TEXT) IS NULL OR id IN (
                SELECT user_id FROM identities WHERE tenant_id = ?1 AND connection_id = ?5))
        ORDER BY created_at DESC, id
        LIMIT ?6 OFFSET ?7";
    const COUNT = "SELECT CAST(COUNT(*) AS BIGINT)
        FROM users
        WHERE tenant_id = ?1
            AND (CAST(?2 AS TEXT) IS NULL
                OR name_key LIKE ?2 ESCAPE '\\' OR email_key LIKE ?2 ESCAPE '\\' OR id = ?3)
            AND (CAST(?4 AS BIGINT) IS NULL OR blocked = ?4)
            AND (CAST(?5 AS TEXT) IS NULL OR id IN (
                SELECT user_id FROM identities WHERE tenant_id = ?1 AND connection_id = ?5))";
    const LIST = "SELECT document
        FROM users
        WHERE tenant_id = ?1 AND id > ?2
        ORDER BY id
        LIMIT ?3 OFFSET ?4";
}
