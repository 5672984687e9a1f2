//! What may be written to a connection, its defaults by strategy, and what makes it sound.

use serde_json::{Map, Value, json};

use super::{Connection, DATABASE};
use crate::body;
use crate::error::Refusal;
use crate::federation;
use crate::id::ConnectionId;
use crate::passwordless::Channel;
use crate::time::Timestamp;

use super::secrets::SEALED;
pub use super::secrets::{SECRET_OPTIONS, SecretOption, put_sealed, sealed, take_secrets};
pub use super::trust::{CONFIRMED, confirm_provider, moves_trust};

/// Members a body may set when the connection is made.
pub const CREATABLE: &[&str] = &[
    "name",
    "strategy",
    "display_name",
    "options",
    "enabled_clients",
    "is_domain_connection",
    "show_as_button",
    "realms",
    "metadata",
    "authentication",
    "connected_accounts",
];

/// Members a body may change later: name and strategy are what users are known by.
pub const WRITABLE: &[&str] = &[
    "display_name",
    "options",
    "enabled_clients",
    "is_domain_connection",
    "show_as_button",
    "realms",
    "metadata",
    "authentication",
    "connected_accounts",
];

/// What kinds of source there are (Auth0's strategies).
const STRATEGIES: &[&str] = &[
    DATABASE,
    "ad",
    "adfs",
    "amazon",
    "apple",
    "auth0-adldap",
    "auth0-oidc",
    "baidu",
    "bitbucket",
    "bitly",
    "box",
    "custom",
    "daccount",
    "discord",
    "dropbox",
    "dwolla",
    "email",
    "evernote",
    "evernote-sandbox",
    "exact",
    "facebook",
    "fitbit",
    "github",
    "gitlab",
    "google-apps",
    "google-oauth2",
    "instagram",
    "ip",
    "line",
    "linkedin",
    "oauth1",
    "oauth2",
    "office365",
    "oidc",
    "okta",
    "paypal",
    "paypal-sandbox",
    "pingfederate",
    "planningcenter",
    "salesforce",
    "salesforce-community",
    "salesforce-sandbox",
    "samlp",
    "sharepoint",
    "shop",
    "shopify",
    "slack",
    "sms",
    "soundcloud",
    "thirtysevensignals",
    "twitter",
    "untappd",
    "vkontakte",
    "waad",
    "weibo",
    "windowslive",
    "wordpress",
    "yahoo",
    "yandex",
];

/// The most applications a connection can name.
const CLIENTS_MAX: usize = 5000;

/// The longest `display_name`, in characters (Auth0: 128).
const DISPLAY_NAME_MAX: usize = 128;

/// The most realms, and entries of `metadata` (Auth0: 10).
const ENTRIES_MAX: usize = 10;

/// Options of a database that take one of these values or are of this type.
const DATABASE_OPTIONS: &[(&str, Kind)] = &[
    (
        "passwordPolicy",
        Kind::OneOf(&["none", "low", "fair", "good", "excellent"]),
    ),
    ("password_complexity_options", Kind::Object),
    ("password_history", Kind::Object),
    ("password_no_personal_info", Kind::Object),
    ("password_dictionary", Kind::Object),
    ("password_options", Kind::Object),
    ("brute_force_protection", Kind::Flag),
    ("import_mode", Kind::Flag),
    ("disable_signup", Kind::Flag),
    ("requires_username", Kind::Flag),
    ("validation", Kind::Object),
    ("attributes", Kind::Object),
    ("precedence", Kind::List),
    ("mfa", Kind::Object),
    ("enabledDatabaseCustomization", Kind::Flag),
    ("customScripts", Kind::Object),
    ("configuration", Kind::Object),
    ("authentication_methods", Kind::Object),
    ("passkey_options", Kind::Object),
    ("disable_self_service_change_password", Kind::Flag),
    ("strategy_version", Kind::Number),
    ("realm_fallback", Kind::Flag),
    ("non_persistent_attrs", Kind::List),
    ("set_user_root_attributes", Kind::Any),
];

