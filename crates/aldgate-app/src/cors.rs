//! Cross-origin requests (OAU-10): an allow-list for each class of endpoint, never at `/authorize`
//! or on pages.

use std::collections::HashSet;

use aldgate_core::application::Application;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use url::Url;

/// Who may read an endpoint's answers from another origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CorsClass {
    /// Nobody.
    None,
    /// Everybody, without credentials: key sets and discovery.
    Public,
    /// Origins registered with an application of the tenant, without credentials.
    Registered,
    /// The same, with cookies: embedded login.
    RegisteredWithCredentials,
}

/// The origins registered with a tenant's applications.
#[derive(Clone, Debug, Default)]
pub struct Origins(HashSet<String>);

/// What the origin of a request may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsDecision {
    /// Not a cross-origin request, or an endpoint without CORS: no header.
    NotApplicable,
    /// The answer may be read.
    Allowed {
        /// The value of `Access-Control-Allow-Origin`.
        origin: HeaderValue,
        /// Whether cookies may come along.
        credentials: bool,
    },
    /// The origin is not registered. The browser will not show the answer.
    Denied {
        /// The origin, as sent.
        origin: String,
    },
}

const ANY: HeaderValue = HeaderValue::from_static("*");
const ALLOWED_HEADERS: HeaderValue =
    HeaderValue::from_static("authorization, content-type, auth0-client, dpop, x-request-language");
const ALLOWED_METHODS: HeaderValue =
    HeaderValue::from_static("GET, POST, PATCH, PUT, DELETE, OPTIONS");
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static(
    "dpop-nonce, retry-after, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, \
     x-auth0-requestid, www-authenticate",
);
/// Browsers cap it anyway; Chromium at two hours.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

impl CorsClass {
    /// The class of a path.
    #[must_use]
    pub fn of(path: &str) -> Self {
        const CREDENTIALS: &[&str] = &[
            "/co/authenticate",
            "/usernamepassword/login",
            "/user/ssodata",
        ];
        const REGISTERED: &[&str] = &[
            "/oauth/token",
            "/oauth/revoke",
            "/oauth/device/code",
            "/userinfo",
        ];
        const REGISTERED_BELOW: &[&str] = &[
            "/api/v2/",
            "/dbconnections/",
            "/mfa/",
            "/passwordless/",
            "/usernamepassword/",
        ];
        if path.starts_with("/.well-known/") {
            Self::Public
        } else if CREDENTIALS.contains(&path) {
            Self::RegisteredWithCredentials
        // A browser navigates there; no script reads it.
        } else if path == "/passwordless/verify_redirect" {
            Self::None
        } else if REGISTERED.contains(&path)
            || REGISTERED_BELOW
                .iter()
                .any(|prefix| path.starts_with(prefix))
        {
            Self::Registered
        } else {
            Self::None
        }
    }

    /// Whether the decision needs the tenant's origins.
    #[must_use]
    pub const fn needs_origins(self) -> bool {
        matches!(self, Self::Registered | Self::RegisteredWithCredentials)
    }

    /// Decides about the origin of a request.
    #[must_use]
    pub fn decide(self, headers: &HeaderMap, origins: &Origins) -> CorsDecision {
        let Some(origin) = headers.get(ORIGIN) else {
            return CorsDecision::NotApplicable;
        };
        let credentials = match self {
            Self::None => return CorsDecision::NotApplicable,
            Self::Public => {
                return CorsDecision::Allowed {
                    origin: ANY,
                    credentials: false,
                };
            }
            Self::Registered => false,
            Self::RegisteredWithCredentials => true,
        };
        match origin.to_str() {
            Ok(text) if origins.contains(text) => CorsDecision::Allowed {
                origin: origin.clone(),
                credentials,
            },
            text => {
                let text = text.unwrap_or("(not ASCII)");
                CorsDecision::Denied {
                    origin: text.chars().take(200).collect(),
                }
            }
        }
    }
}

impl Origins {
    /// Adds the origins of an application: of its web pages, and of its callbacks.
    pub fn add(&mut self, application: &Application) {
        let urls = application
            .callbacks
            .iter()
            .chain(&application.web_origins)
            .chain(&application.allowed_origins);
        self.0.extend(urls.filter_map(|url| web_origin(url)));
    }

