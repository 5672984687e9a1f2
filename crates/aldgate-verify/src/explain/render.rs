//! The diagnosis as text, for terminals and logs.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Explanation, Outcome};

/// With colours or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// ANSI escape sequences, for terminals.
    Ansi,
    /// Characters only.
    Plain,
}

/// Longest value that is shown, in characters.
const VALUE_CHARS_MAX: usize = 72;

/// Renders a diagnosis. Control characters of claims never reach the terminal.
#[must_use]
pub fn text(explanation: &Explanation, style: Style) -> String {
    let mut page = Page {
        text: String::new(),
        style,
    };
    let verdict = &explanation.verdict;
    page.line(&page.bold(&explanation.kind_text));
    page.facts(explanation);
    if !explanation.claims.is_empty() {
        page.title("Claims");
        let rows = explanation.claims.iter().map(|row| {
            let remark = row
                .remark
                .as_ref()
                .map_or(String::new(), |remark| format!(" ({remark})"));
            [
                row.name.clone(),
                format!("{}{remark}", value(&row.value)),
                row.source.to_owned(),
            ]
        });
        page.table(rows.collect());
    }
    page.title("Checks");
    for row in &explanation.checks {
        let (mark, colour) = match row.outcome {
            Outcome::Pass => ("pass", "32"),
            Outcome::Fail => ("FAIL", "31"),
            Outcome::Skipped => ("skip", "33"),
        };
        let mark = page.paint(mark, colour);
        let actual = clip(&row.actual);
        page.line(&match row.outcome {
            Outcome::Pass => format!("  {mark}  {:<11} {actual}", row.name),
            Outcome::Skipped => {
                format!("  {mark}  {:<11} {}; got {actual}", row.name, row.expected)
            }
            Outcome::Fail => format!(
                "  {mark}  {:<11} expected {}; got {actual}",
                row.name,
                clip(&row.expected)
            ),
        });
    }
    page.title("Verdict");
    let colour = if verdict.reason.is_some() { "31" } else { "32" };
    page.line(&format!(
        "  {}",
        page.paint(&clean(&verdict.summary), colour)
    ));
    if let Some(reason) = &verdict.reason {
        page.line(&format!("  {}  {}", reason.code, reason.documentation));
    }
    page.change(explanation);
    page.text
}

struct Page {
    text: String,
    style: Style,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn title(&mut self, title: &str) {
        let title = self.bold(title);
        self.line("");
        self.line(&title);
    }

    fn paint(&self, text: &str, colour: &str) -> String {
        match self.style {
            Style::Ansi => format!("\u{1b}[{colour}m{text}\u{1b}[0m"),
            Style::Plain => text.to_owned(),
        }
    }

    fn bold(&self, text: &str) -> String {
        self.paint(text, "1")
    }

    fn facts(&mut self, explanation: &Explanation) {
        let mut rows = Vec::new();
        let mut row = |name: &str, value: Option<String>| {
            rows.extend(value.map(|value| [name.to_owned(), clip(&value), String::new()]));
        };
        let audience = (!explanation.audience.is_empty()).then(|| explanation.audience.join(", "));
        row("issuer", explanation.issuer.clone());
        row(
            "platform",
            explanation
                .platform
                .map(|platform| platform.name().to_owned()),
        );
        row("audience", audience);
        row("application", explanation.application.clone());
        row("grant", explanation.grant.clone());
        row("request", explanation.input.request.clone());
        row("answer", explanation.input.response.clone());
        row("challenge", explanation.input.challenge.clone());
        self.table(rows);
        for remark in &explanation.input.remarks {
            self.line(&format!("  note: {}", clean(remark)));
        }
    }

    fn table(&mut self, rows: Vec<[String; 3]>) {
        let width = |column: usize| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
                .min(VALUE_CHARS_MAX)
        };
        let (first, second) = (width(0), width(1));
        for [name, value, source] in &rows {
            self.line(&format!(
                "  {:<first$}  {value:<second$}  {source}",
                clip(name)
            ));
        }
    }

    fn change(&mut self, explanation: &Explanation) {
        let Some(change) = &explanation.change else {
            return;
        };
        self.title("What to change");
        self.line(&format!("  {}", clean(&change.text)));
        if let Some(link) = &change.dashboard {
            self.line(&format!("  {}", clean(link)));
        }
        for snippet in &change.snippets {
            let title = self.bold(snippet.title);
            self.line("");
            self.line(&format!("  {title}"));
            for line in snippet.code.lines() {
                self.line(&format!("    {}", clean(line)));
            }
        }
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::String(text) => clip(text),
        other => clip(&other.to_string()),
    }
}

/// At most so many characters, none of them a control character.
fn clip(text: &str) -> String {
    let clean = clean(text);
    if clean.chars().count() <= VALUE_CHARS_MAX {
        return clean;
    }
    clean
        .chars()
        .take(VALUE_CHARS_MAX - 1)
        .chain(['…'])
        .collect()
}

/// Shows control characters instead of obeying them.
fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            write!(out, "{}", character.escape_default()).expect("invariant: strings grow");
        } else {
            out.push(character);
        }
    }
    out
}
