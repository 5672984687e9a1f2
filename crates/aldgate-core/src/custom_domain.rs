//! A custom domain: a further host name that a tenant would like to answer at.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::body;
use crate::error::Refusal;
use crate::id::CustomDomainId;
use crate::time::Timestamp;

/// Who cares for the certificate (Auth0's values).
pub const TYPES: &[&str] = &["auth0_managed_certs", "self_managed_certs"];

/// The most custom domains of a tenant.
pub const DOMAINS_MAX: usize = 100;

/// Members a body may set when the domain is made.
pub const CREATABLE: &[&str] = &[
    "domain",
    "type",
    "custom_client_ip_header",
    "domain_metadata",
    "relying_party_identifier",
    "tls_policy",
    "verification_method",
];

/// Members a body may change later.
pub const WRITABLE: &[&str] = &[
    "custom_client_ip_header",
    "domain_metadata",
    "relying_party_identifier",
    "tls_policy",
];

/// The most entries of `domain_metadata` (Auth0: 10).
const ENTRIES_MAX: usize = 10;

/// A further host name that a tenant would like to answer at. Whether it does follows from the
/// tenant's issuer: see [`is_ready`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CustomDomain {
    /// Key.
    #[serde(rename = "custom_domain_id")]
    pub id: CustomDomainId,
    /// The host name, lower case.
    pub domain: String,
    /// One of [`TYPES`].
    #[serde(rename = "type")]
    pub kind: String,
    /// `recommended`, or `compatible` for old programs.
    #[serde(default = "recommended")]
    pub tls_policy: String,
    /// Header with the caller's address, set by a proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_client_ip_header: Option<String>,
    /// For passkeys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relying_party_identifier: Option<String>,
    /// `txt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_method: Option<String>,
    /// Key/value pairs.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub domain_metadata: Map<String, Value>,
    /// When it was made.
    #[serde(default)]
    pub created_at: Timestamp,
    /// When it last changed.
    #[serde(default)]
    pub updated_at: Timestamp,
}

/// Makes the custom domain `id` from a body with `domain` and `type`.
///
/// # Errors
/// Names the member at fault.
pub fn create(
    mut body: Map<String, Value>,
    id: CustomDomainId,
    now: Timestamp,
) -> Result<CustomDomain, Refusal> {
    for required in ["domain", "type"] {
        let Some(Value::String(text)) = body.get_mut(required) else {
            let cause = format!("Missing required property: {required}");
            return Err(invalid(cause));
        };
        text.make_ascii_lowercase();
    }
    let blank = CustomDomain {
        id,
        domain: String::new(),
        kind: String::new(),
        tls_policy: recommended(),
        custom_client_ip_header: None,
        relying_party_identifier: None,
        verification_method: None,
        domain_metadata: Map::new(),
        created_at: now,
        updated_at: now,
    };
    let made = body::merge(&blank, body, CREATABLE)?;
    check(&made)?;
    Ok(made)
}

/// Lays `body` over `domain`.
///
/// # Errors
/// Names the member at fault.
pub fn update(
    domain: &CustomDomain,
    body: Map<String, Value>,
    now: Timestamp,
) -> Result<CustomDomain, Refusal> {
    let mut changed = body::merge(domain, body, WRITABLE)?;
    changed.updated_at = now;
    check(&changed)?;
    Ok(changed)
}

/// Whether the tenant answers there: `host` is the host of its issuer.
#[must_use]
pub fn is_ready(domain: &CustomDomain, host: &str) -> bool {
    domain.domain == host
}

/// The domain as the Management API shows it.
#[must_use]
pub fn public_view(domain: &CustomDomain, host: &str) -> Map<String, Value> {
    let Ok(Value::Object(mut view)) = serde_json::to_value(domain) else {
        return Map::new();
    };
    for hidden in ["created_at", "updated_at", "verification_method"] {
        view.remove(hidden);
    }
    let ready = is_ready(domain, host);
    view.insert("primary".into(), ready.into());
    view.insert("is_default".into(), ready.into());
    let status = if ready {
        "ready"
    } else {
        "pending_verification"
    };
    view.insert("status".into(), status.into());
    let methods = json!([{"name": "CNAME", "record": host, "domain": domain.domain}]);
    view.insert("verification".into(), json!({"methods": methods}));
    view
}

fn check(domain: &CustomDomain) -> Result<(), Refusal> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let name = &domain.domain;
    if name.len() > 253 || name.split('.').count() < 2 || !name.split('.').all(label) {
        return Err(invalid("domain is no host name")
            .expected("a name such as login.example.com, without scheme and port")
            .actual(name));
    }
    if !TYPES.contains(&domain.kind.as_str()) {
        let expected = TYPES.join(" or ");
        return Err(invalid("type has another value")
            .expected(expected)
            .actual(&domain.kind));
    }
    if !["recommended", "compatible"].contains(&domain.tls_policy.as_str()) {
        return Err(invalid("tls_policy has another value")
            .expected("recommended")
            .actual(&domain.tls_policy));
    }
    let short = |value: &Value| value.as_str().is_some_and(|v| v.chars().count() <= 255);
    let entries = &domain.domain_metadata;
    if entries.len() > ENTRIES_MAX || !entries.values().all(short) {
        return Err(invalid("domain_metadata does not fit")
            .expected("at most 10 entries of at most 255 characters"));
    }
    Ok(())
}

fn recommended() -> String {
    "recommended".to_owned()
}

fn invalid(cause: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new("invalid_body", cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;

    fn make(body: Value) -> Result<CustomDomain, Refusal> {
        let id = CustomDomainId::generate(&mut Counting(1));
        create(
            body.as_object().cloned().unwrap(),
            id,
            Timestamp::from_seconds(1),
        )
    }

    #[test]
    fn a_domain_is_ready_only_where_the_tenant_answers() {
        let made = make(json!({"domain": "Login.Example.com", "type": "auth0_managed_certs"}));
        let made = made.unwrap();
        let elsewhere = public_view(&made, "auth.example.com");
        assert_eq!(elsewhere["status"], "pending_verification");
        let here = public_view(&made, "login.example.com");
        assert_eq!(
            (&here["status"], &here["primary"]),
            (&json!("ready"), &json!(true))
        );
    }

    #[test]
    fn bad_members_are_named() {
        for (member, bad) in [
            ("domain", json!("localhost")),
            ("domain", json!("https://x.test/")),
            ("domain", json!("-a.test")),
            ("domain", json!(5)),
            ("type", json!("none")),
            ("tls_policy", json!("weak")),
            ("domain_metadata", json!({"a": 5})),
            ("status", json!("ready")),
            ("primary", json!(true)),
        ] {
            let mut body = json!({"domain": "a.test", "type": "self_managed_certs"});
            body[member] = bad;
            let refusal = make(body).unwrap_err();
            assert!(refusal.cause.contains(member), "{}", refusal.cause);
        }
    }
}
