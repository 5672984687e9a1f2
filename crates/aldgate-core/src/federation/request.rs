//! Sending the browser to a provider: the authorization request.

use url::Url;

use super::attempt::Attempt;
use super::metadata::Endpoints;
use super::preset::Protocol;
use super::secret::Proofs;
use super::upstream::{Param, Upstream};
use crate::authorize::Request;

/// The most scopes that `connection_scope` may add.
const EXTRA_SCOPES_MAX: usize = 50;

/// What the address is made of.
#[derive(Debug, Clone, Copy)]
pub struct Departure<'a> {
    /// The connection.
    pub upstream: &'a Upstream,
    /// The provider.
    pub endpoints: &'a Endpoints,
    /// Where the provider sends the browser back to.
    pub redirect_uri: &'a str,
    /// Names the attempt.
    pub state: &'a str,
    /// Nonce and verifier of the attempt.
    pub proofs: &'a Proofs,
    /// What the application asked for.
    pub request: &'a Request,
    /// What the user typed, instead of the request's `login_hint`.
    pub typed: Option<&'a str>,
}

/// The `max_age` that the provider is asked to keep, in seconds.
#[must_use]
pub fn max_age(upstream: &Upstream, request: &Request) -> Option<u64> {
    let wanted = request.max_age.as_deref()?.parse().ok()?;
    upstream.preset.knows_max_age.then_some(wanted)
}

/// Notes in the attempt what the answer has to fit.
#[must_use]
pub fn note(mut attempt: Attempt, departure: Departure<'_>) -> Attempt {
    attempt.issuer.clone_from(&departure.endpoints.issuer);
    attempt.max_age = max_age(departure.upstream, departure.request).map(crate::time::Seconds);
    attempt
}

/// The address that the browser goes to. What the address of the endpoint has already stays.
#[must_use]
pub fn address(departure: Departure<'_>) -> Url {
    let Departure {
        upstream,
        endpoints,
        request,
        proofs,
        ..
    } = departure;
    let preset = upstream.preset;
    let mut url = endpoints.authorization.clone();
    let mut query = url.query_pairs_mut();
    let scope = scope(upstream, request).join(preset.scope_separator);
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &upstream.client_id)
        .append_pair("redirect_uri", departure.redirect_uri)
        .append_pair("scope", &scope)
        .append_pair("state", departure.state);
    if upstream.pkce {
        query
            .append_pair("code_challenge", &proofs.challenge())
            .append_pair("code_challenge_method", "S256");
    }
    if let Some(mode) = preset.response_mode {
        query.append_pair("response_mode", mode);
    }
    if preset.protocol == Protocol::OpenId {
        query.append_pair("nonce", proofs.nonce.expose());
    }
    for (name, value) in hints(departure) {
        let replaced = upstream.params.iter().any(|(own, _)| own == name);
        if !replaced {
            query.append_pair(name, &value);
        }
    }
    let sent = request.sent();
    for (name, param) in &upstream.params {
        let value = match param {
            Param::Value(value) => Some(value.as_str()),
            Param::Alias(alias) => sent
                .iter()
                .find(|(own, _)| own == alias)
                .map(|(_, value)| *value),
        };
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    drop(query);
    url
}

/// What every OpenID provider understands of what the application wants: who, how fresh, and
/// whether to ask. `prompt=none` and `consent` are between the application and us.
fn hints(departure: Departure<'_>) -> Vec<(&'static str, String)> {
    if departure.upstream.preset.protocol != Protocol::OpenId {
        return Vec::new();
    }
    let request = departure.request;
    let mut hints = Vec::new();
    if let Some(hint) = departure.typed.or(request.login_hint.as_deref()) {
        hints.push(("login_hint", hint.to_owned()));
    }
    let asked = request.prompt.as_deref().unwrap_or_default().split(' ');
    let passed: Vec<&str> = asked
        .filter(|word| ["login", "select_account"].contains(word))
        .collect();
    if !passed.is_empty() {
        hints.push(("prompt", passed.join(" ")));
    }
    if let Some(seconds) = max_age(departure.upstream, request) {
        hints.push(("max_age", seconds.to_string()));
    }
    hints
}

/// The connection's scopes, and those of `connection_scope`.
fn scope(upstream: &Upstream, request: &Request) -> Vec<String> {
    let mut scope = upstream.scope.clone();
    let extra = request.connection_scope.as_deref().unwrap_or_default();
    let extra = extra
        .split([',', ' '])
        .map(str::trim)
        .filter(|one| !one.is_empty());
    for one in extra.take(EXTRA_SCOPES_MAX) {
        if !scope.iter().any(|known| known == one) {
            scope.push(one.to_owned());
        }
    }
    scope
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federation::testing::connection;
    use crate::federation::upstream::Source;
    use serde_json::{Value, json};

    fn sent(strategy: &str, options: Value, query: &str) -> Vec<(String, String)> {
        let upstream = Upstream::of(&connection(strategy, options)).unwrap();
        let Source::Known(endpoints) = &upstream.source else {
            panic!("known");
        };
        let url = address(Departure {
            upstream: &upstream,
            endpoints,
            redirect_uri: "https://us.test/login/callback",
            state: "s",
            proofs: &Proofs::derive(&[7; 32], "s"),
            request: &Request::parse(query.as_bytes(), b""),
            typed: None,
        });
        url.query_pairs().into_owned().collect()
    }

    fn value<'a>(sent: &'a [(String, String)], name: &str) -> Option<&'a str> {
        let mut found = sent.iter().filter(|(own, _)| own == name);
        let first = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} is sent once");
        first
    }

    #[test]
    fn fed_02_a_request_has_state_nonce_and_pkce() {
        let query = "login_hint=ada@x.org&prompt=login+consent&max_age=5&connection_scope=a,b";
        let google = sent("google-oauth2", json!({"client_id": "c"}), query);
        for (name, expected) in [
            ("response_type", "code"),
            ("client_id", "c"),
            ("redirect_uri", "https://us.test/login/callback"),
            ("scope", "openid profile email a b"),
            ("state", "s"),
            ("code_challenge_method", "S256"),
            ("login_hint", "ada@x.org"),
            ("prompt", "login"),
        ] {
            assert_eq!(value(&google, name), Some(expected), "{name}");
        }
        assert!(value(&google, "nonce").is_some_and(|nonce| nonce.len() == 43));
        assert_eq!(value(&google, "max_age"), None, "Google does not know it");
        let github = sent("github", json!({"client_id": "c"}), query);
        assert_eq!(value(&github, "nonce"), None);
        assert_eq!(value(&github, "prompt"), None);
        let apple = sent("apple", json!({"client_id": "c"}), "");
        assert_eq!(value(&apple, "response_mode"), Some("form_post"));
        assert_eq!(value(&apple, "code_challenge"), None);
    }

    #[test]
    fn upstream_params_go_along_and_replace_only_hints() {
        let params = json!({"client_id": "c", "upstream_params": {"prompt": {"alias": "prompt"},
            "hd": {"value": "corp.test"}, "locale": {"alias": "ui_locales"}}});
        let google = sent("google-oauth2", params, "prompt=consent&ui_locales=de");
        assert_eq!(value(&google, "prompt"), Some("consent"));
        assert_eq!(value(&google, "hd"), Some("corp.test"));
        assert_eq!(value(&google, "locale"), Some("de"));
    }

    #[test]
    fn the_endpoints_own_query_stays() {
        let own = json!({"client_id": "c", "authorization_endpoint": "https://a.test/a?p=b2c"});
        assert_eq!(value(&sent("google-oauth2", own, ""), "p"), Some("b2c"));
    }
}
