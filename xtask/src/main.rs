//! `./x`: the project's own commands. `./x help` lists them.
//!
//! Reading order: this table of commands, [`steps`] (how a command runs its parts and adds up the
//! results), then one module per command.

mod bench;
mod ci;
mod crash;
mod deny;
mod docs;
mod interop;
mod machine;
mod postgres;
mod steps;
mod test;
mod tidy;

use std::process::ExitCode;

const HELP: &str = "\
./x COMMAND

  tidy             check walls, sizes, module heads, SQL and comments (seconds)
  test [--pg]      format, tidy, clippy, cargo-deny if it is there, then every Rust test on SQLite
                   --pg: also the storage and endpoint tests on a private PostgreSQL
  e2e              the browser tests of our own pages, in Chromium
  interop [NAME]   real, unmodified SDKs against a running server (NAME: one suite)
  docs             run every command that README.md and docs/ show
  crash [ROUNDS]   kill the server under load and look for what was lost, on both databases
  deny             licences, advisories and sources of dependencies, by cargo-deny
  bench [ARG …]    CPU time per operation beside the machine's limits (--quick, --json, …)
  gen              rewrite the pages that are made from the program's own tables
  ci               all of this but bench, deny and gen: what .ci/run runs
  help             this text

Missing tools (PostgreSQL, Chromium) are installed by apt-get when run as root on Debian.
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("x: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one command; `false` means that it ran and something it checked is wrong.
fn run(words: &[&str]) -> anyhow::Result<bool> {
    std::env::set_current_dir(machine::root())?;
    match words {
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(true)
        }
        ["tidy"] => Ok(tidy::print(&machine::root())),
        ["test"] => test::run(test::Engines::Sqlite),
        ["test", "--pg"] => test::run(test::Engines::Both),
        ["e2e"] => interop::run_e2e(),
        ["interop"] => interop::run(None),
        ["interop", name] => interop::run(Some(name)),
        ["docs"] => docs::run(),
        ["crash"] => crash::run("20"),
        ["crash", rounds] => crash::run(rounds),
        ["deny"] => deny::run(),
        ["gen"] => docs::generate(),
        ["bench", rest @ ..] => bench::run(rest),
        ["ci"] => ci::run(),
        _ => anyhow::bail!("unknown command `{}`; ./x help lists them", words.join(" ")),
    }
}
