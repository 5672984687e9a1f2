//! What surrounds a tenant's pages, and how a refusal becomes a page with a support code.

use std::sync::Arc;

use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::event::{Event, EventType};
use aldgate_core::id::ClientId;
use aldgate_core::tenant::Tenant;
use aldgate_core::user::User;
use aldgate_store::{StoreError, Tx};
use axum::response::Response;
use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;
use serde_json::Value;
use url::Url;

use crate::app::App;
use crate::error::status_of;
use crate::extract::{Caller, CookieJar, CookieKind};
use crate::page::{self, Background, Brand, Chrome, Color, Difference, ErrorPage, Locale, Policy};
use crate::{respond, support};

/// The kind of the settings document with a tenant's look; Auth0: `/api/v2/branding`.
pub const BRANDING: &str = "branding";

/// The kind of the settings document with a tenant's theme; Auth0: `/api/v2/branding/themes`.
pub const THEME: &str = "branding_theme";

/// The kind of the settings documents with a tenant's own texts, one for each language tag: an
/// object of our keys and texts, made by [`page::custom_text`].
pub const PAGE_TEXTS: &str = "page_texts";

impl App {
    /// Language and look of a tenant's pages for one browser. The language that the person chose on
    /// a page comes first, then `ui_locales`, the parameter of the authorization request.
    pub async fn chrome(&self, tenant: &Tenant, headers: &HeaderMap, ui_locales: &str) -> Chrome {
        let cookies = CookieJar::read(headers);
        match cookies.get(&tenant.issuer, CookieKind::Language) {
            Some(chosen) => {
                let wishes = format!("{chosen} {ui_locales}");
                self.chrome_by(tenant, headers, &wishes).await
            }
            None => self.chrome_by(tenant, headers, ui_locales).await,
        }
    }

    /// As [`App::chrome`], without what was chosen before: `wishes` are language tags, best first.
    pub async fn chrome_by(&self, tenant: &Tenant, headers: &HeaderMap, wishes: &str) -> Chrome {
        let accepted = headers
            .get(ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        let enabled = &tenant.settings.enabled_locales;
        let locale = Locale::negotiate(wishes, accepted.unwrap_or_default(), enabled);
        let branding = self.document(tenant, BRANDING, "").await;
        let theme = self.document(tenant, THEME, "").await;
        let texts = self.document(tenant, PAGE_TEXTS, locale.tag()).await;
        let look = Look {
            branding: branding.as_deref(),
            theme: theme.as_deref(),
            texts: texts.as_deref(),
        };
        look.chrome(tenant, locale)
    }

    /// Language and look of a mail to a user that no page of hers causes: the language in which
    /// she last used the pages, else the one her provider says, else `otherwise`, else the
    /// tenant's.
    pub async fn chrome_of_user(
        &self,
        tenant: &Tenant,
        user: &User,
        otherwise: Option<Locale>,
    ) -> Chrome {
        let id = user.id.clone();
        let read = move |tx: &mut Tx<'_>| tx.users().language(&id);
        let known: Result<Option<String>, StoreError> = self.store.look_up(&tenant.id, read).await;
        let known = known.unwrap_or_else(|error| {
            tracing::warn!(%error, "the language of a user cannot be read");
            None
        });
        let said = user.profile.locale.as_deref();
        let otherwise = otherwise.map(Locale::tag);
        let wishes: Vec<&str> = [known.as_deref(), said, otherwise]
            .into_iter()
            .flatten()
            .collect();
        self.chrome_by(tenant, &HeaderMap::new(), &wishes.join(" "))
            .await
    }

    /// A document of a tenant's look. A page as shipped is better than none.
    async fn document(&self, tenant: &Tenant, kind: &str, id: &str) -> Option<Arc<Value>> {
        match self.settings(&tenant.id, kind, id).await {
            Ok(document) => document,
            Err(error) => {
                tracing::warn!(%error, tenant.id = %tenant.id, kind, "the look cannot be read");
                None
            }
        }
    }

    /// Records a refusal under a new support code, and shows it to whoever met it.
    ///
    /// For what must not redirect (OAU-05) or has nowhere to. `kind` is the event in the tenant
    /// log; `headers` are the request's.
    pub async fn refusal_page(
        &self,
        tenant: &Tenant,
        caller: &Caller,
        headers: &HeaderMap,
        error: &OAuthError,
        kind: EventType,
    ) -> Response {
        let event = self.refusal_event(caller, error, kind);
        self.show_refusal(tenant, headers, error, event).await
    }

    /// Records the event of a refusal, and shows the refusal with its support code.
    pub async fn show_refusal(
        &self,
        tenant: &Tenant,
        headers: &HeaderMap,
        error: &OAuthError,
        event: Event,
    ) -> Response {
        let code = event.support_code.clone().unwrap_or_default();
        let elsewhere = own_error_page(tenant, error, &event);
        self.events.record(&tenant.id, event);
        if let Some(location) = elsewhere {
            return respond::see_other(&location);
        }
        let chrome = self.chrome(tenant, headers, "").await;
        let mut page = error_page(error, code);
        if self.config.server.token_doctor && is_about_a_token(error) {
            page.doctor_url = Some(tenant.issuer.join("token-doctor"));
        }
        page::reply(status_of(error.code), &page, &chrome, &Policy::page())
    }

    /// The event of a refusal, with a new support code to show and to find it by.
    #[must_use]
    pub fn refusal_event(&self, caller: &Caller, error: &OAuthError, kind: EventType) -> Event {
        let mut event = self.event(kind, caller, self.now());
        event.support_code = Some(support::code(&mut self.rng()));
        event.description = error.description.clone().into_owned();
        event.refusal = error.refusal.as_deref().cloned();
        event
    }
}

/// The documents that say what a tenant's pages look like and say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look<'d> {
    /// Its look; of the kind [`BRANDING`].
    pub branding: Option<&'d Value>,
    /// What comes before it; of the kind [`THEME`].
    pub theme: Option<&'d Value>,
    /// Texts of one language; of the kind [`PAGE_TEXTS`].
    pub texts: Option<&'d Value>,
}