    /// Whether `origin` is one of them, byte for byte. `null` never is.
    #[must_use]
    pub fn contains(&self, origin: &str) -> bool {
        self.0.contains(origin)
    }
}

/// The origin of a web address as browsers write it; `None` for custom schemes and nonsense.
#[must_use]
pub fn web_origin(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let web = matches!(url.scheme(), "http" | "https");
    web.then(|| url.origin().ascii_serialization())
}

impl CorsDecision {
    /// Adds the headers to an answer.
    pub fn apply(&self, headers: &mut HeaderMap) {
        if let Self::NotApplicable = self {
            return;
        }
        // The answer differs by origin, also when it is denied.
        headers.append(VARY, HeaderValue::from_static("origin"));
        let Self::Allowed {
            origin,
            credentials,
        } = self
        else {
            return;
        };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        if *credentials {
            headers.insert(
                ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
        }
    }

    /// The answer to a preflight.
    #[must_use]
    pub fn preflight(&self) -> Response {
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        self.apply(headers);
        if let Self::Allowed { .. } = self {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS);
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
            headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        }
        response
    }
}

/// Whether a request is a preflight (Fetch standard, "CORS-preflight request").
#[must_use]
pub fn is_preflight<B>(request: &Request<B>) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(ORIGIN)
        && request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins() -> Origins {
        let application: Application = serde_json::from_str(
            r#"{"client_id":"spa","name":"SPA","callbacks":["https://app.test/callback",
                "http://localhost:3000/cb?x=1","com.example.app://cb","https://Upper.test:443/"],
                "web_origins":["https://web.test"],"allowed_origins":["not a url"]}"#,
        )
        .expect("an application");
        let mut origins = Origins::default();
        origins.add(&application);
        origins
    }

    fn decide(path: &str, origin: &str) -> CorsDecision {
        let headers = [(ORIGIN, origin.parse().expect("a header"))]
            .into_iter()
            .collect();
        CorsClass::of(path).decide(&headers, &origins())
    }

    fn allows(path: &str, origin: &str) -> bool {
        matches!(decide(path, origin), CorsDecision::Allowed { .. })
    }

    #[test]
    fn oau_10_registered_origins_are_allowed_byte_for_byte() {
        let good = [
            "https://app.test",
            "http://localhost:3000",
            "https://web.test",
            "https://upper.test",
        ];
        let bad = [
            "null",
            "https://evil.test",
            "https://app.test.evil.test",
            "https://notapp.test",
            "http://app.test",
            "https://app.test:444",
            "https://app.test/",
            "com.example.app://cb",
            "https://APP.test",
        ];
        for path in [
            "/oauth/token",
            "/userinfo",
            "/oauth/revoke",
            "/co/authenticate",
        ] {
            good.iter()
                .for_each(|origin| assert!(allows(path, origin), "{path} {origin}"));
            bad.iter()
                .for_each(|origin| assert!(!allows(path, origin), "{path} {origin}"));
        }
    }

    #[test]
    fn oau_10_authorize_and_pages_have_no_cors_at_all() {
        for path in [
            "/authorize",
            "/u/login",
            "/login",
            "/v2/logout",
            "/oidc/logout",
            "/",
        ] {
            assert_eq!(
                decide(path, "https://app.test"),
                CorsDecision::NotApplicable,
                "{path}"
            );
        }
    }

    #[test]
    fn oau_10_key_sets_are_public_without_credentials() {
        let decision = decide("/.well-known/jwks.json", "https://anything.test");
        assert_eq!(
            decision,
            CorsDecision::Allowed {
                origin: ANY,
                credentials: false
            }
        );
    }

    #[test]
    fn oau_10_a_preflight_answers_what_sdks_ask_for() {
        let response = decide("/co/authenticate", "https://app.test").preflight();
        let header = |name| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        assert_eq!(
            header(ACCESS_CONTROL_ALLOW_ORIGIN),
            Some("https://app.test")
        );
        assert_eq!(header(ACCESS_CONTROL_ALLOW_CREDENTIALS), Some("true"));
        assert!(header(ACCESS_CONTROL_ALLOW_HEADERS).is_some_and(|h| h.contains("auth0-client")));
        assert_eq!(header(VARY), Some("origin"));
        let denied = decide("/oauth/token", "https://evil.test").preflight();
        assert!(!denied.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
    }
}
