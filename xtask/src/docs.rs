//! `./x docs`: runs every command that README.md and the guides under `docs/` show.
//!
//! A fenced block marked `sh` is run. A comment above it says how, where that is not plain:
//!
//! * `<!-- serves URL -->`: it is a server; the next block waits until URL answers.
//! * `<!-- not run: REASON -->`: it cannot run here; the reason is shown.
//!
//! The blocks of one document are one shell script, run in an empty directory with the debug
//! binary on `PATH`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::machine;
use crate::steps::Steps;

/// Runs the commands of all documents; `false` when one failed.
pub(crate) fn run() -> anyhow::Result<bool> {
    let mut steps = Steps::new("docs");
    if steps.command("build", &mut machine::cargo(&crate::test::BUILD)) {
        parts(&mut steps);
    }
    Ok(steps.finish())
}

/// Adds one part for each document; the debug binary is built already.
pub(crate) fn parts(steps: &mut Steps) {
    let mut documents = Vec::new();
    steps.check("commands in documents: curl, jq", || {
        documents = all_documents()?;
        for program in ["curl", "jq"] {
            if machine::find(program).is_none() {
                machine::install(program, "and put it on PATH")?;
            }
        }
        Ok(())
    });
    for document in documents {
        steps.check(&format!("commands in {}", document.display()), || {
            check(&document)
        });
    }
}

/// Rewrites the pages that a test compares with the program's own tables.
pub(crate) fn generate() -> anyhow::Result<bool> {
    let test = [
        "test",
        "--quiet",
        "--workspace",
        "--test",
        "configuration_reference",
    ];
    let mut test = machine::cargo(&test);
    Ok(test.env("ALDGATE_GENERATE", "1").status()?.success())
}

/// README.md and the guides, those with commands.
fn all_documents() -> anyhow::Result<Vec<PathBuf>> {
    let mut documents = vec![PathBuf::from("README.md")];
    for entry in std::fs::read_dir("docs").context("docs/")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            documents.push(path);
        }
    }
    documents.sort();
    let mut with_commands = Vec::new();
    for document in documents {
        let text = std::fs::read_to_string(&document)?;
        if !blocks(&text)?.is_empty() {
            with_commands.push(document);
        }
    }
    Ok(with_commands)
}

fn check(document: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(document)?;
    let blocks = blocks(&text)?;
    for block in &blocks {
        if let How::NotRun(reason) = &block.how {
            println!("{}:{}: not run: {reason}", document.display(), block.line);
        }
    }
    let dir = std::env::temp_dir().join(format!("aldgate-docs-{}", machine::random_hex(6)?));
    std::fs::create_dir(&dir)?;
    let script_file = dir.join("script.sh");
    std::fs::write(&script_file, script(&blocks))?;
    let binary = machine::aldgate();
    let bin = binary
        .parent()
        .context("the debug binary has no directory")?;
    let path = machine::variable("PATH").unwrap_or_default();
    let path =
        std::env::join_paths(std::iter::once(bin.to_owned()).chain(std::env::split_paths(&path)))?;
    let mut shell = Command::new("sh");
    shell.arg(&script_file).current_dir(&dir).env("PATH", path);
    let output = shell.output()?;
    if !output.status.success() {
        let both = [output.stdout, output.stderr].concat();
        println!("{}", String::from_utf8_lossy(&both));
        println!("servers printed:\n{}", server_logs(&dir));
    }
    std::fs::remove_dir_all(&dir)?;
    anyhow::ensure!(
        output.status.success(),
        "a command failed; the last `## line` says which"
    );
    Ok(())
}

fn server_logs(dir: &Path) -> String {
    let files = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let logs = files.filter(|file| file.path().extension().is_some_and(|found| found == "log"));
    logs.filter_map(|file| std::fs::read_to_string(file.path()).ok())
        .collect()
}

/// A fenced `sh` block.
#[derive(Debug, PartialEq, Eq)]
struct Block {
    /// Line of its first command.
    line: usize,
    how: How,
    text: String,
}

#[derive(Debug, PartialEq, Eq)]
enum How {
    Run,
    Serve(String),
    NotRun(String),
}

/// Finds the blocks of a document.
///
/// # Errors
/// When a block is not closed, or a server is more than one command.
fn blocks(text: &str) -> anyhow::Result<Vec<Block>> {
    let mut blocks = Vec::new();
    let mut how = How::Run;
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        if let Some(comment) = line
            .strip_prefix("<!-- ")
            .and_then(|l| l.strip_suffix(" -->"))
        {
            how = match comment.split_once(' ') {
                Some(("serves", url)) => How::Serve(url.to_owned()),
                Some(("not", rest)) => How::NotRun(rest.trim_start_matches("run: ").to_owned()),
                _ => How::Run,
            };
        } else if line == "```sh" {
            let mut text = String::new();
            loop {
                let (_, line) = lines
                    .next()
                    .with_context(|| format!("line {index}: open block"))?;
                if line == "```" {
                    break;
                }
                text.push_str(line);
                text.push('\n');
            }
            let how = std::mem::replace(&mut how, How::Run);
            blocks.push(Block {
                line: index + 2,
                how,
                text,
            });
        } else if !line.is_empty() {
            how = How::Run;
        }
    }
    Ok(blocks)
}

const PRELUDE: &str = r#"set -eu
servers=""
trap 'for server in $servers; do kill "$server" 2>/dev/null || true; done' EXIT
wait_for() {
    for attempt in $(seq 300); do
        sleep 0.1
        kill -0 "$!" || { echo "the server ended; is its port taken?" >&2; exit 1; }
        curl --silent --insecure --output /dev/null "$1" && return
    done
    echo "nothing answers at $1" >&2
    exit 1
}
"#;

/// One shell script for all blocks of a document.
fn script(blocks: &[Block]) -> String {
    let mut script = PRELUDE.to_owned();
    for Block { line, how, text } in blocks {
        // From a clone, people build; here the binary is built and on PATH.
        let text = text.replace("cargo run --release -- ", "aldgate ");
        match how {
            How::NotRun(_) => {}
            How::Run => script.push_str(&format!("echo '## line {line}'\n{text}")),
            How::Serve(url) => script.push_str(&format!(
                "echo '## line {line}'\n( exec {} ) >server-{line}.log 2>&1 &\n\
                 servers=\"$! $servers\"\nwait_for {url}\n",
                text.trim_end(),
            )),
        }
    }
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_with_what_stands_above_them() {
        let text = "# T\n\n<!-- serves http://localhost:1/ -->\n```sh\naldgate dev\n```\n\
                    text\n\n```sh\ncurl x\ncurl y\n```\n```json\n{}\n```\n\
                    <!-- not run: needs a phone -->\n```sh\ncall\n```\n";
        let block = |line, how, text: &str| Block {
            line,
            how,
            text: text.to_owned(),
        };
        let expected = [
            block(
                5,
                How::Serve("http://localhost:1/".to_owned()),
                "aldgate dev\n",
            ),
            block(10, How::Run, "curl x\ncurl y\n"),
            block(18, How::NotRun("needs a phone".to_owned()), "call\n"),
        ];
        assert_eq!(blocks(text).unwrap(), expected);
        assert!(blocks("```sh\nnever closed\n").is_err());
    }
}
