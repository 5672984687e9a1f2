//! The options of a connection to another provider: their types, and reading them.
//!
//! Options of Auth0 that mean nothing here are kept and not judged: exports of a tenant hold many.

use serde_json::{Map, Value};
use url::{Host, Url};

use crate::error::Refusal;

/// The longest text among the options, in bytes.
const TEXT_BYTES_MAX: usize = 2048;

/// The most scopes, domains and upstream parameters.
const ENTRIES_MAX: usize = 100;

/// Options that are addresses.
pub(super) const ADDRESSES: &[&str] = &[
    "discovery_url",
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "end_session_endpoint",
];

const TEXTS: &[&str] = &[
    "client_id",
    "domain",
    "tenant_domain",
    "tenantId",
    crate::connection::rules::CONFIRMED,
    "team_id",
    "kid",
];

const FLAGS: &[&str] = &["disable_signup"];

/// When the profile at the provider is copied to the user (Auth0: `set_user_root_attributes`).
pub(super) const ROOT_ATTRIBUTES: &[&str] = &["on_each_login", "on_first_login", "never_on_login"];

const AUTH_METHODS: &[&str] = &["client_secret_post", "client_secret_basic"];

/// Parameters of our own `/authorize` that can be passed on (Auth0: `upstream_params`).
pub(super) const ALIASES: &[&str] = &[
    "acr_values",
    "audience",
    "client_id",
    "display",
    "id_token_hint",
    "login_hint",
    "max_age",
    "prompt",
    "resource",
    "response_mode",
    "response_type",
    "ui_locales",
];

/// Parameters that are the protocol's own: upstream parameters cannot replace them.
pub(super) const RESERVED: &[&str] = &[
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

/// Mail domains that anybody can have an address in: no connection may claim them (FED-04).
const PUBLIC_MAIL: &[&str] = &[
    "aol.com",
    "gmail.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "mail.com",
    "me.com",
    "msn.com",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "web.de",
    "yahoo.com",
    "yandex.ru",
];

/// Checks the options that Aldgate acts on.
///
/// # Errors
/// Names the option at fault.
pub fn check(options: &Map<String, Value>) -> Result<(), Refusal> {
    for name in TEXTS {
        if given(options, name).is_some_and(|value| !is_text(value)) {
            return Err(invalid(name, "a text of at most 2048 bytes", options));
        }
    }
    for name in FLAGS {
        if given(options, name).is_some_and(|value| !value.is_boolean()) {
            return Err(invalid(name, "true or false", options));
        }
    }
    for name in ADDRESSES {
        if let Some(value) = given(options, name) {
            let url = value.as_str().and_then(|text| address(text).ok());
            url.ok_or_else(|| {
                invalid(name, "an https URL without user name and fragment", options)
            })?;
        }
    }
    one_of("set_user_root_attributes", ROOT_ATTRIBUTES, options)?;
    one_of("token_endpoint_auth_method", AUTH_METHODS, options)?;
    check_scope(options)?;
    check_icon(options)?;
    check_domains(options)?;
    super::upstream::params(options).map(drop)
}

/// The value of an option; `null` and empty text count as absent.
pub(super) fn given<'a>(options: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let value = options.get(name)?;
    (!value.is_null() && value.as_str() != Some("")).then_some(value)
}

/// The text of an option.
pub(super) fn text<'a>(options: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    given(options, name).and_then(Value::as_str)
}

/// An address of a provider: https, or http on this machine, where development happens. The
/// outbound client decides what is fetched in the end (NET-01).
///
/// # Errors
/// When it is none.
pub fn address(text: &str) -> Result<Url, Refusal> {
    let refuse = || {
        Refusal::new(
            "federation_address",
            "An address of the provider cannot be used.",
        )
        .expected("an https URL without user name and fragment")
        .actual(text)
    };
    let url = Url::parse(text).map_err(|_| refuse())?;
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && local);
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if scheme && plain && url.has_host() && text.len() <= TEXT_BYTES_MAX {
        Ok(url)
    } else {
        Err(refuse())
    }
}

/// A list of texts: a JSON list, or one text with spaces or commas in between.
pub(super) fn words(value: Option<&Value>) -> Vec<String> {
    let split = |text: &str| -> Vec<String> {
        let words = text.split([' ', ',']).filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    };
    match value {
        Some(Value::String(text)) => split(text),
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(Value::as_str)
            .flat_map(split)
            .collect(),
        _ => Vec::new(),
    }
}

fn is_text(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.len() <= TEXT_BYTES_MAX)
}

