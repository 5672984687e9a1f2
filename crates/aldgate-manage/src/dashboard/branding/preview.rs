//! The login pages with sample data, as they are or as a form would make them: for a frame beside
//! that form. Nothing on them can be sent, and nobody else can frame them.

use aldgate_app::page::custom_text::translate;
use aldgate_app::page::{
    Chrome, Consent, ForgotPassword, Locale, Login, LoginCode, LoginIdentifier, LoginPassword,
    LogoutConfirm, Notice, NoticeKind, Page as Sample, Policy, ResetPassword, Scheme, SignUp,
    reply,
};
use aldgate_app::present::Look;
use axum::response::Response;
use http::StatusCode;
use serde_json::Value;

use super::{look, texts, theme};
use crate::dashboard::Visit;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, show};

pub(super) fn pages() -> Vec<Page> {
    vec![show("/branding/preview", "Preview of a login page", preview).needs("GET /branding")]
}

async fn preview(visit: Visit) -> Result<Response, Fault> {
    let query = &visit.query;
    let branding = match query.has("look") {
        true => Value::Object(look::meant(query)),
        false => visit.get("/branding").await?,
    };
    let mut stored = super::stored_theme(&visit).await?;
    if query.has("theme") && !stored.is_null() {
        theme::lay_over(&mut stored, query);
    }
    let (prompt, language) = texts::chosen(&visit, query);
    let stored_texts = texts::operation(prompt, language);
    let mut screens = visit.get_if_permitted(&stored_texts).await?;
    if query.has("texts") {
        screens = texts::lay_over(screens, prompt, query);
    }
    let written = Value::Object(translate([(prompt, &screens)]));
    let documents = Look {
        branding: Some(&branding),
        theme: Some(&stored),
        texts: Some(&written),
    };
    let mut chrome = documents.chrome(&visit.tenant, language);
    chrome.scheme = match query.get("scheme") {
        "dark" => Some(Scheme::Dark),
        "light" => Some(Scheme::Light),
        _ => None,
    };
    // Links of languages lead out of the frame.
    chrome.languages = [language].into();
    Ok(sample(prompt, query.get("screen"), &chrome))
}

/// The page on which the texts of a screen show.
fn sample(prompt: &str, screen: &str, chrome: &Chrome) -> Response {
    let notice = |kind| Notice {
        kind,
        email: Some("ada@example.com".to_owned()),
        continue_url: Some("#".to_owned()),
    };
    match (prompt, screen) {
        ("login-id", _) => first::<LoginIdentifier>(chrome),
        ("login-password", _) => first::<LoginPassword>(chrome),
        ("login-passwordless", _) => first::<LoginCode>(chrome),
        ("signup", _) => first::<SignUp>(chrome),
        ("reset-password", "reset-password-email") => {
            framed(&notice(NoticeKind::ResetMailSent), chrome)
        }
        ("reset-password", "reset-password") => first::<ResetPassword>(chrome),
        ("reset-password", "reset-password-success") => {
            framed(&notice(NoticeKind::PasswordChanged), chrome)
        }
        ("reset-password", _) => first::<ForgotPassword>(chrome),
        ("consent", _) => first::<Consent>(chrome),
        ("logout", _) => first::<LogoutConfirm>(chrome),
        ("email-verification", _) => framed(&notice(NoticeKind::EmailVerified), chrome),
        _ => first::<Login>(chrome),
    }
}

fn first<P: Sample>(chrome: &Chrome) -> Response {
    let mut samples = P::samples().into_iter();
    let (_, page) = samples.next().expect("invariant: every page has samples");
    framed(&page, chrome)
}

fn framed<P: Sample>(page: &P, chrome: &Chrome) -> Response {
    reply(StatusCode::OK, page, chrome, &Policy::preview())
}

/// The language of a tag, or the tenant's first.
pub(super) fn language(visit: &Visit, tag: &str) -> Locale {
    let enabled = &visit.tenant.settings.enabled_locales;
    let known = Locale::ALL.into_iter().find(|locale| locale.tag() == tag);
    known.unwrap_or_else(|| Locale::negotiate("", "", enabled))
}
