//! What may be written to a tenant's settings, and how they are shown (Auth0: Management API).

use serde_json::{Map, Value, json};

use super::TenantSettings;
use crate::body;
use crate::error::Refusal;
use crate::members::{self, Kind, Member, member};
use crate::redirect;

/// The longest session, in hours: a year.
const HOURS_MAX: f64 = 8760.0;
/// The same in minutes.
const MINUTES_MAX: u64 = 525_600;
/// The flag that the house keeps as a member of its own.
const EXISTS_FLAG: &str = "enable_public_signup_user_exists_error";
/// Versions of the runtime that Auth0's tools may set.
const SANDBOX_VERSIONS: &[&str] = &["22", "18", "16", "12"];

const PAGE: &[Member] = &[
    member("enabled", Kind::Flag),
    member("html", Kind::Text(100_000)),
];
const ERROR_PAGE: &[Member] = &[
    member("html", Kind::Text(100_000)),
    member("show_log_link", Kind::Flag),
    member("url", Kind::WebAddress),
];
const DEVICE_FLOW: &[Member] = &[
    member("charset", Kind::OneOf(&["base20", "digits"])),
    member("mask", Kind::Text(20)),
];

/// Members a body may set. The house acts on those before the line; the rest is stored and
/// returned.
pub const MEMBERS: &[Member] = &[
    member("friendly_name", Kind::Text(200)),
    member("picture_url", Kind::WebAddress),
    member("support_email", Kind::Mail),
    member("support_url", Kind::WebAddress),
    member("default_audience", Kind::Text(600)),
    member("default_directory", Kind::Text(200)),
    member("default_redirection_uri", Kind::WebAddress),
    member(
        "allowed_logout_urls",
        Kind::List(&Kind::Text(2048), redirect::URIS_MAX),
    ),
    member("session_lifetime", Kind::Number(HOURS_MAX)),
    member("idle_session_lifetime", Kind::Number(HOURS_MAX)),
    member("session_lifetime_in_minutes", Kind::Whole(1, MINUTES_MAX)),
    member(
        "idle_session_lifetime_in_minutes",
        Kind::Whole(1, MINUTES_MAX),
    ),
    member("ephemeral_session_lifetime", Kind::Number(HOURS_MAX)),
    member("idle_ephemeral_session_lifetime", Kind::Number(HOURS_MAX)),
    member(
        "ephemeral_session_lifetime_in_minutes",
        Kind::Whole(1, MINUTES_MAX),
    ),
    member(
        "idle_ephemeral_session_lifetime_in_minutes",
        Kind::Whole(1, MINUTES_MAX),
    ),
    member(
        "session_cookie",
        Kind::Object(&[member(
            "mode",
            Kind::OneOf(&["persistent", "non-persistent"]),
        )]),
    ),
    member(
        "sessions",
        Kind::Object(&[member("oidc_logout_prompt_enabled", Kind::Flag)]),
    ),
    member("enabled_locales", Kind::List(&Kind::Text(20), 100)),
    member("error_page", Kind::Object(ERROR_PAGE)),
    member("flags", Kind::Map(&Kind::Flag, 100)),
    member(
        super::KEPT_ACTION_EVENTS,
        Kind::Object(&[
            member("enabled", Kind::Flag),
            member("retention_hours", Kind::Whole(1, super::KEPT_HOURS_MAX)),
        ]),
    ),
    // ---------------------------------------------------------------------------------------------
    member("change_password", Kind::Object(PAGE)),
    member("guardian_mfa_page", Kind::Object(PAGE)),
    member("device_flow", Kind::Object(DEVICE_FLOW)),
    member("default_token_quota", Kind::Free),
    member("oidc_logout", Kind::Map(&Kind::Flag, 10)),
    member("sandbox_version", Kind::OneOf(SANDBOX_VERSIONS)),
    member("legacy_sandbox_version", Kind::Text(20)),
    member("acr_values_supported", Kind::List(&Kind::Text(200), 100)),
    member("mtls", Kind::Map(&Kind::Flag, 10)),
    member("customize_mfa_in_postlogin_action", Kind::Flag),
    member("allow_organization_name_in_authentication_api", Kind::Flag),
    member("pushed_authorization_requests_supported", Kind::Flag),
    member("authorization_response_iss_parameter_supported", Kind::Flag),
    member(
        "skip_non_verifiable_callback_uri_confirmation_prompt",
        Kind::Flag,
    ),
    member(
        "resource_parameter_profile",
        Kind::OneOf(&["audience", "compatibility"]),
    ),
    member("client_id_metadata_document_supported", Kind::Flag),
    member("enable_ai_guide", Kind::Flag),
    member("phone_consolidated_experience", Kind::Flag),
    member(
        "dynamic_client_registration_security_mode",
        Kind::OneOf(&["strict", "permissive"]),
    ),
    member("security_headers", Kind::Free),
    member("country_codes", Kind::Free),
];

/// Members in minutes, with those in hours that they set.
const MINUTES: [(&str, &str); 4] = [
    ("session_lifetime_in_minutes", "session_lifetime"),
    ("idle_session_lifetime_in_minutes", "idle_session_lifetime"),
    (
        "ephemeral_session_lifetime_in_minutes",
        "ephemeral_session_lifetime",
    ),
    (
        "idle_ephemeral_session_lifetime_in_minutes",
        "idle_ephemeral_session_lifetime",
    ),
];

