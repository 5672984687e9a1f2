//! Users in the order of an index, from one key to another: what searches and long lists read.

use aldgate_core::id::{ConnectionId, UserId};
use serde_json::Value;

use super::Users;
use crate::error::StoreError;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::value::params;

/// Greater than every text that is stored.
const TEXT_MAX: &str = "\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}";

/// The index to walk along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserOrder {
    /// By id.
    Id,
    /// By e-mail address; those without come first.
    Email,
    /// By the name that pages show.
    Name,
    /// By when they were made.
    CreatedAt,
    /// By when they last changed.
    UpdatedAt,
    /// By when they last logged in; those who never did come first.
    LastLogin,
    /// Those who have an account at a connection, by id.
    Of(ConnectionId),
    /// Those who are blocked, by id.
    Blocked,
}

/// A place in an order: its key, then the user's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPlace {
    /// Microseconds for times, else 0.
    pub number: i64,
    /// The key of texts, else empty.
    pub text: String,
    /// The user's id; may be empty at the beginning of a walk.
    pub id: String,
}

/// A walk along an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserWalk {
    /// The index.
    pub order: UserOrder,
    /// From the greatest key down. Only for the first six orders.
    pub descending: bool,
    /// The first key and the last, both included.
    pub keys: (UserPlace, UserPlace),
}

/// A user on the way, as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct WalkedUser {
    /// Where: the walk goes on behind it.
    pub place: UserPlace,
    /// The user's document.
    pub document: Value,
}

impl UserPlace {
    /// Before everything.
    #[must_use]
    pub const fn first() -> Self {
        Self {
            number: i64::MIN,
            text: String::new(),
            id: String::new(),
        }
    }

    /// Behind everything.
    #[must_use]
    pub fn last() -> Self {
        Self {
            number: i64::MAX,
            text: TEXT_MAX.to_owned(),
            id: TEXT_MAX.to_owned(),
        }
    }

    /// Before every text that begins with `prefix`.
    #[must_use]
    pub fn before(prefix: &str) -> Self {
        Self {
            text: prefix.to_owned(),
            ..Self::first()
        }
    }

    /// Behind every text that begins with `prefix`.
    #[must_use]
    pub fn behind(prefix: &str) -> Self {
        Self {
            text: format!("{prefix}{TEXT_MAX}"),
            ..Self::last()
        }
    }
}

impl UserWalk {
    /// A walk along a whole index.
    #[must_use]
    pub fn all(order: UserOrder, descending: bool) -> Self {
        let keys = (UserPlace::first(), UserPlace::last());
        Self {
            order,
            descending,
            keys,
        }
    }

    const fn statement(&self) -> &'static Sql {
        match (&self.order, self.descending) {
            (UserOrder::Id, false) => &BY_ID_UP,
            (UserOrder::Id, true) => &BY_ID_DOWN,
            (UserOrder::Email, false) => &BY_EMAIL_UP,
            (UserOrder::Email, true) => &BY_EMAIL_DOWN,
            (UserOrder::Name, false) => &BY_NAME_UP,
            (UserOrder::Name, true) => &BY_NAME_DOWN,
            (UserOrder::CreatedAt, false) => &BY_CREATED_UP,
            (UserOrder::CreatedAt, true) => &BY_CREATED_DOWN,
            (UserOrder::UpdatedAt, false) => &BY_UPDATED_UP,
            (UserOrder::UpdatedAt, true) => &BY_UPDATED_DOWN,
            (UserOrder::LastLogin, false) => &BY_LOGIN_UP,
            (UserOrder::LastLogin, true) => &BY_LOGIN_DOWN,
            (UserOrder::Of(_), _) => &OF_CONNECTION,
            (UserOrder::Blocked, _) => &BLOCKED,
        }
    }
}

impl Users<'_, '_> {
    /// The next `limit` users of a walk, from behind `after`.
    pub fn walk(
        &mut self,
        walk: &UserWalk,
        after: Option<&UserPlace>,
        limit: u32,
    ) -> Result<Vec<WalkedUser>, StoreError> {
        let (low, high) = (&walk.keys.0, &walk.keys.1);
        let (start, end) = match walk.descending {
            false => (after.unwrap_or(low), high),
            true => (after.unwrap_or(high), low),
        };
        let statement = walk.statement();
        let id = &start.id;
        match &walk.order {
            UserOrder::CreatedAt | UserOrder::UpdatedAt | UserOrder::LastLogin => {
                let params = params![start.number, id, end.number, limit];
                self.tx
                    .all(statement, params, |row| place(row, &walk.order))
            }
            UserOrder::Email | UserOrder::Name => {
                let params = params![start.text, id, end.text, limit];
                self.tx
                    .all(statement, params, |row| place(row, &walk.order))
            }
            UserOrder::Id => {
                let params = params![id, end.id, limit];
                self.tx
                    .all(statement, params, |row| place(row, &walk.order))
            }
            UserOrder::Of(connection) => {
                let params = params![connection, id, limit];
                self.tx
                    .all(statement, params, |row| place(row, &walk.order))
            }
            UserOrder::Blocked => {
                let params = params![id, limit];
                self.tx
                    .all(statement, params, |row| place(row, &walk.order))
            }
        }
    }

