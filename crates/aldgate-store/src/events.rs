//! The tenant log: written in batches, searched newest first, read on from a checkpoint.

use aldgate_core::event::{Event, EventType};
use aldgate_core::id::{ClientId, EventId, UserId};
use aldgate_core::time::Timestamp;

use crate::error::StoreError;
use crate::page::Page;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::Tx;
use crate::value::{params, to_json};

/// The log of a tenant.
pub struct Events<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

/// Which events a list has. Empty: all.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Those of one of these types.
    pub kinds: Vec<EventType>,
    /// Those of an application.
    pub client_id: Option<ClientId>,
    /// Those of a user.
    pub user_id: Option<UserId>,
    /// Those with the code that a page showed.
    pub support_code: Option<String>,
    /// Those at this time or later.
    pub from: Option<Timestamp>,
    /// Those before this time.
    pub until: Option<Timestamp>,
}

impl<'c> Tx<'c> {
    /// The tenant log.
    pub const fn events(&mut self) -> Events<'_, 'c> {
        Events { tx: self }
    }
}

impl Events<'_, '_> {
    /// Adds events. One that is there already stays as it is, so a batch can be sent again.
    pub fn record(&mut self, events: &[Event]) -> Result<(), StoreError> {
        for event in events {
            let document = to_json(event)?;
            let (kind, code) = (event.kind.code(), &event.support_code);
            let (client, user) = (&event.client_id, &event.user_id);
            let params = params![event.id, kind, client, user, code, document, event.at];
            self.tx.execute(&RECORD, params)?;
        }
        Ok(())
    }

    /// Finds an event.
    pub fn by_id(&mut self, id: &EventId) -> Result<Option<Event>, StoreError> {
        self.tx.one(&BY_ID, params![id], read)
    }

    /// Lists events, newest first. Takes the page's offset; its key has no meaning here.
    pub fn search(&mut self, filter: &EventFilter, page: &Page) -> Result<Vec<Event>, StoreError> {
        let EventFilter {
            client_id,
            user_id,
            support_code,
            ..
        } = filter;
        let (kinds, kind) = filter.kinds();
        let (from, until) = filter.ids();
        self.tx.all(
            filter.search_statement(),
            params![
                user_id,
                client_id,
                support_code,
                kind,
                kinds,
                from,
                until,
                page.limit,
                page.offset
            ],
            read,
        )
    }

    /// Counts the events that [`Events::search`] has on all its pages.
    pub fn count(&mut self, filter: &EventFilter) -> Result<u64, StoreError> {
        let EventFilter {
            client_id,
            user_id,
            support_code,
            ..
        } = filter;
        let (kinds, kind) = filter.kinds();
        let (from, until) = filter.ids();
        let params = params![user_id, client_id, support_code, kind, kinds, from, until];
        let count = self
            .tx
            .one(filter.count_statement(), params, |row| row.count(0))?;
        Ok(count.unwrap_or_default())
    }

    /// Reads on, oldest first, from behind the event `last`; `None` begins at the oldest.
    pub fn after(&mut self, last: Option<&EventId>, limit: u32) -> Result<Vec<Event>, StoreError> {
        let page = Page::after(last.map_or("", EventId::as_str), limit);
        self.tx.all(&AFTER, params![page.after, page.limit], read)
    }

    /// Removes up to `limit` events from before `before`; returns how many. The tenant's retention.
    pub fn prune(&mut self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.tx.execute(&PRUNE, params![id_at(before), limit])
    }
}

impl EventFilter {
    /// Several types as a text in which each stands between commas, or else the single one.
    fn kinds(&self) -> (Option<String>, Option<&'static str>) {
        match self.kinds.as_slice() {
            [] => (None, None),
            [only] => (None, Some(only.code())),
            several => {
                let codes: Vec<&str> = several.iter().map(|kind| kind.code()).collect();
                (Some(format!(",{},", codes.join(","))), None)
            }
        }
    }

