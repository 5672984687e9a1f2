//! The process's configuration: one TOML file, every key also as `ALDGATE_SECTION__KEY`.
//!
//! Tenant settings are data and live in the database; nothing lives in both. [`keys::KEYS`] lists
//! every key with its meaning; a key that is not there stops the start with a suggestion.

mod actions;
pub mod keys;
mod reader;

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aldgate_core::secret::Secret;
use aldgate_core::time::Seconds;
use url::{Host, Url};

use crate::rate_limit::Rate;
pub use actions::{Actions, TRIGGER_TIMEOUT, Worker};
pub use aldgate_core::network::Cidr;
use reader::Reader;
pub use reader::{ConfigError, Problem};

/// The port of `http://localhost:4455/`.
pub const DEFAULT_PORT: u16 = 4455;

/// Everything an operator can set for one process.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where keys, the SQLite database and mails of development are kept.
    pub data: PathBuf,
    /// The public listener.
    pub server: Server,
    /// The listener for operators.
    pub admin: Admin,
    /// The database.
    pub database: Database,
    /// Outgoing mail.
    pub mail: Mail,
    /// Secrets at rest and password hashing.
    pub security: Security,
    /// The process's own log, on stderr.
    pub log: Log,
    /// How long records are kept.
    pub retention: Retention,
    /// What the server itself may fetch.
    pub outbound: Outbound,
    /// How tenant JavaScript runs.
    pub actions: Actions,
}

/// `[server]`: the public listener.
#[derive(Clone, Debug)]
pub struct Server {
    /// Address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The issuer of the default tenant, with the trailing slash. Every absolute URL starts so.
    pub public_url: Url,
    /// Certificate chain and private key, both PEM; none means plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Peers whose forwarding headers count (OPS-01).
    pub trusted_proxies: Vec<Cidr>,
    /// Limits on connections and requests (OPS-03).
    pub limits: Limits,
    /// Requests of one address to the Authentication API.
    pub authentication_rate: Option<Rate>,
    /// Requests of one application or user to the Management API (ADM-10).
    pub management_rate: Option<Rate>,
    /// Whether `/token-doctor` is there.
    pub token_doctor: bool,
}

/// A certificate and its key.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// PEM file: the leaf first, then intermediates.
    pub cert: PathBuf,
    /// PEM file: PKCS#8, PKCS#1 or SEC1.
    pub key: PathBuf,
}

/// Limits on connections and requests (OPS-03).
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections open at once; more wait in the kernel's queue.
    pub connections_max: usize,
    /// Bytes of a request body outside the Management API.
    pub body_bytes_max: usize,
    /// Bytes of a request body of the Management API.
    pub management_body_bytes_max: usize,
    /// Bytes of the form that brings a file of users to import.
    pub import_bytes_max: usize,
    /// Time to send a request's head, and for a TLS handshake.
    pub header_timeout: Duration,
    /// Time to send a whole body, and to answer.
    pub request_timeout: Duration,
    /// A connection without a request for so long is closed.
    pub idle_timeout: Duration,
    /// Time that running requests get at shutdown.
    pub drain_timeout: Duration,
}

/// `[admin]`: the listener for operators.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Address of `/healthz`, `/readyz` and `/metrics`; `None` switches it off.
    pub listen: Option<SocketAddr>,
}

/// `[database]`.
#[derive(Clone, Debug)]
pub struct Database {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: Secret<String>,
    /// PostgreSQL connections, or SQLite readers.
    pub pool: usize,
}

/// `[mail]`.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Where mails go.
    pub transport: MailTransport,
    /// The sender: `Name <address>` or an address.
    pub from: String,
}

/// Where mails go.
#[derive(Clone, Debug)]
pub enum MailTransport {
    /// One file for each mail in a directory, for development.
    Outbox(PathBuf),
    /// `smtp://` or `smtps://`, with user and password.
    Smtp(Secret<String>),
}

/// `[security]`.
#[derive(Clone, Debug)]
pub struct Security {
    /// Where the master key comes from.
    pub master_key: MasterKeySource,
    /// Retired master keys, still good for opening (OPS-02).
    pub previous_master_keys: Vec<PathBuf>,
    /// Argon2id's cost.
    pub argon2: Argon2Cost,
    /// How old a signing key gets before the next one takes over; `None`: by hand only.
    pub key_rotation: Option<Seconds>,
    /// Threads that hash passwords.
    pub hashing_threads: NonZeroUsize,
    /// Passwords that may wait for a thread; beyond, the answer is 503 (REL-03).
    pub hashing_queue: usize,
}

/// Where the master key comes from. Never the database.
#[derive(Clone, Debug)]
pub enum MasterKeySource {
    /// A file, generated with mode 0600 when missing.
    File(PathBuf),
    /// 32 bytes in base64url, from the environment.
    Value(Secret<String>),
}

/// Argon2id's cost (RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Cost {
    /// Memory in KiB (`m`).
    pub memory_kib: u32,
    /// Passes over the memory (`t`).
    pub iterations: u32,
    /// Lanes (`p`).
    pub lanes: u32,
}

