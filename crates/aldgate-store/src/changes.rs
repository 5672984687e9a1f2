//! What changed, told to the caches of every node.
//!
//! A unit of work notes what it changes; the note is committed with it. Revisions come from one
//! counter whose row stays locked until the commit, so they become visible in their order and a
//! poller that remembers the last one misses nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock};

use aldgate_core::id::TenantId;

use crate::error::StoreError;
use crate::sql::sql;
use crate::stats::{Counters, StoreStats};
use crate::tx::{SystemTx, Tx};
use crate::value::params;

/// How many revisions the table reaches back.
const REVISIONS_KEPT: i64 = 10_000;

/// The most changes that one poll reads.
const POLL_MAX: i64 = 1_000;

/// Something that caches should forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The connection to the database was lost for a while: anything may have changed.
    Anything,
    /// One row changed, appeared or went.
    Row {
        /// Its tenant.
        tenant: TenantId,
        /// What it is.
        kind: ChangeKind,
        /// Its id.
        id: String,
    },
}

macro_rules! change_kinds {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        /// The kinds of rows that are cached.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ChangeKind { $($(#[$doc])* $variant,)+ }

        impl ChangeKind {
            const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

change_kinds! {
    /// An action, by its id, or what is bound to a trigger, by the trigger's name.
    Action = "action",
    /// An API; by its id.
    Api = "api",
    /// An application; by its client id.
    Application = "application",
    /// A client grant; by its id.
    ClientGrant = "client_grant",
    /// A connection; by its id.
    Connection = "connection",
    /// A document of settings; by its kind.
    Settings = "settings",
    /// A signing key; by its `kid`.
    SigningKey = "signing_key",
    /// The tenant itself; by its id.
    Tenant = "tenant",
}

impl Tx<'_> {
    /// Notes that a cached row changes with this unit of work. Aggregates do this themselves.
    pub(crate) fn note_change(&mut self, kind: ChangeKind, id: &str) -> Result<(), StoreError> {
        let revision = self.one_global(&NEXT, params![], |row| row.int(0))?;
        let revision = revision.ok_or_else(|| missing_counter("revision"))?;
        self.execute(&NOTE, params![kind.as_str(), id, revision])?;
        let tenant = self.tenant().clone();
        self.push_change(Change::Row {
            tenant,
            kind,
            id: id.to_owned(),
        });
        Ok(())
    }
}

/// The revision of the last change.
pub(crate) fn revision(system: &mut SystemTx<'_>) -> Result<i64, StoreError> {
    let revision = system.one(&REVISION, params![], |row| row.int(0))?;
    revision.ok_or_else(|| missing_counter("revision"))
}

/// Reads the changes after a revision, with the last revision that was read. Kinds that a newer
/// version of this program added are skipped: this one does not cache them.
pub(crate) fn since(
    system: &mut SystemTx<'_>,
    revision: i64,
) -> Result<(i64, Vec<Change>), StoreError> {
    let mut last = revision;
    let rows = system.all(&SINCE, params![revision, POLL_MAX], |row| {
        last = row.int(3)?;
        let tenant: TenantId = row.parse(0)?;
        let kind = ChangeKind::parse(row.text(1)?);
        Ok(kind.map(|kind| (tenant, kind, row.text(2).map(str::to_owned))))
    })?;
    let changes = rows
        .into_iter()
        .flatten()
        .map(|(tenant, kind, id)| id.map(|id| Change::Row { tenant, kind, id }));
    Ok((last, changes.collect::<Result<_, _>>()?))
}

/// Removes notes that every node has read long ago.
pub(crate) fn prune(system: &mut SystemTx<'_>) -> Result<u64, StoreError> {
    let before = revision(system)? - REVISIONS_KEPT;
    system.execute(&PRUNE, params![before])
}

fn missing_counter(name: &str) -> StoreError {
    StoreError::Corrupt {
        table: "counters",
        column: "name".to_owned(),
        id: name.to_owned(),
        reason: "the row is missing; migrations make it".to_owned(),
    }
}

/// Who wants to know of changes on this node.
#[derive(Clone, Default)]
pub(crate) struct Listeners {
    counters: Counters,
    list: Arc<RwLock<Vec<Listener>>>,
}

type Listener = Box<dyn Fn(&Change) + Send + Sync>;

impl Listeners {
    /// Adds a listener; tells whether there was one before, and so a watcher.
    pub(crate) fn add(&self, listener: Listener) -> bool {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        list.push(listener);
        list.len() > 1
    }

    /// Counts a commit and tells of its changes. Called after the commit and before its caller
    /// hears of it, so that who changed something never reads it stale from a cache of this node.
    pub(crate) fn committed(&self, units: u64, changes: &[Change]) {
        self.counters.committed(units);
        self.tell(changes);
    }

    /// Tells everybody.
    pub(crate) fn tell(&self, changes: &[Change]) {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            for listener in list.iter() {
                // A listener's fault must not end the thread that owns the connection.
                let told = catch_unwind(AssertUnwindSafe(|| listener(change)));
                if told.is_err() {
                    tracing::error!(?change, "a listener panicked");
                }
            }
        }
    }

    pub(crate) fn stats(&self, waiting: usize) -> StoreStats {
        self.counters.read(waiting)
    }

    /// Whether this is the last handle: the store and its threads are gone.
    pub(crate) fn is_orphan(&self) -> bool {
        Arc::strong_count(&self.list) == 1
    }
}

sql! {
    const NEXT = "UPDATE counters SET value = value + 1 WHERE name = 'revision' RETURNING value";
    const REVISION = "SELECT value FROM counters WHERE name = 'revision'";
    const NOTE = "INSERT INTO changes (tenant_id, kind, id, revision)
        VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (tenant_id, kind, id) DO UPDATE SET revision = excluded.revision";
    const SINCE = "SELECT tenant_id, kind, id, revision
        FROM changes
        WHERE revision > ?1
        ORDER BY revision
        LIMIT ?2";
    const PRUNE = "DELETE FROM changes WHERE revision < ?1";
}
