//! `./x bench`: builds the release binaries and starts the load generator.

use std::process::Command;

use crate::machine;
use crate::steps;

/// Measures; `rest` goes to the load generator.
pub(crate) fn run(rest: &[&str]) -> anyhow::Result<bool> {
    let build = [
        "build",
        "--release",
        "--package",
        "aldgate",
        "--package",
        "aldgate-bench",
    ];
    let mut build = machine::cargo(&build);
    anyhow::ensure!(
        build.status()?.success(),
        "`{}` failed",
        steps::show(&build)
    );
    let release = machine::target_dir().join("release");
    // The server takes the first core, the load the second.
    let mut bench = if std::thread::available_parallelism()?.get() > 1 {
        let mut bench = Command::new("taskset");
        bench.args(["-c", "1"]).arg(release.join("aldgate-bench"));
        bench
    } else {
        Command::new(release.join("aldgate-bench"))
    };
    bench
        .arg("--binary")
        .arg(release.join("aldgate"))
        .args(rest);
    Ok(bench.status()?.success())
}