/// `[log]`.
#[derive(Clone, Debug)]
pub struct Log {
    /// How lines look.
    pub format: LogFormat,
    /// Filter in `tracing`'s syntax: `info`, `aldgate_auth=debug,info`.
    pub level: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// `[retention]`.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Events of the tenant logs.
    pub log: Seconds,
    /// Mails that were given up, and files of the outbox.
    pub mail: Seconds,
}

/// `[outbound]`: what the server itself may fetch (NET-01).
#[derive(Clone, Debug)]
pub struct Outbound {
    /// Networks allowed although the policy refuses them: an identity provider in the intranet.
    pub allow_cidrs: Vec<Cidr>,
    /// Further certificate authorities, a PEM file.
    pub extra_ca: Option<PathBuf>,
    /// Plain HTTP, for tests.
    pub allow_http: bool,
}

impl Config {
    /// Reads `file` (or nothing), lets `environment` override it, and checks every value.
    ///
    /// # Errors
    /// All problems at once, each with key, value and what would be accepted.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        data: &Path,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader::open(file, environment)?;
        let config = Self {
            data: data.to_owned(),
            server: Server::read(&mut reader),
            admin: Admin::read(&mut reader),
            database: Database::read(&mut reader, data),
            mail: Mail::read(&mut reader, data),
            security: Security::read(&mut reader, data),
            log: Log::read(&mut reader),
            retention: Retention::read(&mut reader),
            outbound: Outbound::read(&mut reader),
            actions: Actions::read(&mut reader),
        };
        config.check_outbound(&mut reader);
        reader.finish().map(|()| config)
    }

    /// What an empty file gives, with everything under `data`.
    ///
    /// # Errors
    /// As [`Config::load`]; the defaults themselves have no problem.
    pub fn defaults(data: &Path) -> Result<Self, ConfigError> {
        Self::load(None, [], data)
    }

    fn check_outbound(&self, reader: &mut Reader) {
        if self.outbound.allow_http && !is_local(&self.server.public_url) {
            reader.problem(
                "outbound.allow_http",
                "true",
                "true only while server.public_url is on localhost, a loopback address or .test",
            );
        }
    }
}

impl Server {
    fn read(reader: &mut Reader) -> Self {
        let localhost = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT));
        let listen = reader.parsed("server.listen", "ADDRESS:PORT", localhost);
        let tls = Self::read_tls(reader);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let fallback = format!("{scheme}://localhost:{}/", listen.port());
        let fallback = Url::parse(&fallback).expect("invariant: built from a scheme and a port");
        Self {
            public_url: Self::read_public_url(reader, fallback),
            trusted_proxies: reader.list("server.trusted_proxies", "networks, as 10.0.0.0/8"),
            limits: Limits::read(reader),
            authentication_rate: read_rate(reader, "server.authentication_rate", "none"),
            management_rate: read_rate(reader, "server.management_rate", "100/s burst 200"),
            token_doctor: reader.flag("server.token_doctor", true),
            listen,
            tls,
        }
    }

    fn read_tls(reader: &mut Reader) -> Option<TlsFiles> {
        let cert = reader.path("server.tls_cert");
        let key = reader.path("server.tls_key");
        match (cert, key) {
            (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
            (None, None) => None,
            (Some(_), None) => {
                reader.problem("server.tls_key", "", "a PEM file, because tls_cert is set");
                None
            }
            (None, Some(_)) => {
                reader.problem("server.tls_cert", "", "a PEM file, because tls_key is set");
                None
            }
        }
    }

    fn read_public_url(reader: &mut Reader, fallback: Url) -> Url {
        const KEY: &str = "server.public_url";
        let insecure = reader.flag("server.allow_insecure_http", false);
        let url: Url = reader.parsed(KEY, "an URL that ends in /", fallback);
        let plain = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let accepted = match url.scheme() {
            _ if !plain || url.path() != "/" || url.host().is_none() => {
                Some("scheme, host and port only, as https://id.example.com/")
            }
            "https" => None,
            "http" if insecure || is_local(&url) => None,
            "http" => Some("https, or http on localhost, a loopback address or .test"),
            _ => Some("an https URL"),
        };
        if let Some(accepted) = accepted {
            reader.problem(KEY, url.as_str(), accepted);
        }
        url
    }
}

impl Limits {
    fn read(reader: &mut Reader) -> Self {
        Self {
            connections_max: reader.size("server.connections_max", 1..=1_000_000, 10_000),
            body_bytes_max: reader.size("server.body_bytes_max", 1024..=1 << 26, 64 << 10),
            management_body_bytes_max: reader.size(
                "server.management_body_bytes_max",
                1024..=1 << 26,
                1 << 20,
            ),
            import_bytes_max: reader.size("server.import_bytes_max", 1024..=1 << 30, 32 << 20),
            header_timeout: reader.span("server.header_timeout_seconds", 1..=300, 10),
            request_timeout: reader.span("server.request_timeout_seconds", 1..=600, 30),
            idle_timeout: reader.span("server.idle_timeout_seconds", 1..=3600, 75),
            drain_timeout: reader.span("server.drain_timeout_seconds", 0..=600, 20),
        }
    }
}