impl Look<'_> {
    /// What surrounds the tenant's pages in this language.
    #[must_use]
    pub fn chrome(&self, tenant: &Tenant, locale: Locale) -> Chrome {
        let mut chrome = Chrome::new(locale, Arc::new(brand(tenant, self)));
        chrome.languages = Locale::allowed(&tenant.settings.enabled_locales).into();
        if let Some(texts) = self.texts {
            chrome.overrides = Arc::new(page::custom_text::overrides(locale, texts));
        }
        chrome
    }
}

/// Where the tenant has an error page of its own (`error_page.url`), with what Auth0 tells it:
/// the error in words that a stranger may see, and the code that finds the event. A page at our own
/// address is none: it would refuse in turn.
fn own_error_page(tenant: &Tenant, error: &OAuthError, event: &Event) -> Option<String> {
    let url = tenant
        .settings
        .extra
        .get("error_page")?
        .get("url")?
        .as_str()?;
    let mut url = Url::parse(url).ok()?;
    if url.origin().ascii_serialization() == tenant.issuer.origin() {
        return None;
    }
    let client = event.client_id.as_ref().map(ClientId::as_str);
    let tracking = event.support_code.as_deref();
    let told = [
        ("client_id", client),
        ("connection", event.connection.as_deref()),
        ("error", Some(error.code.as_str())),
        ("error_description", Some(error.description.as_ref())),
        ("tracking", tracking),
    ];
    let told = told
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    url.query_pairs_mut().extend_pairs(told);
    Some(url.into())
}

/// The page of a refusal. What the log keeps and a stranger must not see stays away: only refusals
/// of what the browser itself sent show what was expected.
fn error_page(error: &OAuthError, support_code: String) -> ErrorPage {
    let refusal = error.refusal.as_deref();
    let (headline, shown) = headline(refusal);
    let shown = refusal.filter(|_| shown);
    let cause = shown.map_or_else(
        || error.description.clone(),
        |refusal| refusal.cause.clone(),
    );
    ErrorPage {
        headline: headline.to_owned(),
        cause: cause.into_owned(),
        application: None,
        difference: shown.and_then(difference),
        remedy: shown
            .and_then(|refusal| refusal.remedy.clone())
            .map(Into::into),
        error: Some(error.code.as_str().to_owned()),
        support_code,
        docs_url: None,
        doctor_url: None,
    }
}

/// Whether somebody sent a token that was not what it should be.
fn is_about_a_token(error: &OAuthError) -> bool {
    let code = error.refusal.as_deref().map(|refusal| &*refusal.code);
    matches!(code, Some("id_token_hint_invalid" | "hint_of_other_client"))
}