    /// The bounds as ids, which sort by time. Ids begin with a hexadecimal digit, and `g` is
    /// greater.
    fn ids(&self) -> (String, String) {
        let from = self.from.map_or_else(String::new, id_at);
        (from, self.until.map_or_else(|| "g".to_owned(), id_at))
    }

    /// The statement whose index helps most.
    fn search_statement(&self) -> &'static Sql {
        match self {
            Self {
                support_code: Some(_),
                ..
            } => &SEARCH_SUPPORT_CODE,
            Self {
                user_id: Some(_), ..
            } => &SEARCH_USER,
            Self {
                client_id: Some(_), ..
            } => &SEARCH_CLIENT,
            Self { kinds, .. } if kinds.len() == 1 => &SEARCH_TYPE,
            Self { .. } => &SEARCH,
        }
    }

    fn count_statement(&self) -> &'static Sql {
        match self {
            Self {
                support_code: Some(_),
                ..
            } => &COUNT_SUPPORT_CODE,
            Self {
                user_id: Some(_), ..
            } => &COUNT_USER,
            Self {
                client_id: Some(_), ..
            } => &COUNT_CLIENT,
            Self { kinds, .. } if kinds.len() == 1 => &COUNT_TYPE,
            Self { .. } => &COUNT,
        }
    }
}

/// The smallest id that an event at `at` can have; see [`EventId::at`].
fn id_at(at: Timestamp) -> String {
    format!("{:016x}", at.micros().max(0))
}

fn read(row: &Row<'_>) -> Result<Event, StoreError> {
    row.json(0)
}

/// Every condition, each in force only if its argument is there. `$index` is the one that is always
/// in force, so that its index can be used.
macro_rules! search {
    ($index:literal) => {
        concat!(
            "SELECT document FROM events WHERE tenant_id = ?1",
            $index,
            conditions!(),
            " ORDER BY id DESC LIMIT ?9 OFFSET ?10"
        )
    };
}

macro_rules! count {
    ($index:literal) => {
        concat!(
            "SELECT CAST(COUNT(*) AS BIGINT) FROM events WHERE tenant_id = ?1",
            $index,
            conditions!()
        )
    };
}

macro_rules! conditions {
    () => {
        " AND (CAST(?2 AS TEXT) IS NULL OR user_id = ?2)
            AND (CAST(?3 AS TEXT) IS NULL OR client_id = ?3)
            AND (CAST(?4 AS TEXT) IS NULL OR support_code = ?4)
            AND (CAST(?5 AS TEXT) IS NULL OR type = ?5)
            AND (CAST(?6 AS TEXT) IS NULL OR ?6 LIKE '%,' || type || ',%')
            AND id >= ?7
            AND id < ?8"
    };
}

sql! {
    const RECORD = "INSERT INTO events
            (tenant_id, id, type, client_id, user_id, support_code, document, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        ON CONFLICT (tenant_id, id) DO NOTHING";
    const BY_ID = "SELECT document FROM events WHERE tenant_id = ?1 AND id = ?2";
    const SEARCH = search!("");
    const SEARCH_USER = search!(" AND user_id = ?2");
    const SEARCH_CLIENT = search!(" AND client_id = ?3");
    const SEARCH_SUPPORT_CODE = search!(" AND support_code = ?4");
    const SEARCH_TYPE = search!(" AND type = ?5");
    const COUNT = count!("");
    const COUNT_USER = count!(" AND user_id = ?2");
    const COUNT_CLIENT = count!(" AND client_id = ?3");
    const COUNT_SUPPORT_CODE = count!(" AND support_code = ?4");
    const COUNT_TYPE = count!(" AND type = ?5");
    const AFTER = "SELECT document
        FROM events
        WHERE tenant_id = ?1 AND id > ?2
        ORDER BY id
        LIMIT ?3";
    const PRUNE = "DELETE FROM events
        WHERE tenant_id = ?1 AND id IN (
            SELECT id FROM events WHERE tenant_id = ?1 AND id < ?2 ORDER BY id LIMIT ?3)";
}