#[derive(Clone, Copy)]
enum Kind {
    Any,
    Flag,
    List,
    Number,
    Object,
    OneOf(&'static [&'static str]),
}

/// Makes a connection from a body.
///
/// # Errors
/// Names the member at fault.
pub fn create(
    body: Map<String, Value>,
    id: ConnectionId,
    now: Timestamp,
) -> Result<Connection, Refusal> {
    let text = |member: &str| body.get(member).and_then(Value::as_str);
    let (Some(name), Some(strategy)) = (text("name"), text("strategy")) else {
        let member = if text("name").is_none() {
            "name"
        } else {
            "strategy"
        };
        let cause = format!("Missing required property: {member}");
        return Err(Refusal::new("invalid_body", cause));
    };
    check_name(name)?;
    if !STRATEGIES.contains(&strategy) {
        let refusal = invalid("strategy is not known on property strategy").actual(strategy);
        return Err(match body::closest(strategy, STRATEGIES) {
            Some(near) => refusal.remedy(format!("Did you mean {near}?")),
            None => refusal.expected(STRATEGIES.join(", ")),
        });
    }
    let mut blank = json!({"id": id, "name": name, "strategy": strategy, "realms": [name]});
    if strategy == DATABASE {
        blank["options"] = database_options();
    }
    let mut blank: Connection = serde_json::from_value(blank)
        .map_err(|error| Refusal::new("invalid_body", error.to_string()))?;
    (blank.created_at, blank.updated_at) = (now, now);
    let mut body = body;
    if let Some(Value::Object(given)) = body.get("options") {
        let mut options = blank.options.clone();
        options.extend(given.clone());
        body.insert("options".into(), Value::Object(options));
    }
    let mut connection = body::merge(&blank, body, CREATABLE)?;
    keep_secrets(&blank, &mut connection);
    validate(&connection)?;
    Ok(connection)
}

/// Lays `body` over `connection`; `options` are replaced whole, as Auth0 does.
///
/// # Errors
/// Names the member at fault.
pub fn update(
    connection: &Connection,
    body: Map<String, Value>,
    now: Timestamp,
) -> Result<Connection, Refusal> {
    let mut changed = body::merge(connection, body, WRITABLE)?;
    changed.updated_at = now;
    keep_secrets(connection, &mut changed);
    validate(&changed)?;
    Ok(changed)
}

/// Checks what no single member can show.
///
/// # Errors
/// Says what does not fit.
pub fn validate(connection: &Connection) -> Result<(), Refusal> {
    if connection.is_database() {
        let shown = connection.options.iter();
        for (name, value) in shown.filter(|(name, _)| !name.ends_with(SEALED)) {
            check_option(name, value)?;
        }
        super::attributes::check(&connection.options)?;
        let history = connection.options.get("password_history");
        let size = history
            .and_then(|history| history.get("size"))
            .and_then(Value::as_u64);
        if size.is_some_and(|size| size > 24) {
            return Err(invalid("options.password_history.size must be at most 24"));
        }
    }
    if connection.is_federated() {
        federation::options::check(&connection.options)?;
    }
    if let Some(channel) = Channel::of(connection) {
        super::passwordless::check(connection, channel)?;
    }
    if connection.enabled_clients.len() > CLIENTS_MAX {
        let cause = format!("enabled_clients has more than {CLIENTS_MAX} entries");
        return Err(invalid(cause));
    }
    if connection.realms.len() > ENTRIES_MAX {
        return Err(invalid("realms has more than 10 entries"));
    }
    let display_name = connection.display_name.as_deref().unwrap_or_default();
    if display_name.chars().count() > DISPLAY_NAME_MAX {
        return Err(invalid("display_name has more than 128 characters"));
    }
    check_extra(&connection.extra)
}

