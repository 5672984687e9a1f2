//! Redirect URIs: what may be registered, and when a sent one counts as registered.
//!
//! Comparison is by exact bytes (RFC 9700 section 2.1; ruling R2). The one exception is the port of
//! a loopback IP literal for native applications (RFC 8252 section 7.3).

use url::{Host, Url};

use crate::application::{AppType, Application};
use crate::error::Refusal;

/// The longest address that can be registered or sent, in bytes.
pub const URI_BYTES_MAX: usize = 2048;

/// The most addresses in one list of an application or tenant.
pub const URIS_MAX: usize = 250;

/// A redirect URI that belongs to an application: exactly registered, or registered but for the
/// port of a loopback address. Made only by [`CheckedRedirect::assertion`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedRedirect {
    uri: String,
    sent: bool,
}

impl CheckedRedirect {
    /// Finds where the answer to an authorization request goes.
    ///
    /// `sent` is the `redirect_uri` parameter. It may be left out when exactly one is registered
    /// and the request is not an OpenID Connect one (ruling R3; OpenID Connect Core section
    /// 3.1.2.1).
    ///
    /// # Errors
    /// A refusal for a page: there is no trusted address to answer at (RFC 6749 section 4.1.2.1).
    pub fn assertion(
        application: &Application,
        sent: Option<&str>,
        is_openid: bool,
    ) -> Result<Self, Refusal> {
        let Some(uri) = sent else {
            return Self::implied(application, is_openid);
        };
        if is_registered(application, uri) {
            return Ok(Self {
                uri: uri.to_owned(),
                sent: true,
            });
        }
        Err(mismatch(application, uri))
    }

    fn implied(application: &Application, is_openid: bool) -> Result<Self, Refusal> {
        match application.callbacks.as_slice() {
            [only] if !is_openid => Ok(Self {
                uri: only.clone(),
                sent: false,
            }),
            _ => Err(Refusal::new(
                "redirect_uri_missing",
                "The request does not say where the answer should go.",
            )
            .expected(expected(application))
            .remedy(
                "Send redirect_uri. It may only be left out when the application has exactly one \
                 allowed callback URL and the scope does not contain openid.",
            )),
        }
    }

    /// The address, byte for byte as sent or registered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.uri
    }

    /// The address if the request carried it: then `/oauth/token` must repeat it
    /// (RFC 6749 section 4.1.3).
    #[must_use]
    pub fn as_sent(&self) -> Option<&str> {
        self.sent.then_some(self.as_str())
    }

    /// The web origin of the address; `None` for native schemes.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        web_origin(&self.uri)
    }

    /// The host that pages name: `orchard.example`, or the scheme of a native address.
    #[must_use]
    pub fn display_host(&self) -> String {
        let Ok(url) = Url::parse(&self.uri) else {
            return String::new();
        };
        match url.host_str() {
            Some(host) if is_web(&url) => host.to_owned(),
            _ => format!("{}:", url.scheme()),
        }
    }
}

/// Whether `uri` is one of the application's callbacks.
#[must_use]
pub fn is_registered(application: &Application, uri: &str) -> bool {
    let native = application.app_type == Some(AppType::Native);
    uri.len() <= URI_BYTES_MAX
        && application
            .callbacks
            .iter()
            .any(|known| known == uri || native && same_but_for_loopback_port(known, uri))
}

fn mismatch(application: &Application, uri: &str) -> Refusal {
    let remedy = if application.callbacks.is_empty() {
        "The application has no allowed callback URL. Add this address to it."
    } else {
        "Send redirect_uri exactly as registered, or add this address to the application's allowed \
         callback URLs. Addresses are compared byte for byte: a trailing slash, another port, \
         another letter case or a further query parameter makes another address."
    };
    Refusal::new(
        "redirect_uri_mismatch",
        "The application asked to be called back at an address that is not registered for it.",
    )
    .expected(expected(application))
    .actual(uri)
    .remedy(remedy)
}

fn expected(application: &Application) -> String {
    let shown: Vec<&str> = application
        .callbacks
        .iter()
        .take(10)
        .map(String::as_str)
        .collect();
    shown.join(" ")
}

/// Whether both are `http` addresses of the same loopback IP literal and differ in the port alone.
fn same_but_for_loopback_port(known: &str, sent: &str) -> bool {
    match (loopback_without_port(known), loopback_without_port(sent)) {
        (Some(known), Some(sent)) => known == sent,
        _ => false,
    }
}

