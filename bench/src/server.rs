//! The server under load: a process of its own, on a core of its own where there are two.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};

use crate::http::{self, Connection};
use crate::measure::{self, now};

/// The APIs that the scenarios ask tokens for, one for each signing algorithm.
pub(crate) const APIS: [(&str, &str); 3] = [
    ("RS256", "https://bench.example/rs256"),
    ("ES256", "https://bench.example/es256"),
    ("EdDSA", "https://bench.example/eddsa"),
];
/// The applications without a person.
pub(crate) const M2M: (&str, &str) = (
    "BenchMachine00000000000000000001",
    "aldk_BenchMachineSecret0123456789abcdefghijklmno",
);
/// A public application whose ID tokens are signed with RS256.
pub(crate) const SPA_RS256: &str = "BenchBrowser00000000000000000001";
/// A public application whose ID tokens are signed with ES256.
pub(crate) const SPA_ES256: &str = "BenchBrowser00000000000000000002";
/// Where codes are sent; nobody listens there.
pub(crate) const CALLBACK: &str = "https://app.bench.example/callback";
/// The password of every person in the scenarios.
pub(crate) const PASSWORD: &str = "bench 7 pass phrase, long enough";

/// How many people there are: one for each connection.
const PEOPLE: usize = 64;

/// A running server.
pub(crate) struct Server {
    setup: Setup,
    child: Child,
}

/// How a server is started.
pub(crate) struct Setup {
    binary: PathBuf,
    data: PathBuf,
    port: u16,
    /// Further environment variables.
    variables: Vec<(&'static str, String)>,
}

impl Server {
    /// Starts the server on an empty directory, with further environment variables, and registers
    /// what the scenarios need.
    pub(crate) async fn start(
        binary: &Path,
        dir: &Path,
        variables: Vec<(&'static str, String)>,
    ) -> anyhow::Result<Self> {
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))?
            .local_addr()?
            .port();
        let setup = Setup {
            binary: binary.to_owned(),
            data: dir.join("data"),
            port,
            variables,
        };
        let child = setup.spawn()?;
        let mut server = Self { setup, child };
        server.ready(Duration::from_secs(30)).await?;
        let file = dir.join("bench.yaml");
        std::fs::write(&file, serde_json::to_vec(&world())?)?;
        let file = file.to_str().context("the directory's name is Unicode")?;
        server.command(&["apply", file])?;
        // A fresh start: memory and caches as they are after a restart.
        server.restart().await?;
        Ok(server)
    }

    /// Stops the server, starts it again on the same data and returns how long that start took.
    pub(crate) async fn restart(&mut self) -> anyhow::Result<Duration> {
        self.kill()?;
        let started = now();
        self.child = self.setup.spawn()?;
        self.ready(Duration::from_secs(30)).await?;
        Ok(started.elapsed())
    }

    /// Kills the server with a signal that it cannot catch.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        stop(&mut self.child)
    }

    /// Runs a command of the program on the same data and gives what it prints.
    pub(crate) fn command(&self, words: &[&str]) -> anyhow::Result<String> {
        let mut command = Command::new(&self.setup.binary);
        command.args(words).arg("--data").arg(&self.setup.data);
        self.setup.configure(&mut command);
        let output = command.output()?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "aldgate {words:?}:\n{stderr}");
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The file of the embedded database.
    pub(crate) fn database(&self) -> PathBuf {
        self.setup.data.join("aldgate.db")
    }

    /// The `Host` that clients send.
    pub(crate) fn host(&self) -> String {
        format!("localhost:{}", self.setup.port)
    }

    /// A fresh connection.
    pub(crate) async fn connect(&self) -> anyhow::Result<Connection> {
        Connection::open(self.setup.port).await
    }

    /// CPU milliseconds used so far.
    pub(crate) fn cpu_ms(&self) -> anyhow::Result<f64> {
        measure::process_cpu_ms(self.child.id())
    }

    /// Memory in RAM.
    pub(crate) fn memory_mib(&self) -> anyhow::Result<f64> {
        measure::memory_mib(self.child.id())
    }

    async fn ready(&mut self, limit: Duration) -> anyhow::Result<()> {
        let started = now();
        let request = http::get(&self.host(), "/.well-known/openid-configuration", &[]);
        while started.elapsed() < limit {
            if let Some(status) = self.child.try_wait()? {
                anyhow::bail!("the server ended with {status}");
            }
            if let Ok(mut connection) = self.connect().await
                && connection
                    .send(&request)
                    .await
                    .is_ok_and(|answer| answer.status == 200)
            {
                return Ok(());
            }
            pause().await;
        }
        anyhow::bail!("the server did not answer within {limit:?}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = stop(&mut self.child) {
            eprintln!("bench: {error:#}");
        }
    }
}

