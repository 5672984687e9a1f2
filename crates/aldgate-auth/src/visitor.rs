//! One visitor of a browser to a page: what every handler of pages needs to know, and the answers
//! that all of them share.

use std::sync::Arc;

use aldgate_app::App;
use aldgate_app::error::store_failed;
use aldgate_app::extract::{
    Browser, Caller, CookieJar, CookieKind, Tenant, clear_cookie, set_cookie,
};
use aldgate_app::hashing::HashingError;
use aldgate_app::keys::KeysError;
use aldgate_app::page::{ApplicationView, Chrome, Form, Locale, Notice, NoticeKind, Policy, reply};
use aldgate_core::application::Application;
use aldgate_core::error::{ErrorCode, OAuthError, Refusal};
use aldgate_core::event::{Event, EventType};
use aldgate_core::params::Params;
use aldgate_core::secret::{TokenHash, TokenKind};
use aldgate_core::session::Session;
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_store::StoreError;
use axum::extract::FromRequestParts;
use axum::response::Response;
use http::header::SET_COOKIE;
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method, StatusCode};

/// How long a browser remembers the language that was chosen.
const LANGUAGE_LIFETIME: Seconds = Seconds::days(365);

const FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// One visitor of a browser.
pub(crate) struct Visitor {
    pub(crate) app: App,
    pub(crate) tenant: Tenant,
    pub(crate) caller: Caller,
    pub(crate) now: Timestamp,
    pub(crate) headers: HeaderMap,
    pub(crate) browser: Browser,
    session: Option<TokenHash>,
    /// The language that the address of the page asks for.
    language: Option<Locale>,
    /// The address of the page, if it can be asked for again.
    here: Option<String>,
}

/// Why a page cannot be made although nobody did anything wrong.
#[derive(Debug)]
pub(crate) struct Fault(Box<OAuthError>);

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self(Box::new(store_failed(&error)))
    }
}

impl From<KeysError> for Fault {
    fn from(error: KeysError) -> Self {
        let text = "The server could not finish the request";
        let refusal = Refusal::new("signing_key", error.to_string());
        Self(Box::new(
            OAuthError::new(ErrorCode::ServerError, text).because(refusal),
        ))
    }
}

impl From<HashingError> for Fault {
    fn from(error: HashingError) -> Self {
        Self(Box::new(aldgate_app::error::hashing_failed(error)))
    }
}

impl From<OAuthError> for Fault {
    fn from(error: OAuthError) -> Self {
        Self(Box::new(error))
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = aldgate_app::error::OAuthRejection;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let tenant = Tenant::from_request_parts(parts, app).await?;
        let Ok(caller) = Caller::from_request_parts(parts, app).await;
        let jar = CookieJar::read(&parts.headers);
        let session = jar.get(&tenant.issuer, CookieKind::Session);
        Ok(Self {
            language: language(parts.uri.query().unwrap_or_default()),
            here: here(parts),
            session: session.and_then(|value| TokenKind::Session.hash(value)),
            browser: Browser::read(app, &tenant.issuer, &parts.headers),
            now: app.now(),
            app: app.clone(),
            tenant,
            caller,
            headers: parts.headers.clone(),
        })
    }
}

impl Visitor {
    /// The hash of the session cookie.
    pub(crate) const fn session(&self) -> Option<TokenHash> {
        self.session
    }

    /// The live session of the browser.
    pub(crate) async fn live_session(&self) -> Result<Option<Session>, StoreError> {
        let (Some(hash), now) = (self.session, self.now) else {
            return Ok(None);
        };
        let read = move |tx: &mut aldgate_store::Tx<'_>| tx.sessions().live(&hash, now);
        self.app.store.look_up(&self.tenant.id, read).await
    }

    /// The language that was chosen by a link of this page, where the tenant allows it.
    pub(crate) fn chosen_language(&self) -> Option<Locale> {
        let allowed = Locale::allowed(&self.tenant.settings.enabled_locales);
        self.language.filter(|chosen| allowed.contains(chosen))
    }

    /// `Sec-Fetch-Dest`.
    pub(crate) fn fetch_dest(&self) -> Option<&str> {
        let value = self.headers.get(FETCH_DEST)?;
        Some(value.to_str().unwrap_or_default())
    }

    /// Sees to it that the browser is known next time.
    pub(crate) fn remember_browser(&self, response: &mut Response) {
        response
            .headers_mut()
            .append(SET_COOKIE, self.browser.cookie());
        self.remember_language(response);
    }

