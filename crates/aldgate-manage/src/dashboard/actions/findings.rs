//! The lines for which an action was refused, with the code that stands there.

use serde::Serialize;
use serde_json::Value;

use crate::dashboard::api::Refused;

/// The most lines that a page tells.
const FINDINGS_MAX: usize = 50;

/// One line that would not work.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    /// From 1; 0: the code as a whole.
    pub(super) line: usize,
    /// What stands there.
    code: String,
    problem: String,
    remedy: String,
}

/// The findings of a refusal; empty when it was refused for another reason.
pub(super) fn of_refusal(refused: &Refused, code: &str) -> Vec<Finding> {
    of(&refused.errors, code)
}

/// The findings of an answer about `code`.
pub(super) fn of(findings: &Value, code: &str) -> Vec<Finding> {
    let lines: Vec<&str> = code.lines().collect();
    let all = findings.as_array().cloned().unwrap_or_default();
    all.iter()
        .filter(|finding| finding["problem"].is_string())
        .take(FINDINGS_MAX)
        .map(|finding| {
            let line = finding["line"].as_u64().unwrap_or(0);
            let line = usize::try_from(line).unwrap_or(0);
            let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
            let code = line.checked_sub(1).and_then(|index| lines.get(index));
            Finding {
                line,
                code: code.map_or("", |code| code.trim()).to_owned(),
                problem: text("problem"),
                remedy: text("remedy"),
            }
        })
        .collect()
}

/// The numbers of the lines, for the editor: `3 7`.
pub(super) fn marks(findings: &[Finding]) -> String {
    let lines = findings.iter().filter(|finding| finding.line > 0);
    let lines: Vec<String> = lines.map(|finding| finding.line.to_string()).collect();
    lines.join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_finding_shows_its_line_and_one_beyond_the_code_shows_none() {
        let told = json!([
            {"line": 2, "problem": "p", "remedy": "r"},
            {"line": 9, "problem": "q", "remedy": ""},
            {"line": 0, "problem": "all", "remedy": ""},
            "nonsense",
        ]);
        let found = of(&told, "one\n  two\n");
        let codes: Vec<&str> = found.iter().map(|finding| finding.code.as_str()).collect();
        assert_eq!(codes, ["two", "", ""]);
        assert_eq!(marks(&found), "2 9");
    }
}
