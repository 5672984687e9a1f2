//! Forgery of browser requests (WEB-01): a token in each form, bound to a cookie by HMAC, and the
//! headers that browsers add by themselves.

use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::tenant::Issuer;
use aldgate_jose::{b64, digest};
use http::HeaderMap;
use http::header::{HeaderName, ORIGIN};

/// The name of the hidden field.
pub const CSRF_FIELD: &str = "csrf";

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The token of a form. `cookie` is what the browser sends along by itself (the pre-session or the
/// session), `form` says which form it is: a token of one does not open another.
#[must_use]
pub fn csrf_token(key: &[u8; 32], cookie: &str, form: &str) -> String {
    b64::encode(&mac(key, cookie, form))
}

/// Refuses a form that was not made for this browser, or comes from another site.
///
/// # Errors
/// `invalid_request`, with the reason for the log.
pub fn check_csrf(
    key: &[u8; 32],
    cookie: Option<&str>,
    form: &str,
    token: Option<&str>,
) -> Result<(), OAuthError> {
    let refuse = |cause: &'static str| {
        OAuthError::invalid_request("The form is out of date. Go back, reload, and try again.")
            .because(Refusal::new("csrf", cause).remedy(
                "Open the page again; if it persists, check that the browser keeps cookies of \
                 this site",
            ))
    };
    let Some(cookie) = cookie else {
        return Err(refuse("the browser sent no cookie"));
    };
    let Some(token) = token else {
        return Err(refuse("the form has no token"));
    };
    let expected = csrf_token(key, cookie, form);
    if digest::constant_time_eq(expected.as_bytes(), token.as_bytes()) {
        Ok(())
    } else {
        Err(refuse(
            "the token was made for another browser, form or session",
        ))
    }
}

/// Whether the browser says that the request comes from a page of ours. Clients that send neither
/// header are no browsers of today; the token alone decides then.
#[must_use]
pub fn is_same_origin(headers: &HeaderMap, issuer: &Issuer) -> bool {
    let site = headers.get(FETCH_SITE).map(http::HeaderValue::as_bytes);
    let origin = headers.get(ORIGIN).map(http::HeaderValue::as_bytes);
    let site_fits = site.is_none_or(|site| site == b"same-origin" || site == b"none");
    // `Origin: null` comes with `Referrer-Policy: no-referrer`, and from sandboxed frames: refused.
    let origin_fits = origin.is_none_or(|origin| origin == issuer.origin().as_bytes());
    site_fits && origin_fits
}

fn mac(key: &[u8; 32], cookie: &str, form: &str) -> [u8; 32] {
    let mut message = Vec::with_capacity(cookie.len() + form.len() + 16);
    for part in [cookie, form] {
        message.extend_from_slice(&(part.len() as u64).to_be_bytes());
        message.extend_from_slice(part.as_bytes());
    }
    digest::hmac_sha256(key, &message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    #[test]
    fn web_01_a_token_fits_one_cookie_and_one_form() {
        let token = csrf_token(&KEY, "cookie", "login");
        let check = |cookie, form, token| check_csrf(&KEY, cookie, form, token).is_ok();
        assert!(check(Some("cookie"), "login", Some(token.as_str())));
        assert!(!check(Some("other"), "login", Some(token.as_str())));
        assert!(!check(Some("cookie"), "consent", Some(token.as_str())));
        assert!(!check(Some("cookiel"), "ogin", Some(token.as_str())));
        assert!(!check(Some("cookie"), "login", None));
        assert!(!check(Some("cookie"), "login", Some("")));
        assert!(!check(None, "login", Some(token.as_str())));
        assert!(check_csrf(&[8; 32], Some("cookie"), "login", Some(&token)).is_err());
    }

    #[test]
    fn web_01_requests_from_other_sites_are_recognised() {
        let issuer = Issuer::parse("https://id.test/").expect("an issuer");
        let same = |pairs: &[(HeaderName, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| {
                (
                    name.clone(),
                    http::HeaderValue::from_str(value).expect("a header"),
                )
            });
            is_same_origin(&pairs.collect(), &issuer)
        };
        assert!(same(&[]));
        assert!(same(&[
            (ORIGIN, "https://id.test"),
            (FETCH_SITE, "same-origin")
        ]));
        assert!(same(&[(FETCH_SITE, "none")]));
        for origin in [
            "https://evil.test",
            "null",
            "https://id.test.evil.test",
            "http://id.test",
        ] {
            assert!(!same(&[(ORIGIN, origin)]), "{origin}");
        }
        assert!(!same(&[(FETCH_SITE, "cross-site")]));
        assert!(!same(&[
            (ORIGIN, "https://id.test"),
            (FETCH_SITE, "same-site")
        ]));
    }
}
