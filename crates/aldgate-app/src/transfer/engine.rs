//! The engine of imports: users in, in batches, each batch in one unit of work.

use std::sync::Arc;

use aldgate_core::connection::Connection;
use aldgate_core::scope::Scopes;
use aldgate_core::tenant::Tenant;
use aldgate_core::time::Timestamp;
use aldgate_core::user::User;
use aldgate_core::user::import::{ImportFault, ImportedUser};
use aldgate_core::user::rules::UserPatch;
use aldgate_store::{LoginName, Saved, StoreError, Taken, Tx};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::app::App;

/// Users of one unit of work.
pub(super) const BATCH: usize = 100;

/// Members of a record that are never repeated to anybody.
const SECRET: [&str; 3] = ["password", "password_hash", "custom_password_hash"];

/// Where users are imported to, and how.
#[derive(Clone)]
pub struct Importer {
    /// The state of the server.
    pub app: App,
    /// The tenant.
    pub tenant: Tenant,
    /// The database connection.
    pub connection: Arc<Connection>,
    /// Whether users who are there already are updated; otherwise they are faults.
    pub upsert: bool,
    /// Whose rights bound what may be updated; `None`: the operator's, who may do everything.
    pub ceiling: Option<Ceiling>,
}

/// What a caller of the Management API holds there: users who hold more are not changed (ADM-04).
#[derive(Clone, Debug)]
pub struct Ceiling {
    /// The identifier of the Management API.
    pub management: String,
    /// The caller's scopes.
    pub scopes: Scopes,
}

/// What came of the users so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// New users.
    pub inserted: u64,
    /// Users that were there already.
    pub updated: u64,
    /// Users that were refused.
    pub failed: u64,
}

/// A user that was refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultyRecord {
    /// The record, without its secrets.
    pub user: Value,
    /// What is wrong with it.
    pub errors: Vec<ImportFault>,
}

/// A batch that is being written.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// What came of all users before this batch.
    pub before: Tally,
    /// What came of all users so far, this batch included.
    pub tally: Tally,
    /// The refused users of this batch.
    pub faults: Vec<FaultyRecord>,
}

/// Called within the unit of work of each batch, to keep track of how far the import came.
pub type Checkpoint = Arc<dyn Fn(&mut Tx<'_>, &Batch) -> Result<(), StoreError> + Send + Sync>;

impl Tally {
    /// All users so far.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.inserted + self.updated + self.failed
    }
}

/// Imports `users`, going on from `tally`. `checkpoint` runs within each unit of work, `progress`
/// after it.
///
/// # Errors
/// When the database does not answer; what was written by then stays.
pub async fn import_users(
    importer: &Importer,
    users: impl Iterator<Item = Value> + Send,
    mut tally: Tally,
    checkpoint: Option<Checkpoint>,
    mut progress: impl FnMut(&Batch) + Send,
) -> Result<Tally, StoreError> {
    let mut users = users.peekable();
    while users.peek().is_some() {
        let records: Vec<Value> = users.by_ref().take(BATCH).collect();
        let prepared: Vec<Prepared> = records.into_iter().map(|one| importer.read(one)).collect();
        let (now, before) = (importer.app.now(), tally);
        let rules = Rules {
            upsert: importer.upsert,
            ceiling: importer.ceiling.clone(),
        };
        let checkpoint = checkpoint.clone();
        let work = move |tx: &mut Tx<'_>| {
            let mut batch = Batch {
                before,
                tally: before,
                faults: Vec::new(),
            };
            for one in &prepared {
                one.write(tx, &rules, now, &mut batch)?;
            }
            if let Some(checkpoint) = &checkpoint {
                checkpoint(tx, &batch)?;
            }
            Ok::<_, StoreError>(batch)
        };
        let batch = importer.app.store.write(&importer.tenant.id, work).await?;
        tally = batch.tally;
        progress(&batch);
    }
    Ok(tally)
}

/// What may happen to users who are there already.
struct Rules {
    upsert: bool,
    ceiling: Option<Ceiling>,
}

/// A record, read.
struct Prepared {
    /// Without its secrets.
    shown: Value,
    read: Result<ImportedUser, ImportFault>,
}

