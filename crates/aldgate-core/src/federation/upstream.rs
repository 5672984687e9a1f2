//! A connection to another provider, its settings read and typed.

use serde_json::{Map, Value};
use url::Url;

use super::metadata::{Endpoints, IssuerRule, is_guid};
use super::options::{self, ALIASES, RESERVED, address, text, words};
use super::preset::{ClientAuth, Fixed, Place, Preset, Protocol};
use crate::connection::Connection;
use crate::error::Refusal;
use crate::id::ConnectionId;

/// The most upstream parameters, and the longest value of one in bytes.
const PARAMS_MAX: usize = 20;
const PARAM_BYTES_MAX: usize = 512;

/// A connection to another provider.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// What is known of the provider.
    pub preset: &'static Preset,
    /// The connection.
    pub connection_id: ConnectionId,
    /// Its name.
    pub name: String,
    /// Our name at the provider.
    pub client_id: String,
    /// What is asked for.
    pub scope: Vec<String>,
    /// How we authenticate at the token endpoint.
    pub client_auth: ClientAuth,
    /// Whether PKCE is sent.
    pub pkce: bool,
    /// Where the endpoints come from.
    pub source: Source,
    /// Parameters that go along, besides the protocol's.
    pub params: Vec<(String, Param)>,
}

/// Where the endpoints of a connection come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// They are known.
    Known(Box<Endpoints>),
    /// They are in this document.
    Discover {
        /// Its address.
        url: Url,
        /// What its `issuer` must be.
        issuer: IssuerRule,
    },
}

/// The value of an upstream parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Param {
    /// Always the same.
    Value(String),
    /// What our own `/authorize` got under this name.
    Alias(&'static str),
}

impl Upstream {
    /// Reads a connection.
    ///
    /// # Errors
    /// Says which setting is missing or unusable.
    pub fn of(connection: &Connection) -> Result<Self, Refusal> {
        let preset = Preset::of(&connection.strategy).ok_or_else(|| {
            Refusal::new(
                "federation_strategy",
                "This strategy cannot log anybody in.",
            )
            .actual(&connection.strategy)
        })?;
        let own = &connection.options;
        let client_id = text(own, "client_id").or_else(|| text(own, "app_id"));
        let client_id = client_id.ok_or_else(|| missing(connection, "client_id"))?;
        Ok(Self {
            preset,
            connection_id: connection.id.clone(),
            name: connection.name.clone(),
            client_id: client_id.to_owned(),
            scope: scope(preset, own),
            client_auth: client_auth(preset, own),
            pkce: preset.pkce
                && own
                    .get("connection_settings")
                    .is_none_or(|s| s["pkce"] != "disabled"),
            source: source(preset, connection)?,
            params: params(own)?,
        })
    }
}

/// What names the provider of a connection; `None` while its settings name none.
///
/// Whoever answers there decides who the connection's users are, because they are known by the
/// provider's ids (FED-03): every address that can vouch for somebody is part of it.
#[must_use]
pub fn provider(connection: &Connection) -> Option<String> {
    // Where people are known from does not depend on our name there.
    let mut named = connection.clone();
    named
        .options
        .entry("client_id")
        .or_insert_with(|| "any".into());
    match Upstream::of(&named).ok()?.source {
        Source::Discover { url, issuer } => Some(match issuer {
            IssuerRule::Exactly(issuer) => format!("{issuer} {url}"),
            IssuerRule::Before | IssuerRule::Entra => url.into(),
        }),
        Source::Known(known) => {
            let addresses = [
                Some(&known.token),
                known.userinfo.as_ref(),
                known.jwks.as_ref(),
            ];
            let addresses = addresses.into_iter().flatten().map(Url::as_str);
            let parts: Vec<&str> = known
                .issuer
                .as_deref()
                .into_iter()
                .chain(addresses)
                .collect();
            Some(parts.join(" "))
        }
    }
}

/// The preset's scopes, and those of the options. `openid` is never left out.
fn scope(preset: &Preset, own: &Map<String, Value>) -> Vec<String> {
    let wished = words(options::given(own, "scope"));
    let mut scope: Vec<String> = match wished.is_empty() {
        true => preset.scope.iter().map(|one| (*one).to_owned()).collect(),
        false if preset.protocol == Protocol::OpenId => vec!["openid".to_owned()],
        false => Vec::new(),
    };
    // Auth0's options of these name what goes beyond the profile.
    let needed = preset
        .scope
        .iter()
        .filter(|_| preset.social)
        .map(|one| (*one).to_owned());
    for one in needed.chain(wished) {
        if !scope.contains(&one) {
            scope.push(one);
        }
    }
    scope
}

fn client_auth(preset: &Preset, own: &Map<String, Value>) -> ClientAuth {
    match text(own, "token_endpoint_auth_method") {
        Some("client_secret_basic") => ClientAuth::Basic,
        Some("client_secret_post") => ClientAuth::Post,
        _ => preset.client_auth,
    }
}