/// Members that are stored only: of the right type at least.
fn check_extra(extra: &Map<String, Value>) -> Result<(), Refusal> {
    if extra.get("show_as_button").is_some_and(|v| !v.is_boolean()) {
        return Err(invalid("show_as_button must be true or false"));
    }
    for member in ["authentication", "connected_accounts"] {
        let Some(value) = extra.get(member) else {
            continue;
        };
        let sound = value.as_object().is_some_and(|o| o.len() == 1)
            && value.get("active").is_some_and(Value::is_boolean);
        if !sound {
            return Err(invalid(format!(
                "{member} must be {{\"active\": true or false}}"
            )));
        }
    }
    let Some(metadata) = extra.get("metadata") else {
        return Ok(());
    };
    let sound = metadata.as_object().is_some_and(|entries| {
        let short = |value: &Value| value.as_str().is_some_and(|v| v.chars().count() <= 255);
        entries.len() <= ENTRIES_MAX && entries.values().all(short)
    });
    if sound {
        return Ok(());
    }
    Err(invalid("metadata does not fit on property metadata")
        .expected("an object with at most 10 entries of at most 255 characters"))
}

/// `options` are replaced whole, but secrets are write-only: one that was not sent again stays.
fn keep_secrets(before: &Connection, after: &mut Connection) {
    for (name, sealed) in &before.options {
        if name.ends_with(SEALED) && !after.options.contains_key(name) {
            after.options.insert(name.clone(), sealed.clone());
        }
    }
    let gone = |name: &String, value: &Value| name.ends_with(SEALED) && value.is_null();
    after.options.retain(|name, value| !gone(name, value));
}

/// The connection as the Management API shows it, without secrets.
#[must_use]
pub fn public_view(connection: &Connection) -> Map<String, Value> {
    let Ok(Value::Object(mut view)) = serde_json::to_value(connection) else {
        return Map::new();
    };
    view.remove("created_at");
    view.remove("updated_at");
    view.entry("authentication")
        .or_insert_with(|| json!({"active": true}));
    if let Some(Value::Object(options)) = view.get_mut("options") {
        options.retain(|name, _| !name.ends_with(SEALED));
    }
    view
}

/// The options of a database that asked for none.
fn database_options() -> Value {
    json!({
        "passwordPolicy": "good",
        "mfa": {"active": true, "return_enroll_settings": true},
        "strategy_version": 2,
        "authentication_methods": {"password": {"enabled": true}, "passkey": {"enabled": false}},
        "brute_force_protection": true,
    })
}

fn check_option(name: &str, value: &Value) -> Result<(), Refusal> {
    let Some((_, kind)) = DATABASE_OPTIONS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = DATABASE_OPTIONS.iter().map(|(name, _)| *name).collect();
        let mut refusal = body::unknown_member(name, &known);
        refusal.cause = format!("additional property options.{name} is not allowed").into();
        return Err(refusal);
    };
    let good = match kind {
        Kind::Any => true,
        Kind::Flag => value.is_boolean(),
        Kind::List => value.is_array(),
        Kind::Number => value.is_number(),
        Kind::Object => value.is_object(),
        Kind::OneOf(values) => value.as_str().is_some_and(|value| values.contains(&value)),
    };
    if good || value.is_null() {
        return Ok(());
    }
    let expected = match kind {
        Kind::Any => "anything".to_owned(),
        Kind::Flag => "true or false".to_owned(),
        Kind::List => "a list".to_owned(),
        Kind::Number => "a number".to_owned(),
        Kind::Object => "an object".to_owned(),
        Kind::OneOf(values) => format!("one of {}", values.join(", ")),
    };
    let cause = format!("the value does not fit on property options.{name}");
    let actual: String = value.to_string().chars().take(80).collect();
    Err(invalid(cause).expected(expected).actual(&actual))
}

/// Auth0: letters, digits and `-`, beginning and ending with a letter or digit, at most 128.
fn check_name(name: &str) -> Result<(), Refusal> {
    let inner = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let ends = !name.starts_with('-') && !name.ends_with('-');
    if (1..=128).contains(&name.len()) && inner && ends {
        return Ok(());
    }
    Err(
        invalid("name has a form that is not allowed on property name")
            .expected("1 to 128 letters, digits or -, not at the ends")
            .actual(name),
    )
}

