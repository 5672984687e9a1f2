//! A window on a list: by offset for people who turn pages, by key for programs that read it all.

/// The most rows one page can have.
const LIMIT_MAX: u32 = 1000;

/// A window on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub(crate) after: String,
    pub(crate) offset: u32,
    pub(crate) limit: u32,
}

impl Page {
    /// The first `limit` rows (at most 1000) after skipping `offset`. The cost grows with the
    /// offset: for long lists use [`Page::after`].
    #[must_use]
    pub const fn at(offset: u32, limit: u32) -> Self {
        let limit = if limit > LIMIT_MAX { LIMIT_MAX } else { limit };
        Self {
            after: String::new(),
            offset,
            limit,
        }
    }

    /// The `limit` rows (at most 1000) whose key is greater than `key`; an empty key begins at the
    /// start.
    #[must_use]
    pub fn after(key: &str, limit: u32) -> Self {
        Self {
            after: key.to_owned(),
            offset: 0,
            limit: limit.min(LIMIT_MAX),
        }
    }

    /// As many rows as one page can have, from the start.
    #[must_use]
    pub const fn largest() -> Self {
        Self::at(0, LIMIT_MAX)
    }
}

/// A pattern for `LIKE ?n ESCAPE '\'` that finds `text` anywhere. Both sides must be lower case:
/// one engine folds case and the other does not.
pub(crate) fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_bounded() {
        assert_eq!(Page::at(0, u32::MAX).limit, LIMIT_MAX);
        assert_eq!(Page::after("x", u32::MAX).limit, LIMIT_MAX);
    }

    #[test]
    fn wildcards_are_taken_literally() {
        assert_eq!(containing("50%_a\\"), "%50\\%\\_a\\\\%");
    }
}
