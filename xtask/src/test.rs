//! `./x test`: format, tidy, clippy and every Rust test, on SQLite and, if asked, PostgreSQL.

use std::path::PathBuf;
use std::process::Command;

use crate::deny;
use crate::machine::{self, cargo};
use crate::postgres::Cluster;
use crate::steps::Steps;
use crate::tidy;

/// Which databases the storage and endpoint tests use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engines {
    /// SQLite and PostgreSQL.
    Both,
    /// SQLite alone.
    Sqlite,
}

/// One build of everything, binaries included: the tests and suites after it reuse it as it is.
pub(crate) const BUILD: [&str; 4] = ["build", "--quiet", "--workspace", "--all-targets"];

/// The packages whose tests touch the database.
const DATABASE_PACKAGES: [&str; 5] = [
    "aldgate-store",
    "aldgate-app",
    "aldgate-auth",
    "aldgate-manage",
    "aldgate",
];

/// Runs the tests; `false` when one failed.
pub(crate) fn run(engines: Engines) -> anyhow::Result<bool> {
    let mut steps = Steps::new("test");
    parts(&mut steps, engines);
    Ok(steps.finish())
}

/// Adds the parts to a longer list.
pub(crate) fn parts(steps: &mut Steps, engines: Engines) {
    steps.command("format", &mut cargo(&["fmt", "--all", "--check"]));
    steps.check("tidy", || {
        anyhow::ensure!(tidy::print(&machine::root()), "see the list above");
        Ok(())
    });
    let clippy = [
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    steps.command("clippy", &mut cargo(&clippy));
    deny::parts(steps);
    if !steps.command("build", &mut cargo(&BUILD)) {
        return;
    }
    let test = ["test", "--quiet", "--workspace", "--no-fail-fast"];
    steps.command("tests on SQLite", &mut cargo(&test));
    if engines == Engines::Both {
        postgres(steps);
    }
}

fn postgres(steps: &mut Steps) {
    let mut cluster = None;
    steps.check("start a private PostgreSQL", || {
        cluster = Some(Cluster::start()?);
        Ok(())
    });
    let Some(cluster) = cluster else { return };
    let programs = match test_programs() {
        Ok(programs) => programs,
        Err(error) => {
            steps.check("list of test programs", || Err(error));
            return;
        }
    };
    for TestProgram { package, program } in programs {
        let file = program.file_name().unwrap_or_default().to_string_lossy();
        let name = format!(
            "{package} on PostgreSQL: {}",
            file.split('-').next().unwrap_or(&file)
        );
        let dir = machine::root().join("crates").join(package);
        let mut test = Command::new(&program);
        test.current_dir(&dir)
            .env("CARGO_MANIFEST_DIR", &dir)
            .arg("--quiet");
        steps.command(&name, test.env("ALDGATE_TEST_DATABASE", cluster.url()));
    }
}

/// A compiled test program and the package it belongs to.
struct TestProgram {
    package: &'static str,
    program: PathBuf,
}

/// The compiled test programs of [`DATABASE_PACKAGES`].
///
/// `cargo test --package …` would do, but it selects other features than the whole workspace and
/// so builds everything a second time.
fn test_programs() -> anyhow::Result<Vec<TestProgram>> {
    let build = [
        "test",
        "--quiet",
        "--workspace",
        "--no-run",
        "--message-format=json",
    ];
    let messages = machine::output(&mut cargo(&build))?;
    Ok(messages.lines().filter_map(test_program).collect())
}

fn test_program(message: &str) -> Option<TestProgram> {
    let program = field(message, "executable")?;
    let id = field(message, "package_id")?;
    let is = |package: &&&str| id.contains(&format!("/crates/{package}#"));
    let package = DATABASE_PACKAGES.iter().find(is)?;
    message.contains("\"test\":true}").then(|| TestProgram {
        package,
        program: program.into(),
    })
}

/// The text of a field of one of cargo's JSON messages; paths and ids have nothing to unescape.
fn field<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = message.split_once(&format!("\"{name}\":\""))?;
    rest.split('"').next()
}
