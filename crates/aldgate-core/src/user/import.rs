//! One user of an import, in the schema of Auth0's bulk imports (contract 3.4, "Jobs").

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::rules;
use crate::connection::Connection;
use crate::error::Refusal;
use crate::random::Entropy;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::user::User;

/// Members of a user that are read.
const MEMBERS: &[&str] = &[
    "app_metadata",
    "blocked",
    "custom_password_hash",
    "email",
    "email_verified",
    "family_name",
    "given_name",
    "name",
    "nickname",
    "password_hash",
    "password_set_date",
    "phone_number",
    "phone_verified",
    "picture",
    "user_id",
    "user_metadata",
    "username",
];

/// Members that an import changes of a user who is there already.
const UPSERTED: &[&str] = &[
    "app_metadata",
    "family_name",
    "given_name",
    "name",
    "nickname",
    "picture",
    "user_metadata",
];

/// What is wrong with one user of an import (Auth0: the items of `errors`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportFault {
    /// A stable name.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// The member at fault; empty: the user as a whole.
    pub path: String,
}

/// A user of an import, read.
#[derive(Debug, Clone)]
pub struct ImportedUser {
    /// Who she is.
    pub user: User,
    /// The hash of her password: bcrypt, or a `custom_password_hash` as JSON.
    pub hash: Option<Secret<String>>,
    /// What changes if she is there already.
    pub upsert: Map<String, Value>,
}

impl ImportedUser {
    /// Reads one user.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(
        record: &Value,
        connection: &Connection,
        picture_base: &str,
        now: Timestamp,
        rng: &mut dyn Entropy,
    ) -> Result<Self, ImportFault> {
        let Value::Object(record) = record else {
            return Err(fault("OBJECT_REQUIRED", "A user is a JSON object.", ""));
        };
        if let Some(name) = record.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            let text = match name.as_str() {
                "mfa_factors" => "Second factors cannot be imported yet.".to_owned(),
                _ => format!("Additional properties not allowed: {name}"),
            };
            return Err(fault("OBJECT_ADDITIONAL_PROPERTIES", &text, name));
        }
        let mut draft = rules::draft(record).map_err(|refusal| refused(&refusal, ""))?;
        // Auth0's exports carry the whole id.
        let whole = format!("{}|", connection.strategy);
        draft.subject = draft.subject.map(|id| {
            id.strip_prefix(&whole)
                .map_or_else(|| id.clone(), str::to_owned)
        });
        let user = draft
            .into_user(connection, picture_base, now, rng)
            .map_err(|refused_field| refused(&refused_field.refusal, refused_field.field))?;
        let upsert = record
            .iter()
            .filter(|(name, _)| UPSERTED.contains(&name.as_str()));
        Ok(Self {
            user,
            hash: hash(record)?,
            upsert: upsert
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        })
    }
}

impl ImportFault {
    /// The user, or one of her names, is there already.
    #[must_use]
    pub fn duplicate(path: &str) -> Self {
        fault(
            "DUPLICATED_USER",
            "A user with this value exists already.",
            path,
        )
    }

    /// The user is there already and has rights at the Management API that the caller lacks.
    #[must_use]
    pub fn above_the_caller() -> Self {
        let text = "This user has rights at the Management API that the caller lacks.";
        fault("INSUFFICIENT_SCOPE", text, "user_id")
    }

    /// The hash cannot be checked, or only at too high a cost.
    #[must_use]
    pub fn hash(path: &str) -> Self {
        let text = "The hash is of no known form, or too costly to check.";
        fault("INVALID_FORMAT", text, path)
    }

    /// The text is no JSON.
    #[must_use]
    pub fn unreadable(text: &str) -> Self {
        fault("INVALID_JSON", text, "")
    }

    /// A refusal of any member.
    #[must_use]
    pub fn refused(refusal: &Refusal) -> Self {
        refused(refusal, "")
    }
}

fn hash(record: &Map<String, Value>) -> Result<Option<Secret<String>>, ImportFault> {
    match (
        record.get("password_hash"),
        record.get("custom_password_hash"),
    ) {
        (None | Some(Value::Null), None | Some(Value::Null)) => Ok(None),
        (Some(Value::String(hash)), None) => Ok(Some(Secret::new(hash.clone()))),
        (None, Some(custom @ Value::Object(_))) => Ok(Some(Secret::new(custom.to_string()))),
        (Some(_), Some(_)) => Err(fault(
            "OBJECT_ADDITIONAL_PROPERTIES",
            "Expected password_hash or custom_password_hash, not both.",
            "custom_password_hash",
        )),
        (Some(_), None) => Err(fault(
            "INVALID_TYPE",
            "Expected type string.",
            "password_hash",
        )),
        (None, Some(_)) => Err(fault(
            "INVALID_TYPE",
            "Expected type object.",
            "custom_password_hash",
        )),
    }
}

fn refused(refusal: &Refusal, path: &str) -> ImportFault {
    let text = match &refusal.expected {
        Some(expected) => format!("{} Expected {expected}.", refusal.cause),
        None => refusal.cause.to_string(),
    };
    fault("INVALID_FORMAT", &text, path)
}

fn fault(code: &str, message: &str, path: &str) -> ImportFault {
    ImportFault {
        code: code.to_owned(),
        message: message.to_owned(),
        path: path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::random::tests::Counting;

    fn read(record: &Value) -> Result<ImportedUser, ImportFault> {
        let connection = json!({"id": "con_1", "name": "db", "strategy": "auth0"});
        let connection: Connection = serde_json::from_value(connection).unwrap();
        let now = Timestamp::from_seconds(1);
        ImportedUser::read(record, &connection, "http://x.test/", now, &mut Counting(1))
    }

    #[test]
    fn a_user_is_read_with_her_hash() {
        let record = json!({"email": "a@b.co", "user_id": "auth0|77", "password_hash": "$2b$x",
            "app_metadata": {"plan": "gold"}, "email_verified": true});
        let read = read(&record).unwrap();
        assert_eq!(read.user.id.as_str(), "auth0|77");
        assert!(read.user.email_verified && read.hash.is_some());
        assert_eq!(read.upsert.keys().collect::<Vec<_>>(), ["app_metadata"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (record, path) in [
            (json!("x"), ""),
            (json!({"email": "no"}), "email"),
            (json!({}), "email"),
            (json!({"email": "a@b.co", "roles": []}), "roles"),
            (json!({"email": "a@b.co", "mfa_factors": []}), "mfa_factors"),
            (
                json!({"email": "a@b.co", "password_hash": 5}),
                "password_hash",
            ),
            (
                json!({"email": "a@b.co", "app_metadata": {"email": "x"}}),
                "",
            ),
        ] {
            assert_eq!(read(&record).unwrap_err().path, path, "{record}");
        }
    }
}