/// An address among the options, or in Auth0's `oidc_metadata`, which exports hold.
fn option<'a>(own: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    let nested = || text(own.get("oidc_metadata")?.as_object()?, name);
    text(own, name).or_else(nested)
}

fn source(preset: &Preset, connection: &Connection) -> Result<Source, Refusal> {
    let own = &connection.options;
    let issuer = option(own, "issuer");
    let exactly =
        |default: IssuerRule| issuer.map_or(default, |one| IssuerRule::Exactly(one.into()));
    if let Some(url) = option(own, "discovery_url") {
        let url = address(url)?;
        let rule = match preset.place {
            Place::Entra => IssuerRule::Entra,
            _ => IssuerRule::Before,
        };
        return Ok(Source::Discover {
            issuer: exactly(rule),
            url,
        });
    }
    let needs = |name: &'static str| text(own, name).ok_or_else(|| missing(connection, name));
    match preset.place {
        Place::Fixed(fixed) => Ok(Source::Known(Box::new(known(preset, &fixed, connection)?))),
        Place::Domain => {
            let url = format!(
                "https://{}/.well-known/openid-configuration",
                needs("domain")?
            );
            discover(&url, exactly(IssuerRule::Before))
        }
        Place::Entra => {
            let tenant = text(own, "tenantId").or_else(|| text(own, "tenant_domain"));
            let tenant = tenant.ok_or_else(|| missing(connection, "tenant_domain"))?;
            let url = format!(
                "https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration"
            );
            // A tenant that is named by its id has exactly one issuer.
            let rule = match is_guid(tenant) {
                true => {
                    IssuerRule::Exactly(format!("https://login.microsoftonline.com/{tenant}/v2.0"))
                }
                false => IssuerRule::Entra,
            };
            discover(&url, exactly(rule))
        }
        Place::Options if option(own, "authorization_endpoint").is_some() => {
            let none = Fixed {
                issuer: "",
                authorization: "",
                token: "",
                userinfo: "",
                jwks: "",
                end_session: "",
            };
            Ok(Source::Known(Box::new(known(preset, &none, connection)?)))
        }
        Place::Options => {
            let issuer = issuer.ok_or_else(|| missing(connection, "discovery_url"))?;
            let base = issuer.trim_end_matches('/');
            let url = format!("{base}/.well-known/openid-configuration");
            discover(&url, IssuerRule::Exactly(issuer.to_owned()))
        }
    }
}

fn discover(url: &str, issuer: IssuerRule) -> Result<Source, Refusal> {
    Ok(Source::Discover {
        url: address(url)?,
        issuer,
    })
}

/// Endpoints that need no discovery: the preset's, each replaced by an option of its name.
fn known(preset: &Preset, fixed: &Fixed, connection: &Connection) -> Result<Endpoints, Refusal> {
    let own = &connection.options;
    let text = |name: &str, fixed: &'static str| {
        option(own, name)
            .map(str::to_owned)
            .or_else(|| (!fixed.is_empty()).then(|| fixed.to_owned()))
    };
    let url =
        |name: &str, fixed: &'static str| text(name, fixed).map(|one| address(&one)).transpose();
    let needed =
        |name: &'static str, found: Option<Url>| found.ok_or_else(|| missing(connection, name));
    let openid = preset.protocol == Protocol::OpenId;
    let issuer = text("issuer", fixed.issuer).filter(|_| openid);
    let jwks = url("jwks_uri", fixed.jwks)?.filter(|_| openid);
    let userinfo = url("userinfo_endpoint", fixed.userinfo)?;
    if openid && (issuer.is_none() || jwks.is_none()) {
        return Err(missing(
            connection,
            if issuer.is_none() {
                "issuer"
            } else {
                "jwks_uri"
            },
        ));
    }
    if !openid && userinfo.is_none() {
        return Err(missing(connection, "userinfo_endpoint"));
    }
    Ok(Endpoints {
        issuer,
        authorization: needed(
            "authorization_endpoint",
            url("authorization_endpoint", fixed.authorization)?,
        )?,
        token: needed("token_endpoint", url("token_endpoint", fixed.token)?)?,
        userinfo,
        jwks,
        end_session: url("end_session_endpoint", fixed.end_session)?,
        sends_issuer: false,
    })
}

