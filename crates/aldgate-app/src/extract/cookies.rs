//! Cookies: names, attributes, reading and writing (WEB-03).
//!
//! On https every cookie is `__Host-`, `Secure`, without `Domain`. The session is `SameSite=None`
//! there, because silent authentication runs in a frame of another site; on plain http it is
//! `Lax`, which is enough between ports of localhost.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use aldgate_core::tenant::Issuer;
use aldgate_core::time::Seconds;

/// Browsers give up on longer ones.
const VALUE_BYTES_MAX: usize = 4000;

/// Which cookie it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieKind {
    /// The browser before anybody logged in: what forms are bound to (WEB-01).
    Browser,
    /// The dashboard's own session.
    Dashboard,
    /// A login of the dashboard that is on its way.
    DashboardLogin,
    /// What the dashboard says once, on the next page.
    DashboardNote,
    /// The language that the person chose on a page.
    Language,
    /// The session of a user at the tenant; `auth0` at Auth0.
    Session,
    /// The running authorization, and where to go on.
    Transaction,
}

/// The names of the cookies at an issuer.
#[derive(Clone, Copy, Debug)]
pub struct CookieNames {
    https: bool,
}

/// The cookies of a request.
#[derive(Clone, Debug, Default)]
pub struct CookieJar(Vec<(String, String)>);

impl CookieNames {
    /// The names at `issuer`.
    #[must_use]
    pub fn of(issuer: &Issuer) -> Self {
        Self {
            https: issuer.is_https(),
        }
    }

    /// The name of `kind`.
    #[must_use]
    pub const fn name(self, kind: CookieKind) -> &'static str {
        match (kind, self.https) {
            (CookieKind::Browser, true) => "__Host-aldgate-browser",
            (CookieKind::Browser, false) => "aldgate-browser",
            (CookieKind::Dashboard, true) => "__Host-aldgate-dashboard",
            (CookieKind::Dashboard, false) => "aldgate-dashboard",
            (CookieKind::DashboardLogin, true) => "__Host-aldgate-dashboard-login",
            (CookieKind::DashboardLogin, false) => "aldgate-dashboard-login",
            (CookieKind::DashboardNote, true) => "__Host-aldgate-dashboard-note",
            (CookieKind::DashboardNote, false) => "aldgate-dashboard-note",
            (CookieKind::Language, true) => "__Host-aldgate-language",
            (CookieKind::Language, false) => "aldgate-language",
            (CookieKind::Session, true) => "__Host-aldgate",
            (CookieKind::Session, false) => "aldgate",
            (CookieKind::Transaction, true) => "__Host-aldgate-transaction",
            (CookieKind::Transaction, false) => "aldgate-transaction",
        }
    }

    fn attributes(self, kind: CookieKind) -> &'static str {
        match (self.https, kind) {
            // Frames of other sites need these two: silent authentication.
            (true, CookieKind::Session | CookieKind::Browser) => {
                "Path=/; HttpOnly; Secure; SameSite=None"
            }
            (true, _) => "Path=/; HttpOnly; Secure; SameSite=Lax",
            (false, _) => "Path=/; HttpOnly; SameSite=Lax",
        }
    }
}

impl CookieJar {
    /// Reads the `Cookie` headers.
    #[must_use]
    pub fn read(headers: &HeaderMap) -> Self {
        let headers = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok());
        let pairs = headers.flat_map(|header| header.split(';'));
        let pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
        Self(
            pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    /// The value of the cookie `kind` at `issuer`. Two of one name count as none: somebody on a
    /// neighbouring host planted the other.
    #[must_use]
    pub fn get(&self, issuer: &Issuer, kind: CookieKind) -> Option<&str> {
        let name = CookieNames::of(issuer).name(kind);
        let mut values = self.0.iter().filter(|(known, _)| known == name);
        let (_, value) = values.next()?;
        (values.next().is_none() && !value.is_empty()).then_some(value)
    }
}

/// A `Set-Cookie` value. Without `lifetime` the cookie ends with the browser.
///
/// # Panics
/// When `value` has characters beyond printable ASCII or is too long: values are our own tokens.
#[must_use]
pub fn set_cookie(
    issuer: &Issuer,
    kind: CookieKind,
    value: &str,
    lifetime: Option<Seconds>,
) -> HeaderValue {
    let names = CookieNames::of(issuer);
    let opaque = value
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b";,\"\\".contains(&byte));
    assert!(
        opaque && value.len() <= VALUE_BYTES_MAX,
        "invariant: cookie values are our tokens"
    );
    let (name, attributes) = (names.name(kind), names.attributes(kind));
    let lifetime = lifetime.map(|Seconds(seconds)| format!("; Max-Age={seconds}"));
    let text = format!(
        "{name}={value}; {attributes}{}",
        lifetime.unwrap_or_default()
    );
    HeaderValue::try_from(text).expect("invariant: every part is printable ASCII")
}

/// A `Set-Cookie` value that removes the cookie, with the same attributes.
#[must_use]
pub fn clear_cookie(issuer: &Issuer, kind: CookieKind) -> HeaderValue {
    set_cookie(issuer, kind, "", Some(Seconds(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer(text: &str) -> Issuer {
        Issuer::parse(text).expect("an issuer")
    }

    #[test]
    fn web_03_cookies_are_host_bound_and_secure_on_https() {
        let https = issuer("https://localhost:4455/");
        let session = set_cookie(&https, CookieKind::Session, "x", Some(Seconds(9)));
        let expected = "__Host-aldgate=x; Path=/; HttpOnly; Secure; SameSite=None; Max-Age=9";
        assert_eq!(session, expected);
        let transaction = set_cookie(&https, CookieKind::Transaction, "x", None);
        let expected = "__Host-aldgate-transaction=x; Path=/; HttpOnly; Secure; SameSite=Lax";
        assert_eq!(transaction, expected);
    }

    #[test]
    fn web_03_on_plain_http_the_cookie_is_lax_and_clearing_has_the_same_attributes() {
        let http = issuer("http://localhost:4455/");
        let cleared = clear_cookie(&http, CookieKind::Session);
        assert_eq!(
            cleared,
            "aldgate=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
        );
    }

    #[test]
    fn web_03_a_planted_second_cookie_counts_as_none() {
        let http = issuer("http://localhost:4455/");
        let get = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, text.parse().expect("a header"));
            CookieJar::read(&headers)
                .get(&http, CookieKind::Session)
                .map(str::to_owned)
        };
        assert_eq!(get("a=b; aldgate=x; c"), Some("x".into()));
        assert_eq!(get("aldgate=x; aldgate=y"), None);
        assert_eq!(get("aldgate="), None);
        assert_eq!(get("Aldgate=x"), None);
    }
}
