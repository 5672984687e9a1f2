//! Modules say what they are for, and stay short.

use super::Finding;
use super::files::File;

const LINES_MAX: usize = 500;

/// Checks the head and the length of a Rust file.
pub(super) fn check(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let first = file
        .text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    if !first.starts_with("//!") {
        let text = "begins without `//!`: say in one sentence what the module is for";
        findings.push(Finding::new(1, "module-head", text));
    }
    let lines = file.text.lines().count();
    if lines > LINES_MAX {
        let text = format!(
            "has {lines} lines, the limit is {LINES_MAX}: split it along what a reader looks for",
        );
        findings.push(Finding::new(lines, "file-lines", text).measured(lines));
    }
    findings
}
