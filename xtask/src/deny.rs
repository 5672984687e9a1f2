//! `./x deny`: licences, bans and sources of what we depend on, by cargo-deny.

use std::process::{Command, Stdio};

use crate::machine::cargo;
use crate::steps::Steps;

/// Runs every check, the list of known vulnerabilities included: it is fetched from the network.
pub(crate) fn run() -> anyhow::Result<bool> {
    anyhow::ensure!(
        is_installed(),
        "cargo-deny is not installed: cargo install cargo-deny --locked"
    );
    let mut steps = Steps::new("deny");
    steps.command("dependencies", &mut cargo(&["deny", "check"]));
    Ok(steps.finish())
}

/// Adds what needs no network to a longer list, where cargo-deny is installed.
pub(crate) fn parts(steps: &mut Steps) {
    if is_installed() {
        let check = "deny --offline check --hide-inclusion-graph licenses bans sources";
        let words: Vec<&str> = check.split(' ').collect();
        steps.command("dependencies", &mut cargo(&words));
    }
}

fn is_installed() -> bool {
    let mut version = Command::new("cargo-deny");
    let version = version.arg("--version").stdout(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}