/// Reads `upstream_params` (Auth0): a fixed value, or the alias of a parameter of `/authorize`.
///
/// # Errors
/// Names the parameter at fault.
pub(super) fn params(own: &Map<String, Value>) -> Result<Vec<(String, Param)>, Refusal> {
    let Some(value) = options::given(own, "upstream_params") else {
        return Ok(Vec::new());
    };
    let refuse = |expected: &str| options::invalid("upstream_params", expected, own);
    let entries = value
        .as_object()
        .filter(|entries| entries.len() <= PARAMS_MAX);
    let entries = entries.ok_or_else(|| refuse("an object with at most 20 members"))?;
    let read = |(name, entry): (&String, &Value)| {
        if RESERVED.contains(&name.as_str()) || name.is_empty() || name.len() > 64 {
            return Err(refuse("no parameter of the protocol itself"));
        }
        if let Some(text) = entry["value"]
            .as_str()
            .filter(|text| text.len() <= PARAM_BYTES_MAX)
        {
            return Ok((name.clone(), Param::Value(text.to_owned())));
        }
        let alias = entry["alias"].as_str();
        let alias = alias.and_then(|alias| ALIASES.iter().find(|one| **one == alias));
        match alias {
            Some(alias) => Ok((name.clone(), Param::Alias(alias))),
            None => Err(refuse(
                "members {\"value\": text} or {\"alias\": parameter}",
            )),
        }
    };
    entries.iter().map(read).collect()
}

fn missing(connection: &Connection, option: &str) -> Refusal {
    let cause = format!("The connection {} has no option {option}.", connection.name);
    Refusal::new("federation_unconfigured", cause)
        .expected(format!("options.{option}"))
        .remedy("Set it by the Management API or by config as code, as docs/connections.md says.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federation::testing::connection;
    use serde_json::json;

    #[test]
    fn a_preset_needs_a_client_id_and_no_more() {
        let google = connection("google-oauth2", json!({"client_id": "c"}));
        let upstream = Upstream::of(&google).unwrap();
        let Source::Known(endpoints) = &upstream.source else {
            panic!("known");
        };
        assert_eq!(
            endpoints.issuer.as_deref(),
            Some("https://accounts.google.com")
        );
        assert_eq!(upstream.scope, ["openid", "profile", "email"]);
        let refused = Upstream::of(&connection("google-oauth2", json!({}))).unwrap_err();
        assert_eq!(refused.code, "federation_unconfigured");
        assert!(Upstream::of(&connection("samlp", json!({}))).is_err());
    }

    #[test]
    fn options_replace_what_a_preset_says() {
        let own = json!({"client_id": "c", "scope": "calendar", "discovery_url":
            "http://localhost:1/.well-known/openid-configuration"});
        let upstream = Upstream::of(&connection("google-oauth2", own)).unwrap();
        assert_eq!(upstream.scope, ["openid", "profile", "email", "calendar"]);
        assert!(matches!(upstream.source, Source::Discover { .. }));
        let own = json!({"client_id": "c", "authorization_endpoint": "https://ghe.test/a",
            "token_endpoint": "https://ghe.test/t", "userinfo_endpoint": "https://ghe.test/u"});
        let upstream = Upstream::of(&connection("github", own)).unwrap();
        let Source::Known(endpoints) = &upstream.source else {
            panic!("known");
        };
        assert_eq!(endpoints.token.as_str(), "https://ghe.test/t");
    }

    #[test]
    fn fed_03_a_provider_is_named_by_all_that_can_vouch() {
        let of = |strategy: &str, own: Value| provider(&connection(strategy, own));
        let google = of("google-oauth2", json!({"client_id": "c"}));
        assert_eq!(
            google,
            of("google-oauth2", json!({"client_id": "d", "scope": "x"}))
        );
        assert_eq!(google, of("google-oauth2", json!({})));
        for moved in [
            json!({"jwks_uri": "https://evil.test/k"}),
            json!({"issuer": "https://evil.test"}),
            json!({"token_endpoint": "https://evil.test/t"}),
            json!({"discovery_url": "https://evil.test/.well-known/openid-configuration"}),
        ] {
            assert_ne!(google, of("google-oauth2", moved.clone()), "{moved}");
        }
        let entra = |tenant: &str| of("waad", json!({"tenant_domain": tenant}));
        assert_ne!(entra("a.test"), entra("b.test"));
        assert_eq!(of("oidc", json!({"client_id": "c"})), None);
    }

    #[test]
    fn an_openid_connection_says_where_its_provider_is() {
        let of = |own: Value| Upstream::of(&connection("oidc", own)).map(|one| one.source);
        let issuer = json!({"client_id": "c", "issuer": "https://a.test/x"});
        let Source::Discover { url, issuer } = of(issuer).unwrap() else {
            panic!("discovered");
        };
        assert_eq!(url.path(), "/x/.well-known/openid-configuration");
        assert_eq!(issuer, IssuerRule::Exactly("https://a.test/x".into()));
        assert!(of(json!({"client_id": "c"})).is_err());
        let half = json!({"client_id": "c", "authorization_endpoint": "https://a.test/a",
            "token_endpoint": "https://a.test/t", "issuer": "https://a.test"});
        assert!(of(half).unwrap_err().cause.contains("jwks_uri"));
        let entra = connection(
            "waad",
            json!({"client_id": "c", "tenant_domain": "corp.test"}),
        );
        assert!(Upstream::of(&entra).is_ok());
    }
}
