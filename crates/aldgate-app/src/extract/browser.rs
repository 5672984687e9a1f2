//! The browser that sends a form: what its forms are bound to, before and after somebody logs in.

use aldgate_core::error::OAuthError;
use aldgate_core::params::Params;
use aldgate_core::random::alphanumeric;
use aldgate_core::secret::TokenHash;
use aldgate_core::tenant::Issuer;
use aldgate_core::time::Seconds;
use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use super::cookies::{CookieJar, CookieKind, set_cookie};
use super::csrf::{CSRF_FIELD, check_csrf, csrf_token, is_same_origin};
use super::tenant::Tenant;
use crate::app::App;
use crate::error::OAuthRejection;

const VALUE_LENGTH: usize = 32;
const LIFETIME: Seconds = Seconds::days(1);

/// The browser of a request. Its forms carry [`Browser::token`] and are checked by
/// [`Browser::check`] (WEB-01); a page with a form also sets [`Browser::cookie`].
///
/// Tokens are bound to the browser's own cookie and to its session, so a form from before a login
/// is not good after it.
#[derive(Clone, Debug)]
pub struct Browser {
    value: String,
    is_new: bool,
    session: String,
    same_origin: bool,
    issuer: Issuer,
}

impl Browser {
    /// Recognises the browser by its cookie, or gives it a new name.
    #[must_use]
    pub fn read(app: &App, issuer: &Issuer, headers: &HeaderMap) -> Self {
        let cookies = CookieJar::read(headers);
        let well_formed = |value: &&str| {
            value.len() == VALUE_LENGTH && value.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let known = cookies.get(issuer, CookieKind::Browser).filter(well_formed);
        let session = cookies.get(issuer, CookieKind::Session).unwrap_or_default();
        Self {
            is_new: known.is_none(),
            value: known.map_or_else(|| alphanumeric(&mut app.rng(), VALUE_LENGTH), str::to_owned),
            session: session.to_owned(),
            same_origin: is_same_origin(headers, issuer),
            issuer: issuer.clone(),
        }
    }

    /// What a running authorization is bound to (SES-01).
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.value)
    }

    /// Whether the browser brought its cookie with it.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        !self.is_new
    }

    /// The value of the hidden field [`CSRF_FIELD`] of `form`.
    #[must_use]
    pub fn token(&self, app: &App, form: &str) -> String {
        csrf_token(app.csrf_key(), &self.bound_to(&self.session), form)
    }

    /// The token of a form shown with an answer that sets a new session.
    #[must_use]
    pub fn token_after_login(&self, app: &App, session: &str, form: &str) -> String {
        csrf_token(app.csrf_key(), &self.bound_to(session), form)
    }

    /// The `Set-Cookie` that makes the browser known; goes with every page that has a form.
    #[must_use]
    pub fn cookie(&self) -> HeaderValue {
        set_cookie(
            &self.issuer,
            CookieKind::Browser,
            &self.value,
            Some(LIFETIME),
        )
    }

    /// Refuses a form that was not shown to this browser, or comes from another site.
    ///
    /// # Errors
    /// `invalid_request`, with the reason for the log.
    pub fn check(&self, app: &App, form: &str, params: &Params) -> Result<(), OAuthError> {
        let bound_to = self.bound_to(&self.session);
        let cookie = (!self.is_new && self.same_origin).then_some(bound_to.as_str());
        check_csrf(app.csrf_key(), cookie, form, params.get(CSRF_FIELD))
    }

    fn bound_to(&self, session: &str) -> String {
        format!("{} {session}", self.value)
    }
}

impl FromRequestParts<App> for Browser {
    type Rejection = OAuthRejection;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, OAuthRejection> {
        let tenant = Tenant::from_request_parts(parts, app).await?;
        Ok(Self::read(app, &tenant.issuer, &parts.headers))
    }
}