    /// Sees to it that the chosen language is known next time.
    fn remember_language(&self, response: &mut Response) {
        if let Some(language) = self.language {
            let (kind, tag) = (CookieKind::Language, language.tag());
            let cookie = set_cookie(&self.tenant.issuer, kind, tag, Some(LANGUAGE_LIFETIME));
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }

    /// Hands the browser its new session cookie.
    pub(crate) fn set_session(&self, response: &mut Response, value: &str, session: &Session) {
        let lifetime = session.expires_at.since(self.now);
        let lifetime = session.persistent.then_some(lifetime);
        let cookie = set_cookie(&self.tenant.issuer, CookieKind::Session, value, lifetime);
        response.headers_mut().append(SET_COOKIE, cookie);
    }

    /// Takes the session cookie from the browser.
    pub(crate) fn clear_session(&self, response: &mut Response) {
        let cookie = clear_cookie(&self.tenant.issuer, CookieKind::Session);
        response.headers_mut().append(SET_COOKIE, cookie);
    }

    /// The form `name` of this browser, which posts to `action`.
    pub(crate) fn form(&self, action: &str, name: &str, state: Option<&str>) -> Form {
        Form {
            action: action.to_owned(),
            csrf: self.browser.token(&self.app, name),
            state: state.map(str::to_owned),
        }
    }

    /// Refuses a form that was not made for this browser (WEB-01).
    pub(crate) async fn check_form(
        &self,
        fields: &Params,
        name: &str,
    ) -> Result<(), Box<Response>> {
        match self.browser.check(&self.app, name, fields) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.record(EventType::FailedLogin, &error, None, None);
                let notice = self.notice(StatusCode::FORBIDDEN, NoticeKind::FormRefused);
                Err(Box::new(notice.await))
            }
        }
    }

    /// The chrome of the tenant's pages, in the languages that the request names.
    pub(crate) async fn chrome(&self, ui_locales: Option<&str>) -> Chrome {
        let wished = ui_locales.unwrap_or_default();
        let (app, tenant, headers) = (&self.app, &self.tenant, &self.headers);
        let mut chrome = match self.language {
            Some(language) => {
                let wishes = format!("{} {wished}", language.tag());
                app.chrome_by(tenant, headers, &wishes).await
            }
            None => app.chrome(tenant, headers, wished).await,
        };
        chrome.here.clone_from(&self.here);
        chrome
    }

    /// The request as actions see it, without what was sent: that may hold a code.
    pub(crate) fn as_seen(&self) -> aldgate_core::action::event::Request {
        let sent = ("POST", serde_json::Map::new(), serde_json::Map::new());
        crate::actions::request(&self.tenant, &self.caller, &self.headers, sent)
    }

    /// A page that tells an outcome.
    pub(crate) async fn notice(&self, status: StatusCode, kind: NoticeKind) -> Response {
        let chrome = self.chrome(None).await;
        let mut response = reply(status, &Notice::new(kind), &chrome, &Policy::page());
        self.remember_language(&mut response);
        response
    }

    /// The answer of a handler, or the page that apologises.
    pub(crate) async fn answer(&self, result: Result<Response, Fault>) -> Response {
        match result {
            Ok(response) => response,
            Err(Fault(error)) => {
                tracing::error!(refusal = ?error.refusal, "a page could not be made");
                self.refuse(&error, EventType::FailedLogin, None, None)
                    .await
            }
        }
    }

    /// An event with what is known of the visitor.
    pub(crate) fn event(&self, kind: EventType, application: Option<&Application>) -> Event {
        let mut event = self.app.event(kind, &self.caller, self.now);
        event.client_id = application.map(|application| application.id.clone());
        event.client_name = application.map(|application| application.name.clone());
        event
    }

    /// Records a refusal that the application or a form is told.
    pub(crate) fn record(
        &self,
        kind: EventType,
        error: &OAuthError,
        application: Option<&Application>,
        check: Option<&str>,
    ) {
        let event = self.refusal(kind, error, application, check);
        self.app.events.record(&self.tenant.id, event);
    }

    /// A refusal that stays here: a page with a support code that finds the story in the tenant
    /// log.
    pub(crate) async fn refuse(
        &self,
        error: &OAuthError,
        kind: EventType,
        application: Option<&Application>,
        check: Option<&str>,
    ) -> Response {
        let event = self.refusal(kind, error, application, check);
        self.app
            .show_refusal(&self.tenant, &self.headers, error, event)
            .await
    }

    /// The event of a refusal, with a support code.
    pub(crate) fn refusal(
        &self,
        kind: EventType,
        error: &OAuthError,
        application: Option<&Application>,
        check: Option<&str>,
    ) -> Event {
        let mut event = self.app.refusal_event(&self.caller, error, kind);
        event.client_id = application.map(|application| application.id.clone());
        event.client_name = application.map(|application| application.name.clone());
        event.detail = serde_json::json!({"error": error.code.as_str(), "check": check});
        event
    }
}

/// Pages that are the same when they are asked for again.
const LASTING: [&str; 6] = [
    "/u/",
    "/account",
    "/v2/logout",
    "/oidc/logout",
    "/login/logged-out",
    "/passwordless/verify_redirect",
];

/// Pages whose forms lead back to the same address.
const FORMS: [&str; 4] = [
    "/account/password",
    "/account/email",
    "/account/delete",
    "/u/reset-password/request",
];

/// The address of the page that the request shows, without its language.
fn here(parts: &Parts) -> Option<String> {
    let path = parts.uri.path();
    if parts.method != Method::GET {
        return FORMS.contains(&path).then(|| format!("{path}?"));
    }
    let lasts = LASTING.iter().any(|begin| path.starts_with(begin));
    if !lasts {
        return None;
    }
    let query = parts.uri.query().unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let kept = pairs.filter(|(name, _)| name != "lang");
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .finish();
    Some(format!("{path}?{query}"))
}

/// The language in a page's address, as the links of the language switch have it.
fn language(query: &str) -> Option<Locale> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let (_, tag) = pairs.find(|(name, _)| name == "lang")?;
    Locale::find(&tag)
}

/// An application as pages show it.
pub(crate) fn view(application: &Arc<Application>) -> ApplicationView {
    ApplicationView {
        name: application.name.clone(),
        logo_url: application.logo_uri.clone(),
    }
}
