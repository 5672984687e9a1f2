//! The security headers of pages, built in one place.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use url::Url;

use super::Brand;

/// Which headers protect a page: content security policy, framing, referrer, opener, caching.
///
/// No policy allows inline script or style, and none allows a foreign script (WEB-02).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    form_action: Vec<String>,
    frame_ancestors: Vec<String>,
    frames_itself: bool,
    calls_itself: bool,
    severs_opener: bool,
    referrer: &'static str,
    /// Where a font of the tenant's own comes from.
    fonts: Option<String>,
}

impl Policy {
    /// An ordinary page: forms post to this server only, nobody frames it.
    pub fn page() -> Self {
        Self {
            form_action: vec!["'self'".to_owned()],
            frame_ancestors: Vec::new(),
            frames_itself: false,
            calls_itself: false,
            severs_opener: true,
            referrer: "same-origin",
            fonts: None,
        }
    }

    /// A page of a login transaction, whose form may end in a redirect to the application.
    ///
    /// `redirect_uris`: where that redirect may lead. The forms may then lead to any address of
    /// these schemes: Chromium applies `form-action` to every redirect that follows a form, the
    /// application's own included, so that a callback on one host that goes on to another would
    /// end in a blank page, and nobody can list those hosts. The opener is kept:
    /// `loginWithPopup` of the SDKs speaks to it at the end.
    pub fn transaction<'a>(redirect_uris: impl IntoIterator<Item = &'a str>) -> Self {
        let mut policy = Self {
            severs_opener: false,
            ..Self::page()
        };
        for uri in redirect_uris.into_iter().take(MAX_SOURCES) {
            match scheme_source(uri) {
                Some(source) if !policy.form_action.contains(&source) => {
                    policy.form_action.push(source);
                }
                _ => {}
            }
        }
        policy
    }

    /// The `response_mode=form_post` page: its form posts to the application, which may redirect
    /// wherever its scheme reaches (as for [`Self::transaction`]), and not to this server.
    pub fn form_post(redirect_uri: &str) -> Self {
        Self {
            form_action: scheme_source(redirect_uri).into_iter().collect(),
            severs_opener: false,
            // The application may check `Origin`; `same-origin` would send "null" there.
            referrer: "strict-origin",
            ..Self::page()
        }
    }

    /// The `response_mode=web_message` page: the application's origin frames it (OAU-09). No
    /// forms.
    pub fn web_message(origin: &str) -> Self {
        Self {
            form_action: Vec::new(),
            frame_ancestors: source(origin).into_iter().collect(),
            severs_opener: false,
            ..Self::page()
        }
    }

    /// A page that shows another page of this server in a frame, such as a mail's preview.
    pub fn framing_own_pages() -> Self {
        Self {
            frames_itself: true,
            ..Self::page()
        }
    }

    /// A page whose script asks this server, and whose forms go nowhere.
    pub fn scripted() -> Self {
        Self {
            form_action: Vec::new(),
            calls_itself: true,
            ..Self::page()
        }
    }

    /// A page of the dashboard: forms post to this server, the script asks it again, and previews
    /// of its own stand in frames.
    pub fn dashboard() -> Self {
        Self {
            calls_itself: true,
            frames_itself: true,
            ..Self::page()
        }
    }

    /// A picture of one of our pages, for a frame in the dashboard: nothing on it can be sent.
    pub fn preview() -> Self {
        Self {
            form_action: Vec::new(),
            frame_ancestors: vec!["'self'".to_owned()],
            severs_opener: false,
            ..Self::page()
        }
    }

    /// The same for a page with the look of `brand`: its font may be fetched.
    pub(super) fn with_look(&self, brand: &Brand) -> Self {
        Self {
            fonts: brand.font_origin().map(str::to_owned),
            ..self.clone()
        }
    }

    /// Sets the headers.
    pub fn apply(&self, headers: &mut HeaderMap) {
        let csp = self.content_security_policy();
        // Sources are restricted to characters of origins, so this always is a header value;
        // were it not, the strictest policy is the answer.
        let csp = HeaderValue::from_str(&csp)
            .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
        headers.insert(header::CONTENT_SECURITY_POLICY, csp);
        if self.frame_ancestors.is_empty() {
            set(headers, header::X_FRAME_OPTIONS, "DENY");
        }
        if self.severs_opener {
            set(
                headers,
                HeaderName::from_static("cross-origin-opener-policy"),
                "same-origin",
            );
        }
        set(headers, header::REFERRER_POLICY, self.referrer);
        set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(
            headers,
            HeaderName::from_static("permissions-policy"),
            PERMISSIONS,
        );
        set(headers, header::CACHE_CONTROL, "no-store");
        set(headers, header::PRAGMA, "no-cache");
    }

    /// Sets the headers of a mail shown in the outbox: mails need inline styles, so the document
    /// is sandboxed into an origin of its own, without scripts and forms, and only this server
    /// may frame it.
    pub fn apply_mail_preview(headers: &mut HeaderMap) {
        set(
            headers,
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; \
             frame-ancestors 'self'; base-uri 'none'; form-action 'none'; \
             sandbox allow-popups allow-popups-to-escape-sandbox",
        );
        set(headers, header::REFERRER_POLICY, "no-referrer");
        set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(headers, header::CACHE_CONTROL, "no-store");
    }

    fn content_security_policy(&self) -> String {
        let frames = if self.frames_itself {
            " frame-src 'self';"
        } else {
            ""
        };
        let calls = if self.calls_itself {
            " connect-src 'self';"
        } else {
            ""
        };
        let fonts = self.fonts.as_ref();
        let fonts = fonts.map(|origin| format!(" font-src {origin};"));
        let fonts = fonts.unwrap_or_default();
        format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; \
             img-src 'self' https: data:;{fonts}{frames}{calls} \
             form-action {}; frame-ancestors {}; \
             base-uri 'none'",
            list(&self.form_action),
            list(&self.frame_ancestors),
        )
    }
}

