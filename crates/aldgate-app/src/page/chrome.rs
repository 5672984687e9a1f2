//! What surrounds every page: language, brand and texts.

use std::sync::Arc;

use minijinja::value::Value;

use super::{Brand, Locale, Overrides, Texts};

/// What surrounds every page of one request: language, brand and texts.
#[derive(Clone, Debug)]
pub struct Chrome {
    /// The language of the page and its direction.
    pub locale: Locale,
    /// Name, logo and colours of the tenant.
    pub brand: Arc<Brand>,
    /// Texts that the tenant replaced; usually none.
    pub overrides: Arc<Overrides>,
}

impl Chrome {
    /// Chrome with the texts as shipped.
    pub fn new(locale: Locale, brand: Arc<Brand>) -> Self {
        Self {
            locale,
            brand,
            overrides: Arc::default(),
        }
    }

    /// The texts of this language, the tenant's own first.
    pub(super) fn texts(&self) -> Value {
        Value::from_object(Texts::new(self.locale, Arc::clone(&self.overrides)))
    }
}

impl Default for Chrome {
    /// English and Aldgate's own look, for what happens before a tenant is known.
    fn default() -> Self {
        Self::new(Locale::ENGLISH, Arc::new(Brand::default()))
    }
}
