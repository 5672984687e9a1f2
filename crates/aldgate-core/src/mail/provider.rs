//! Who carries a tenant's mail. Aldgate speaks SMTP; settings of other providers are kept, and
//! its own transport goes on carrying the mail.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::Refusal;
use crate::members::{self, Kind, Member, member};

/// The providers that Auth0 knows.
pub const NAMES: &[&str] = &[
    "mailgun",
    "mandrill",
    "sendgrid",
    "resend",
    "ses",
    "sparkpost",
    "smtp",
    "azure_cs",
    "ms365",
    "custom",
];

/// Members a body may set.
pub const MEMBERS: &[Member] = &[
    member("name", Kind::OneOf(NAMES)),
    member("enabled", Kind::Flag),
    member("default_from_address", Kind::Text(320)),
    member("credentials", Kind::Free),
    member("settings", Kind::Free),
];

/// Members that a new provider needs.
pub const REQUIRED: &[&str] = &["name", "credentials"];

const SMTP: &[Member] = &[
    member("smtp_host", Kind::Text(255)),
    member("smtp_port", Kind::Whole(1, 65_535)),
    member("smtp_user", Kind::Text(320)),
    member("smtp_pass", Kind::Text(1024)),
];

/// Credentials that may be shown; every other one is a secret.
const SHOWN: &[&str] = &[
    "smtp_host",
    "smtp_port",
    "smtp_user",
    "region",
    "domain",
    "tenantId",
    "clientId",
];

/// A provider as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provider {
    /// One of [`NAMES`].
    pub name: String,
    /// Whether it is used.
    pub enabled: bool,
    /// The sender of mails that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_from_address: Option<String>,
    /// Further settings, as sent.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub settings: Map<String, Value>,
    /// The credentials that are no secrets.
    #[serde(default)]
    pub credentials: Map<String, Value>,
    /// All credentials, sealed.
    #[serde(default)]
    pub credentials_sealed: String,
}

/// What SMTP needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smtp {
    /// The server's name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// User and password, if the server wants them.
    pub login: Option<(String, String)>,
}

impl Provider {
    /// Reads a new provider. Its credentials are handed back, to be sealed.
    ///
    /// # Errors
    /// Names the member at fault.
    pub fn create(body: &Map<String, Value>) -> Result<(Self, Map<String, Value>), Refusal> {
        members::check(MEMBERS, REQUIRED, body)?;
        let blank = Self {
            name: String::new(),
            enabled: true,
            default_from_address: None,
            settings: Map::new(),
            credentials: Map::new(),
            credentials_sealed: String::new(),
        };
        blank.changed(&Map::new(), body)
    }

    /// Lays a body over the provider, whose credentials are `known`. Credentials that are not sent
    /// stay, as long as the provider is the same.
    ///
    /// # Errors
    /// Names the member at fault.
    pub fn update(
        &self,
        known: &Map<String, Value>,
        body: &Map<String, Value>,
    ) -> Result<(Self, Map<String, Value>), Refusal> {
        members::check(MEMBERS, &[], body)?;
        self.clone().changed(known, body)
    }

    fn changed(
        mut self,
        known: &Map<String, Value>,
        body: &Map<String, Value>,
    ) -> Result<(Self, Map<String, Value>), Refusal> {
        let mut credentials = known.clone();
        if let Some(name) = body.get("name").and_then(Value::as_str)
            && name != self.name
        {
            name.clone_into(&mut self.name);
            credentials.clear();
        }
        if let Some(enabled) = body.get("enabled").and_then(Value::as_bool) {
            self.enabled = enabled;
        }
        if let Some(from) = body.get("default_from_address") {
            let from = from.as_str().filter(|from| !from.is_empty());
            self.default_from_address = from.map(str::to_owned);
        }
        if let Some(settings) = body.get("settings") {
            self.settings = settings.as_object().cloned().unwrap_or_default();
        }
        if let Some(Value::Object(sent)) = body.get("credentials") {
            members::lay_over(&mut credentials, sent.clone());
        }
        if self.name == "smtp" {
            members::check(SMTP, &["smtp_host"], &credentials)?;
            Smtp::of(&credentials)?;
        }
        let shown = credentials
            .iter()
            .filter(|(name, _)| SHOWN.contains(&name.as_str()));
        self.credentials = shown.map(|(k, v)| (k.clone(), v.clone())).collect();
        Ok((self, credentials))
    }

    /// Reads a stored provider.
    #[must_use]
    pub fn deserialize_from(stored: &Value) -> Option<Self> {
        Self::deserialize(stored).ok()
    }

    /// The provider as the Management API shows it: no secrets.
    #[must_use]
    pub fn view(&self) -> Value {
        let mut view = serde_json::to_value(self).unwrap_or_default();
        if let Some(view) = view.as_object_mut() {
            view.remove("credentials_sealed");
        }
        view
    }
}

impl Smtp {
    /// Reads the credentials of the provider `smtp`.
    ///
    /// # Errors
    /// When the host is no name of a server.
    pub fn of(credentials: &Map<String, Value>) -> Result<Self, Refusal> {
        let text = |name: &str| credentials.get(name).and_then(Value::as_str);
        let host = text("smtp_host").unwrap_or_default();
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':');
        if host.is_empty() || !host.bytes().all(plain) {
            let cause = "credentials.smtp_host is no name of a server";
            return Err(Refusal::new("invalid_body", cause).actual(host));
        }
        let port = credentials.get("smtp_port").and_then(Value::as_u64);
        let user = text("smtp_user").filter(|user| !user.is_empty());
        let password = text("smtp_pass").unwrap_or_default();
        Ok(Self {
            host: host.to_owned(),
            port: port
                .and_then(|port| u16::try_from(port).ok())
                .unwrap_or(587),
            login: user.map(|user| (user.to_owned(), password.to_owned())),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn secrets_are_apart_and_stay_when_they_are_not_sent() {
        let smtp =
            json!({"smtp_host": "mail.test", "smtp_port": 25, "smtp_user": "u", "smtp_pass": "p"});
        let (made, known) =
            Provider::create(&body(json!({"name": "smtp", "credentials": smtp}))).unwrap();
        assert!(!made.view().to_string().contains("smtp_pass"));
        let change = json!({"credentials": {"smtp_host": "other.test"}, "enabled": false});
        let (changed, known) = made.update(&known, &body(change)).unwrap();
        assert!(!changed.enabled);
        let read = Smtp::of(&known).unwrap();
        assert_eq!((read.host.as_str(), read.port), ("other.test", 25));
        assert_eq!(read.login, Some(("u".into(), "p".into())));
        let other = json!({"name": "mailgun", "credentials": {"api_key": "k", "domain": "d"}});
        let (other, known) = changed.update(&known, &body(other)).unwrap();
        assert_eq!(known.get("smtp_pass"), None);
        assert_eq!(Value::Object(other.credentials), json!({"domain": "d"}));
    }

    #[test]
    fn what_smtp_cannot_use_is_refused() {
        for bad in [
            json!({"name": "smtp"}),
            json!({"name": "smtp", "credentials": {}}),
            json!({"name": "smtp", "credentials": {"smtp_host": "a b"}}),
            json!({"name": "smtp", "credentials": {"smtp_host": "a", "smtp_port": 0}}),
            json!({"name": "pigeon", "credentials": {}}),
        ] {
            assert!(Provider::create(&body(bad.clone())).is_err(), "{bad}");
        }
    }
}
