//! Rules about the text of any file: width, trailing space, words that promise later work.

use super::Finding;
use super::files::File;

const WIDTH_MAX: usize = 100;
/// A sentence in quotes may end a little later.
const QUOTED_WIDTH_MAX: usize = 110;
const NARROW: [&str; 6] = ["rs", "sql", "js", "mjs", "css", "py"];

/// Words of unfinished work, spelt so that this file does not contain them.
const PROMISES: [&str; 3] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
];

/// Checks every line of a file.
pub(super) fn check(file: &File) -> Vec<Finding> {
    // Tests show whole answers as they are.
    let narrow = NARROW.iter().any(|extension| file.has_extension(extension))
        && !file.path.ends_with("tests.rs");
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let number = index + 1;
        let width = line.chars().count();
        let width_max = if line.contains('"') {
            QUOTED_WIDTH_MAX
        } else {
            WIDTH_MAX
        };
        if narrow && width > width_max {
            let text = format!("{width} characters wide, the limit is {width_max}: break the line");
            findings.push(Finding::new(number, "line-width", text).measured(width));
        }
        if line.ends_with([' ', '\t']) {
            findings.push(Finding::new(
                number,
                "trailing-space",
                "ends in a space: remove it",
            ));
        }
        if PROMISES.iter().any(|word| line.contains(word)) {
            let text = "promises later work: do it, or describe the gap in CONFORMANCE.md";
            findings.push(Finding::new(number, "promise", text));
        }
    }
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        let last = file.text.lines().count();
        findings.push(Finding::new(
            last,
            "last-line",
            "does not end with a line break: add one",
        ));
    }
    findings
}
