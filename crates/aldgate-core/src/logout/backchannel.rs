//! Back-channel logout (OpenID Connect Back-Channel Logout 1.0): which applications are told that a
//! session ended, and in what words.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use crate::application::Application;
use crate::error::Refusal;
use crate::id::ClientId;
use crate::random::{Entropy, alphanumeric};
use crate::session::Session;
use crate::tenant::Issuer;
use crate::time::{Seconds, Timestamp};

/// How long a logout token is good; the specification recommends two minutes at most.
pub const TOKEN_LIFETIME: Seconds = Seconds::minutes(2);

/// `typ` of a logout token (section 2.4).
pub const TYP: &str = "logout+jwt";

/// The most addresses of one application.
const URLS_MAX: usize = 5;

/// What ended a session (Auth0: `backchannel_logout_initiators`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Initiator {
    /// The user logged out, at an application or at her account page.
    RpLogout,
    /// An upstream provider ended it.
    IdpLogout,
    /// Her password was changed or reset.
    PasswordChanged,
    /// It ended by time.
    SessionExpired,
    /// Somebody ended it from afar: an administrator, or she herself on another device.
    SessionRevoked,
    /// Her account was deleted.
    AccountDeleted,
    /// Her address was changed.
    EmailIdentifierChanged,
    /// A factor of hers was removed.
    MfaPhoneUnenrolled,
    /// She was blocked.
    AccountDeactivated,
}

/// A session that ended, as it waits to be told of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ended {
    /// Why.
    pub initiator: Initiator,
    /// What it was.
    pub session: Session,
}

/// One application to be told of one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The application.
    pub client_id: ClientId,
    /// Where it listens.
    pub url: String,
    /// `sub`.
    pub user_id: String,
    /// `sid`.
    pub session_id: String,
}

impl Initiator {
    /// Auth0's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RpLogout => "rp-logout",
            Self::IdpLogout => "idp-logout",
            Self::PasswordChanged => "password-changed",
            Self::SessionExpired => "session-expired",
            Self::SessionRevoked => "session-revoked",
            Self::AccountDeleted => "account-deleted",
            Self::EmailIdentifierChanged => "email-identifier-changed",
            Self::MfaPhoneUnenrolled => "mfa-phone-unenrolled",
            Self::AccountDeactivated => "account-deactivated",
        }
    }
}

/// Whom an application's settings want to be told: its addresses, if the initiator is one of those
/// it chose. Without a choice these are a logout by the user and one upstream (Auth0).
#[must_use]
pub fn addresses(application: &Application, initiator: Initiator) -> Vec<String> {
    let Some(settings) = application.extra.get("oidc_logout") else {
        return Vec::new();
    };
    let chosen = &settings["backchannel_logout_initiators"];
    let selected = chosen["selected_initiators"].as_array();
    let wanted = match (chosen["mode"].as_str(), selected) {
        (Some("all"), _) => true,
        (_, Some(selected)) => selected.iter().any(|one| one == initiator.as_str()),
        (_, None) => matches!(initiator, Initiator::RpLogout | Initiator::IdpLogout),
    };
    let urls = settings["backchannel_logout_urls"].as_array();
    let urls = urls.into_iter().flatten().filter_map(Value::as_str);
    let urls = urls.filter(|_| wanted && !application.disabled);
    urls.take(URLS_MAX).map(str::to_owned).collect()
}

/// The claims of a logout token (section 2.4). Never a `nonce`, so that it is no ID token.
#[must_use]
pub fn claims(issuer: &Issuer, notice: &Notice, now: Timestamp, rng: &mut dyn Entropy) -> Vec<u8> {
    json!({
        "iss": issuer.as_str(),
        "sub": notice.user_id,
        "aud": notice.client_id,
        "iat": now.seconds(),
        "exp": (now + TOKEN_LIFETIME).seconds(),
        "jti": alphanumeric(rng, 32),
        "sid": notice.session_id,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    })
    .to_string()
    .into_bytes()
}