/// A rate, or `none`, which is the default.
fn read_rate(reader: &mut Reader, key: &'static str, default: &str) -> Option<Rate> {
    let text = reader.text(key).unwrap_or_else(|| default.to_owned());
    if text == "none" {
        return None;
    }
    match text.parse() {
        Ok(rate) => Some(rate),
        Err(accepted) => {
            reader.problem(key, &format!("{text:?}"), &accepted);
            None
        }
    }
}

impl Admin {
    fn read(reader: &mut Reader) -> Self {
        if reader.text("admin.listen").as_deref() == Some("off") {
            return Self { listen: None };
        }
        let default = SocketAddr::from((Ipv4Addr::LOCALHOST, 4465));
        Self {
            listen: Some(reader.parsed("admin.listen", "ADDRESS:PORT or off", default)),
        }
    }
}

impl Database {
    fn read(reader: &mut Reader, data: &Path) -> Self {
        const KEY: &str = "database.url";
        let url = reader.text(KEY);
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if url
            .as_ref()
            .is_some_and(|url| !known.iter().any(|scheme| url.starts_with(scheme)))
        {
            reader.problem(
                KEY,
                "(hidden)",
                "sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME",
            );
        }
        let fallback = || format!("sqlite:{}", data.join("aldgate.db").display());
        Self {
            url: Secret::new(url.unwrap_or_else(fallback)),
            pool: reader.size("database.pool", 1..=256, 8),
        }
    }
}

impl Mail {
    fn read(reader: &mut Reader, data: &Path) -> Self {
        const KEY: &str = "mail.smtp_url";
        let smtp = reader.text(KEY);
        if smtp.as_ref().is_some_and(|url| !url.starts_with("smtp")) {
            reader.problem(KEY, "(hidden)", "smtps://USER:PASSWORD@HOST or smtp://…");
        }
        let outbox = reader.path("mail.outbox_dir");
        if smtp.is_some() && outbox.is_some() {
            reader.problem("mail.outbox_dir", "", "nothing, while mail.smtp_url is set");
        }
        let transport = smtp.map(Secret::new).map(MailTransport::Smtp);
        let outbox = || MailTransport::Outbox(outbox.unwrap_or_else(|| data.join("outbox")));
        Self {
            transport: transport.unwrap_or_else(outbox),
            from: reader
                .text("mail.from")
                .unwrap_or_else(|| "Aldgate <aldgate@localhost>".into()),
        }
    }
}

impl Security {
    fn read(reader: &mut Reader, data: &Path) -> Self {
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let threads = reader.size("security.hashing_threads", 1..=256, cores.get());
        let file = reader.path("security.master_key_file");
        let value = reader.text("security.master_key").map(Secret::new);
        let file = || MasterKeySource::File(file.unwrap_or_else(|| data.join("master.key")));
        Self {
            master_key: value.map_or_else(file, MasterKeySource::Value),
            previous_master_keys: reader.list("security.previous_master_key_files", "files"),
            argon2: Argon2Cost {
                memory_kib: reader.number("security.argon2_memory_kib", 8192..=1 << 20, 19_456),
                iterations: reader.number("security.argon2_iterations", 1..=16, 2),
                lanes: reader.number("security.argon2_lanes", 1..=16, 1),
            },
            key_rotation: Some(reader.number("security.key_rotation_days", 0..=3650, 90))
                .filter(|days| *days > 0)
                .map(Seconds::days),
            hashing_threads: NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN),
            hashing_queue: reader.size("security.hashing_queue", 1..=10_000, threads * 16),
        }
    }
}

impl Log {
    fn read(reader: &mut Reader) -> Self {
        let format = match reader.text("log.format").as_deref() {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(other) => {
                reader.problem("log.format", other, "text or json");
                LogFormat::Text
            }
        };
        Self {
            format,
            level: reader.text("log.level").unwrap_or_else(|| "info".into()),
        }
    }
}

impl Retention {
    fn read(reader: &mut Reader) -> Self {
        Self {
            log: Seconds::days(reader.number("retention.log_days", 1..=3650, 30)),
            mail: Seconds::days(reader.number("retention.mail_days", 1..=3650, 7)),
        }
    }
}

impl Outbound {
    fn read(reader: &mut Reader) -> Self {
        Self {
            allow_cidrs: reader.list("outbound.allow_cidrs", "networks, as 10.0.0.0/8"),
            extra_ca: reader.path("outbound.extra_ca"),
            allow_http: reader.flag("outbound.allow_http", false),
        }
    }
}

/// Whether `url` can only mean this machine or a test: plain HTTP is harmless there.
#[must_use]
pub fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost") || name.ends_with(".test")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests;
