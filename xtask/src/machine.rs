//! What the commands need from the machine: the repository's root, programs, packages.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask
        .parent()
        .expect("xtask lies in the repository")
        .to_owned()
}

/// `cargo`, the same one that runs us.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let program = variable("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(args);
    command
}

/// An environment variable.
#[expect(
    clippy::disallowed_methods,
    reason = "the environment is a developer tool's input"
)]
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Where the debug binary lies after a build.
pub(crate) fn aldgate() -> PathBuf {
    target_dir().join("debug/aldgate")
}

/// Cargo's target directory.
pub(crate) fn target_dir() -> PathBuf {
    variable("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Chromium, installed when missing and possible.
///
/// # Errors
/// When there is none and it cannot be installed here.
pub(crate) fn chromium() -> anyhow::Result<PathBuf> {
    if let Some(path) = variable("ALDGATE_CHROMIUM") {
        return Ok(path.into());
    }
    let names = ["chromium", "chromium-browser", "google-chrome"];
    if let Some(path) = names.iter().find_map(|name| find(name)) {
        return Ok(path);
    }
    install(
        "chromium",
        "or set ALDGATE_CHROMIUM to a Chromium or Chrome binary",
    )?;
    find("chromium").context("chromium was installed but is not on PATH")
}

/// Finds a program on `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = variable("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(program))
        .find(|file| file.is_file())
}

/// Installs a Debian package.
///
/// # Errors
/// When not root, or not on Debian, or the installation fails; the text says what to do.
pub(crate) fn install(package: &str, otherwise: &str) -> anyhow::Result<()> {
    let remedy = format!("install it (`sudo apt-get install {package}`) {otherwise}");
    anyhow::ensure!(find("apt-get").is_some(), "{package} is missing: {remedy}");
    anyhow::ensure!(
        is_root(),
        "{package} is missing and only root can install it: {remedy}"
    );
    println!("{package} is missing: installing it by apt-get");
    let mut update = Command::new("apt-get");
    quiet(update.args(["update", "-qq"]))?;
    let mut install = Command::new("apt-get");
    install.args(["install", "-y", "-qq", "--no-install-recommends", package]);
    quiet(install.env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Whether we run as root.
pub(crate) fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Runs a command whose output matters only when it fails.
///
/// # Errors
/// With the command and what it printed.
pub(crate) fn quiet(command: &mut Command) -> anyhow::Result<()> {
    output(command).map(drop)
}

/// Runs a command and returns what it printed.
///
/// # Errors
/// With the command and what it printed to its standard error.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let shown = crate::steps::show(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{shown}`"))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(
        output.status.success(),
        "`{shown}`: {}\n{stderr}",
        output.status
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Random hexadecimal digits, for names and throw-away passwords.
///
/// # Errors
/// When the system has no randomness to give.
pub(crate) fn random_hex(bytes: usize) -> anyhow::Result<String> {
    use std::io::Read;
    let mut buffer = vec![0; bytes];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut buffer)?;
    Ok(buffer.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A TCP port that was free a moment ago.
///
/// # Errors
/// When the loopback interface gives none.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    Ok(listener.local_addr()?.port())
}