/// More sources than any application needs, and few enough for a header.
const MAX_SOURCES: usize = 64;

const PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

fn list(sources: &[String]) -> String {
    if sources.is_empty() {
        "'none'".to_owned()
    } else {
        sources.join(" ")
    }
}

/// The CSP source for everything under an address's scheme, if the scheme is harmless.
fn scheme_source(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    let scheme = url.scheme();
    let dangerous = matches!(scheme, "javascript" | "data" | "vbscript" | "blob" | "file");
    (!dangerous).then(|| format!("{scheme}:"))
}

/// The CSP source that stands for an address: its origin, or only its scheme if the address has
/// no origin a CSP can name: native schemes, IPv6 literals, exotic host names.
fn source(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    let scheme = url.scheme();
    if !matches!(scheme, "http" | "https") {
        return scheme_source(uri);
    }
    let host = url.host_str()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    if !host.bytes().all(plain) {
        return Some(format!("{scheme}:"));
    }
    Some(match url.port() {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::{Policy, source};

    fn header(policy: &Policy, name: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        policy.apply(&mut headers);
        Some(headers.get(name)?.to_str().expect("readable").to_owned())
    }

    #[test]
    fn oau_09_pages_refuse_frames_and_web_message_names_its_frame() {
        let policies = [
            Policy::page(),
            Policy::transaction([]),
            Policy::form_post("https://app.test/cb"),
        ];
        for policy in policies {
            let csp = header(&policy, "content-security-policy").expect("a policy");
            assert!(csp.contains("frame-ancestors 'none'"), "{csp}");
            assert_eq!(header(&policy, "x-frame-options").as_deref(), Some("DENY"));
        }
        let policy = Policy::web_message("http://localhost:3000");
        let csp = header(&policy, "content-security-policy").expect("a policy");
        assert!(
            csp.contains("frame-ancestors http://localhost:3000;"),
            "{csp}"
        );
        assert_eq!(header(&policy, "x-frame-options"), None);
    }

    #[test]
    fn oau_09_web_message_without_a_readable_origin_is_framed_by_nobody() {
        let policy = Policy::web_message("not an origin");
        let csp = header(&policy, "content-security-policy").expect("a policy");
        assert!(csp.contains("frame-ancestors 'none'"), "{csp}");
        assert_eq!(header(&policy, "x-frame-options").as_deref(), Some("DENY"));
    }

    #[test]
    fn web_02_no_policy_allows_inline_code() {
        let uris = [
            "https://app.test/cb",
            "com.example.app:/cb",
            "https://app.test/other",
        ];
        let csp = header(&Policy::transaction(uris), "content-security-policy").expect("one");
        assert!(!csp.contains("unsafe"), "{csp}");
        assert!(csp.starts_with("default-src 'none'; style-src 'self'; script-src 'self'; "));
        assert!(
            csp.contains("form-action 'self' https: com.example.app:;"),
            "{csp}"
        );
    }

    #[test]
    fn oid_11_form_post_leads_away_and_nowhere_else() {
        let csp = |uri| header(&Policy::form_post(uri), "content-security-policy").expect("one");
        assert!(csp("https://app.test/cb").contains("form-action https:;"));
        assert!(csp("http://localhost:3000/cb").contains("form-action http:;"));
        assert!(csp("javascript:alert(1)").contains("form-action 'none';"));
    }

    #[test]
    fn web_02_addresses_cannot_smuggle_directives() {
        let table = [
            (
                "https://app.test:8443/cb?x=1#y",
                Some("https://app.test:8443"),
            ),
            ("https://a;sandbox/cb", Some("https:")),
            ("https://a,b/cb", Some("https:")),
            ("http://[::1]:3000/cb", Some("http:")),
            ("https://bücher.test/", Some("https://xn--bcher-kva.test")),
            ("com.example.app://cb", Some("com.example.app:")),
            ("javascript:alert(1)", None),
            ("data:text/html,x", None),
            ("'unsafe-inline'", None),
            ("/relative", None),
        ];
        for (uri, expected) in table {
            assert_eq!(source(uri).as_deref(), expected, "{uri}");
        }
    }

    #[test]
    fn pages_of_a_transaction_keep_their_opener() {
        let name = "cross-origin-opener-policy";
        assert_eq!(
            header(&Policy::page(), name).as_deref(),
            Some("same-origin")
        );
        assert_eq!(header(&Policy::transaction([]), name), None);
        assert_eq!(header(&Policy::web_message("https://app.test"), name), None);
    }
}