/// Splits `http://127.0.0.1[:port]rest` or `http://[::1][:port]rest` into host and rest.
fn loopback_without_port(uri: &str) -> Option<(&str, &str)> {
    let host_end = ["http://127.0.0.1", "http://[::1]"]
        .iter()
        .find(|prefix| uri.starts_with(**prefix))?
        .len();
    let (host, rest) = uri.split_at(host_end);
    let rest = match rest.strip_prefix(':') {
        None => rest,
        Some(port_and_rest) => {
            let digits = port_and_rest.bytes().take_while(u8::is_ascii_digit).count();
            let (port, rest) = port_and_rest.split_at(digits);
            let valid = port.len() <= 5 && port.parse::<u16>().is_ok_and(|port| port > 0);
            valid.then_some(rest)?
        }
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest))
}

/// Checks an address before it is registered as a callback.
///
/// # Errors
/// Says which rule it breaks: absolute, printable ASCII, no fragment, no user, no wildcard, no
/// scheme that runs or reads something here, `http` for loopback only (OAU-01).
pub fn check_callback(uri: &str) -> Result<(), Refusal> {
    let url = check_address(uri)?;
    if url.fragment().is_some() {
        return Err(bad_address(uri, "it must not have a fragment (#…)"));
    }
    Ok(())
}

/// Checks an address before it is registered as a logout URL. A fragment is allowed: single-page
/// applications route by it, and nothing secret is ever added to the address.
///
/// # Errors
/// As [`check_callback`], the fragment aside.
pub fn check_logout_url(uri: &str) -> Result<(), Refusal> {
    check_address(uri).map(|_| ())
}

/// Checks an origin before it is registered: `scheme://host[:port]` and nothing more. Origins of
/// native shells, such as `capacitor://localhost`, have no browser form to compare with.
///
/// # Errors
/// Says what an origin looks like.
pub fn check_origin(origin: &str) -> Result<(), Refusal> {
    let url = check_address(origin)?;
    let bare = origin.strip_suffix('/').unwrap_or(origin);
    let native = !is_web(&url)
        && bare
            .split_once("://")
            .is_some_and(|(_, h)| !h.contains('/'));
    if native || web_origin(origin).as_deref() == Some(bare) {
        return Ok(());
    }
    let rule = "an origin is scheme://host[:port] in lower case, without path and default port";
    Err(bad_address(origin, rule))
}

fn check_address(uri: &str) -> Result<Url, Refusal> {
    if uri.len() > URI_BYTES_MAX {
        return Err(bad_address(uri, "it must have at most 2048 characters"));
    }
    let forbidden = |b: u8| !(b'!'..=b'~').contains(&b) || b"\"<>\\^`{|}".contains(&b);
    if uri.bytes().any(forbidden) {
        return Err(bad_address(uri, "it must be percent-encoded ASCII"));
    }
    let url = Url::parse(uri)
        .map_err(|_| bad_address(uri, "it must be absolute, such as https://app.example/cb"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad_address(uri, "it must not carry a user name"));
    }
    let authority_end = uri.find("://").map_or(0, |at| {
        uri[at + 3..]
            .find(['/', '?', '#'])
            .map_or(uri.len(), |end| at + 3 + end)
    });
    if uri[..authority_end].contains(['*', '@', '%']) {
        return Err(bad_address(
            uri,
            "its host must be written out, without wildcards",
        ));
    }
    check_scheme(uri, &url)?;
    Ok(url)
}

fn check_scheme(uri: &str, url: &Url) -> Result<(), Refusal> {
    const DANGEROUS: [&str; 9] = [
        "about",
        "blob",
        "data",
        "file",
        "filesystem",
        "ftp",
        "javascript",
        "vbscript",
        "view-source",
    ];
    match url.scheme() {
        scheme if DANGEROUS.contains(&scheme) => Err(bad_address(
            uri,
            "its scheme must not be one that browsers act on themselves",
        )),
        "http" if !is_loopback(url) => Err(bad_address(
            uri,
            "http is for this machine only (localhost, 127.0.0.1, [::1], *.test): use https",
        )),
        "http" | "https" if url.host_str().is_none_or(str::is_empty) => {
            Err(bad_address(uri, "it must name a host"))
        }
        _ => Ok(()),
    }
}

fn bad_address(uri: &str, rule: &'static str) -> Refusal {
    Refusal::new("invalid_uri", "The address cannot be registered.")
        .expected(rule)
        .actual(uri)
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            name == "localhost" || name.ends_with(".localhost") || name.ends_with(".test")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The web origin of an address as browsers write it (`https://app.example:8443`); `None` unless it
/// is an `http` or `https` address.
#[must_use]
pub fn web_origin(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    is_web(&url).then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests;
