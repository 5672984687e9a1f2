//! An import of users (Auth0: `POST /api/v2/jobs/users-imports`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Status;
use crate::error::Refusal;
use crate::id::ConnectionId;
use crate::scope::Scopes;

/// The longest `external_id`, in characters.
const EXTERNAL_ID_MAX: usize = 255;

/// An import of users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsersImport {
    /// Into which connection.
    pub connection_id: ConnectionId,
    /// Its name.
    pub connection: String,
    /// What the caller asked for.
    #[serde(flatten)]
    pub form: ImportForm,
    /// What the caller holds at the Management API: users who hold more are not changed (ADM-04).
    #[serde(default)]
    pub caller_scopes: Scopes,
    /// Pieces of the file that are done.
    #[serde(default)]
    pub parts_done: u32,
    /// Pieces that the file has.
    pub parts: u32,
    /// New users.
    #[serde(default)]
    pub inserted: u64,
    /// Users that were there already.
    #[serde(default)]
    pub updated: u64,
    /// Users that were refused.
    #[serde(default)]
    pub failed: u64,
}

/// The fields of the form besides the file and the connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportForm {
    /// Whether users who are there already are updated; otherwise they are faults.
    pub upsert: bool,
    /// The caller's own name for the import.
    pub external_id: String,
    /// Whether the administrators get a mail when it is over.
    pub send_completion_email: bool,
}

impl Default for ImportForm {
    /// As Auth0 does: nobody is updated, the administrators get a mail.
    fn default() -> Self {
        Self {
            upsert: false,
            external_id: String::new(),
            send_completion_email: true,
        }
    }
}

impl ImportForm {
    /// Reads one field of the form.
    ///
    /// # Errors
    /// When there is no such field, or its value is none of it.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
        match name {
            "upsert" => self.upsert = flag(name, value)?,
            "send_completion_email" => self.send_completion_email = flag(name, value)?,
            "external_id" => {
                let length = value.chars().count();
                if length > EXTERNAL_ID_MAX || value.chars().any(char::is_control) {
                    let cause = "external_id is too long, or has control characters";
                    return Err(Refusal::new("invalid_body", cause)
                        .expected(format!("at most {EXTERNAL_ID_MAX} characters"))
                        .actual(&format!("{length} characters")));
                }
                value.clone_into(&mut self.external_id);
            }
            _ => {
                let shown: String = name.chars().take(80).collect();
                let cause = format!("Additional properties not allowed: {shown}");
                return Err(Refusal::new("invalid_body", cause)
                    .expected("users, connection_id, upsert, external_id, send_completion_email"));
            }
        }
        Ok(())
    }
}

fn flag(name: &str, value: &str) -> Result<bool, Refusal> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        other => {
            let cause = format!("Expected type boolean on property {name}");
            let refusal = Refusal::new("invalid_body", cause).expected("true or false");
            Err(refusal.actual(&other.chars().take(80).collect::<String>()))
        }
    }
}

impl UsersImport {
    /// The name on the wire and in the database.
    pub const KIND: &str = "users_import";

    /// All users so far.
    #[must_use]
    pub const fn tried(&self) -> u64 {
        self.inserted + self.updated + self.failed
    }

    pub(super) fn show(&self, view: &mut Map<String, Value>, status: Status) {
        view.insert("connection_id".into(), json!(self.connection_id));
        view.insert("connection".into(), self.connection.clone().into());
        view.insert("upsert".into(), self.form.upsert.into());
        view.insert("external_id".into(), self.form.external_id.clone().into());
        let mail = self.form.send_completion_email;
        view.insert("send_completion_email".into(), mail.into());
        if status != Status::Pending {
            let summary = json!({
                "failed": self.failed,
                "updated": self.updated,
                "inserted": self.inserted,
                "total": self.tried(),
            });
            view.insert("summary".into(), summary);
        }
    }
}
