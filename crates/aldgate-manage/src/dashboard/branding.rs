//! What the login pages look like and say, with a preview beside it.

mod look;
mod preview;
mod texts;
mod theme;

use aldgate_app::page::Color;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::Visit;
use super::api::Refused;
use super::fields::Fields;
use super::form::Filled;
use super::page::Page;
use super::visit::{Link, Sheet, href};

pub(super) fn pages() -> Vec<Page> {
    let mut all = look::pages();
    all.extend(texts::pages());
    all.extend(theme::pages());
    all.extend(preview::pages());
    all
}

/// Begins a page about the look, with its tabs.
fn sheet<'v>(visit: &'v Visit, template: &'static str, tab: &str) -> Sheet<'v> {
    let tabs = [
        ("Look", "/branding", "GET /branding"),
        (
            "Texts",
            "/branding/texts",
            "GET /prompts/{prompt}/custom-text/{language}",
        ),
        ("Theme", "/branding/theme", "GET /branding/themes/default"),
    ];
    let tabs = tabs
        .into_iter()
        .filter(|(_, _, operation)| visit.can(operation));
    let tabs = tabs.map(|(label, path, _)| Link::to(label, path));
    visit.page(template, "Branding").tabs(tabs.collect(), tab)
}

/// A frame with the login page in one scheme.
#[derive(Serialize)]
struct Frame {
    label: &'static str,
    /// The address without what the form says; a script adds that while somebody types.
    base: String,
    src: String,
}

/// The login page by day and by night, with a draft; without one, as it is.
fn frames(draft: Option<&Fields>) -> [Frame; 2] {
    let draft = draft.map(|form| form.with("csrf", "")).unwrap_or_default();
    [("light", "By day"), ("dark", "By night")].map(|(scheme, label)| {
        let base = href(&format!("/branding/preview?scheme={scheme}"));
        Frame {
            label,
            src: format!("{base}&{draft}"),
            base,
        }
    })
}

/// The tenant's theme; `null` if there is none, or she may not see it.
async fn stored_theme(visit: &Visit) -> Result<Value, Refused> {
    match visit.get_if_permitted("/branding/themes/default").await {
        Err(refused) if refused.status == StatusCode::NOT_FOUND => Ok(Value::Null),
        other => other,
    }
}

/// Marks fields that hold something else than a colour; says whether there are any.
fn mark_colors(form: &mut Filled, sent: &Fields, names: &[&str]) -> bool {
    let wrong = |name: &&&str| {
        let text = sent.get(name);
        !text.is_empty() && Color::parse(text).is_none()
    };
    let wrong: Vec<&&str> = names.iter().filter(wrong).collect();
    for name in &wrong {
        form.mark(name, "Expected a colour such as #1f6f5c.".to_owned());
    }
    !wrong.is_empty()
}
