//! One call of an operation: everything that its function may look at.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use aldgate_app::App;
use aldgate_app::extract::{Caller, Tenant};
use aldgate_core::error::Refusal;
use aldgate_core::event::{Event, EventType};
use aldgate_core::id::IdError;
use aldgate_core::secret::Secret;
use aldgate_core::time::Timestamp;
use axum::extract::Multipart;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{Actor, ApiError, Audit, Operation, Query};

/// One call of an operation by a caller who may make it.
#[derive(Clone)]
pub(crate) struct Call {
    /// The shared state.
    pub(crate) app: App,
    /// The tenant whose Management API it is.
    pub(crate) tenant: Tenant,
    /// Who calls.
    pub(crate) actor: Actor,
    /// When.
    pub(crate) now: Timestamp,
    /// The query, checked.
    pub(crate) query: Query,
    pub(super) caller: Caller,
    pub(super) operation: Arc<Operation>,
    pub(super) segments: BTreeMap<String, String>,
    pub(super) content_type: String,
    pub(super) body: Bytes,
    pub(super) form: Form,
}

/// A form with a file, not read yet; whoever takes it first reads it.
#[derive(Clone, Default)]
pub(super) struct Form(Arc<Mutex<Option<Multipart>>>);

impl Form {
    pub(super) fn of(form: Multipart) -> Self {
        Self(Arc::new(Mutex::new(Some(form))))
    }
}

impl Call {
    /// The operation's path, with `{names}`.
    pub(super) fn path(&self) -> &'static str {
        self.operation.path
    }

    /// A segment of the path, decoded.
    pub(crate) fn segment(&self, name: &str) -> &str {
        self.segments.get(name).map_or("", String::as_str)
    }

    /// A segment of the path as an identifier.
    ///
    /// # Errors
    /// 400 `invalid_uri` when it has another shape.
    pub(crate) fn id<T: FromStr<Err = IdError>>(&self, name: &str) -> Result<T, ApiError> {
        Ok(self.segment(name).parse()?)
    }

    /// The request as actions see it: from where, and no body, which may hold a password.
    pub(crate) fn as_seen_by_actions(&self) -> aldgate_core::action::event::Request {
        let authority = self.tenant.issuer.authority();
        aldgate_core::action::event::Request {
            ip: self.caller.address().to_string(),
            hostname: authority.split(':').next().unwrap_or_default().to_owned(),
            method: self.operation.method.to_string(),
            user_agent: self.caller.user_agent().to_owned(),
            ..Default::default()
        }
    }

    /// The body as it came.
    pub(crate) const fn raw(&self) -> &Bytes {
        &self.body
    }

    /// The media type of the body, with its parameters.
    pub(crate) fn content_type(&self) -> &str {
        &self.content_type
    }

    /// The body as a JSON object.
    ///
    /// # Errors
    /// 400 `invalid_body` when it is none.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, ApiError> {
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(members)) => Ok(members),
            Ok(other) => {
                let kind = kind_of(&other);
                let refusal = Refusal::new("invalid_body", "Expected type object");
                Err(refusal.expected("a JSON object").actual(kind).into())
            }
            Err(_) if self.body.is_empty() => {
                let refusal = Refusal::new("invalid_body", "The body is missing");
                Err(refusal.expected("a JSON object").actual("nothing").into())
            }
            Err(error) => {
                let cause = format!("The body is not JSON: {error}");
                Err(Refusal::new("invalid_body", cause).into())
            }
        }
    }

    /// The body as a JSON object; nothing counts as `{}`.
    ///
    /// # Errors
    /// As [`Call::object`].
    pub(crate) fn object_or_nothing(&self) -> Result<Map<String, Value>, ApiError> {
        if self.body.is_empty() {
            return Ok(Map::new());
        }
        self.object()
    }

    /// The body as a type that says which members there are (`deny_unknown_fields`, ADM-03).
    ///
    /// # Errors
    /// 400 `invalid_body`, with the member at fault.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        parse(Value::Object(self.object()?))
    }

    /// The body as a JSON list of a type.
    ///
    /// # Errors
    /// As [`Call::parse`].
    pub(crate) fn parse_list<T: DeserializeOwned>(&self) -> Result<Vec<T>, ApiError> {
        match serde_json::from_slice(&self.body) {
            Ok(list @ Value::Array(_)) => parse(list),
            Ok(other) => {
                let refusal = Refusal::new("invalid_body", "Expected type array");
                Err(refusal
                    .expected("a JSON list")
                    .actual(kind_of(&other))
                    .into())
            }
            Err(error) => {
                let cause = format!("The body is not JSON: {error}");
                Err(Refusal::new("invalid_body", cause).into())
            }
        }
    }

    /// The form with a file, to be read field by field; once.
    ///
    /// # Errors
    /// 400 `invalid_body` when it was taken already.
    pub(crate) fn form(&self) -> Result<Multipart, ApiError> {
        let form = self
            .form
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        form.ok_or_else(|| ApiError::invalid_body("The form is missing"))
    }

    /// The members that `fields` and `include_fields` choose.
    pub(crate) fn chosen(&self, item: Value) -> Value {
        let (Some(fields), Value::Object(members)) = (self.query.get("fields"), &item) else {
            return item;
        };
        let include = self.query.flag("include_fields").unwrap_or(true);
        let named = |name: &str| fields.split(',').any(|field| field.trim() == name);
        let always = |name: &str| self.operation.always.contains(&name);
        let kept = members.iter();
        let kept = kept.filter(|(name, _)| named(name) == include || always(name));
        Value::Object(kept.map(|(k, v)| (k.clone(), v.clone())).collect())
    }

    /// What records the change that this call makes; see [`Audit`].
    pub(crate) fn audit(&self) -> Audit {
        Audit::of(self, EventType::ManagementOperation)
    }

    /// An event of another kind that this call causes, beside the one of [`Call::audit`].
    pub(crate) fn event(&self, kind: EventType) -> Event {
        let mut event = self.app.event(kind, &self.caller, self.now);
        event.detail = self.describe();
        event
    }

    /// What the tenant log says of the request itself.
    pub(super) fn describe(&self) -> Value {
        json!({
            "method": self.operation.method.as_str(),
            "path": format!("/api/v2{}", self.operation.path),
            "segments": self.segments,
            "actor": self.actor.describe(),
        })
    }
}

