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

/// A value as its own text, already checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
}

impl<'a> Raw<'a> {
    /// The value of a string.
    pub(crate) fn as_str(self) -> Option<Cow<'a, str>> {
        (self.kind == Kind::String).then(|| unquote(self.text))
    }
}

/// Calls `each` with every member of the object that `text` is.
pub(crate) fn object<'a>(
    text: &'a str,
    each: &mut dyn FnMut(Cow<'a, str>, Raw<'a>) -> Result<(), JoseError>,
) -> Result<(), JoseError> {
    let mut scanner = Scanner { text, at: 0 };
    scanner.space();
    scanner.object(1, each)?;
    scanner.end()
}

/// Calls `each` with every element of an array.
pub(crate) fn array<'a>(
    raw: Raw<'a>,
    each: &mut dyn FnMut(Raw<'a>) -> Result<(), JoseError>,
) -> Result<(), JoseError> {
    let mut scanner = Scanner {
        text: raw.text,
        at: 0,
    };
    scanner.array(1, each)?;
    scanner.end()
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), JoseError> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(JoseError::Json)
        }
    }

    fn end(&mut self) -> Result<(), JoseError> {
        self.space();
        if self.at == self.text.len() {
            Ok(())
        } else {
            Err(JoseError::Json)
        }
    }

    fn value(&mut self, depth: usize) -> Result<Raw<'a>, JoseError> {
        let start = self.at;
        let kind = match self.peek() {
            Some(b'"') => self.string().map(|_| Kind::String)?,
            Some(b'{') => self
                .object(depth + 1, &mut |_, _| Ok(()))
                .map(|()| Kind::Object)?,
            Some(b'[') => self
                .array(depth + 1, &mut |_| Ok(()))
                .map(|()| Kind::Array)?,
            Some(b't') => self.literal("true", Kind::Bool)?,
            Some(b'f') => self.literal("false", Kind::Bool)?,
            Some(b'n') => self.literal("null", Kind::Null)?,
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| Kind::Number)?,
            _ => return Err(JoseError::Json),
        };
        Ok(Raw {
            kind,
            text: &self.text[start..self.at],
        })
    }

    fn object(
        &mut self,
        depth: usize,
        each: &mut dyn FnMut(Cow<'a, str>, Raw<'a>) -> Result<(), JoseError>,
    ) -> Result<(), JoseError> {
        if depth > DEPTH_MAX {
            return Err(JoseError::TooLarge);
        }
        self.expect(b'{')?;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        let mut names = Names::new();
        loop {
            let name = self.string()?;
            names.insert(name.clone())?;
            self.space();
            self.expect(b':')?;
            self.space();
            let value = self.value(depth)?;
            each(name, value)?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(JoseError::Json),
            }
            self.space();
        }
        self.at += 1;
        names.finish()
    }

    fn array(
        &mut self,
        depth: usize,
        each: &mut dyn FnMut(Raw<'a>) -> Result<(), JoseError>,
    ) -> Result<(), JoseError> {
        if depth > DEPTH_MAX {
            return Err(JoseError::TooLarge);
        }
        self.expect(b'[')?;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let value = self.value(depth)?;
            each(value)?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(JoseError::Json),
            }
            self.space();
        }
        self.at += 1;
        Ok(())
    }

    /// Reads a string, quotes included, and returns its value.
    fn string(&mut self) -> Result<Cow<'a, str>, JoseError> {
        let start = self.at;
        self.expect(b'"')?;
        let mut escaped = false;
        loop {
            // Iterating needs no bounds check per byte, and most of a token is within strings.
            let rest = &self.text.as_bytes()[self.at..];
            let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
            self.at += rest.iter().position(special).ok_or(JoseError::Json)?;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(JoseError::Json),
            }
        }
        self.at += 1;
        let quoted = &self.text[start..self.at];
        Ok(if escaped {
            unquote(quoted)
        } else {
            Cow::Borrowed(&quoted[1..quoted.len() - 1])
        })
    }

    fn escape(&mut self) -> Result<(), JoseError> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => match self.hex()? {
                0xd800..0xdc00 => {
                    self.expect(b'\\')?;
                    match (self.peek() == Some(b'u')).then(|| self.hex()) {
                        Some(Ok(0xdc00..0xe000)) => Ok(()),
                        _ => Err(JoseError::Json),
                    }
                }
                0xdc00..0xe000 => Err(JoseError::Json),
                _ => Ok(()),
            },
            _ => Err(JoseError::Json),
        }
    }

    /// Reads `uXXXX`.
    fn hex(&mut self) -> Result<u32, JoseError> {
        let digits = self
            .text
            .as_bytes()
            .get(self.at + 1..self.at + 5)
            .ok_or(JoseError::Json)?;
        let mut code = 0;
        for digit in digits {
            code = code * 16 + char::from(*digit).to_digit(16).ok_or(JoseError::Json)?;
        }
        self.at += 5;
        Ok(code)
    }

    fn literal(&mut self, word: &str, kind: Kind) -> Result<Kind, JoseError> {
        if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(kind)
        } else {
            Err(JoseError::Json)
        }
    }

    fn number(&mut self) -> Result<(), JoseError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        let mut may_overflow = self.at - start > 300;
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
            may_overflow = true;
        }
        // Numbers beyond f64 would be read differently by different readers.
        let finite = |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite);
        if may_overflow && !finite(&self.text[start..self.at]) {
            return Err(JoseError::Json);
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), JoseError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at > start {
            Ok(())
        } else {
            Err(JoseError::Json)
        }
    }
}

