//! A tenant: one issuer with its own keys, users, applications and APIs.

pub mod rules;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::TenantId;
use crate::time::{Seconds, Timestamp};

/// The `iss` of every token: an absolute URL that ends in `/` (ruling R10). Byte-identical in
/// discovery, tokens and the `iss` parameter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Issuer(Box<str>);

/// The setting that lets redacted events be kept, to try drafts of actions on (not in Auth0).
pub const KEPT_ACTION_EVENTS: &str = "kept_action_events";

/// The longest that such events are kept, in hours.
pub const KEPT_HOURS_MAX: u64 = 168;

/// One issuer. Chosen by the host name of a request; URLs always come from [`Tenant::issuer`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tenant {
    /// Short name, the key of everything the tenant owns.
    pub id: TenantId,
    /// Where it is reached and who it says it is.
    pub issuer: Issuer,
    /// What its administrators can change.
    #[serde(default)]
    pub settings: TenantSettings,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Tenant settings, in Auth0's names. What Aldgate does not act on stays in `extra`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TenantSettings {
    /// Shown on pages and in mails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub friendly_name: Option<String>,
    /// Logo on pages, https only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture_url: Option<String>,
    /// Shown on error pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support_email: Option<String>,
    /// Shown on error pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support_url: Option<String>,
    /// The API meant when a request names no audience.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_audience: Option<String>,
    /// The connection of the plain password grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_directory: Option<String>,
    /// Where the login page sends people who come without a transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_redirection_uri: Option<String>,
    /// Where `/v2/logout` may send people when no application is named.
    pub allowed_logout_urls: Vec<String>,
    /// Absolute lifetime of a session, in hours (Auth0: 168).
    pub session_lifetime: f64,
    /// Idle lifetime of a session, in hours (Auth0: 72).
    pub idle_session_lifetime: f64,
    /// Locales of the pages, the first is the default.
    pub enabled_locales: Vec<String>,
    /// Whether an explicit sign-up error may say that the user exists
    /// (Auth0's flag `enable_public_signup_user_exists_error`).
    pub enable_public_signup_user_exists_error: bool,
    /// Everything else, stored and returned as sent.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The languages that the pages are written in: a new tenant has them all.
pub const LOCALES: [&str; 7] = ["en", "de", "fr", "es", "pt", "ja", "ar"];

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            friendly_name: None,
            picture_url: None,
            support_email: None,
            support_url: None,
            default_audience: None,
            default_directory: None,
            default_redirection_uri: None,
            allowed_logout_urls: Vec::new(),
            session_lifetime: 168.0,
            idle_session_lifetime: 72.0,
            enabled_locales: LOCALES.map(String::from).to_vec(),
            enable_public_signup_user_exists_error: false,
            extra: Map::new(),
        }
    }
}

impl TenantSettings {
    /// The absolute lifetime of a session.
    #[must_use]
    pub fn session_absolute(&self) -> Seconds {
        hours(self.session_lifetime)
    }

    /// How long events are kept to try drafts of actions on; `None`: they are not, as at first.
    #[must_use]
    pub fn kept_action_events(&self) -> Option<Seconds> {
        let setting = self.extra.get(KEPT_ACTION_EVENTS)?;
        let hours = setting.get("retention_hours").and_then(Value::as_u64);
        let enabled = setting.get("enabled").and_then(Value::as_bool) == Some(true);
        enabled.then(|| Seconds::hours(hours.unwrap_or(24).clamp(1, KEPT_HOURS_MAX)))
    }

    /// The idle lifetime of a session.
    #[must_use]
    pub fn session_idle(&self) -> Seconds {
        hours(self.idle_session_lifetime)
    }
}

/// Turns a setting in hours into seconds: at least a minute, at most a year.
pub(crate) fn hours(hours: f64) -> Seconds {
    let seconds = (hours * 3600.0).clamp(60.0, 31_536_000.0);
    // The clamp keeps the value far inside u64; NaN becomes 0 and is lifted to a minute.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped above"
    )]
    let whole = seconds as u64;
    Seconds(whole.max(60))
}

impl Issuer {
    /// Reads an issuer: `http` or `https`, a host, no user, query or fragment, path `/`.
    /// A missing trailing slash is added.
    ///
    /// # Errors
    /// Says what is wrong with `text`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = url::Url::parse(text).map_err(|e| format!("{text:?} is not a URL: {e}"))?;
        let plain = url.username().is_empty() && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(format!(
                "{text:?} must begin with http:// or https:// and name a host"
            ));
        }
        if !plain || url.query().is_some() || url.fragment().is_some() || url.path() != "/" {
            return Err(format!(
                "{text:?} must be scheme://host[:port]/ and nothing more"
            ));
        }
        Ok(Self(url.as_str().into()))
    }

    /// The issuer as text, with its trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL of `path`, which begins without a slash: `issuer.join("oauth/token")`.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Scheme, host and port without the trailing slash: the web origin.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.0.trim_end_matches('/')
    }

    /// Host and port as a `Host` header would carry them.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.origin()
            .split_once("://")
            .map_or("", |(_, authority)| authority)
    }

    /// Whether cookies can be `Secure`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// The audience of the userinfo endpoint: `{issuer}userinfo`.
    #[must_use]
    pub fn userinfo(&self) -> String {
        self.join("userinfo")
    }

    /// The identifier of the Management API: `{issuer}api/v2/`.
    #[must_use]
    pub fn management(&self) -> String {
        self.join("api/v2/")
    }
}

impl std::fmt::Display for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Issuer {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_ends_in_a_slash() {
        let issuer = Issuer::parse("https://localhost:4455").unwrap();
        assert_eq!(issuer.as_str(), "https://localhost:4455/");
        assert_eq!(issuer.origin(), "https://localhost:4455");
        assert_eq!(issuer.authority(), "localhost:4455");
        assert_eq!(issuer.management(), "https://localhost:4455/api/v2/");
        for bad in [
            "ftp://x/",
            "https://x/y",
            "https://u@x/",
            "https://x/?a",
            "x",
            "https://x/#",
        ] {
            assert!(Issuer::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn session_lifetimes_are_bounded() {
        let settings = TenantSettings {
            session_lifetime: f64::NAN,
            ..Default::default()
        };
        assert_eq!(settings.session_absolute(), Seconds(60));
        assert_eq!(TenantSettings::default().session_idle(), Seconds::hours(72));
    }

    #[test]
    fn events_are_kept_only_where_the_tenant_says_so_and_not_for_long() {
        let kept = |value: &Value| {
            let mut settings = TenantSettings::default();
            settings
                .extra
                .insert(KEPT_ACTION_EVENTS.into(), value.clone());
            settings.kept_action_events()
        };
        use serde_json::json;
        assert_eq!(TenantSettings::default().kept_action_events(), None);
        assert_eq!(kept(&json!({"retention_hours": 5})), None);
        assert_eq!(kept(&json!({"enabled": true})), Some(Seconds::hours(24)));
        let long = json!({"enabled": true, "retention_hours": 9999});
        assert_eq!(kept(&long), Some(Seconds::hours(168)));
    }
}
