//! `./x tidy`: the style rules that a program can check.
//!
//! Each finding names the file and line, the rule, and what to do. Exceptions stand in
//! `xtask/tidy-allow.txt` with their reasons; the list may only shrink.

mod allow;
mod files;
mod functions;
mod lexer;
mod manifests;
mod modules;
mod sql;
mod walls;
mod words;

use std::path::Path;

use allow::Allowed;
use files::File;

/// Something that breaks a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Finding {
    /// Path from the repository's root.
    path: String,
    /// Counted from 1.
    line: usize,
    /// The rule's name, as the allow-list writes it.
    rule: &'static str,
    /// What the allow-list calls the place: a function, a constant, or nothing for the file.
    item: String,
    /// The measured value, for rules with a limit.
    value: usize,
    /// What is wrong and what to do.
    text: String,
}

/// Checks the repository at `root` and prints the findings; `true` if there are none.
pub(crate) fn print(root: &Path) -> bool {
    let findings = match check(root) {
        Ok(findings) => findings,
        Err(error) => {
            eprintln!("tidy: {error:#}");
            return false;
        }
    };
    for Finding {
        path,
        line,
        rule,
        text,
        ..
    } in &findings
    {
        println!("{path}:{line}: {rule}: {text}");
    }
    match findings.len() {
        0 => println!("tidy: clean"),
        n => println!("tidy: {n} findings"),
    }
    findings.is_empty()
}

fn check(root: &Path) -> anyhow::Result<Vec<Finding>> {
    let files = files::read(root)?;
    let mut findings = Vec::new();
    for file in &files {
        let mut found = check_file(file);
        for finding in &mut found {
            finding.path.clone_from(&file.path);
        }
        findings.extend(found);
    }
    let mut allowed = Allowed::read(&root.join(allow::PATH))?;
    findings.retain(|finding| !allowed.covers(finding));
    findings.extend(allowed.complaints());
    Ok(findings)
}

fn check_file(file: &File) -> Vec<Finding> {
    let mut findings = words::check(file);
    if file.has_extension("rs") {
        let code = lexer::read(&file.text);
        findings.extend(modules::check(file));
        findings.extend(functions::check(&file.path, &code));
        findings.extend(walls::check_code(file, &code));
        findings.extend(sql::check(file, &code));
    }
    if file.name() == "Cargo.toml" {
        findings.extend(manifests::check(file));
        findings.extend(walls::check_manifest(file));
    }
    findings
}

impl Finding {
    fn new(line: usize, rule: &'static str, text: impl Into<String>) -> Self {
        let (path, item) = (String::new(), String::new());
        Self {
            path,
            line,
            rule,
            item,
            value: 0,
            text: text.into(),
        }
    }

    fn of(mut self, item: impl Into<String>) -> Self {
        self.item = item.into();
        self
    }

    fn measured(mut self, value: usize) -> Self {
        self.value = value;
        self
    }
}
