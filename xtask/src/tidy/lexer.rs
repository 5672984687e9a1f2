//! Enough of Rust's lexical grammar to tell code from comments and literals.

/// A source file with everything but code blanked out.
pub(super) struct Code {
    /// As long as the source, line for line; comments and the insides of literals are spaces.
    pub(super) text: Vec<u8>,
    /// The string literals, in order.
    pub(super) strings: Vec<Literal>,
}

/// A string literal.
pub(super) struct Literal {
    /// Offset of its first character in the source.
    pub(super) start: usize,
    /// What stands between the quotes, escapes as written.
    pub(super) text: String,
}

impl Code {
    /// The line of an offset, counted from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        1 + self.text[..offset]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count()
    }
}

/// Separates code from comments and literals.
pub(super) fn read(source: &str) -> Code {
    let mut lexer = Lexer {
        source: source.as_bytes(),
        at: 0,
        code: Vec::new(),
        strings: vec![],
    };
    while lexer.at < lexer.source.len() {
        lexer.next();
    }
    Code {
        text: lexer.code,
        strings: lexer.strings,
    }
}

struct Lexer<'a> {
    source: &'a [u8],
    at: usize,
    code: Vec<u8>,
    strings: Vec<Literal>,
}

impl Lexer<'_> {
    fn next(&mut self) {
        let rest = &self.source[self.at..];
        if rest.starts_with(b"//") {
            let end = rest
                .iter()
                .position(|&byte| byte == b'\n')
                .unwrap_or(rest.len());
            self.blank(end);
        } else if rest.starts_with(b"/*") {
            self.block_comment();
        } else if rest[0] == b'"' {
            self.string(0, true);
        } else if rest[0] == b'\'' {
            self.char_or_lifetime();
        } else if let Some(hashes) = self.raw_string() {
            self.string(hashes, false);
        } else if is_word(rest[0]) {
            // A whole word at once, so that the `r` of `for "…"` starts no raw string.
            let end = rest
                .iter()
                .position(|&byte| !is_word(byte))
                .unwrap_or(rest.len());
            self.keep(end);
        } else {
            self.keep(1);
        }
    }

    fn block_comment(&mut self) {
        let (mut depth, mut length) = (0, 0);
        let rest = &self.source[self.at..];
        while length < rest.len() {
            let step = match &rest[length..] {
                [b'/', b'*', ..] => (1, 2),
                [b'*', b'/', ..] => (-1, 2),
                _ => (0, 1),
            };
            depth += step.0;
            length += step.1;
            if depth == 0 {
                break;
            }
        }
        self.blank(length);
    }

    /// At `r"`, `br#"`, … : keeps the prefix and says how many hashes follow.
    fn raw_string(&mut self) -> Option<usize> {
        let rest = &self.source[self.at..];
        let prefix = rest
            .iter()
            .take(2)
            .take_while(|byte| b"brc".contains(byte))
            .count();
        if prefix == 0 || !rest[..prefix].contains(&b'r') {
            return None;
        }
        let hashes = rest[prefix..]
            .iter()
            .take_while(|&&byte| byte == b'#')
            .count();
        if rest.get(prefix + hashes) != Some(&b'"') {
            return None;
        }
        self.keep(prefix + hashes);
        Some(hashes)
    }

    fn string(&mut self, hashes: usize, escapes: bool) {
        self.keep(1);
        let rest = &self.source[self.at..];
        let mut length = 0;
        while length < rest.len() {
            let closing = rest[length] == b'"'
                && rest[length + 1..]
                    .iter()
                    .take_while(|&&byte| byte == b'#')
                    .count()
                    >= hashes;
            if closing {
                break;
            }
            length += if escapes && rest[length] == b'\\' {
                2
            } else {
                1
            };
        }
        let length = length.min(rest.len());
        let text = String::from_utf8_lossy(&rest[..length]).into_owned();
        self.strings.push(Literal {
            start: self.at,
            text,
        });
        self.blank(length);
        self.keep(1 + hashes);
    }

    fn char_or_lifetime(&mut self) {
        let rest = &self.source[self.at..];
        let length = match rest {
            [_, b'\\', ..] => rest[3..]
                .iter()
                .position(|&byte| byte == b'\'')
                .map(|at| at + 4),
            // `'a'` is a character, `'a` a lifetime; characters are up to four bytes long.
            _ => (2..6)
                .find(|&at| rest.get(at) == Some(&b'\''))
                .map(|at| at + 1),
        };
        let is_char = length.is_some_and(|length| {
            let inside = String::from_utf8_lossy(&rest[1..length - 1]);
            inside.starts_with('\\') || inside.chars().count() == 1
        });
        match length {
            Some(length) if is_char => self.blank(length),
            _ => self.keep(1),
        }
    }

    fn keep(&mut self, length: usize) {
        let end = (self.at + length).min(self.source.len());
        self.code.extend_from_slice(&self.source[self.at..end]);
        self.at = end;
    }

    fn blank(&mut self, length: usize) {
        let end = (self.at + length).min(self.source.len());
        let blank = |byte: &u8| if *byte == b'\n' { b'\n' } else { b' ' };
        self.code
            .extend(self.source[self.at..end].iter().map(blank));
        self.at = end;
    }
}

/// Whether a byte may be part of an identifier.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, code: &str, strings: &[&str]) {
        let read = read(source);
        assert_eq!(String::from_utf8_lossy(&read.text), code, "{source}");
        let found: Vec<&str> = read.strings.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(found, strings, "{source}");
    }

    #[test]
    fn comments_and_literals_are_blank() {
        check("a // b\nc", "a     \nc", &[]);
        check("a /* b /* c */ d */ e", "a                   e", &[]);
        check(r#"f("x\"y")"#, r#"f("    ")"#, &[r#"x\"y"#]);
        check(r###"r#"a"b"# c"###, r###"r#"   "# c"###, &[r#"a"b"#]);
        check("'{' 'a 'b' '\\''", "    'a         ", &[]);
        check("for \"x\"", "for \" \"", &["x"]);
        check("r\"\\\" b", "r\" \" b", &["\\"]);
    }
}
