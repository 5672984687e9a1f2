//! A strict JSON reader over borrowed text: no duplicate names, bounded depth, nothing after the
//! value, and no allocation unless a name is escaped.
//!
//! `serde_json` keeps the last of two equal names, which is exactly the ambiguity that RFC 7519
//! section 4 tells us to refuse; so tokens are scanned here first.

use std::borrow::Cow;

use crate::JoseError;

/// How deep arrays and objects may nest.
const DEPTH_MAX: usize = 32;

/// What a JSON value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Array,
    Bool,
    Null,
    Number,
    Object,
    String,
}

/// Where a value is in the text, already checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) kind: Kind,
    /// Whether it is a string that is not its own value.
    pub(crate) is_escaped: bool,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    /// The value, cut out of the text in which it was found.
    pub(crate) fn of(self, text: &str) -> Raw<'_> {
        Raw {
            kind: self.kind,
            is_escaped: self.is_escaped,
            text: &text[self.start..self.end],
        }
    }
}

/// A value as its own text, already checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a> {
    pub(crate) kind: Kind,
    pub(crate) is_escaped: bool,
    pub(crate) text: &'a str,
}

impl<'a> Raw<'a> {
    /// The value of a string.
    pub(crate) fn as_str(self) -> Option<Cow<'a, str>> {
        (self.kind == Kind::String).then(|| unquote(self.text, self.is_escaped))
    }
}

/// The name of a member.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name<'a> {
    pub(crate) text: &'a str,
    /// Where it starts, if it is a piece of the object's text: if it has no escapes.
    pub(crate) start: Option<usize>,
}

/// Calls `each` with every member of the object that `text` is.
pub(crate) fn object(
    text: &str,
    each: &mut impl FnMut(Name<'_>, Span) -> Result<(), JoseError>,
) -> Result<(), JoseError> {
    let scanner = Scanner { text };
    let end = scanner.object(scanner.space(0), 1, each)?;
    scanner.end(end)
}

/// Calls `each` with every element of the array that `text` is.
pub(crate) fn array(
    text: &str,
    each: &mut impl FnMut(Span) -> Result<(), JoseError>,
) -> Result<(), JoseError> {
    let scanner = Scanner { text };
    let end = scanner.array(0, 1, each)?;
    scanner.end(end)
}

/// Takes where something starts and returns where it ends: the position stays in a register.
#[derive(Clone, Copy)]
struct Scanner<'a> {
    text: &'a str,
}

