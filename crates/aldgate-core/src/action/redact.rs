//! What is taken out of an event before it is kept: whoever tries a draft on real logins sees how
//! they differ, not who logged in.

use aws_lc_rs::digest;
use serde_json::{Map, Value, json};

/// Members of the user that name her; a stand-in of the same form takes their place.
const NAMES: [&str; 8] = [
    "family_name",
    "given_name",
    "name",
    "nickname",
    "phone_number",
    "picture",
    "preferred_username",
    "username",
];

/// Parameters of the request whose values say nothing of the user and that actions decide by.
const PARAMETERS: [&str; 14] = [
    "acr_values",
    "audience",
    "client_id",
    "connection",
    "grant_type",
    "organization",
    "prompt",
    "protocol",
    "redirect_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "ui_locales",
];

/// The event without what names the user or was secret. `key` makes the stand-ins of one tenant
/// different from another's, and equal for one user.
#[must_use]
pub fn event(event: &Value, key: &[u8]) -> Value {
    let mut event = event.clone();
    let Some(members) = event.as_object_mut() else {
        return Value::Null;
    };
    for name in ["secrets", "cache", "session", "refresh_token"] {
        members.remove(name);
    }
    if let Some(Value::Object(user)) = members.get_mut("user") {
        redact_user(user, key);
    }
    if let Some(Value::Object(request)) = members.get_mut("request") {
        redact_request(request);
    }
    if let Some(Value::Object(transaction)) = members.get_mut("transaction") {
        for name in ["login_hint", "state", "linking_id", "id"] {
            transaction.remove(name);
        }
    }
    event
}

fn redact_user(user: &mut Map<String, Value>, key: &[u8]) {
    let stand_in = stand_in(user.get("user_id"), key);
    let provider = |id: &Value| {
        id.as_str()?
            .split_once('|')
            .map(|(name, _)| name.to_owned())
    };
    if let Some(provider) = user.get("user_id").and_then(provider) {
        user.insert("user_id".into(), json!(format!("{provider}|{stand_in}")));
    }
    if let Some(Value::String(email)) = user.get("email") {
        let domain = email
            .rsplit_once('@')
            .map_or("invalid.example", |(_, domain)| domain);
        let email = json!(format!("{stand_in}@{domain}"));
        user.insert("email".into(), email);
    }
    for name in NAMES {
        if let Some(value) = user.get_mut(name).filter(|value| value.is_string()) {
            *value = json!(stand_in);
        }
    }
    for name in ["identities", "multifactor", "last_ip"] {
        user.remove(name);
    }
    if let Some(metadata) = user.get_mut("user_metadata") {
        hide_texts(metadata);
    }
}

fn redact_request(request: &mut Map<String, Value>) {
    if let Some(Value::String(ip)) = request.get("ip") {
        let network = network_of(ip);
        request.insert("ip".into(), json!(network));
    }
    for name in ["query", "body"] {
        if let Some(Value::Object(parameters)) = request.get_mut(name) {
            parameters.retain(|parameter, _| PARAMETERS.contains(&parameter.as_str()));
        }
    }
    if let Some(Value::Object(place)) = request.get_mut("geoip") {
        place.retain(|name, _| name.starts_with("country") || name.starts_with("continent"));
    }
}

/// The same for one user of one tenant; nobody can compute it without the key.
fn stand_in(user_id: Option<&Value>, key: &[u8]) -> String {
    let id = user_id.and_then(Value::as_str).unwrap_or_default();
    let mut text = key.to_vec();
    text.extend_from_slice(id.as_bytes());
    let hash = digest::digest(&digest::SHA256, &text);
    let digits = hash.as_ref()[..6].iter().map(|byte| format!("{byte:02x}"));
    format!("user-{}", digits.collect::<String>())
}

/// The network of an address: its last 8 (IPv4) or 80 bits (IPv6) are gone.
fn network_of(ip: &str) -> String {
    match ip.parse() {
        Ok(std::net::IpAddr::V4(ip)) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}.0")
        }
        Ok(std::net::IpAddr::V6(ip)) => {
            let [a, b, c, ..] = ip.segments();
            std::net::Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).to_string()
        }
        Err(_) => String::new(),
    }
}

fn hide_texts(value: &mut Value) {
    match value {
        Value::String(text) => "redacted".clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(hide_texts),
        Value::Object(members) => members.values_mut().for_each(hide_texts),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_01_a_kept_event_does_not_tell_who_logged_in() {
        let whole = json!({
            "user": {"user_id": "auth0|ann-1", "email": "ann@example.com", "name": "Ann Other",
                "user_metadata": {"phone": "+43 1 23", "theme": {"dark": true}},
                "app_metadata": {"plan": "gold"}, "identities": [{"user_id": "ann-1"}]},
            "request": {"ip": "192.0.2.77", "query": {"scope": "openid", "login_hint": "ann@example.com",
                "state": "ann-state"}, "body": {"code": "ann-code"},
                "geoip": {"countryCode": "AT", "cityName": "Anntown"}},
            "transaction": {"requested_scopes": ["openid"], "state": "ann-state"},
            "session": {"id": "ann-session"}, "secrets": {"KEY": "ann-secret"},
        });
        let kept = event(&whole, b"key");
        assert!(!kept.to_string().to_lowercase().contains("ann"), "{kept}");
        let text = kept.to_string();
        for gone in ["+43", "192.0.2.77", "\"identities\""] {
            assert!(!text.contains(gone), "{gone}: {text}");
        }
        assert_eq!(kept["user"]["app_metadata"]["plan"], "gold");
        assert_eq!(kept["user"]["user_metadata"]["theme"]["dark"], true);
        let email = kept["user"]["email"].as_str().unwrap();
        assert!(
            email.ends_with("@example.com"),
            "actions decide by the domain: {email}"
        );
        assert_eq!(kept["request"]["ip"], "192.0.2.0");
        assert_eq!(kept["request"]["query"], json!({"scope": "openid"}));
        assert_eq!(
            event(&whole, b"key"),
            kept,
            "the same user is the same stand-in"
        );
        assert_ne!(
            event(&whole, b"other")["user"]["user_id"],
            kept["user"]["user_id"]
        );
        assert_eq!(network_of("2001:db8:1:2::3"), "2001:db8:1::");
    }
}