/// Checks `oidc_logout` of an application.
///
/// # Errors
/// Says what does not fit.
pub fn check(settings: &Value) -> Result<(), Refusal> {
    let invalid = |cause: &str| Refusal::new("invalid_body", format!("oidc_logout: {cause}"));
    let Some(settings) = settings.as_object() else {
        return Err(invalid("expected an object"));
    };
    if let Some(urls) = settings
        .get("backchannel_logout_urls")
        .filter(|v| !v.is_null())
    {
        let Some(urls) = urls.as_array().filter(|urls| urls.len() <= URLS_MAX) else {
            return Err(invalid(
                "backchannel_logout_urls must be a list of at most 5 URLs",
            ));
        };
        if let Some(bad) = urls
            .iter()
            .find(|url| !url.as_str().is_some_and(is_address))
        {
            return Err(
                invalid("backchannel_logout_urls has an address that is refused")
                    .expected(
                        "https URLs without fragment and user name; http only to this machine",
                    )
                    .actual(&bad.to_string()),
            );
        }
    }
    let chosen = settings
        .get("backchannel_logout_initiators")
        .filter(|v| !v.is_null());
    let Some(chosen) = chosen else { return Ok(()) };
    if !matches!(chosen["mode"].as_str(), Some("all" | "custom")) {
        let cause = "backchannel_logout_initiators.mode must be all or custom";
        return Err(invalid(cause));
    }
    let selected = chosen["selected_initiators"]
        .as_array()
        .into_iter()
        .flatten();
    for name in selected {
        if serde_json::from_value::<Initiator>(name.clone()).is_err() {
            let cause = "backchannel_logout_initiators has an unknown initiator";
            return Err(invalid(cause).actual(&name.to_string()));
        }
    }
    Ok(())
}

fn is_address(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else {
        return false;
    };
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && local);
    scheme && url.fragment().is_none() && url.username().is_empty() && url.password().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;

    fn application(settings: &Value) -> Application {
        let json = json!({"client_id": "app", "name": "App", "oidc_logout": settings});
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn applications_choose_what_they_are_told_of() {
        let url = "https://rp.test/logout";
        let with = |chosen: Value| {
            application(&json!({
                "backchannel_logout_urls": [url], "backchannel_logout_initiators": chosen,
            }))
        };
        let told =
            |application: &Application, initiator| !addresses(application, initiator).is_empty();
        let usual = application(&json!({"backchannel_logout_urls": [url]}));
        assert!(told(&usual, Initiator::RpLogout) && !told(&usual, Initiator::PasswordChanged));
        let all = with(json!({"mode": "all"}));
        assert!(told(&all, Initiator::AccountDeleted));
        let some = with(json!({"mode": "custom", "selected_initiators": ["password-changed"]}));
        assert!(told(&some, Initiator::PasswordChanged) && !told(&some, Initiator::RpLogout));
        let mut off = all;
        off.disabled = true;
        assert!(!told(&off, Initiator::RpLogout));
        assert!(!told(&application(&json!({})), Initiator::RpLogout));
    }

    #[test]
    fn a_logout_token_is_no_id_token() {
        let issuer = Issuer::parse("https://id.test/").unwrap();
        let notice = Notice {
            client_id: ClientId::parse("app").unwrap(),
            url: "https://rp.test/".into(),
            user_id: "auth0|1".into(),
            session_id: "s1".into(),
        };
        let now = Timestamp::from_seconds(1_000);
        let claims = claims(&issuer, &notice, now, &mut Counting(1));
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(
            (&claims["aud"], &claims["sid"]),
            (&json!("app"), &json!("s1"))
        );
        assert_eq!(claims["exp"], 1_120);
        assert!(claims.get("nonce").is_none());
        let event = &claims["events"]["http://schemas.openid.net/event/backchannel-logout"];
        assert_eq!(event, &json!({}));
    }

    #[test]
    fn settings_are_checked() {
        for good in [
            json!({}),
            json!({"backchannel_logout_urls": ["https://rp.test/l?x=1", "http://localhost:1/l"]}),
            json!({"backchannel_logout_initiators":
                {"mode": "custom", "selected_initiators": ["rp-logout", "session-revoked"]}}),
        ] {
            assert_eq!(check(&good), Ok(()), "{good}");
        }
        for bad in [
            json!([]),
            json!({"backchannel_logout_urls": ["http://rp.test/"]}),
            json!({"backchannel_logout_urls": ["https://rp.test/#x"]}),
            json!({"backchannel_logout_urls": ["https://u:p@rp.test/"]}),
            json!({"backchannel_logout_urls": "https://rp.test/"}),
            json!({"backchannel_logout_initiators": {"mode": "some"}}),
            json!({"backchannel_logout_initiators":
                {"mode": "custom", "selected_initiators": ["sunset"]}}),
        ] {
            assert!(check(&bad).is_err(), "{bad}");
        }
    }
}
