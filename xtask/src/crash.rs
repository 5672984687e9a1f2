//! `./x crash`: kills the real server under load in a loop, on SQLite and PostgreSQL.

use std::process::Command;

use crate::machine;
use crate::postgres::Cluster;
use crate::steps::Steps;
use crate::test::BUILD;

/// Rounds on each database in CI: some twenty seconds.
const ROUNDS_IN_CI: &str = "8";

/// Builds, then runs `rounds` on each database.
pub(crate) fn run(rounds: &str) -> anyhow::Result<bool> {
    let mut steps = Steps::new("crash");
    if steps.command("build", &mut machine::cargo(&BUILD)) {
        on_both(&mut steps, rounds);
    }
    Ok(steps.finish())
}

/// Adds a short run to a longer list; everything is built already.
pub(crate) fn parts(steps: &mut Steps) {
    on_both(steps, ROUNDS_IN_CI);
}

fn on_both(steps: &mut Steps, rounds: &str) {
    steps.command("crash under load on SQLite", &mut crash(rounds));
    let mut cluster = None;
    steps.check("start a private PostgreSQL", || {
        cluster = Some(Cluster::start()?);
        Ok(())
    });
    if let Some(cluster) = cluster {
        let mut crash = crash(rounds);
        let crash = crash.arg("--database").arg(cluster.url());
        steps.command("crash under load on PostgreSQL", crash);
    }
}

fn crash(rounds: &str) -> Command {
    let mut command = Command::new(machine::target_dir().join("debug/aldgate-bench"));
    command.args(["crash", "--rounds", rounds, "--binary"]);
    command.arg(machine::aldgate());
    command
}
