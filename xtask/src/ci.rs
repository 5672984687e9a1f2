//! `./x ci`: everything that has to hold, as `.ci/run` runs it.

use crate::steps::Steps;
use crate::test::Engines;
use crate::{crash, docs, interop, machine, test};

/// Runs every check; `false` when one failed.
pub(crate) fn run() -> anyhow::Result<bool> {
    let mut steps = Steps::new("ci");
    test::parts(&mut steps, Engines::Both);
    crash::parts(&mut steps);
    let mut doc = machine::cargo(&["doc", "--quiet", "--workspace", "--no-deps"]);
    steps.command("API documents", doc.env("RUSTDOCFLAGS", "-D warnings"));
    docs::parts(&mut steps);
    let suites = ["e2e", "suites"].map(|dir| interop::suites(dir, None));
    for suites in suites {
        interop::parts(&mut steps, &suites?);
    }
    Ok(steps.finish())
}
