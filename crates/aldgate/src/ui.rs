//! Output for people: colours only on a terminal, tables, questions.

use std::io::{IsTerminal as _, Write as _};

use anyhow::{Context as _, Result, bail};

use crate::context;

/// Something went as asked.
pub(crate) const GREEN: &str = "32";
/// Something needs attention.
pub(crate) const YELLOW: &str = "33";
/// Something is refused or will be removed.
pub(crate) const RED: &str = "31";
/// Less important.
pub(crate) const DIM: &str = "2";
/// More important.
pub(crate) const BOLD: &str = "1";

/// Colours `text` if `NO_COLOR` is unset and the stream is a terminal.
pub(crate) fn paint(terminal: bool, style: &str, text: &str) -> String {
    if terminal {
        format!("\x1b[{style}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

/// Whether stdout may be coloured.
pub(crate) fn stdout_is_terminal() -> bool {
    std::io::stdout().is_terminal() && context::variable("NO_COLOR").is_none()
}

/// Whether stderr may be coloured.
pub(crate) fn stderr_is_terminal() -> bool {
    std::io::stderr().is_terminal() && context::variable("NO_COLOR").is_none()
}

/// Prints a result line to stdout.
#[expect(clippy::print_stdout, reason = "stdout is for results")]
pub(crate) fn result(text: &str) {
    println!("{text}");
}

/// Prints a result as JSON to stdout.
pub(crate) fn json(value: &serde_json::Value) {
    result(&format!("{value:#}"));
}

/// Prints a note to stderr.
#[expect(
    clippy::print_stderr,
    reason = "notes of a command line tool go to stderr"
)]
pub(crate) fn note(text: &str) {
    eprintln!("{text}");
}

/// Prints a table to stdout: columns as wide as their widest cell.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|c| c.chars().count());
        cells
            .chain([head[column].chars().count()])
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let titles: Vec<String> = head.iter().map(|h| (*h).to_owned()).collect();
    result(&paint(stdout_is_terminal(), BOLD, &line(&titles)));
    rows.iter().for_each(|row| result(&line(row)));
}

/// Asks before something that cannot be undone. `yes` answers in advance.
pub(crate) fn confirm(question: &str, yes: bool) -> Result<()> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        bail!("{question}\nNobody is there to ask: pass --yes if you mean it.");
    }
    let mut stderr = std::io::stderr();
    write!(stderr, "{question} Type yes: ").context("cannot write to the terminal")?;
    stderr.flush().context("cannot write to the terminal")?;
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .context("cannot read the answer")?;
    if answer.trim() == "yes" {
        Ok(())
    } else {
        bail!("Nothing was changed.")
    }
}
