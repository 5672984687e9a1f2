//! What may be written to a user by an administrator, and what makes it sound (Auth0).
//!
//! A body is read member by member into a typed value; nothing else of it is stored (ADM-03).

use serde_json::{Map, Value};

use super::{Profile, User, login_key};
use crate::body::unknown_member;
use crate::connection::Connection;
use crate::error::Refusal;
use crate::secret::Secret;
use crate::signup::{self, Draft, fields};
use crate::time::Timestamp;

/// Members that a body may set when a user is made.
pub const CREATABLE: &[&str] = &[
    "app_metadata",
    "blocked",
    "connection",
    "email",
    "email_verified",
    "family_name",
    "given_name",
    "name",
    "nickname",
    "password",
    "phone_number",
    "phone_verified",
    "picture",
    "user_id",
    "user_metadata",
    "username",
    "verify_email",
];

/// Members that a body may set later.
pub const WRITABLE: &[&str] = &[
    "app_metadata",
    "blocked",
    "client_id",
    "connection",
    "email",
    "email_verified",
    "family_name",
    "given_name",
    "name",
    "nickname",
    "password",
    "phone_number",
    "phone_verified",
    "picture",
    "user_metadata",
    "username",
    "verify_email",
    "verify_password",
    "verify_phone_number",
];

/// Members of `app_metadata` that Auth0 keeps for itself.
const RESERVED: &[&str] = &[
    "__tenant",
    "_id",
    "blocked",
    "clientID",
    "created_at",
    "email",
    "email_verified",
    "globalClientID",
    "global_client_id",
    "identities",
    "lastIP",
    "lastLogin",
    "loginsCount",
    "metadata",
    "multifactor",
    "multifactor_last_modified",
    "updated_at",
    "user_id",
];

/// The largest metadata of either kind, in bytes of JSON.
const METADATA_BYTES_MAX: usize = 32 << 10;

/// The deepest nesting of metadata.
const METADATA_DEPTH_MAX: usize = 10;

/// Texts of a profile, each with its longest length in bytes.
const TEXTS: [(&str, usize); 4] = [
    ("name", 300),
    ("nickname", 300),
    ("given_name", 150),
    ("family_name", 150),
];

/// A user to be made, from a body.
#[derive(Debug)]
pub struct NewUser {
    /// Name of the connection.
    pub connection: String,
    /// Who she is.
    pub draft: Draft,
    /// Her password.
    pub password: Option<Secret<String>>,
    /// Whether a mail shall verify her address; `None`: nothing was said.
    pub verify_email: Option<bool>,
}

impl NewUser {
    /// Reads a body.
    ///
    /// # Errors
    /// Names the member at fault.
    pub fn read(mut body: Map<String, Value>) -> Result<Self, Refusal> {
        only(&body, CREATABLE)?;
        let Some(connection) = string(&mut body, "connection")? else {
            return Err(invalid("Missing required property: connection"));
        };
        Ok(Self {
            connection,
            password: string(&mut body, "password")?.map(Secret::new),
            verify_email: flag(&body, "verify_email")?,
            draft: draft(&body)?,
        })
    }
}

/// Reads the members that make up a draft; others are ignored.
///
/// # Errors
/// Names the member at fault.
pub fn draft(body: &Map<String, Value>) -> Result<Draft, Refusal> {
    let text = |name, max| fields::text(body, name, max).map_err(field);
    let [name, nickname, given_name, family_name] = TEXTS.map(|(name, max)| text(name, max));
    let profile = Profile {
        name: name?,
        nickname: nickname?,
        given_name: given_name?,
        family_name: family_name?,
        picture: fields::picture(body).map_err(field)?,
        ..Profile::default()
    };
    let app_metadata = metadata(body, "app_metadata")?.unwrap_or_default();
    reserved(&app_metadata)?;
    Ok(Draft {
        subject: text("user_id", 255)?,
        email: text("email", signup::EMAIL_BYTES_MAX)?,
        email_verified: flag(body, "email_verified")?.unwrap_or(false),
        username: text("username", 128)?,
        phone_number: fields::phone(body).map_err(field)?,
        phone_verified: flag(body, "phone_verified")?.unwrap_or(false),
        profile,
        user_metadata: metadata(body, "user_metadata")?.unwrap_or_default(),
        app_metadata,
        blocked: flag(body, "blocked")?.unwrap_or(false),
        by_herself: false,
    })
}

