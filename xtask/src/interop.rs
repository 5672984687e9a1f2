//! `./x interop` and `./x e2e`: suites on Node, against the debug binary, in Chromium.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::machine;
use crate::steps::Steps;

const NODE_MAJOR_MIN: u32 = 20;

/// Runs all SDK suites, or the named one; `false` when one failed.
pub(crate) fn run(name: Option<&str>) -> anyhow::Result<bool> {
    let suites = suites("suites", name)?;
    let mut steps = Steps::new("interop");
    if steps.command("build", &mut machine::cargo(&crate::test::BUILD)) {
        parts(&mut steps, &suites);
    }
    Ok(steps.finish())
}

/// Runs the suites of `interop/e2e`, which walk through our own pages.
pub(crate) fn run_e2e() -> anyhow::Result<bool> {
    let suites = suites("e2e", None)?;
    let mut steps = Steps::new("e2e");
    if steps.command("build", &mut machine::cargo(&crate::test::BUILD)) {
        parts(&mut steps, &suites);
    }
    Ok(steps.finish())
}

/// A file of tests.
pub(crate) struct Suite {
    name: String,
    file: PathBuf,
}

/// The suites of a directory under `interop/`, sorted by name.
///
/// # Errors
/// When `name` is none of them; the text lists them.
pub(crate) fn suites(dir: &str, name: Option<&str>) -> anyhow::Result<Vec<Suite>> {
    let dir = Path::new("interop").join(dir);
    let mut suites = Vec::new();
    for entry in std::fs::read_dir(&dir).with_context(|| dir.display().to_string())? {
        let file = entry?.path();
        let stem = file
            .file_name()
            .and_then(|name| name.to_str()?.strip_suffix(".test.mjs"));
        if let Some(stem) = stem {
            suites.push(Suite {
                name: stem.to_owned(),
                file: file.clone(),
            });
        }
    }
    suites.sort_by(|a, b| a.name.cmp(&b.name));
    let Some(name) = name else { return Ok(suites) };
    let names: Vec<String> = suites.iter().map(|suite| suite.name.clone()).collect();
    suites.retain(|suite| suite.name == name);
    anyhow::ensure!(
        !suites.is_empty(),
        "no suite `{name}`; there are {}",
        names.join(", ")
    );
    Ok(suites)
}

/// Adds the suites to a longer list; the debug binary is built already.
pub(crate) fn parts(steps: &mut Steps, suites: &[Suite]) {
    let mut chromium = PathBuf::new();
    let ready = steps.check("Node packages and Chromium", || {
        packages()?;
        chromium = machine::chromium()?;
        Ok(())
    });
    if !ready {
        return;
    }
    for suite in suites {
        let mut node = Command::new("node");
        node.args(["--test", "--test-reporter=spec"])
            .arg(&suite.file);
        node.env("ALDGATE_BIN", machine::aldgate());
        node.env("ALDGATE_CHROMIUM", &chromium);
        steps.command(&suite.name, &mut node);
    }
}

/// Installs the pinned packages, unless they are there as the lockfile says.
fn packages() -> anyhow::Result<()> {
    node()?;
    let installed = std::fs::metadata("interop/node_modules/.package-lock.json");
    let wanted = std::fs::metadata("interop/package-lock.json")?.modified()?;
    if installed
        .and_then(|file| file.modified())
        .is_ok_and(|installed| installed >= wanted)
    {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
        .current_dir("interop");
    machine::quiet(&mut npm)
}

fn node() -> anyhow::Result<()> {
    let remedy = format!("the suites need Node.js {NODE_MAJOR_MIN} or newer, with npm, on PATH");
    let version = machine::output(Command::new("node").arg("--version")).context(remedy.clone())?;
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .unwrap_or_default();
    let major: u32 = major
        .parse()
        .with_context(|| format!("`node --version`: {version}"))?;
    anyhow::ensure!(
        major >= NODE_MAJOR_MIN,
        "found Node.js {}: {remedy}",
        version.trim()
    );
    Ok(())
}