/// The phrase people search for, and whether the refusal may be shown in full.
fn headline(refusal: Option<&Refusal>) -> (&'static str, bool) {
    match refusal.map(|refusal| refusal.code.as_ref()) {
        Some("redirect_uri_mismatch") => ("Callback URL mismatch", true),
        Some("redirect_uri_missing") => ("Callback URL missing", true),
        Some("logout_url_mismatch") => ("Logout URL mismatch", true),
        Some("client_unknown") => ("Unknown client", true),
        Some("client_id_missing") => ("Client id missing", true),
        Some("web_message_origin") => ("Web origin mismatch", true),
        Some("csrf") => ("This form is out of date", true),
        Some("store" | "signing_key" | "hashing_overloaded") => {
            ("Something went wrong on our side", false)
        }
        Some(code) if code.starts_with("federation_") => {
            ("The login could not be completed", false)
        }
        Some("action_validation") => ("The login was refused", true),
        Some(code) if code.starts_with("action_") => ("The login could not be finished", false),
        Some(_) | None => ("The request was refused", false),
    }
}

fn difference(refusal: &Refusal) -> Option<Difference> {
    let name = match refusal.code.as_ref() {
        "redirect_uri_mismatch" => "redirect_uri",
        "logout_url_mismatch" => "returnTo",
        "web_message_origin" => "origin",
        _ => return None,
    };
    let expected = refusal.expected.as_deref().unwrap_or_default();
    let expected: Vec<String> = expected.split_whitespace().map(str::to_owned).collect();
    Some(Difference::new(
        name,
        &expected,
        refusal.actual.as_deref().unwrap_or_default(),
    ))
}

/// The look of a tenant, from its branding and, before that, its theme.
fn brand(tenant: &Tenant, look: &Look<'_>) -> Brand {
    let settings = &tenant.settings;
    let Look {
        branding, theme, ..
    } = *look;
    let name = settings
        .friendly_name
        .clone()
        .unwrap_or_else(|| "Aldgate".to_owned());
    let logo = text(theme, "/widget/logo_url")
        .filter(|logo| !logo.is_empty())
        .or_else(|| text(branding, "/logo_url"))
        .or_else(|| settings.picture_url.clone());
    let mail = settings.support_email.as_deref();
    let support = settings.support_url.clone();
    let primary = color(theme, "/colors/primary_button");
    let solid = color(theme, "/page_background/background_color").map(Background::Solid);
    Brand::named(name)
        .logo(logo)
        .support(support.or_else(|| mail.map(|mail| format!("mailto:{mail}"))))
        .colors(
            primary.or_else(|| color(branding, "/colors/primary")),
            solid.or_else(|| background(branding)),
        )
        .favicon(text(branding, "/favicon_url"))
        .font(text(branding, "/font/url").as_deref())
}

fn text(document: Option<&Value>, pointer: &str) -> Option<String> {
    document?.pointer(pointer)?.as_str().map(str::to_owned)
}

fn color(document: Option<&Value>, pointer: &str) -> Option<Color> {
    Color::parse(&text(document, pointer)?)
}

fn background(branding: Option<&Value>) -> Option<Background> {
    let color = |pointer: &str| color(branding, pointer);
    let solid = color("/colors/page_background").map(Background::Solid);
    let gradient = || {
        let start = color("/colors/page_background/start")?;
        let end = color("/colors/page_background/end")?;
        let angle = branding?
            .pointer("/colors/page_background/angle_deg")?
            .as_u64()?;
        Some(Background::Gradient {
            start,
            end,
            angle_deg: u16::try_from(angle % 360).ok()?,
        })
    };
    solid.or_else(gradient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oau_05_a_mismatch_shows_the_difference_and_a_fault_shows_nothing() {
        let mismatch = OAuthError::invalid_request("no").because(
            Refusal::new("redirect_uri_mismatch", "Not registered.")
                .expected("https://a.test/cb https://b.test/cb")
                .actual("https://a.test/cb/"),
        );
        let page = error_page(&mismatch, "CODE".into());
        assert_eq!(page.headline, "Callback URL mismatch");
        assert_eq!(
            page.difference.map(|difference| difference.expected.len()),
            Some(2)
        );
        let fault = OAuthError::invalid_request("Try again")
            .because(Refusal::new("store", "password=hunter2"));
        let page = error_page(&fault, "CODE".into());
        assert_eq!((page.cause.as_str(), page.difference), ("Try again", None));
    }
}