/// The value of a checked string with its quotes.
fn unquote(quoted: &str) -> Cow<'_, str> {
    if quoted.contains('\\') {
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
    more: Vec<Cow<'a, str>>,
}

impl<'a> Names<'a> {
    const fn new() -> Self {
        Self {
            few: [""; FEW],
            count: 0,
            more: Vec::new(),
        }
    }

    fn insert(&mut self, name: Cow<'a, str>) -> Result<(), JoseError> {
        match name {
            Cow::Borrowed(name) if self.count < FEW => {
                if self.few[..self.count].contains(&name) {
                    return Err(JoseError::DuplicateMember);
                }
                self.few[self.count] = name;
                self.count += 1;
            }
            name => self.more.push(name),
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn check(text: &str) -> Result<(), JoseError> {
        object(text, &mut |_, _| Ok(()))
    }

    #[test]
    fn jwt_05_strictness() {
        for good in [
            "{}",
            " { \"a\" : [ 1 , -0.5e+3, true, null ] } ",
            r#"{"\u0061":"\ud83d\ude00"}"#,
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "[]",
            "1",
            "{",
            "{}x",
            "{}{}",
            "\u{feff}{}",
            "{,}",
            "{\"a\":1,}",
            "{\"a\"}",
            "{'a':1}",
            "{\"a\":01}",
            "{\"a\":+1}",
            "{\"a\":.5}",
            "{\"a\":1.}",
            "{\"a\":NaN}",
            "{\"a\":1e}",
            "{\"a\":1e400}",
            "{\"a\":\"\n\"}",
            "{\"a\":\"\\x\"}",
            "{\"a\":tru}",
            "{\"a\":\"\\ud800\"}",
            "{\"a\":\"\\udc00\"}",
            "{\"a\":\"\\ud800\\u0061\"}",
            "{\"a\":[1,]}",
        ] {
            assert_eq!(check(bad), Err(JoseError::Json), "{bad}");
        }
    }

    #[test]
    fn jwt_05_duplicates_at_any_depth_and_spelling() {
        for bad in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":1}"#,
            r#"{"x":{"a":1,"a":1}}"#,
            r#"{"x":[{"b":{},"b":0}]}"#,
        ] {
            assert_eq!(check(bad), Err(JoseError::DuplicateMember), "{bad}");
        }
        let many = |last: usize| {
            let names: Vec<_> = (0..1000)
                .chain([last])
                .map(|i| format!("\"n{i}\":0"))
                .collect();
            format!("{{{}}}", names.join(","))
        };
        assert_eq!(check(&many(1000)), Ok(()));
        assert_eq!(check(&many(3)), Err(JoseError::DuplicateMember));
        assert_eq!(check(&many(700)), Err(JoseError::DuplicateMember));
    }

    #[test]
    fn jwt_05_depth_is_bounded() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check(&nested(DEPTH_MAX - 1)), Ok(()));
        assert_eq!(check(&nested(DEPTH_MAX)), Err(JoseError::TooLarge));
        assert_eq!(check(&nested(100_000)), Err(JoseError::TooLarge));
    }

    proptest! {
        #[test]
        fn whatever_passes_here_serde_reads_too(
            text in r#"[\{\}\[\]":,\\u0-9a-fdDeE.+ \-tnul]{0,60}"#,
        ) {
            if check(&text).is_ok() {
                prop_assert!(serde_json::from_str::<Value>(&text).is_ok());
            }
        }

        #[test]
        fn whatever_serde_writes_passes_here(
            names in proptest::collection::btree_set(".*", 0..40), n in any::<i64>(), s in ".*",
        ) {
            let map: serde_json::Map<String, Value> =
                names.into_iter().map(|name| (name, json!([n, s, {"x": null}]))).collect();
            let text = serde_json::to_string(&map).unwrap();
            let mut seen = 0;
            object(&text, &mut |name, raw| {
                let value: Value = serde_json::from_str(raw.text).unwrap();
                assert_eq!(value, map[&*name]);
                seen += 1;
                Ok(())
            }).unwrap();
            prop_assert_eq!(seen, map.len());
        }
    }
}
