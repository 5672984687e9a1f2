//! What the options of a passwordless connection must look like (Auth0: strategies `email` and
//! `sms`).

use serde_json::{Map, Value};

use super::Connection;
use super::secrets::SEALED;
use crate::body;
use crate::error::Refusal;
use crate::liquid::Template;
use crate::passwordless::Channel;

#[derive(Clone, Copy)]
enum Kind {
    Any,
    Flag,
    Object,
    Template,
    Text,
    Web,
}

/// Options of either strategy.
const COMMON: &[(&str, Kind)] = &[
    ("authParams", Kind::Any),
    ("auth_params", Kind::Any),
    ("brute_force_protection", Kind::Flag),
    ("disable_signup", Kind::Flag),
    ("name", Kind::Text),
    ("non_persistent_attrs", Kind::Any),
    ("set_user_root_attributes", Kind::Any),
    ("totp", Kind::Object),
    ("upstream_params", Kind::Any),
];

const EMAIL: &[(&str, Kind)] = &[
    ("email", Kind::Object),
    ("from", Kind::Text),
    ("subject", Kind::Text),
];

const SMS: &[(&str, Kind)] = &[
    ("forward_req_info", Kind::Any),
    ("from", Kind::Text),
    ("gateway_url", Kind::Web),
    ("messaging_service_sid", Kind::Any),
    ("provider", Kind::Text),
    ("syntax", Kind::Text),
    ("template", Kind::Template),
    ("twilio_sid", Kind::Any),
];

/// Checks the options of a passwordless connection.
///
/// # Errors
/// Names the option at fault.
pub(super) fn check(connection: &Connection, channel: Channel) -> Result<(), Refusal> {
    let own = match channel {
        Channel::Email => EMAIL,
        Channel::Sms => SMS,
    };
    let known = || COMMON.iter().chain(own);
    for (name, value) in &connection.options {
        if name.ends_with(SEALED) || value.is_null() {
            continue;
        }
        let Some((_, kind)) = known().find(|(known, _)| known == name) else {
            let names: Vec<&str> = known().map(|(name, _)| *name).collect();
            let mut refusal = body::unknown_member(name, &names);
            refusal.cause = format!("additional property options.{name} is not allowed").into();
            return Err(refusal);
        };
        check_value(name, *kind, value)?;
    }
    check_totp(&connection.options)?;
    let Some(Value::Object(mail)) = connection.options.get("email") else {
        return Ok(());
    };
    for name in ["body", "subject", "from"] {
        if let Some(value) = mail.get(name) {
            check_value(&format!("email.{name}"), Kind::Template, value)?;
        }
    }
    Ok(())
}

fn check_value(name: &str, kind: Kind, value: &Value) -> Result<(), Refusal> {
    let (good, expected) = match kind {
        Kind::Any => (true, "anything"),
        Kind::Flag => (value.is_boolean(), "true or false"),
        Kind::Object => (value.is_object(), "an object"),
        Kind::Text => (value.is_string(), "text"),
        Kind::Template => {
            let template = value.as_str();
            let mistake = template.and_then(|text| Template::parse(text).err());
            if let Some(mistake) = mistake {
                let cause = format!("options.{name} is no template: {mistake}");
                return Err(invalid(cause).remedy("Correct the line; nothing was changed."));
            }
            (template.is_some(), "text in Liquid")
        }
        Kind::Web => {
            let url = value.as_str().map(|text| (text, url::Url::parse(text)));
            let good = url.is_some_and(|(text, url)| {
                let web = url.is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
                text.is_empty() || web
            });
            (good, "an https URL")
        }
    };
    if good {
        return Ok(());
    }
    let actual: String = value.to_string().chars().take(80).collect();
    let cause = format!("the value does not fit on property options.{name}");
    Err(invalid(cause).expected(expected).actual(&actual))
}

/// `totp: {length, time_step}`: what would be weaker than allowed is refused, not corrected.
fn check_totp(options: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(Value::Object(totp)) = options.get("totp") else {
        return Ok(());
    };
    for (name, min, max, unit) in [
        ("length", 6, 12, "digits"),
        ("time_step", 60, 600, "seconds"),
    ] {
        let Some(value) = totp.get(name) else {
            continue;
        };
        if !value.as_u64().is_some_and(|n| (min..=max).contains(&n)) {
            let cause = format!("the value does not fit on property options.totp.{name}");
            return Err(invalid(cause)
                .expected(format!("{min} to {max} {unit}"))
                .actual(&value.to_string()));
        }
    }
    Ok(())
}

fn invalid(cause: String) -> Refusal {
    Refusal::new("invalid_body", cause)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checked(strategy: &str, options: &Value) -> Result<(), Refusal> {
        let connection: Connection = serde_json::from_value(json!({
            "id": "con_1", "name": "p", "strategy": strategy, "options": options,
        }))
        .unwrap();
        let channel = Channel::of(&connection).unwrap();
        check(&connection, channel)
    }

    #[test]
    fn options_have_their_types_and_codes_their_strength() {
        let mail = json!({
            "disable_signup": true, "totp": {"length": 6, "time_step": 180},
            "email": {"syntax": "liquid", "body": "{{ code }}", "subject": "x", "from": "a@b.co"},
        });
        assert_eq!(checked("email", &mail), Ok(()));
        let text = json!({
            "provider": "sms_gateway", "gateway_url": "https://sms.example/send",
            "template": "@@password@@", "syntax": "md_with_macros", "from": "+15550100",
            "gateway_authentication_sealed": "x",
        });
        assert_eq!(checked("sms", &text), Ok(()));
        for (strategy, options) in [
            ("email", json!({"totp": {"length": 4}})),
            ("email", json!({"totp": {"time_step": 86_400}})),
            ("email", json!({"disable_signup": "yes"})),
            ("email", json!({"email": {"body": "{% if %}"}})),
            ("email", json!({"gateway_url": "https://sms.example/"})),
            ("sms", json!({"gateway_url": "file:///etc/passwd"})),
            ("sms", json!({"gatewayurl": "x"})),
        ] {
            assert!(checked(strategy, &options).is_err(), "{options}");
        }
    }
}