impl Setup {
    fn spawn(&self) -> anyhow::Result<Child> {
        let mut command = if std::thread::available_parallelism()?.get() > 1 {
            let mut command = Command::new("taskset");
            command.args(["-c", "0"]).arg(&self.binary);
            command
        } else {
            Command::new(&self.binary)
        };
        command.args(["serve", "--data"]).arg(&self.data);
        self.configure(&mut command);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
            .spawn()
            .with_context(|| format!("cannot start {}", self.binary.display()))
    }

    fn configure(&self, command: &mut Command) {
        let url = format!("http://localhost:{}/", self.port);
        command.env("ALDGATE_SERVER__LISTEN", format!("127.0.0.1:{}", self.port));
        command.env("ALDGATE_SERVER__PUBLIC_URL", url);
        command.env("ALDGATE_ADMIN__LISTEN", "off");
        command.env("ALDGATE_MAIL__OUTBOX_DIR", self.data.join("outbox"));
        for (name, value) in &self.variables {
            command.env(name, value);
        }
    }
}

fn stop(child: &mut Child) -> anyhow::Result<()> {
    child.kill()?;
    child.wait()?;
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "waiting for another process to listen"
)]
async fn pause() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// The address of one person.
pub(crate) fn email(index: usize) -> String {
    format!("person-{index}@bench.example")
}

fn world() -> Value {
    let rotating = json!({
        "rotation_type": "rotating",
        "expiration_type": "expiring",
        "leeway": 0,
    });
    let spa = |id: &str, name: &str, alg: &str| {
        json!({
            "client_id": id,
            "name": name,
            "app_type": "spa",
            "token_endpoint_auth_method": "none",
            "callbacks": [CALLBACK],
            "grant_types": [
                "authorization_code", "refresh_token",
                "http://auth0.com/oauth/grant-type/password-realm",
            ],
            "jwt_configuration": {"alg": alg},
            "refresh_token": rotating,
        })
    };
    let machine = json!({
        "client_id": M2M.0,
        "client_secret": M2M.1,
        "name": "Bench machine",
        "app_type": "non_interactive",
        "token_endpoint_auth_method": "client_secret_post",
        "grant_types": ["client_credentials"],
    });
    let api = |(alg, identifier): (&str, &str)| {
        json!({
            "name": format!("Bench {alg}"),
            "identifier": identifier,
            "signing_alg": alg,
            "scopes": [{"value": "read:things", "description": "Read things"}],
            "allow_offline_access": true,
            "skip_consent_for_verifiable_first_party_clients": true,
        })
    };
    let scope = ["read:things"];
    let grant = |(_, identifier): (&str, &str)| {
        json!({
            "client_id": M2M.0,
            "audience": identifier,
            "scope": scope,
        })
    };
    json!({
        "clients": [
            machine,
            spa(SPA_RS256, "Bench browser RS256", "RS256"),
            spa(SPA_ES256, "Bench browser ES256", "ES256"),
        ],
        "resourceServers": APIS.map(api),
        "clientGrants": APIS.map(grant),
        "users": (0..PEOPLE).map(person).collect::<Vec<_>>(),
    })
}

fn person(index: usize) -> Value {
    json!({
        "email": email(index),
        "password": PASSWORD,
        "email_verified": true,
        "connection": "Username-Password-Authentication",
    })
}
