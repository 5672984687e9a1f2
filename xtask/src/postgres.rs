//! A private PostgreSQL cluster for one run: in a temporary directory, on a random port, gone at
//! the end. PostgreSQL refuses to run as root, so root hands it to the `postgres` user.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::machine;

/// A running cluster; dropping it stops the server and removes its files.
pub(crate) struct Cluster {
    bin: PathBuf,
    dir: PathBuf,
    url: String,
}

impl Cluster {
    /// Starts a cluster.
    ///
    /// # Errors
    /// When PostgreSQL is missing and cannot be installed, or does not start; the text says why.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let bin = programs()?;
        let dir = std::env::temp_dir().join(format!("aldgate-pg-{}", machine::random_hex(6)?));
        std::fs::create_dir(&dir)?;
        let password = machine::random_hex(16)?;
        let port = machine::free_port()?;
        std::fs::write(dir.join("password"), &password)?;
        if machine::is_root() {
            machine::quiet(Command::new("chown").args(["-R", "postgres"]).arg(&dir))?;
        }
        let url = format!("postgres://aldgate:{password}@127.0.0.1:{port}/postgres");
        let cluster = Self { bin, dir, url };
        cluster.init()?;
        cluster.serve(port)?;
        Ok(cluster)
    }

    /// The URL of the database, with its password.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn init(&self) -> anyhow::Result<()> {
        let mut initdb = as_owner(&self.bin.join("initdb"));
        initdb.arg("--pgdata").arg(self.dir.join("data"));
        initdb.arg("--pwfile").arg(self.dir.join("password"));
        initdb.args([
            "--username=aldgate",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
        ]);
        initdb.args(["--locale=C", "--no-sync"]);
        machine::quiet(&mut initdb)
    }

    fn serve(&self, port: u16) -> anyhow::Result<()> {
        // Nothing of this cluster has to survive a power cut, so it need not wait for the disk.
        let options = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} \
             -c fsync=off -c full_page_writes=off -c max_connections=300",
            self.dir.display(),
        );
        let mut start = as_owner(&self.bin.join("pg_ctl"));
        start.args(["start", "--wait", "--silent", "--options", &options]);
        start.arg("--pgdata").arg(self.dir.join("data"));
        start.arg("--log").arg(self.dir.join("log"));
        machine::quiet(&mut start).with_context(|| self.log())
    }

    fn log(&self) -> String {
        let log = std::fs::read_to_string(self.dir.join("log")).unwrap_or_default();
        format!("PostgreSQL did not start; its log says:\n{log}")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = as_owner(&self.bin.join("pg_ctl"));
        stop.args(["stop", "--silent", "--mode=immediate", "--pgdata"]);
        stop.arg(self.dir.join("data"));
        if let Err(error) = machine::quiet(&mut stop) {
            eprintln!("x: {error:#}");
        }
        if let Err(error) = std::fs::remove_dir_all(&self.dir) {
            eprintln!("x: cannot remove {}: {error}", self.dir.display());
        }
    }
}

/// Runs a program as the owner of the cluster: `postgres` when we are root, else ourselves.
fn as_owner(program: &Path) -> Command {
    let mut command = if machine::is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    // The working directory may be closed to that user.
    command.current_dir(std::env::temp_dir());
    command
}

/// The directory of `initdb` and `pg_ctl`, of the newest version there is.
fn programs() -> anyhow::Result<PathBuf> {
    if let Some(dir) = installed() {
        return Ok(dir);
    }
    machine::install("postgresql", "or run ./x test without --pg")?;
    installed().context("postgresql was installed but initdb and pg_ctl are nowhere to be found")
}

fn installed() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut dirs: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, dir)| dir.join("initdb").is_file() && dir.join("pg_ctl").is_file())
        .collect();
    dirs.sort();
    dirs.pop().map(|(_, dir)| dir).or_else(on_path)
}

fn on_path() -> Option<PathBuf> {
    let initdb = machine::find("initdb")?;
    machine::find("pg_ctl")?;
    initdb.parent().map(Path::to_owned)
}
