//! Every dependency is chosen once, in the root manifest, with a line that says what for.

use super::Finding;
use super::files::File;

/// Checks the root manifest's comments, and that members only point to it.
pub(super) fn check(file: &File) -> Vec<Finding> {
    if file.path == "Cargo.toml" {
        root(file)
    } else {
        member(file)
    }
}

fn root(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut inside, mut commented) = (false, false);
    for (index, line) in file.text.lines().enumerate() {
        if line.starts_with('[') {
            inside = line == "[workspace.dependencies]";
        } else if line.starts_with('#') {
            commented = !line.starts_with("# --");
            continue;
        } else if inside && !line.is_empty() && !line.starts_with("aldgate") && !commented {
            let name = line.split([' ', '=']).next().unwrap_or_default();
            let text = format!("{name} has no comment above it: say what it is for");
            findings.push(Finding::new(index + 1, "dependency-comment", text).of(name));
        }
        commented = false;
    }
    findings
}

/// Packages outside the workspace have no root manifest to point to.
fn member(file: &File) -> Vec<Finding> {
    let members = ["crates/", "xtask/", "bench/"];
    let is_inside = members.iter().any(|member| file.path.starts_with(member));
    if !is_inside || file.text.lines().any(|line| line == "[workspace]") {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let mut inside = false;
    for (index, line) in file.text.lines().enumerate() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if inside && !line.starts_with('#') && chooses(line) {
            let text = "chooses a version here: move it to the root Cargo.toml";
            findings.push(Finding::new(index + 1, "dependency-place", text));
        }
    }
    findings
}

/// Whether a dependency's line says where it comes from by anything but the workspace.
fn chooses(line: &str) -> bool {
    line.contains('=') && !line.contains("workspace = true") && !line.contains("path = \".\"")
}
