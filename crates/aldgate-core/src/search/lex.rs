//! The pieces of a query.

use super::Range;
use super::parse::wrong;
use crate::error::Refusal;

/// A piece of a query.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    /// `+`: must be there.
    Must,
    /// `name:`.
    Field(String),
    /// A word; `*` and `?` that were not escaped are [`ANY`] and [`ONE`].
    Word(String),
    /// A text between quotation marks.
    Phrase(String),
    /// `[a TO b]`, `{a TO b}`, `>a`, `<=b`.
    Range(Range),
}

/// Stands for `*` in a word: a noncharacter, which is refused in queries.
pub(super) const ANY: char = '\u{fdd0}';
/// Stands for `?` in a word.
pub(super) const ONE: char = '\u{fdd1}';

/// Cuts a query into its pieces.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, Refusal> {
    if let Some(c) = query
        .chars()
        .find(|c| c.is_control() || matches!(*c, ANY | ONE))
    {
        return Err(wrong(
            "a control character",
            &format!("U+{:04X}", u32::from(c)),
        ));
    }
    let mut lexer = Lexer { rest: query };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next()? {
        tokens.push(token);
    }
    Ok(tokens)
}

struct Lexer<'a> {
    rest: &'a str,
}

impl Lexer<'_> {
    fn next(&mut self) -> Result<Option<Token>, Refusal> {
        self.rest = self.rest.trim_start();
        let Some(first) = self.rest.chars().next() else {
            return Ok(None);
        };
        let token = match first {
            '(' => self.single(Token::Open),
            ')' => self.single(Token::Close),
            '"' => Token::Phrase(self.phrase()?),
            '[' | '{' => Token::Range(self.range()?),
            '!' | '-' => self.single(Token::Not),
            '+' => self.single(Token::Must),
            '<' | '>' => Token::Range(self.comparison()?),
            '&' | '|' => {
                let double = [("&&", Token::And), ("||", Token::Or)];
                let found = double
                    .into_iter()
                    .find(|(text, _)| self.rest.starts_with(text));
                let Some((text, token)) = found else {
                    return Err(wrong("a single & or |", self.rest));
                };
                self.rest = &self.rest[text.len()..];
                token
            }
            ']' | '}' | '^' | '~' | '/' | ':' => {
                return Err(wrong("a character out of place", self.rest));
            }
            _ => self.word()?,
        };
        Ok(Some(token))
    }

    fn single(&mut self, token: Token) -> Token {
        self.rest = &self.rest[1..];
        token
    }

    /// A quoted text: `\"` and `\\` are characters of it.
    fn phrase(&mut self) -> Result<String, Refusal> {
        let (mut text, mut escaped) = (String::new(), false);
        for (at, c) in self.rest.char_indices().skip(1) {
            match (escaped, c) {
                (false, '\\') => escaped = true,
                (false, '"') => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(text);
                }
                _ => {
                    text.push(c);
                    escaped = false;
                }
            }
        }
        Err(wrong("a quotation mark that is not closed", self.rest))
    }

    /// A word, an operator, or a field's name with its colon.
    fn word(&mut self) -> Result<Token, Refusal> {
        let (mut text, mut escaped, mut plain) = (String::new(), false, true);
        let mut end = self.rest.len();
        for (at, c) in self.rest.char_indices() {
            if escaped {
                text.push(c);
                escaped = false;
                continue;
            }
            match c {
                '\\' => (escaped, plain) = (true, false),
                ':' if plain && is_path(&text) => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(Token::Field(text));
                }
                c if c.is_whitespace() || "()[]{}\"".contains(c) => {
                    end = at;
                    break;
                }
                '*' => text.push(ANY),
                '?' => text.push(ONE),
                _ => text.push(c),
            }
        }
        if escaped {
            return Err(wrong("a backslash at the end", self.rest));
        }
        self.rest = &self.rest[end..];
        Ok(match text.as_str() {
            "AND" if plain => Token::And,
            "OR" if plain => Token::Or,
            "NOT" if plain => Token::Not,
            _ => Token::Word(text),
        })
    }

    fn range(&mut self) -> Result<Range, Refusal> {
        let Some(end) = self.rest.find([']', '}']) else {
            return Err(wrong("a range that is not closed", self.rest));
        };
        let (from, to) = (
            self.rest.starts_with('['),
            self.rest[end..].starts_with(']'),
        );
        let inner = &self.rest[1..end];
        let Some((low, high)) = inner.split_once(" TO ") else {
            return Err(wrong("a range without TO", inner));
        };
        self.rest = &self.rest[end + 1..];
        let bound = |text: &str, inclusive| {
            let text = text.trim().trim_matches('"');
            (text != "*" && !text.is_empty()).then(|| (text.to_owned(), inclusive))
        };
        Ok(Range {
            low: bound(low, from),
            high: bound(high, to),
        })
    }

    /// `>5`, `>=5`, `<5`, `<=5`.
    fn comparison(&mut self) -> Result<Range, Refusal> {
        let below = self.rest.starts_with('<');
        let inclusive = self.rest[1..].starts_with('=');
        let rest = &self.rest[if inclusive { 2 } else { 1 }..];
        let end = rest.find(|c: char| c.is_whitespace() || "()".contains(c));
        let (value, rest) = rest.split_at(end.unwrap_or(rest.len()));
        if value.is_empty() {
            return Err(wrong("a comparison without a value", self.rest));
        }
        self.rest = rest;
        let bound = Some((value.trim_matches('"').to_owned(), inclusive));
        Ok(match below {
            true => Range {
                low: None,
                high: bound,
            },
            false => Range {
                low: bound,
                high: None,
            },
        })
    }
}

fn is_path(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 200
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '@' | '$'))
}
