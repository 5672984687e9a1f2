//! A provider's discovery document (OpenID Connect Discovery 1.0 section 4, RFC 8414), and the
//! endpoints that come of it.

use serde_json::{Map, Value};
use url::Url;

use super::options::address;
use crate::error::Refusal;

const SUFFIX: &str = ".well-known/openid-configuration";

/// What begins the issuer of every tenant of Microsoft Entra.
const ENTRA: &str = "https://login.microsoftonline.com/";

/// Where a provider answers what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// `iss` of its ID tokens; `None` for OAuth 2.0 alone.
    pub issuer: Option<String>,
    /// Where the browser goes.
    pub authorization: Url,
    /// Where codes are redeemed.
    pub token: Url,
    /// Where the profile is.
    pub userinfo: Option<Url>,
    /// Where the keys are.
    pub jwks: Option<Url>,
    /// Where the browser goes to log out (RP-Initiated Logout 1.0).
    pub end_session: Option<Url>,
    /// Whether every answer has the `iss` parameter (RFC 9207 section 3).
    pub sends_issuer: bool,
}

/// What the `issuer` of a discovery document must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssuerRule {
    /// What stands before `/.well-known/…` in its address (Discovery section 4.3).
    Before,
    /// Exactly this.
    Exactly(String),
    /// A tenant of Microsoft Entra, whose documents are found by domain and name the tenant by id.
    Entra,
}

impl Endpoints {
    /// Reads a discovery document that was fetched from `url`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn discovered(document: &[u8], url: &Url, rule: &IssuerRule) -> Result<Self, Refusal> {
        let members: Map<String, Value> = serde_json::from_slice(document)
            .map_err(|error| wrong("is no JSON object", &error.to_string()))?;
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let issuer = text("issuer").ok_or_else(|| wrong("has no issuer", ""))?;
        rule.check(issuer, url)?;
        let optional = |name: &str| text(name).map(address).transpose();
        let needed = |name: &'static str| {
            optional(name)?.ok_or_else(|| wrong(&format!("has no {name}"), ""))
        };
        Ok(Self {
            issuer: Some(issuer.to_owned()),
            authorization: needed("authorization_endpoint")?,
            token: needed("token_endpoint")?,
            jwks: Some(needed("jwks_uri")?),
            userinfo: optional("userinfo_endpoint")?,
            end_session: optional("end_session_endpoint")?,
            sends_issuer: members.get("authorization_response_iss_parameter_supported")
                == Some(&Value::Bool(true)),
        })
    }
}

impl IssuerRule {
    fn check(&self, issuer: &str, url: &Url) -> Result<(), Refusal> {
        let good = match self {
            Self::Exactly(expected) => issuer == expected,
            Self::Before => {
                let slash = if issuer.ends_with('/') { "" } else { "/" };
                format!("{issuer}{slash}{SUFFIX}") == url.as_str()
            }
            Self::Entra => {
                let tenant = issuer
                    .strip_prefix(ENTRA)
                    .and_then(|rest| rest.strip_suffix("/v2.0"));
                tenant.is_some_and(is_guid)
            }
        };
        if good {
            return Ok(());
        }
        let expected = match self {
            Self::Exactly(expected) => expected.clone(),
            Self::Before => url.as_str().trim_end_matches(SUFFIX).to_owned(),
            Self::Entra => format!("{ENTRA}{{tenant id}}/v2.0"),
        };
        Err(wrong("names another issuer", issuer).expected(expected))
    }
}

pub(super) fn is_guid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

fn wrong(what: &str, actual: &str) -> Refusal {
    let cause = format!("The provider's discovery document {what}.");
    Refusal::new("federation_discovery", cause)
        .actual(actual)
        .remedy("Compare discovery_url and issuer in the connection's options with the provider's.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(change: Value, rule: &IssuerRule) -> Result<Endpoints, Refusal> {
        let mut document = json!({"issuer": "https://a.test/x", "authorization_endpoint":
            "https://a.test/a", "token_endpoint": "https://a.test/t", "jwks_uri":
            "https://a.test/k"});
        let change = change.as_object().unwrap().clone();
        document.as_object_mut().unwrap().extend(change);
        let url = Url::parse("https://a.test/x/.well-known/openid-configuration").unwrap();
        Endpoints::discovered(document.to_string().as_bytes(), &url, rule)
    }

    #[test]
    fn fed_03_the_issuer_is_the_one_that_was_asked_for() {
        let before = IssuerRule::Before;
        assert!(read(json!({}), &before).is_ok());
        for issuer in ["https://a.test/x/", "https://a.test", "https://evil.test/x"] {
            let refused = read(json!({"issuer": issuer}), &before);
            assert_eq!(refused.is_ok(), issuer == "https://a.test/x/", "{issuer}");
        }
        let exactly = IssuerRule::Exactly("https://other.test".into());
        assert!(read(json!({}), &exactly).is_err());
        assert!(read(json!({"issuer": "https://other.test"}), &exactly).is_ok());
        let guid = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0";
        assert!(read(json!({"issuer": guid}), &IssuerRule::Entra).is_ok());
        assert!(read(json!({}), &IssuerRule::Entra).is_err());
    }

    #[test]
    fn net_01_endpoints_are_usable_addresses() {
        let before = IssuerRule::Before;
        for change in [
            json!({"token_endpoint": null}),
            json!({"jwks_uri": "http://a.test/k"}),
            json!({"authorization_endpoint": "javascript:alert(1)"}),
            json!({"userinfo_endpoint": "https://u:p@a.test/"}),
        ] {
            assert!(read(change.clone(), &before).is_err(), "{change}");
        }
        let url = Url::parse("https://a.test/").unwrap();
        assert!(Endpoints::discovered(b"<html>", &url, &before).is_err());
    }
}
