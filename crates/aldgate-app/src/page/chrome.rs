//! What surrounds every page: language, brand and texts.

use std::sync::Arc;

use aldgate_core::tenant::Tenant;
use minijinja::value::Value;

use super::{Brand, Locale, Overrides, Texts};

/// A colour scheme that is forced upon a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// By day.
    Light,
    /// By night.
    Dark,
}

impl Scheme {
    /// CSS's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What surrounds every page of one request: language, brand and texts.
#[derive(Clone, Debug)]
pub struct Chrome {
    /// The language of the page and its direction.
    pub locale: Locale,
    /// Name, logo and colours of the tenant.
    pub brand: Arc<Brand>,
    /// The languages that the page can be had in.
    pub languages: Arc<[Locale]>,
    /// The address of the page with a question mark in it, for the links to other languages;
    /// `None` where asking for it again would not show it again.
    pub here: Option<String>,
    /// Texts that the tenant replaced; usually none.
    pub overrides: Arc<Overrides>,
    /// The colour scheme, where it is not the browser's choice: in previews.
    pub scheme: Option<Scheme>,
}

impl Chrome {
    /// Chrome with the texts as shipped.
    pub fn new(locale: Locale, brand: Arc<Brand>) -> Self {
        Self {
            locale,
            brand,
            languages: Arc::from(Locale::ALL),
            here: None,
            overrides: Arc::default(),
            scheme: None,
        }
    }

    /// The chrome of a tenant in the language that the request asks for; `ui_locales` and
    /// `accept_language` may be empty. [`crate::App::chrome`] adds the tenant's own colours.
    pub fn of(tenant: &Tenant, ui_locales: &str, accept_language: &str) -> Self {
        let settings = &tenant.settings;
        let enabled = &settings.enabled_locales;
        let locale = Locale::negotiate(ui_locales, accept_language, enabled);
        let name = settings.friendly_name.as_deref().unwrap_or("Aldgate");
        let brand = Brand::named(name)
            .logo(settings.picture_url.clone())
            .support(settings.support_url.clone());
        Self {
            languages: Locale::allowed(enabled).into(),
            ..Self::new(locale, Arc::new(brand))
        }
    }

    /// The texts of this language, the tenant's own first; all of them may name the tenant, and
    /// the application of `page` if it has one.
    pub(super) fn texts(&self, page: &Value) -> Value {
        let texts = Texts::new(self.locale, Arc::clone(&self.overrides))
            .with("tenant", Some(self.brand.tenant_name.clone()))
            .with("application", application_name(page));
        Value::from_object(texts)
    }
}

/// The name of the application that a page or mail is about.
fn application_name(page: &Value) -> Option<String> {
    let application = page.get_attr("application").ok()?;
    let name = application.get_attr("name").ok();
    let name = name
        .filter(|name| !name.is_undefined())
        .unwrap_or(application);
    name.as_str().map(str::to_owned)
}

impl Default for Chrome {
    /// English and Aldgate's own look, for what happens before a tenant is known.
    fn default() -> Self {
        Self::new(Locale::ENGLISH, Arc::new(Brand::default()))
    }
}
