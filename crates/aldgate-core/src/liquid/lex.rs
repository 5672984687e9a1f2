//! The pieces of a template, and the words inside of a tag.

use super::LiquidError;

/// A piece of a template.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    /// `{{ … }}` without its braces.
    Output(&'a str),
    /// `{% … %}` without its braces.
    Tag(&'a str),
}

/// A piece and its line.
pub(super) type Placed<'a> = (usize, Piece<'a>);

/// Splits a template at its tags; `-` inside the braces takes the space beside them away.
pub(super) fn pieces(source: &str) -> Result<Vec<Placed<'_>>, LiquidError> {
    let mut pieces = Vec::new();
    let (mut rest, mut line, mut trim) = (source, 1, false);
    loop {
        let start = [rest.find("{{"), rest.find("{%")]
            .into_iter()
            .flatten()
            .min();
        let (mut text, after) = rest.split_at(start.unwrap_or(rest.len()));
        let here = line + newlines(text);
        if trim {
            text = text.trim_start();
        }
        let Some((close, is_tag)) = opening(after) else {
            pieces.push((line, Piece::Text(text)));
            return Ok(pieces);
        };
        let inner = &after[2..];
        let end = inner.find(close).ok_or_else(|| LiquidError {
            line: here,
            problem: format!("{} is never closed by {close}", &after[..2]),
        })?;
        let (mut inside, tail) = (&inner[..end], &inner[end + 2..]);
        let next_line = here + newlines(inside);
        if let Some(shorter) = inside.strip_prefix('-') {
            inside = shorter;
            text = text.trim_end();
        }
        trim = inside.ends_with('-');
        let inside = inside.strip_suffix('-').unwrap_or(inside).trim();
        pieces.push((line, Piece::Text(text)));
        pieces.push((
            here,
            match is_tag {
                true => Piece::Tag(inside),
                false => Piece::Output(inside),
            },
        ));
        (rest, line) = (tail, next_line);
    }
}

fn opening(text: &str) -> Option<(&'static str, bool)> {
    match text.get(..2)? {
        "{{" => Some(("}}", false)),
        "{%" => Some(("%}", true)),
        _ => None,
    }
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

/// A word inside of a tag.
#[derive(Debug, PartialEq)]
pub(super) enum Word<'a> {
    /// A name or a path: `user.name`, `user['name']`.
    Name(&'a str),
    /// Text in quotes.
    Text(&'a str),
    Number(f64),
    /// One of `| : , = == != <> < > <= >=`.
    Sign(&'a str),
}

const SIGNS: [&str; 11] = ["==", "!=", "<>", "<=", ">=", "<", ">", "=", "|", ":", ","];

/// Splits the inside of a tag into words.
pub(super) fn words(inside: &str) -> Result<Vec<Word<'_>>, String> {
    let mut words = Vec::new();
    let mut rest = inside.trim_start();
    while let Some(first) = rest.chars().next() {
        let length;
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            words.push(Word::Sign(sign));
            length = sign.len();
        } else if first == '"' || first == '\'' {
            let end = rest[1..].find(first);
            let end = end.ok_or_else(|| format!("a quote is not closed: {rest}"))?;
            words.push(Word::Text(&rest[1..=end]));
            length = end + 2;
        } else if first.is_ascii_digit() || first == '-' {
            let digit = |c: char| !(c.is_ascii_digit() || c == '.' || c == '-');
            length = rest.find(digit).unwrap_or(rest.len());
            let number = rest[..length].parse();
            words.push(Word::Number(
                number.map_err(|_| format!("{} is no number", &rest[..length]))?,
            ));
        } else {
            length = name_length(rest)?;
            words.push(Word::Name(&rest[..length]));
        }
        rest = rest[length..].trim_start();
    }
    Ok(words)
}

/// The length of a name with its parts: letters, digits, `_`, `-`, `.` and `['…']`.
fn name_length(text: &str) -> Result<usize, String> {
    let mut bracket = false;
    for (at, c) in text.char_indices() {
        match c {
            '[' => bracket = true,
            ']' => bracket = false,
            _ if bracket || c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '?') => {}
            _ if at > 0 => return Ok(at),
            _ => return Err(format!("unexpected {c:?}")),
        }
    }
    match bracket {
        true => Err(format!("[ is not closed: {text}")),
        false => Ok(text.len()),
    }
}