/// A change of a user, from a body.
#[derive(Debug, Clone)]
pub struct UserPatch {
    /// The new password.
    pub password: Option<Secret<String>>,
    /// Name of the connection whose account is meant.
    pub connection: Option<String>,
    /// The application whose name mails carry.
    pub client_id: Option<String>,
    /// Whether a mail shall verify the address.
    pub verify_email: bool,
    members: Map<String, Value>,
}

impl UserPatch {
    /// Reads a body.
    ///
    /// # Errors
    /// Names the member at fault.
    pub fn read(mut body: Map<String, Value>) -> Result<Self, Refusal> {
        only(&body, WRITABLE)?;
        let pairs = [
            ("email", "password"),
            ("username", "password"),
            ("email", "username"),
        ];
        for (one, other) in pairs {
            if body.contains_key(one) && body.contains_key(other) {
                let cause = format!("Cannot update {one} and {other} simultaneously");
                return Err(invalid(cause).remedy("Send two requests."));
            }
        }
        for name in ["verify_password", "verify_phone_number"] {
            if flag(&body, name)? == Some(true) {
                let cause = format!("{name} is not supported");
                return Err(invalid(cause).remedy("Leave it out, or send false."));
            }
        }
        let patch = Self {
            password: string(&mut body, "password")?.map(Secret::new),
            connection: string(&mut body, "connection")?,
            client_id: string(&mut body, "client_id")?,
            verify_email: flag(&body, "verify_email")?.unwrap_or(false),
            members: body,
        };
        // Whatever is wrong with a member is said before anything is read from the database.
        draft(&patch.members)?;
        Ok(patch)
    }

    /// Whether it changes `member`.
    #[must_use]
    pub fn has(&self, member: &str) -> bool {
        match member {
            "password" => self.password.is_some(),
            member => self.members.contains_key(member),
        }
    }

    /// Whether it changes nothing but metadata: what `update:users_app_metadata` is enough for.
    #[must_use]
    pub fn is_metadata_only(&self) -> bool {
        let metadata = |name: &String| name == "app_metadata" || name == "user_metadata";
        self.password.is_none() && self.members.keys().all(metadata)
    }

    /// Whether it changes what an account at a database says, so that there must be one.
    #[must_use]
    pub fn needs_account(&self) -> bool {
        ["password", "email", "username", "phone_number"]
            .iter()
            .any(|name| self.has(name))
    }

    /// The user with the change, except for the password; `connection` is where her account is.
    ///
    /// # Errors
    /// Names the member at fault.
    pub fn apply(
        &self,
        user: &User,
        connection: Option<&Connection>,
        now: Timestamp,
    ) -> Result<User, Refusal> {
        let mut after = user.clone();
        self.profile(&mut after.profile)?;
        self.names(&mut after, connection)?;
        if let Some(blocked) = flag(&self.members, "blocked")? {
            after.blocked = blocked;
        }
        for name in ["user_metadata", "app_metadata"] {
            let kept = match name {
                "user_metadata" => &mut after.user_metadata,
                _ => &mut after.app_metadata,
            };
            if let Some(change) = self.members.get(name) {
                *kept = merged(name, kept, change)?;
            }
        }
        after.updated_at = now;
        Ok(after)
    }

    fn profile(&self, profile: &mut Profile) -> Result<(), Refusal> {
        let fresh = draft(&self.members)?.profile;
        let members = [
            ("name", &mut profile.name, fresh.name),
            ("nickname", &mut profile.nickname, fresh.nickname),
            ("given_name", &mut profile.given_name, fresh.given_name),
            ("family_name", &mut profile.family_name, fresh.family_name),
            ("picture", &mut profile.picture, fresh.picture),
        ];
        for (name, kept, fresh) in members {
            if self.members.contains_key(name) {
                *kept = fresh;
            }
        }
        Ok(())
    }

