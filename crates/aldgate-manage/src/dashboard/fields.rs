//! What a form or a query brought: names with values, in order, limited.

use serde::Serialize;

/// The most fields of one form.
const FIELDS_MAX: usize = 2000;

/// The fields of a form or a query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `application/x-www-form-urlencoded`; what lies behind the limit is not read.
    pub(super) fn parse(text: &[u8]) -> Self {
        let pairs = url::form_urlencoded::parse(text).take(FIELDS_MAX);
        Self(
            pairs
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// The first value of a field, trimmed; empty when there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The first value of a field as it came.
    pub(super) fn raw(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// Whether a field came at all: a box that is ticked, a button that was pressed.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Every value of a field.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let matching = self.0.iter().filter(move |(known, _)| known == name);
        matching.map(|(_, value)| value.as_str())
    }

    /// A field as a number, if it is one.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.get(name).parse().ok()
    }

    /// The same with one value in place of others, as a query: for links that change one thing.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (known, old) in &self.0 {
            if known != name && !old.is_empty() {
                query.append_pair(known, old);
            }
        }
        if !value.is_empty() {
            query.append_pair(name, value);
        }
        query.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;

    #[test]
    fn one_thing_changes_and_the_rest_stays() {
        let fields = Fields::parse(b"q=a%26b&page=2&empty=&kind=spa");
        assert_eq!(fields.get("q"), "a&b");
        assert_eq!(fields.with("page", "3"), "q=a%26b&kind=spa&page=3");
        assert_eq!(fields.with("kind", ""), "q=a%26b&page=2");
        assert_eq!(fields.number("page"), Some(2));
    }
}
