//! Runs the parts of a command one after the other, times them and adds up the test totals.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The parts of one command, in the order they ran.
///
/// A failed part does not stop the next: one run shows everything that is wrong.
pub(crate) struct Steps {
    command: &'static str,
    started: Instant,
    done: Vec<Done>,
}

struct Done {
    name: String,
    took: Duration,
    totals: Totals,
    failure: Option<String>,
}

/// Test totals as `cargo test` and `node --test` print them.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Totals {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Steps {
    /// Starts a command named `command`.
    pub(crate) fn new(command: &'static str) -> Self {
        Self {
            command,
            started: clock(),
            done: Vec::new(),
        }
    }

    /// Runs `command` with its output shown, and counts the tests it reports.
    pub(crate) fn command(&mut self, name: &str, command: &mut Command) -> bool {
        self.part(name, |totals| tee(command, totals))
    }

    /// Runs a part that is our own code.
    pub(crate) fn check(&mut self, name: &str, part: impl FnOnce() -> anyhow::Result<()>) -> bool {
        self.part(name, |_| part())
    }

    /// Prints the table of parts and the totals; `true` if everything passed.
    pub(crate) fn finish(self) -> bool {
        println!("\n-- {} {}", self.command, "-".repeat(60));
        let mut sum = Totals::default();
        for done in &self.done {
            let mark = if done.failure.is_some() {
                "FAILED"
            } else {
                "ok"
            };
            println!("{mark:>7} {:>8}  {}", seconds(done.took), done.name);
            if let Some(failure) = &done.failure {
                println!("{:>17} {failure}", "");
            }
            sum.add(done.totals);
        }
        let failed = self.done.iter().filter(|d| d.failure.is_some()).count();
        println!(
            "{}: {} steps ok, {failed} not; {} tests passed, {} failed, {} ignored; {}",
            self.command,
            self.done.len() - failed,
            sum.passed,
            sum.failed,
            sum.ignored,
            seconds(clock() - self.started),
        );
        // The shape that test summaries share, for tools that read the last line.
        println!(
            "{} passed, {} failed",
            sum.passed,
            sum.failed.max(failed as u64)
        );
        failed == 0
    }

    fn part(&mut self, name: &str, part: impl FnOnce(&mut Totals) -> anyhow::Result<()>) -> bool {
        println!("\n== {name}");
        let started = clock();
        let mut totals = Totals::default();
        let failure = part(&mut totals).err().map(|error| format!("{error:#}"));
        if let Some(failure) = &failure {
            println!("== {name}: FAILED: {failure}");
        }
        let took = clock() - started;
        let passed = failure.is_none();
        self.done.push(Done {
            name: name.to_owned(),
            took,
            totals,
            failure,
        });
        passed
    }
}

impl Totals {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }

    /// Counts one line of output.
    fn read(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("test result: ") {
            self.add(cargo_result(rest));
        } else if let Some(rest) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) {
            let mut words = rest.split(' ');
            let (word, number) = (
                words.next(),
                words.next().and_then(|n| n.parse::<u64>().ok()),
            );
            match (word, number) {
                (Some("pass"), Some(n)) => self.passed += n,
                (Some("fail" | "cancelled"), Some(n)) => self.failed += n,
                (Some("skipped"), Some(n)) => self.ignored += n,
                _ => {}
            }
        }
    }
}

/// Reads `ok. 12 passed; 0 failed; 1 ignored; …`.
fn cargo_result(rest: &str) -> Totals {
    let mut totals = Totals::default();
    let rest = rest.split_once(". ").map_or(rest, |(_, rest)| rest);
    for part in rest.split("; ") {
        let Some((number, word)) = part.split_once(' ') else {
            continue;
        };
        let Ok(number) = number.parse() else { continue };
        match word {
            "passed" => totals.passed = number,
            "failed" => totals.failed = number,
            "ignored" => totals.ignored = number,
            _ => {}
        }
    }
    totals
}

/// Runs a command, shows its standard output line by line and reads the totals from it.
fn tee(command: &mut Command, totals: &mut Totals) -> anyhow::Result<()> {
    let shown = show(command);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| anyhow::anyhow!("cannot start `{shown}`: {error}"))?;
    let stdout = child
        .stdout
        .take()
        .expect("stdout is piped two lines above");
    for line in BufReader::new(stdout).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        println!("{line}");
        totals.read(&line);
    }
    let status = child.wait()?;
    anyhow::ensure!(status.success(), "`{shown}` ended with {status}");
    Ok(())
}

/// The command as a person would type it.
pub(crate) fn show(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the stopwatch of a developer's tool"
)]
fn clock() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_of_cargo_and_of_node_are_read() {
        let mut totals = Totals::default();
        totals.read("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out");
        totals.read("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured");
        totals.read("# pass 4");
        totals.read("ℹ fail 1");
        totals.read("running 9 tests");
        assert_eq!(
            totals,
            Totals {
                passed: 19,
                failed: 3,
                ignored: 1
            }
        );
    }
}