    /// How many users the tenant has.
    pub fn count_all(&mut self) -> Result<u64, StoreError> {
        let count = self.tx.one(&COUNT_ALL, params![], |row| row.count(0))?;
        Ok(count.unwrap_or_default())
    }

    /// How many users were made within a span: from, and until before.
    pub fn count_created(
        &mut self,
        from: aldgate_core::time::Timestamp,
        until: aldgate_core::time::Timestamp,
    ) -> Result<u64, StoreError> {
        let count = self
            .tx
            .one(&COUNT_CREATED, params![from, until], |row| row.count(0))?;
        Ok(count.unwrap_or_default())
    }

    /// How many users last logged in at this time or later.
    pub fn count_active(
        &mut self,
        since: aldgate_core::time::Timestamp,
    ) -> Result<u64, StoreError> {
        let count = self
            .tx
            .one(&COUNT_ACTIVE, params![since], |row| row.count(0))?;
        Ok(count.unwrap_or_default())
    }
}

fn place(row: &Row<'_>, order: &UserOrder) -> Result<WalkedUser, StoreError> {
    let id: UserId = row.parse(0)?;
    let (number, text) = match order {
        UserOrder::Email => (0, row.opt_text(2)?.unwrap_or_default().to_owned()),
        UserOrder::Name => (0, row.text(3)?.to_owned()),
        UserOrder::CreatedAt => (row.int(4)?, String::new()),
        UserOrder::UpdatedAt => (row.int(5)?, String::new()),
        UserOrder::LastLogin => (row.int(6)?, String::new()),
        UserOrder::Id | UserOrder::Of(_) | UserOrder::Blocked => (0, String::new()),
    };
    let id = id.as_str().to_owned();
    Ok(WalkedUser {
        place: UserPlace { number, text, id },
        document: row.json(1)?,
    })
}

/// The users behind a place, in an order.
macro_rules! up {
    ($key:literal) => {
        concat!(
            "SELECT id, document, email_key, name_key, created_at, updated_at, last_login_at
            FROM users
            WHERE tenant_id = ?1 AND (",
            $key,
            ", id) > (?2, ?3) AND ",
            $key,
            " <= ?4 ORDER BY ",
            $key,
            ", id LIMIT ?5"
        )
    };
}

/// The users before a place, in the reverse of an order.
macro_rules! down {
    ($key:literal) => {
        concat!(
            "SELECT id, document, email_key, name_key, created_at, updated_at, last_login_at
            FROM users
            WHERE tenant_id = ?1 AND (",
            $key,
            ", id) < (?2, ?3) AND ",
            $key,
            " >= ?4 ORDER BY ",
            $key,
            " DESC, id DESC LIMIT ?5"
        )
    };
}

sql! {
    const BY_ID_UP = "SELECT id, document
        FROM users
        WHERE tenant_id = ?1 AND id > ?2 AND id <= ?3
        ORDER BY id
        LIMIT ?4";
    const BY_ID_DOWN = "SELECT id, document
        FROM users
        WHERE tenant_id = ?1 AND id < ?2 AND id >= ?3
        ORDER BY id DESC
        LIMIT ?4";
    const BY_EMAIL_UP = up!("email_key");
    const BY_EMAIL_DOWN = down!("email_key");
    const BY_NAME_UP = up!("name_key");
    const BY_NAME_DOWN = down!("name_key");
    const BY_CREATED_UP = up!("created_at");
    const BY_CREATED_DOWN = down!("created_at");
    const BY_UPDATED_UP = up!("updated_at");
    const BY_UPDATED_DOWN = down!("updated_at");
    const BY_LOGIN_UP = up!("last_login_at");
    const BY_LOGIN_DOWN = down!("last_login_at");
    const OF_CONNECTION = "SELECT users.id, users.document
        FROM identities
        JOIN users ON users.tenant_id = identities.tenant_id AND users.id = identities.user_id
        WHERE identities.tenant_id = ?1
            AND identities.connection_id = ?2
            AND identities.user_id > ?3
        ORDER BY identities.user_id
        LIMIT ?4";
    const BLOCKED = "SELECT id, document
        FROM users
        WHERE tenant_id = ?1 AND blocked = 1 AND id > ?2
        ORDER BY id
        LIMIT ?3";
    const COUNT_ALL = "SELECT CAST(COUNT(*) AS BIGINT) FROM users WHERE tenant_id = ?1";
    const COUNT_CREATED = "SELECT CAST(COUNT(*) AS BIGINT)
        FROM users
        WHERE tenant_id = ?1 AND created_at >= ?2 AND created_at < ?3";
    const COUNT_ACTIVE = "SELECT CAST(COUNT(*) AS BIGINT)
        FROM users
        WHERE tenant_id = ?1 AND last_login_at >= ?2";
}