fn check_scope(options: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(scope) = given(options, "scope") else {
        return Ok(());
    };
    let form = is_text(scope)
        || scope
            .as_array()
            .is_some_and(|list| list.iter().all(is_text));
    if form && words(Some(scope)).len() <= ENTRIES_MAX {
        return Ok(());
    }
    Err(invalid("scope", "scopes as a text or a list", options))
}

fn check_icon(options: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(icon) = given(options, "icon_url") else {
        return Ok(());
    };
    let url = icon.as_str().and_then(|text| Url::parse(text).ok());
    if url.is_some_and(|url| url.scheme() == "https") {
        return Ok(());
    }
    Err(invalid("icon_url", "an https URL", options))
}

fn check_domains(options: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(value) = given(options, "domain_aliases") else {
        return Ok(());
    };
    let list = value.as_array().filter(|list| list.len() <= ENTRIES_MAX);
    let list = list.ok_or_else(|| invalid("domain_aliases", "a list of domains", options))?;
    for domain in list {
        let domain = domain.as_str().unwrap_or_default();
        // In the form that is compared: the same domain can be written in many ways.
        let Some(fold) = super::realm::domain(domain) else {
            return Err(invalid(
                "domain_aliases",
                "domains such as example.com",
                options,
            ));
        };
        if PUBLIC_MAIL.contains(&fold.as_str()) {
            let cause =
                "Anybody can have an address in this domain on property options.domain_aliases";
            return Err(Refusal::new("invalid_body", cause)
                .expected("a domain of the organization behind the connection")
                .actual(domain));
        }
    }
    Ok(())
}

fn one_of(name: &str, values: &[&str], options: &Map<String, Value>) -> Result<(), Refusal> {
    match given(options, name) {
        Some(value) if !value.as_str().is_some_and(|text| values.contains(&text)) => Err(invalid(
            name,
            &format!("one of {}", values.join(", ")),
            options,
        )),
        _ => Ok(()),
    }
}

/// The refusal of an option with a wrong value.
pub(super) fn invalid(name: &str, expected: &str, options: &Map<String, Value>) -> Refusal {
    let actual = options.get(name).map(Value::to_string).unwrap_or_default();
    let actual: String = actual.chars().take(80).collect();
    let cause = format!("the value does not fit on property options.{name}");
    Refusal::new("invalid_body", cause)
        .expected(expected)
        .actual(&actual)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn judge(options: Value) -> Result<(), Refusal> {
        check(options.as_object().unwrap())
    }

    #[test]
    fn fed_04_nobody_claims_a_mail_domain_that_is_open_to_everybody() {
        let claims = |domain: &str| check(json!({"domain_aliases": [domain]}).as_object().unwrap());
        for domain in [
            "gmail.com",
            "GMail.com",
            " gmail.com ",
            "ｇｍａｉｌ.com",
            "outlook。com",
        ] {
            assert!(claims(domain).is_err(), "{domain}");
        }
        for domain in ["example.com", "gmail.example.com", "bücher.test"] {
            assert!(claims(domain).is_ok(), "{domain}");
        }
    }

    #[test]
    fn adm_03_options_have_their_types() {
        let good = json!({"client_id": "c", "scope": ["openid", "a b"], "anything": {"goes": 1},
            "discovery_url": "https://a.test/.well-known/openid-configuration",
            "token_endpoint": "http://localhost:1/t", "issuer": null, "icon_url": "",
            "domain_aliases": ["Example.com"], "set_user_root_attributes": "never_on_login",
            "upstream_params": {"prompt": {"alias": "prompt"}, "hd": {"value": "x"}}});
        judge(good).unwrap();
        for bad in [
            json!({"client_id": 1}),
            json!({"discovery_url": "http://a.test/"}),
            json!({"issuer": "https://u:p@a.test/"}),
            json!({"jwks_uri": "javascript:alert(1)"}),
            json!({"scope": 1}),
            json!({"icon_url": "http://a.test/x.png"}),
            json!({"domain_aliases": ["gmail.com"]}),
            json!({"domain_aliases": ["a b"]}),
            json!({"domain_aliases": "example.com"}),
            json!({"set_user_root_attributes": "always"}),
            json!({"token_endpoint_auth_method": "none"}),
            json!({"disable_signup": "yes"}),
            json!({"upstream_params": {"state": {"value": "x"}}}),
            json!({"upstream_params": {"x": {"alias": "password"}}}),
            json!({"upstream_params": ["x"]}),
        ] {
            assert_eq!(
                judge(bad.clone()).unwrap_err().code,
                "invalid_body",
                "{bad}"
            );
        }
    }
}
