//! Every change is an event of the tenant log, in the same unit of work (ADM-08): who, what,
//! before, after; never a secret.

use aldgate_core::event::{Event, EventType};
use aldgate_core::id::{ClientId, UserId};
use aldgate_store::{StoreError, Tx};
use serde_json::{Value, json};

use super::{Call, Who};

/// Members whose values are never logged.
const SECRET: &[&str] = &[
    "access_token",
    "client_secret",
    "configuration",
    "credentials",
    "custom_password_hash",
    "password",
    "password_hash",
    "pem",
    "private_key",
    "refresh_token_value",
    "secret",
    "secret_hash",
    "secret_sealed",
    "signing_secret",
    "signing_secret_sealed",
    "ticket",
    "token",
];

/// Larger pictures of before and after are left out, in bytes.
const PICTURE_MAX: usize = 16 << 10;

/// Records one change. Make it before the unit of work, record inside of it: the event's id is
/// fixed, so a unit of work that is run again writes the same event.
#[derive(Clone)]
pub(crate) struct Audit {
    event: Event,
}

impl Audit {
    pub(super) fn of(call: &Call, kind: EventType) -> Self {
        let mut event = call.app.event(kind, &call.caller, call.now);
        event.description = call.operation.summary.to_owned();
        event.audience = Some(call.tenant.issuer.management());
        event.detail = call.describe();
        match call.actor.who() {
            Who::Application { id, name } => {
                event.client_id = Some(id.clone());
                event.client_name = Some(name.clone());
            }
            Who::User {
                id,
                name,
                client_id,
            } => {
                event.client_id = Some(client_id.clone());
                event.user_id = Some(id.clone());
                event.user_name = Some(name.clone());
            }
            Who::Operator => {}
        }
        Self { event }
    }

    /// Says which application was changed.
    pub(crate) fn about_application(mut self, id: &ClientId) -> Self {
        self.event.detail["target"] = json!({"client_id": id});
        self
    }

    /// Says what was changed: a kind of thing and which one.
    pub(crate) fn about(mut self, kind: &str, id: &str) -> Self {
        self.event.detail["target"] = json!({"kind": kind, "id": id});
        self
    }

    /// Says which user was changed: the event appears in her log too.
    pub(crate) fn about_user(mut self, id: &UserId) -> Self {
        self.event.detail["target"] = json!({"user_id": id});
        self.event.user_id = Some(id.clone());
        self
    }

    /// The event of a change that other code records in its unit of work.
    pub(crate) fn into_event(self, before: &Value, after: &Value) -> Event {
        let mut event = self.event;
        event.detail["before"] = picture(before);
        event.detail["after"] = picture(after);
        event
    }

    /// Records the change. `Null` stands for "did not exist" or "is gone".
    ///
    /// # Errors
    /// When the event cannot be stored; then nothing is.
    pub(crate) fn record(
        &self,
        tx: &mut Tx<'_>,
        before: &Value,
        after: &Value,
    ) -> Result<(), StoreError> {
        let mut event = self.event.clone();
        event.detail["before"] = picture(before);
        event.detail["after"] = picture(after);
        tx.events().record(&[event])
    }
}

/// A value without its secrets, or a note that it is too large.
fn picture(value: &Value) -> Value {
    let clean = redact(value);
    if clean.to_string().len() > PICTURE_MAX {
        return json!({"left_out": format!("more than {PICTURE_MAX} bytes")});
    }
    clean
}

fn redact(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| match SECRET.contains(&name.as_str()) {
                    true => (name.clone(), json!("[redacted]")),
                    false => (name.clone(), redact(value)),
                })
                .collect(),
        ),
        Value::Array(items) => items.iter().map(redact).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_01_secrets_are_not_in_the_picture() {
        let before = json!({"name": "x", "client_secret": "s3cret", "list": [{"password": "p"}]});
        let text = picture(&before).to_string();
        assert!(
            !text.contains("s3cret") && !text.contains("\"p\""),
            "{text}"
        );
        assert!(text.contains("\"name\":\"x\""));
        let large = json!({"name": "x".repeat(PICTURE_MAX)});
        assert!(picture(&large)["left_out"].is_string());
    }
}
