//! SQLite and PostgreSQL behind one set of SQL.
//!
//! A unit of work is a closure over a [`Tx`]; the [`Store`] runs it on a thread that owns a
//! connection and answers when it is durable:
//!
//! ```text
//! let user = store.read(&tenant, move |tx| tx.users().by_id(&id)).await?;
//! ```
//!
//! Every method of an aggregate returns [`StoreError::Corrupt`] when a row cannot be read and
//! [`StoreError::Unavailable`] when the database does not answer; where it may return
//! [`StoreError::Conflict`], it says so.
//!
//! # How an aggregate is written
//!
//! One file for each thing that is stored, named as its table; `roles.rs` is the pattern.
//!
//! 1. `sql! { const NAME = "…"; }` at the end holds its statements: placeholders `?1`, `?2`, …;
//!    `tenant_id = ?1` first in every `WHERE`; explicit columns. List the file in `sql.rs`. Tests
//!    prepare every statement on both engines and demand an index for each that is not marked
//!    `const NAME: scan`.
//! 2. `impl Tx<'_> { pub fn roles(&mut self) -> Roles<'_, '_> }` opens it; `Roles<'t, 'c>` holds
//!    the `&'t mut Tx<'c>`; its methods run statements by `tx.execute`, `tx.one`, `tx.all` and read
//!    columns by `row.text(0)?`, `row.at(1)?`, `row.json(2)?`, …. A `Tx` binds its tenant as `?1`
//!    by itself, so no statement can forget it; `params![…]` begins at `?2`.
//! 3. Single use is one conditional `UPDATE … RETURNING`, never a look followed by a write.
//! 4. Expiring tables have `expires_at` with an index, and a line in `janitor.rs`.
//! 5. A change of something that is cached elsewhere is told by `tx.note_change(…)`.

mod access;
mod access_tokens;
mod action_records;
mod actions;
mod apis;
mod applications;
mod assertions;
mod attempts;
mod changes;
mod client_grants;
mod codes;
mod connections;
mod consents;
mod error;
mod events;
mod federated_attempts;
mod grants;
mod janitor;
mod job;
mod job_reports;
mod jobs;
mod leases;
mod logouts;
mod migrate;
mod otps;
mod page;
mod passwords;
mod permissions;
mod postgres;
mod queue;
mod refresh_tokens;
mod restore;
mod roles;
mod row;
#[cfg(feature = "testing")]
pub mod scratch;
mod sessions;
mod settings;
mod signing_keys;
mod sql;
mod sqlite;
mod stats;
mod store;
mod tenant_tables;
mod tenants;
mod tickets;
mod transactions;
mod tx;
mod upstream_tokens;
mod url;
mod users;
mod value;

pub use access::Access;
pub use access_tokens::{AccessToken, AccessTokens};
pub use action_records::ActionRecords;
pub use actions::{ActionFilter, Actions};
pub use apis::Apis;
pub use applications::Applications;
pub use assertions::Assertions;
pub use attempts::Attempts;
pub use changes::{Change, ChangeKind};
pub use client_grants::{ClientGrantFilter, ClientGrants};
pub use codes::{Codes, StoredCode};
pub use connections::Connections;
pub use consents::Consents;
pub use error::{Cause, QueueFull, StoreError};
pub use events::{EventFilter, Events};
pub use federated_attempts::FederatedAttempts;
pub use grants::{Grants, StoredGrant};
pub use job_reports::{JobPart, JobReports, Report};
pub use jobs::{JobQueue, Jobs, StoredJob};
pub use leases::Leases;
pub use logouts::{ENDED_SESSION, Logouts};
pub use otps::{OtpKey, Otps};
pub use page::Page;
pub use passwords::{Passwords, StoredPassword};
pub use permissions::{HeldPermission, Permissions};
pub use refresh_tokens::{FoundRefreshToken, LiveFamily, RefreshTokens};
pub use restore::{Logins, Restored, restore};
pub use roles::Roles;
pub use sessions::Sessions;
pub use settings::Settings;
pub use signing_keys::{SigningKeys, StoredKey};
pub use sql::{Sql, statements};
pub use stats::StoreStats;
pub use store::{Durability, Store, StoreOptions};
pub use tenants::{OwnTenant, Tenants};
pub use tickets::{NewTicket, Tickets};
pub use transactions::Transactions;
pub use tx::{SystemTx, Tx};
pub use upstream_tokens::{SealedTokens, UpstreamTokens};
pub use url::{DatabaseUrl, DatabaseUrlError};
pub use users::{
    LoginName, Saved, Taken, UserFilter, UserOrder, UserPlace, UserWalk, Users, WalkedUser,
};
