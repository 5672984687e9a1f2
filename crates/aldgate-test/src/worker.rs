//! The program of a worker of actions: an example of `aldgate-actions`, built when a test needs it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Where the worker is, once it is built: `target/{profile}/examples/worker`.
pub(crate) fn path() -> PathBuf {
    profile().join("examples/worker")
}

/// Builds the worker, once for each process of tests. Tests of actions call it first.
///
/// # Panics
/// When it cannot be built: there is nothing to test then.
pub fn build_worker() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let profile = profile();
        let name = profile.file_name().and_then(|name| name.to_str());
        let name = match name.expect("tests lie in a profile's directory") {
            "debug" => "dev",
            other => other,
        };
        let target = profile
            .parent()
            .expect("profiles lie in the target directory");
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../aldgate-actions/Cargo.toml");
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--example", "worker", "--profile", name])
            .arg("--manifest-path")
            .arg(manifest)
            .arg("--target-dir")
            .arg(target)
            .status();
        assert!(built.expect("cargo runs").success(), "the worker is built");
    });
}

/// The directory above that of this test: `target/debug`.
fn profile() -> PathBuf {
    let own = std::env::current_exe().expect("this test has a path");
    let deps = own.parent().expect("it lies in a directory");
    deps.parent().expect("it lies in deps").to_owned()
}