impl Importer {
    fn read(&self, record: Value) -> Prepared {
        let pictures = self.tenant.issuer.join("avatars/");
        let (now, mut rng) = (self.app.now(), self.app.rng());
        let read = ImportedUser::read(&record, &self.connection, &pictures, now, &mut rng);
        let read = read.and_then(|read| {
            let known = |hash: &String| self.app.hashing.is_known(hash);
            match read.hash.as_ref().is_none_or(|hash| known(hash.expose())) {
                true => Ok(read),
                false if record.get("password_hash").is_some() => {
                    Err(ImportFault::hash("password_hash"))
                }
                false => Err(ImportFault::hash("custom_password_hash.hash.value")),
            }
        });
        Prepared {
            shown: without_secrets(record),
            read,
        }
    }
}

impl Prepared {
    fn write(
        &self,
        tx: &mut Tx<'_>,
        rules: &Rules,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<(), StoreError> {
        let fault = match &self.read {
            Err(fault) => fault.clone(),
            Ok(new) => match write(tx, new, rules, now)? {
                Written::Inserted => {
                    batch.tally.inserted += 1;
                    return Ok(());
                }
                Written::Updated => {
                    batch.tally.updated += 1;
                    return Ok(());
                }
                Written::Refused(fault) => fault,
            },
        };
        batch.tally.failed += 1;
        batch.faults.push(FaultyRecord {
            user: self.shown.clone(),
            errors: vec![fault],
        });
        Ok(())
    }
}

enum Written {
    Inserted,
    Updated,
    Refused(ImportFault),
}

fn write(
    tx: &mut Tx<'_>,
    new: &ImportedUser,
    rules: &Rules,
    now: Timestamp,
) -> Result<Written, StoreError> {
    let taken = match tx.users().create(&new.user)? {
        Saved::Done => {
            if let Some(hash) = &new.hash {
                tx.passwords().set(&new.user.id, hash, 0, now)?;
            }
            return Ok(Written::Inserted);
        }
        Saved::Missing => None,
        Saved::Taken(taken) => Some(taken),
    };
    let known = match (rules.upsert, taken) {
        (true, Some(taken)) => existing(tx, &new.user, taken)?,
        _ => None,
    };
    let Some(known) = known else {
        let path = match taken {
            Some(Taken::Name(LoginName::Email)) => "email",
            Some(Taken::Name(LoginName::Username)) => "username",
            Some(Taken::Name(LoginName::Phone)) => "phone_number",
            Some(Taken::Id | Taken::Identity) | None => "user_id",
        };
        return Ok(Written::Refused(ImportFault::duplicate(path)));
    };
    if !rules.allow(tx, &known)? {
        return Ok(Written::Refused(ImportFault::above_the_caller()));
    }
    let patched =
        UserPatch::read(new.upsert.clone()).and_then(|patch| patch.apply(&known, None, now));
    match patched {
        Err(refusal) => Ok(Written::Refused(ImportFault::refused(&refusal))),
        Ok(after) => match tx.users().update(&after)? {
            Saved::Done => Ok(Written::Updated),
            _ => Ok(Written::Refused(ImportFault::duplicate("user_id"))),
        },
    }
}

impl Rules {
    /// Whether a user may be changed: she holds nothing at the Management API that the caller
    /// lacks.
    fn allow(&self, tx: &mut Tx<'_>, known: &User) -> Result<bool, StoreError> {
        let Some(ceiling) = &self.ceiling else {
            return Ok(true);
        };
        let held = tx
            .permissions()
            .of_user_at(&known.id, &ceiling.management)?;
        Ok(held.iter().all(|scope| ceiling.scopes.contains(scope)))
    }
}

/// The user who has what a new one would take.
fn existing(tx: &mut Tx<'_>, new: &User, taken: Taken) -> Result<Option<User>, StoreError> {
    let Some(identity) = new.identities.first() else {
        return Ok(None);
    };
    let connection = &identity.connection_id;
    match taken {
        Taken::Id => tx.users().by_id_to_change(&new.id),
        Taken::Identity => tx.users().by_identity(connection, &identity.user_id),
        Taken::Name(kind) => {
            let name = match kind {
                LoginName::Email => &new.email,
                LoginName::Username => &new.username,
                LoginName::Phone => &new.phone_number,
            };
            let name = name.as_deref().unwrap_or_default();
            tx.users().by_login(connection, kind, name)
        }
    }
}

fn without_secrets(record: Value) -> Value {
    match record {
        Value::Object(members) => {
            let kept = members.into_iter();
            let kept = kept.filter(|(name, _)| !SECRET.contains(&name.as_str()));
            Value::Object(kept.collect::<Map<_, _>>())
        }
        // Whatever it is, it is no user; it may be a secret in the wrong place.
        _ => Value::Null,
    }
}