/// Reads a JSON value as a type that refuses unknown members.
///
/// # Errors
/// 400 `invalid_body`, with the member at fault.
pub(crate) fn parse<T: DeserializeOwned>(value: Value) -> Result<T, ApiError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let cause = match path.as_str() {
            "." => error.into_inner().to_string(),
            path => format!("{} on property {path}", error.inner()),
        };
        ApiError::from(Refusal::new("invalid_body", cause))
    })
}

/// The fewest characters of a secret that a body brings: 256 bits to sign with, and too many to
/// guess.
const SECRET_MIN: usize = 32;

/// The most characters of a secret that a body brings.
const SECRET_MAX: usize = 1024;

/// Takes a secret out of a body: secrets are write-only.
///
/// # Errors
/// 400 `invalid_body` when it is too short, too long or not printable ASCII.
pub(crate) fn secret_of(
    body: &mut Map<String, Value>,
    member: &str,
) -> Result<Option<Secret<String>>, ApiError> {
    let text = match body.remove(member) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(other) => {
            let refusal = Refusal::new("invalid_body", format!("{member} must be a string"));
            return Err(refusal.actual(kind_of(&other)).into());
        }
    };
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    if !printable || !(SECRET_MIN..=SECRET_MAX).contains(&text.len()) {
        let cause = format!("{member} is too short, too long, or has other characters");
        let refusal = Refusal::new("invalid_body", cause)
            .expected(format!(
                "{SECRET_MIN} to {SECRET_MAX} printable ASCII characters without spaces"
            ))
            .actual(&format!("{} characters", text.chars().count()))
            .remedy("Use a random value, such as the output of `openssl rand -base64 48`.");
        return Err(refusal.into());
    }
    Ok(Some(Secret::new(text)))
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
