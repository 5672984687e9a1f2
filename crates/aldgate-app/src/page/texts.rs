//! Texts by key and language, with the tenant's own texts on top.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use minijinja::value::{Kwargs, Object, Value, from_args};
use minijinja::{Error, ErrorKind, State};
use rust_embed::RustEmbed;

use super::Locale;

/// Texts that a tenant replaced: by language tag, then by key such as `login.title`.
pub type Overrides = HashMap<String, BTreeMap<String, String>>;

/// The texts of one language; in a template `t("login.title", application="Shop")`.
///
/// A text may hold placeholders in braces: `Log in to {application}`. They are filled from the
/// named arguments, or from a map given as second argument. Texts are plain text: the template
/// escapes them like any other value. A missing key or placeholder is an error.
#[derive(Debug)]
pub struct Texts {
    locale: Locale,
    overrides: Arc<Overrides>,
    ambient: Vec<(&'static str, String)>,
}

impl Texts {
    /// The texts of `locale`, those in `overrides` first.
    pub fn new(locale: Locale, overrides: Arc<Overrides>) -> Self {
        Self {
            locale,
            overrides,
            ambient: Vec::new(),
        }
    }

    /// Adds a value that every text may name, also where the template does not pass it.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: Option<String>) -> Self {
        self.ambient.extend(value.map(|value| (name, value)));
        self
    }

    /// Finds the text of `key`: the tenant's, then the language's, then the English one.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.own(key).or_else(|| self.shipped(key))
    }

    fn own(&self, key: &str) -> Option<&str> {
        let texts = self.overrides.get(self.locale.tag())?;
        texts.get(key).map(String::as_str)
    }

    fn shipped(&self, key: &str) -> Option<&str> {
        let of = |tag: &str| CATALOGUE.get(tag)?.get(key);
        of(self.locale.tag())
            .or_else(|| of(Locale::ENGLISH.tag()))
            .map(String::as_str)
    }

    /// Finds the text of `key` and fills its placeholders. A tenant's text that names a value which
    /// is not there gives way to the shipped one.
    ///
    /// # Errors
    ///
    /// No such key, or a placeholder that `argument` has no value for.
    pub(super) fn fill(
        &self,
        key: &str,
        argument: impl Fn(&str) -> Option<Value>,
    ) -> Result<String, Error> {
        if let Some(own) = self.own(key)
            && let Ok(filled) = self.fill_text(key, own, &argument)
        {
            return Ok(filled);
        }
        let text = self
            .shipped(key)
            .ok_or_else(|| Error::new(ErrorKind::UndefinedError, format!("no text {key:?}")))?;
        self.fill_text(key, text, &argument)
    }

    fn fill_text(
        &self,
        key: &str,
        text: &str,
        argument: &impl Fn(&str) -> Option<Value>,
    ) -> Result<String, Error> {
        let ambient = |name: &str| {
            let found = self.ambient.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| Value::from(value.as_str()))
        };
        let mut filled = String::with_capacity(text.len() + 32);
        for part in placeholders(text) {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Placeholder(name) => {
                    let value = argument(name).or_else(|| ambient(name)).ok_or_else(|| {
                        let detail = format!("text {key:?} wants a value for {name:?}");
                        Error::new(ErrorKind::MissingArgument, detail)
                    })?;
                    // Writing into a String cannot fail.
                    let _ = write!(filled, "{value}");
                }
            }
        }
        Ok(filled)
    }
}

impl Object for Texts {
    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let (key, map, kwargs): (&str, Option<Value>, Kwargs) = from_args(args)?;
        let filled = self.fill(key, |name| {
            let given = kwargs.get::<Value>(name).ok();
            given.or_else(|| {
                map.as_ref()?
                    .get_attr(name)
                    .ok()
                    .filter(|v| !v.is_undefined())
            })
        })?;
        Ok(Value::from(filled))
    }
}

/// A piece of a text.
pub(super) enum Part<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

/// Splits a text at its placeholders; a brace without its partner is ordinary text.
pub(super) fn placeholders(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else {
            break;
        };
        parts.push(Part::Text(before));
        parts.push(Part::Placeholder(name));
        rest = tail;
    }
    parts.push(Part::Text(rest));
    parts
}

/// The shipped texts by language tag and key.
pub(super) static CATALOGUE: LazyLock<HashMap<&'static str, BTreeMap<String, String>>> =
    LazyLock::new(|| {
        Locale::ALL
            .into_iter()
            .map(|locale| (locale.tag(), load(locale)))
            .collect()
    });

#[derive(RustEmbed)]
#[folder = "texts/"]
struct Files;

/// Reads one language. A file that cannot be read leaves its keys to the English fallback; the
/// tests require both languages to be complete.
fn load(locale: Locale) -> BTreeMap<String, String> {
    let name = format!("{}.toml", locale.tag());
    let table = Files::get(&name)
        .and_then(|file| String::from_utf8(file.data.into_owned()).ok())
        .map(|source| source.parse::<toml::Table>());
    match table {
        Some(Ok(table)) => {
            let mut texts = BTreeMap::new();
            flatten("", table, &mut texts);
            texts
        }
        Some(Err(error)) => {
            tracing::error!(%error, file = name, "texts cannot be read");
            BTreeMap::new()
        }
        None => BTreeMap::new(),
    }
}

/// Turns nested tables into dotted keys.
fn flatten(prefix: &str, table: toml::Table, texts: &mut BTreeMap<String, String>) {
    for (name, value) in table {
        let key = if prefix.is_empty() {
            name
        } else {
            format!("{prefix}.{name}")
        };
        match value {
            toml::Value::String(text) => drop(texts.insert(key, text)),
            toml::Value::Table(inner) => flatten(&key, inner, texts),
            other => tracing::error!(key, kind = other.type_str(), "a text must be a string"),
        }
    }
}