impl<'a> Scanner<'a> {
    fn peek(self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    #[inline]
    fn space(self, at: usize) -> usize {
        match self.peek(at) {
            Some(byte) if byte > b' ' => at,
            _ => self.spaces(at),
        }
    }

    #[cold]
    fn spaces(self, mut at: usize) -> usize {
        while matches!(self.peek(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            at += 1;
        }
        at
    }

    fn expect(self, at: usize, byte: u8) -> Result<usize, JoseError> {
        if self.peek(at) == Some(byte) {
            Ok(at + 1)
        } else {
            Err(JoseError::Json)
        }
    }

    fn end(self, at: usize) -> Result<(), JoseError> {
        if self.space(at) == self.text.len() {
            Ok(())
        } else {
            Err(JoseError::Json)
        }
    }

    fn value(self, start: usize, depth: usize) -> Result<Span, JoseError> {
        let mut is_escaped = false;
        let (kind, end) = match self.peek(start) {
            Some(b'"') => {
                let string = self.string(start)?;
                is_escaped = string.is_escaped;
                (Kind::String, string.end)
            }
            Some(b'{') => (
                Kind::Object,
                self.object(start, depth + 1, &mut |_, _| Ok(()))?,
            ),
            Some(b'[') => (Kind::Array, self.array(start, depth + 1, &mut |_| Ok(()))?),
            Some(b't') => (Kind::Bool, self.literal(start, "true")?),
            Some(b'f') => (Kind::Bool, self.literal(start, "false")?),
            Some(b'n') => (Kind::Null, self.literal(start, "null")?),
            Some(b'-' | b'0'..=b'9') => (Kind::Number, self.number(start)?),
            _ => return Err(JoseError::Json),
        };
        Ok(Span {
            kind,
            is_escaped,
            start,
            end,
        })
    }

    fn object(
        self,
        start: usize,
        depth: usize,
        each: &mut impl FnMut(Name<'_>, Span) -> Result<(), JoseError>,
    ) -> Result<usize, JoseError> {
        if depth > DEPTH_MAX {
            return Err(JoseError::TooLarge);
        }
        let mut at = self.space(self.expect(start, b'{')?);
        if self.peek(at) == Some(b'}') {
            return Ok(at + 1);
        }
        let mut names = Names::new();
        loop {
            let (start, name) = (at, self.string(at)?);
            at = self.space(self.expect(self.space(name.end), b':')?);
            let value = self.value(at, depth)?;
            if name.is_escaped {
                let text = unquote(&self.text[start..name.end], true);
                each(
                    Name {
                        text: &text,
                        start: None,
                    },
                    value,
                )?;
                names.more.push(text);
            } else {
                let (start, text) = (start + 1, &self.text[start + 1..name.end - 1]);
                names.insert(text)?;
                each(
                    Name {
                        text,
                        start: Some(start),
                    },
                    value,
                )?;
            }
            at = self.space(value.end);
            match self.peek(at) {
                Some(b',') => at = self.space(at + 1),
                Some(b'}') => break,
                _ => return Err(JoseError::Json),
            }
        }
        names.finish()?;
        Ok(at + 1)
    }

    fn array(
        self,
        start: usize,
        depth: usize,
        each: &mut impl FnMut(Span) -> Result<(), JoseError>,
    ) -> Result<usize, JoseError> {
        if depth > DEPTH_MAX {
            return Err(JoseError::TooLarge);
        }
        let mut at = self.space(self.expect(start, b'[')?);
        if self.peek(at) == Some(b']') {
            return Ok(at + 1);
        }
        loop {
            let value = self.value(at, depth)?;
            each(value)?;
            at = self.space(value.end);
            match self.peek(at) {
                Some(b',') => at = self.space(at + 1),
                Some(b']') => return Ok(at + 1),
                _ => return Err(JoseError::Json),
            }
        }
    }

    /// Reads a string, quotes included.
    #[inline]
    fn string(self, start: usize) -> Result<Quoted, JoseError> {
        let at = self.expect(start, b'"')?;
        let at = special(self.text.as_bytes(), at).ok_or(JoseError::Json)?;
        if self.peek(at) == Some(b'"') {
            return Ok(Quoted {
                is_escaped: false,
                end: at + 1,
            });
        }
        self.escaped(at)
    }

    /// The rest of a string from its first escape on.
    #[cold]
    fn escaped(self, mut at: usize) -> Result<Quoted, JoseError> {
        loop {
            match self.peek(at) {
                Some(b'"') => break,
                Some(b'\\') => at = self.escape(at + 1)?,
                _ => return Err(JoseError::Json),
            }
            at = special(self.text.as_bytes(), at).ok_or(JoseError::Json)?;
        }
        Ok(Quoted {
            is_escaped: true,
            end: at + 1,
        })
    }

    /// What follows a backslash.
    fn escape(self, at: usize) -> Result<usize, JoseError> {
        match self.peek(at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 1),
            Some(b'u') => match self.hex(at)? {
                0xd800..0xdc00 => {
                    let second = self.expect(self.expect(at + 5, b'\\')?, b'u')? - 1;
                    match self.hex(second)? {
                        0xdc00..0xe000 => Ok(second + 5),
                        _ => Err(JoseError::Json),
                    }
                }
                0xdc00..0xe000 => Err(JoseError::Json),
                _ => Ok(at + 5),
            },
            _ => Err(JoseError::Json),
        }
    }

    /// Reads `uXXXX`, which is five bytes long.
    fn hex(self, at: usize) -> Result<u32, JoseError> {
        let digits = self.text.as_bytes().get(at + 1..at + 5);
        let mut code = 0;
        for digit in digits.ok_or(JoseError::Json)? {
            code = code * 16 + char::from(*digit).to_digit(16).ok_or(JoseError::Json)?;
        }
        Ok(code)
    }

    fn literal(self, at: usize, word: &str) -> Result<usize, JoseError> {
        if self.text.as_bytes()[at..].starts_with(word.as_bytes()) {
            Ok(at + word.len())
        } else {
            Err(JoseError::Json)
        }
    }

    fn number(self, start: usize) -> Result<usize, JoseError> {
        let mut at = start;
        if self.peek(at) == Some(b'-') {
            at += 1;
        }
        if self.peek(at) == Some(b'0') {
            at += 1;
        } else {
            at = self.digits(at)?;
        }
        if self.peek(at) == Some(b'.') {
            at = self.digits(at + 1)?;
        }
        let mut may_overflow = at - start > 300;
        if matches!(self.peek(at), Some(b'e' | b'E')) {
            at += 1;
            if matches!(self.peek(at), Some(b'+' | b'-')) {
                at += 1;
            }
            at = self.digits(at)?;
            may_overflow = true;
        }
        // Numbers beyond f64 would be read differently by different readers.
        let finite = |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite);
        if may_overflow && !finite(&self.text[start..at]) {
            return Err(JoseError::Json);
        }
        Ok(at)
    }

    fn digits(self, start: usize) -> Result<usize, JoseError> {
        let mut at = start;
        while matches!(self.peek(at), Some(b'0'..=b'9')) {
            at += 1;
        }
        if at > start {
            Ok(at)
        } else {
            Err(JoseError::Json)
        }
    }
}

/// Where a string ends, behind its quote.
struct Quoted {
    is_escaped: bool,
    end: usize,
}

/// Where, from a position on, the first byte is that ends a string, escapes or may not be in one.
/// Most of a token is within strings, so it looks at eight bytes at once.
#[inline]
fn special(bytes: &[u8], mut at: usize) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    while let Some(word) = bytes[at..].first_chunk::<8>() {
        let word = u64::from_le_bytes(*word);
        let quotes = (word ^ (ONES * 0x22)).wrapping_sub(ONES);
        let backslashes = (word ^ (ONES * 0x5c)).wrapping_sub(ONES);
        let controls = word.wrapping_sub(ONES * 0x20);
        // The lowest marked byte is one of them; those above may be marked by its borrow.
        let found = (quotes | backslashes | controls) & !word & HIGH;
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    Some(at + bytes[at..].iter().position(is_special)?)
}

/// The value of a checked string with its quotes.
fn unquote(quoted: &str, is_escaped: bool) -> Cow<'_, str> {
    if is_escaped {
        Cow::Owned(serde_json::from_str(quoted).expect("invariant: the scanner checked it"))
    } else {
        Cow::Borrowed(&quoted[1..quoted.len() - 1])
    }
}