    fn names(&self, user: &mut User, connection: Option<&Connection>) -> Result<(), Refusal> {
        let fresh = draft(&self.members)?;
        if self.has("email") {
            let email = fresh.email.as_deref().map(signup::email).transpose();
            let email = email.map_err(field)?;
            let Some(email) = email else {
                return Err(invalid("email cannot be removed"));
            };
            let same = user
                .email
                .as_deref()
                .is_some_and(|old| login_key(old) == login_key(&email));
            user.email = Some(email);
            user.email_verified &= same;
            user.proved_elsewhere &= same;
        }
        if self.has("username") {
            let name = fresh.username.as_deref();
            user.username = match (name, connection) {
                (Some(name), Some(connection)) => {
                    Some(signup::username(name, connection).map_err(field)?)
                }
                _ => return Err(invalid("username cannot be removed")),
            };
        }
        if self.has("phone_number") {
            user.phone_verified &= user.phone_number == fresh.phone_number;
            user.phone_number = fresh.phone_number;
        }
        if let Some(verified) = flag(&self.members, "email_verified")? {
            user.email_verified = verified && user.email.is_some();
        }
        if let Some(verified) = flag(&self.members, "phone_verified")? {
            user.phone_verified = verified && user.phone_number.is_some();
        }
        Ok(())
    }
}

/// Metadata with the changes of actions laid over its first level; `null` removes a member.
///
/// # Errors
/// When it becomes too large, or a member of `app_metadata` is reserved.
pub fn changed_metadata(
    name: &'static str,
    kept: &Map<String, Value>,
    changes: &Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    if changes.is_empty() {
        return Ok(kept.clone());
    }
    if name == "app_metadata" {
        reserved(changes)?;
    }
    overlaid(name, kept, changes)
}

/// Metadata with a change laid over its first level: `null` removes a member, and an empty object
/// or `null` as a whole removes all of it.
fn merged(
    name: &str,
    kept: &Map<String, Value>,
    change: &Value,
) -> Result<Map<String, Value>, Refusal> {
    let Value::Object(change) = change else {
        return Ok(Map::new());
    };
    if change.is_empty() {
        return Ok(Map::new());
    }
    overlaid(name, kept, change)
}

fn overlaid(
    name: &str,
    kept: &Map<String, Value>,
    change: &Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    let mut merged = kept.clone();
    for (key, value) in change {
        match value {
            Value::Null => drop(merged.remove(key)),
            value => drop(merged.insert(key.clone(), value.clone())),
        }
    }
    bounded(name, &merged)?;
    Ok(merged)
}

/// Reads a member with metadata.
fn metadata(
    body: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<Map<String, Value>>, Refusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(members)) => {
            bounded(name, members)?;
            if name == "app_metadata" {
                reserved(members)?;
            }
            Ok(Some(members.clone()))
        }
        Some(_) => Err(invalid(format!("Expected type object on property {name}"))),
    }
}

fn bounded(name: &str, members: &Map<String, Value>) -> Result<(), Refusal> {
    let size = serde_json::to_string(members).map_or(usize::MAX, |text| text.len());
    let deep = members
        .values()
        .any(|value| depth(value) >= METADATA_DEPTH_MAX);
    if size <= METADATA_BYTES_MAX && !deep {
        return Ok(());
    }
    Err(invalid(format!("{name} is too large or too deep"))
        .expected(format!(
            "at most {METADATA_BYTES_MAX} bytes of JSON and {METADATA_DEPTH_MAX} levels"
        ))
        .actual(&format!("{size} bytes"))
        .remedy("Keep large documents elsewhere, and a reference to them here."))
}

fn reserved(members: &Map<String, Value>) -> Result<(), Refusal> {
    match members
        .keys()
        .find(|name| RESERVED.contains(&name.as_str()))
    {
        None => Ok(()),
        Some(name) => Err(
            invalid(format!("app_metadata may not have the member {name}"))
                .expected("a name that is not reserved")
                .actual(name)
                .remedy("Choose another name."),
        ),
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn only(body: &Map<String, Value>, members: &[&str]) -> Result<(), Refusal> {
    match body.keys().find(|name| !members.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(unknown_member(name, members)),
    }
}

fn flag(body: &Map<String, Value>, name: &str) -> Result<Option<bool>, Refusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err(invalid(format!("Expected type boolean on property {name}"))),
    }
}

fn string(body: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Refusal> {
    match body.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.is_empty() && text.len() <= 1024 => Ok(Some(text)),
        Some(Value::String(_)) => Err(invalid(format!("Wrong length on property {name}"))),
        Some(_) => Err(invalid(format!("Expected type string on property {name}"))),
    }
}

fn field(refused: signup::RefusedField) -> Refusal {
    *refused.refusal
}

fn invalid(cause: impl Into<String>) -> Refusal {
    Refusal::new("invalid_body", cause.into())
}

#[cfg(test)]
mod tests;