fn invalid(cause: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new("invalid_body", cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;

    fn make(body: Value) -> Result<Connection, Refusal> {
        let body = body.as_object().cloned().unwrap();
        let id = ConnectionId::generate(&mut Counting(1));
        create(body, id, Timestamp::from_seconds(1))
    }

    #[test]
    fn a_database_has_auth0s_defaults_and_known_options_only() {
        let made = make(json!({"name": "users", "strategy": "auth0"})).unwrap();
        assert_eq!(made.options["passwordPolicy"], "good");
        assert_eq!(made.realms, ["users"]);
        let options = json!({"requires_username": true});
        let made = make(json!({"name": "u", "strategy": "auth0", "options": options})).unwrap();
        assert!(made.requires_username() && made.flag("brute_force_protection"));
        for options in [
            json!({"passwordPolice": "good"}),
            json!({"passwordPolicy": "best"}),
            json!({"disable_signup": "yes"}),
            json!({"password_history": {"enable": true, "size": 25}}),
        ] {
            let body = json!({"name": "u", "strategy": "auth0", "options": options});
            assert!(make(body).is_err(), "{options}");
        }
    }

    #[test]
    fn secret_options_are_sealed_kept_and_never_shown() {
        let now = Timestamp::from_seconds(2);
        let object = |value: Value| value.as_object().cloned().unwrap();
        let mut body = object(json!({"name": "g", "strategy": "google-oauth2",
            "options": {"client_id": "c", "client_secret": "s3cret", "app_secret": null}}));
        let taken = take_secrets(&mut body).unwrap();
        assert_eq!(taken.len(), 2);
        for option in &taken {
            let sealed = option.value.as_ref().map(|_| "sealed".to_owned());
            put_sealed(&mut body, option.name, sealed);
        }
        let id = ConnectionId::generate(&mut Counting(1));
        let made = create(body, id, now).unwrap();
        assert_eq!(sealed(&made, "client_secret"), Some("sealed"));
        assert_eq!(sealed(&made, "app_secret"), None);
        let shown = Value::Object(public_view(&made));
        assert_eq!(shown["options"], json!({"client_id": "c"}));

        let changed = update(&made, object(json!({"options": {"client_id": "d"}})), now).unwrap();
        assert_eq!(sealed(&changed, "client_secret"), Some("sealed"));
        assert!(moves_trust(&made, &changed));
        let mut body = object(json!({"options": {"client_secret": null}}));
        for option in take_secrets(&mut body).unwrap() {
            put_sealed(&mut body, option.name, None);
        }
        let changed = update(&changed, body, now).unwrap();
        assert_eq!(sealed(&changed, "client_secret"), None);
        let mut forged = object(json!({"options": {"client_secret_sealed": "x"}}));
        assert!(take_secrets(&mut forged).is_err());
    }

    #[test]
    fn members_that_are_stored_only_have_their_types() {
        for (member, bad) in [
            ("metadata", json!({"a": 5})),
            ("metadata", json!([])),
            ("authentication", json!(true)),
            ("show_as_button", json!("yes")),
            ("display_name", json!("x".repeat(129))),
            ("strategy", json!("auth1")),
        ] {
            let mut body = json!({"name": "u", "strategy": "auth0"});
            body[member] = bad;
            let refusal = make(body).unwrap_err();
            assert!(refusal.cause.contains(member), "{}", refusal.cause);
        }
    }

    #[test]
    fn name_and_strategy_are_needed_and_stay() {
        for bad in [
            json!({"strategy": "auth0"}),
            json!({"name": "x"}),
            json!({}),
        ] {
            assert!(make(bad.clone()).is_err(), "{bad}");
        }
        for name in ["", "-x", "x-", "a b", "ä", &"x".repeat(129)] {
            assert!(
                make(json!({"name": name, "strategy": "auth0"})).is_err(),
                "{name}"
            );
        }
        let made = make(json!({"name": "users", "strategy": "oidc"})).unwrap();
        let body = json!({"name": "others"}).as_object().cloned().unwrap();
        assert!(update(&made, body, Timestamp::from_seconds(2)).is_err());
    }
}
