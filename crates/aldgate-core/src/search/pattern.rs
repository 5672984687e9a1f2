//! Wildcards.

use super::lex::{ANY, ONE};
use super::parse::wrong;
use super::{Kind, matches};
use crate::error::Refusal;

/// Fewest characters of a pattern that begins with a wildcard (Auth0: 3).
const INFIX_MIN: usize = 3;

/// A text with wildcards, compared with whole values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    parts: Vec<char>,
}

impl Pattern {
    /// Reads a word with wildcards in the form in which the field is compared.
    pub(super) fn new(word: &str, kind: Kind) -> Result<Self, Refusal> {
        let literal = word.chars().filter(|c| !matches!(*c, ANY | ONE)).count();
        let infix = word.starts_with([ANY, ONE]);
        if infix && literal < INFIX_MIN {
            let shown = word.replace(ANY, "*").replace(ONE, "?");
            return Err(
                wrong("a leading wildcard with too few characters", &shown).expected(format!(
                    "at least {INFIX_MIN} characters besides the wildcards"
                )),
            );
        }
        let mut parts: Vec<char> = match matches::is_folded(kind) {
            true => matches::fold(word).chars().collect(),
            false => word.chars().collect(),
        };
        parts.dedup_by(|a, b| *a == ANY && *b == ANY);
        Ok(Self { parts })
    }

    /// The characters before the first wildcard.
    #[must_use]
    pub(super) fn prefix(&self) -> String {
        let parts = self.parts.iter();
        parts.take_while(|c| !matches!(**c, ANY | ONE)).collect()
    }

    /// Whether a text, in the form in which the field is compared, has the pattern. Takes time in
    /// proportion to both lengths at worst.
    #[must_use]
    pub(super) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut next) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.parts.get(next) {
                Some(&ANY) => {
                    star = Some((next, at));
                    next += 1;
                }
                Some(&c) if c == ONE || c == text[at] => {
                    next += 1;
                    at += 1;
                }
                _ => {
                    let Some((position, eaten)) = star else {
                        return false;
                    };
                    star = Some((position, eaten + 1));
                    next = position + 1;
                    at = eaten + 1;
                }
            }
        }
        self.parts[next..].iter().all(|c| *c == ANY)
    }
}