/// How many names are compared in place.
const FEW: usize = 24;

/// The names of one object; the first few are compared in place, many are sorted at the end.
struct Names<'a> {
    few: [&'a str; FEW],
    count: usize,
    /// One bit for each name that was seen, by a few of its bytes: most comparisons are spared.
    seen: u64,
    more: Vec<Cow<'a, str>>,
}

impl<'a> Names<'a> {
    const fn new() -> Self {
        Self {
            few: [""; FEW],
            count: 0,
            seen: 0,
            more: Vec::new(),
        }
    }

    #[inline]
    fn insert(&mut self, name: &'a str) -> Result<(), JoseError> {
        let Some(place) = self.few.get_mut(self.count) else {
            self.more.push(Cow::Borrowed(name));
            return Ok(());
        };
        *place = name;
        let bit = bit(name);
        if self.seen & bit != 0 && self.few[..self.count].contains(&name) {
            return Err(JoseError::DuplicateMember);
        }
        self.seen |= bit;
        self.count += 1;
        Ok(())
    }

    fn finish(self) -> Result<(), JoseError> {
        if self.more.is_empty() {
            return Ok(());
        }
        let mut all: Vec<&str> = self.more.iter().map(AsRef::as_ref).collect();
        all.extend(&self.few[..self.count]);
        all.sort_unstable();
        if all.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(JoseError::DuplicateMember);
        }
        Ok(())
    }
}

/// A bit that equal names share.
fn bit(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let (first, last) = (bytes.first().unwrap_or(&0), bytes.last().unwrap_or(&0));
    let mixed = usize::from(*first) * 5 + usize::from(*last) * 3 + bytes.len();
    1 << (mixed % 64)
}

#[cfg(test)]
mod tests;