/// Lays `body` over the settings. Flags are merged one by one, as Auth0 does.
///
/// # Errors
/// Names the member at fault.
pub fn update(
    settings: &TenantSettings,
    mut body: Map<String, Value>,
) -> Result<TenantSettings, Refusal> {
    members::check(MEMBERS, &[], &body)?;
    for url in texts(&body, "allowed_logout_urls") {
        redirect::check_logout_url(url).map_err(|refusal| {
            let rule = refusal.expected.unwrap_or_default();
            let cause = format!("allowed_logout_urls {url:?} is refused: {rule}");
            Refusal::new("invalid_body", cause).actual(url)
        })?;
    }
    if body
        .get("enabled_locales")
        .is_some_and(|list| *list == json!([]))
    {
        let cause = "enabled_locales must list at least one language";
        return Err(Refusal::new("invalid_body", cause).expected("a list such as [\"en\"]"));
    }
    for (minutes, hours) in MINUTES {
        if let Some(value) = body.remove(minutes).and_then(|value| value.as_f64()) {
            body.insert(hours.into(), json!(value / 60.0));
        }
    }
    empty_means_none(&mut body);
    if let Some(Value::Object(sent)) = body.remove("flags") {
        let exists = sent.get(EXISTS_FLAG).cloned();
        let mut flags = match settings.extra.get("flags") {
            Some(Value::Object(flags)) => flags.clone(),
            _ => Map::new(),
        };
        members::lay_over(&mut flags, sent);
        flags.remove(EXISTS_FLAG);
        body.insert("flags".into(), flags.into());
        if let Some(exists) = exists {
            body.insert(EXISTS_FLAG.into(), exists);
        }
    }
    let mut writable: Vec<&str> = MEMBERS.iter().map(|member| member.name).collect();
    writable.push(EXISTS_FLAG);
    body::merge(settings, body, &writable)
}

/// The settings as the Management API shows them: what was never set is left out.
#[must_use]
pub fn view(settings: &TenantSettings) -> Map<String, Value> {
    let Ok(Value::Object(mut view)) = serde_json::to_value(settings) else {
        return Map::new();
    };
    let mut flags = match view.remove("flags") {
        Some(Value::Object(flags)) => flags,
        _ => Map::new(),
    };
    if let Some(exists) = view.remove(EXISTS_FLAG) {
        flags.insert(EXISTS_FLAG.into(), exists);
    }
    view.insert("flags".into(), flags.into());
    for (_, hours) in MINUTES {
        if let Some(value) = view.get_mut(hours) {
            whole(value);
        }
    }
    view.entry("sandbox_version").or_insert_with(|| "22".into());
    view.insert("sandbox_versions_available".into(), json!(SANDBOX_VERSIONS));
    view
}

/// Tools send `""` for what should be absent.
fn empty_means_none(body: &mut Map<String, Value>) {
    for name in [
        "default_audience",
        "default_directory",
        "default_redirection_uri",
        "friendly_name",
        "picture_url",
        "support_email",
        "support_url",
    ] {
        if body.get(name).is_some_and(|value| value == "") {
            body.insert(name.into(), Value::Null);
        }
    }
}

/// `168.0` is shown as `168`.
fn whole(value: &mut Value) {
    if let Some(number) = value.as_f64()
        && number.fract() == 0.0
        && (0.0..1e9).contains(&number)
    {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number within these bounds"
        )]
        let number = number as u64;
        *value = number.into();
    }
}

fn texts<'a>(body: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a str> {
    let list = body.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Seconds;

    fn change(settings: &TenantSettings, body: Value) -> Result<TenantSettings, Refusal> {
        update(settings, body.as_object().cloned().unwrap())
    }

    #[test]
    fn lifetimes_come_in_hours_or_minutes() {
        let settings = change(
            &TenantSettings::default(),
            json!({"session_lifetime": 2, "idle_session_lifetime_in_minutes": 90}),
        )
        .unwrap();
        assert_eq!(settings.session_absolute(), Seconds::hours(2));
        assert_eq!(settings.session_idle(), Seconds::minutes(90));
        let view = view(&settings);
        assert_eq!(view["session_lifetime"], json!(2));
        assert_eq!(view["idle_session_lifetime"], json!(1.5));
    }

    #[test]
    fn flags_are_merged_and_ours_is_among_them() {
        let first = json!({"flags": {"enable_sso": true, EXISTS_FLAG: true}});
        let settings = change(&TenantSettings::default(), first).unwrap();
        assert!(settings.enable_public_signup_user_exists_error);
        let settings = change(&settings, json!({"flags": {"universal_login": true}})).unwrap();
        let flags = &view(&settings)["flags"];
        let expected = json!({"enable_sso": true, "universal_login": true, EXISTS_FLAG: true});
        assert_eq!(flags, &expected);
    }

    #[test]
    fn adm_03_what_is_unknown_or_wrong_is_refused() {
        for bad in [
            json!({"friendly_nam": "x"}),
            json!({EXISTS_FLAG: true}),
            json!({"sandbox_versions_available": ["22"]}),
            json!({"session_lifetime": 0}),
            json!({"session_lifetime": "12"}),
            json!({"allowed_logout_urls": ["javascript:alert(1)"]}),
            json!({"enabled_locales": []}),
            json!({"flags": {"x": "y"}}),
            json!({"support_url": "ftp://x"}),
            json!({"session_cookie": {"mode": "sometimes"}}),
        ] {
            assert!(
                change(&TenantSettings::default(), bad.clone()).is_err(),
                "{bad}"
            );
        }
        let none = change(&TenantSettings::default(), json!({"picture_url": ""})).unwrap();
        assert_eq!(none.picture_url, None);
    }
}
