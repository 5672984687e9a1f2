//! Functions are short and take few parameters.

use super::Finding;
use super::lexer::{Code, is_word};

const LINES_MAX: usize = 60;
/// A test may be a table of cases.
const TEST_LINES_MAX: usize = 100;
const PARAMETERS_MAX: usize = 6;

/// Checks every function of a file, tests included.
pub(super) fn check(path: &str, code: &Code) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_test = path.ends_with("tests.rs") || path.contains("/tests/");
    let lines_max = if is_test { TEST_LINES_MAX } else { LINES_MAX };
    for function in functions(&code.text) {
        let line = code.line(function.start);
        let lines = 1 + code.line(function.end) - line;
        if lines > lines_max {
            let text = format!(
                "`{}` has {lines} lines, the limit is {lines_max}: name a part and move it out",
                function.name,
            );
            let finding = Finding::new(line, "fn-lines", text).of(&function.name);
            findings.push(finding.measured(lines));
        }
        if function.parameters > PARAMETERS_MAX {
            let text = format!(
                "`{}` takes {} parameters, the limit is {PARAMETERS_MAX}: give the group a type",
                function.name, function.parameters,
            );
            let finding = Finding::new(line, "fn-params", text).of(&function.name);
            findings.push(finding.measured(function.parameters));
        }
    }
    findings
}

struct Function {
    name: String,
    start: usize,
    end: usize,
    parameters: usize,
}

fn functions(code: &[u8]) -> Vec<Function> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = find_word(code, at, b"fn") {
        at = start + 2;
        found.extend(function(code, start));
    }
    found
}

/// Reads the function whose `fn` stands at `start`; `None` for function pointer types.
fn function(code: &[u8], start: usize) -> Option<Function> {
    let name_start = skip_spaces(code, start + 2);
    let name_end = name_start
        + code[name_start..]
            .iter()
            .take_while(|b| is_word(**b))
            .count();
    if name_start == name_end {
        return None;
    }
    let open = parameter_list(code, name_end)?;
    let close = matching(code, open)?;
    let body = code[close..].iter().position(|byte| b"{;".contains(byte))? + close;
    let end = if code[body] == b';' {
        body
    } else {
        matching(code, body)?
    };
    let name = String::from_utf8_lossy(&code[name_start..name_end]).into_owned();
    Some(Function {
        name,
        start,
        end,
        parameters: parameters(&code[open + 1..close]),
    })
}

/// The `(` after the name and its generics.
fn parameter_list(code: &[u8], from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for at in from..code.len() {
        match code[at] {
            b'<' => depth += 1,
            b'>' if code[at - 1] != b'-' => depth = depth.checked_sub(1)?,
            b'(' if depth == 0 => return Some(at),
            b'{' | b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// Counts parameters: commas outside any bracket, a trailing one aside; `self` is not counted.
fn parameters(list: &[u8]) -> usize {
    let (mut depth, mut parts, mut current) = (0_i32, Vec::new(), Vec::new());
    for (at, &byte) in list.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' | b'<' => depth += 1,
            b'>' if at > 0 && list[at - 1] == b'-' => {}
            b')' | b']' | b'}' | b'>' => depth -= 1,
            b',' if depth == 0 => {
                parts.push(std::mem::take(&mut current));
                continue;
            }
            _ => {}
        }
        current.push(byte);
    }
    parts.push(current);
    let counts = |part: &&Vec<u8>| {
        let text = String::from_utf8_lossy(part);
        let name = text.split(':').next().unwrap_or_default().trim();
        !name.is_empty() && name.split([' ', '&']).next_back() != Some("self")
    };
    parts.iter().filter(counts).count()
}

/// The bracket that closes the one at `open`.
fn matching(code: &[u8], open: usize) -> Option<usize> {
    let (opening, closing) = match code[open] {
        b'(' => (b'(', b')'),
        _ => (b'{', b'}'),
    };
    let mut depth = 0_usize;
    for (at, &byte) in code.iter().enumerate().skip(open) {
        if byte == opening {
            depth += 1;
        } else if byte == closing {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// The next place of `word` as a whole word.
pub(super) fn find_word(code: &[u8], from: usize, word: &[u8]) -> Option<usize> {
    let mut at = from;
    while at + word.len() <= code.len() {
        let fits = code[at..].starts_with(word)
            && (at == 0 || !is_word(code[at - 1]))
            && code.get(at + word.len()).is_none_or(|byte| !is_word(*byte));
        if fits {
            return Some(at);
        }
        at += 1;
    }
    None
}

fn skip_spaces(code: &[u8], from: usize) -> usize {
    from + code[from..]
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count()
}

#[cfg(test)]
mod tests {
    use super::super::lexer;
    use super::*;

    #[test]
    fn parameters_are_counted_as_a_reader_would() {
        let source = "
            fn none() {}
            fn three(&self, a: &'a str, b: Vec<(u8, u8)>, c: impl Fn(u8, u8) -> u8) {}
            fn generic<F: Fn(u8) -> u8, const N: usize>(f: F, n: [u8; N],) -> fn(u8) { x }
            type Pointer = fn(u8);
        ";
        let code = lexer::read(source);
        let found: Vec<_> = functions(&code.text)
            .into_iter()
            .map(|f| (f.name, f.parameters))
            .collect();
        let expected = [("none", 0), ("three", 3), ("generic", 2)];
        assert_eq!(
            found,
            expected.map(|(name, count)| (name.to_owned(), count))
        );
    }

    #[test]
    fn a_long_function_is_found_by_name() {
        let source = format!("fn long() {{\n{}}}\n", "    step();\n".repeat(60));
        let findings = check("a.rs", &lexer::read(&source));
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].item.as_str(), findings[0].value), ("long", 62));
    }
}
