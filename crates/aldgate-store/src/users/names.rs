//! The unique ways to find a user: identities and login names, kept in step with her document.

use std::collections::BTreeSet;

use aldgate_core::connection::DATABASE;
use aldgate_core::id::{ConnectionId, UserId};
use aldgate_core::user::{User, login_key};

use super::{LoginName, Taken};
use crate::error::StoreError;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::params;

/// Providers whose users log in here with a name; those of other providers do it over there.
const PROVIDERS_WITH_NAMES: [&str; 3] = [DATABASE, "email", "sms"];

/// One unique way to find a user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Identity {
        connection: ConnectionId,
        subject: String,
    },
    Login {
        connection: ConnectionId,
        kind: LoginName,
        key: String,
    },
}

/// What has to change so that the tables say what the user's document says.
pub(super) struct Plan {
    gone: Vec<Name>,
    fresh: Vec<Name>,
}

/// Compares the tables with a user's document. The inner error names what another user has.
pub(super) fn plan(tx: &mut Tx<'_>, user: &User) -> Result<Result<Plan, Taken>, StoreError> {
    let wanted = wanted(user);
    let present = present(tx, &user.id)?;
    let fresh: Vec<Name> = wanted.difference(&present).cloned().collect();
    for name in &fresh {
        if owner(tx, name)?.is_some() {
            return Ok(Err(match name {
                Name::Identity { .. } => Taken::Identity,
                Name::Login { kind, .. } => Taken::Name(*kind),
            }));
        }
    }
    Ok(Ok(Plan {
        gone: present.difference(&wanted).cloned().collect(),
        fresh,
    }))
}

impl Plan {
    /// Writes the difference.
    pub(super) fn carry_out(&self, tx: &mut Tx<'_>, user: &UserId) -> Result<(), StoreError> {
        for name in &self.gone {
            match name {
                Name::Identity {
                    connection,
                    subject,
                } => tx.execute(&DELETE_IDENTITY, params![connection, subject])?,
                Name::Login {
                    connection,
                    kind,
                    key,
                } => tx.execute(&DELETE_NAME, params![connection, kind.as_str(), key])?,
            };
        }
        for name in &self.fresh {
            match name {
                Name::Identity {
                    connection,
                    subject,
                } => tx.execute(&ADD_IDENTITY, params![connection, subject, user])?,
                Name::Login {
                    connection,
                    kind,
                    key,
                } => tx.execute(&ADD_NAME, params![connection, kind.as_str(), key, user])?,
            };
        }
        Ok(())
    }
}

fn wanted(user: &User) -> BTreeSet<Name> {
    let mut names = BTreeSet::new();
    for identity in &user.identities {
        let connection = identity.connection_id.clone();
        let subject = identity.user_id.clone();
        names.insert(Name::Identity {
            connection: connection.clone(),
            subject,
        });
        if !PROVIDERS_WITH_NAMES.contains(&identity.provider.as_str()) {
            continue;
        }
        let typed = [
            (LoginName::Email, &user.email),
            (LoginName::Phone, &user.phone_number),
            (LoginName::Username, &user.username),
        ];
        for (kind, text) in typed {
            if let Some(key) = text.as_deref().map(login_key).filter(|key| !key.is_empty()) {
                names.insert(Name::Login {
                    connection: connection.clone(),
                    kind,
                    key,
                });
            }
        }
    }
    names
}

fn present(tx: &mut Tx<'_>, user: &UserId) -> Result<BTreeSet<Name>, StoreError> {
    let mut names = tx.all(&IDENTITIES, params![user], |row| {
        Ok(Name::Identity {
            connection: row.parse(0)?,
            subject: row.text(1)?.to_owned(),
        })
    })?;
    names.extend(tx.all(&NAMES, params![user], |row| {
        let kind = match row.text(1)? {
            "email" => LoginName::Email,
            "phone" => LoginName::Phone,
            "username" => LoginName::Username,
            _ => return Err(row.corrupt(1, "expected email, phone or username")),
        };
        Ok(Name::Login {
            connection: row.parse(0)?,
            kind,
            key: row.text(2)?.to_owned(),
        })
    })?);
    Ok(names.into_iter().collect())
}

fn owner(tx: &mut Tx<'_>, name: &Name) -> Result<Option<UserId>, StoreError> {
    match name {
        Name::Identity {
            connection,
            subject,
        } => tx.one(&IDENTITY_OWNER, params![connection, subject], |row| {
            row.parse(0)
        }),
        Name::Login {
            connection,
            kind,
            key,
        } => tx.one(
            &NAME_OWNER,
            params![connection, kind.as_str(), key],
            |row| row.parse(0),
        ),
    }
}

sql! {
    const IDENTITIES = "SELECT connection_id, subject
        FROM identities
        WHERE tenant_id = ?1 AND user_id = ?2";
    const NAMES = "SELECT connection_id, kind, name_key
        FROM login_names
        WHERE tenant_id = ?1 AND user_id = ?2";
    const IDENTITY_OWNER = "SELECT user_id
        FROM identities
        WHERE tenant_id = ?1 AND connection_id = ?2 AND subject = ?3";
    const NAME_OWNER = "SELECT user_id
        FROM login_names
        WHERE tenant_id = ?1 AND connection_id = ?2 AND kind = ?3 AND name_key = ?4";
    const ADD_IDENTITY = "INSERT INTO identities (tenant_id, connection_id, subject, user_id)
        VALUES (?1, ?2, ?3, ?4)";
    const ADD_NAME = "INSERT INTO login_names (tenant_id, connection_id, kind, name_key, user_id)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    const DELETE_IDENTITY = "DELETE FROM identities
        WHERE tenant_id = ?1 AND connection_id = ?2 AND subject = ?3";
    const DELETE_NAME = "DELETE FROM login_names
        WHERE tenant_id = ?1 AND connection_id = ?2 AND kind = ?3 AND name_key = ?4";
}
