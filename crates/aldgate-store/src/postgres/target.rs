//! Where PostgreSQL is and how the way there is protected.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::link::fault;
use crate::error::{Chain, StoreError};
use crate::tx::Fault;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A parsed address.
#[derive(Clone)]
pub(crate) struct PostgresTarget {
    config: Config,
    tls: Tls,
}

#[derive(Clone, PartialEq, Eq)]
enum Tls {
    Off,
    /// The certificate is verified against this PEM file, or else the system's authorities.
    Required(Option<PathBuf>),
}

impl PostgresTarget {
    /// Reads `postgres://…`. An error never repeats the text, which may hold a password.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (address, query) = text.split_once('?').unwrap_or((text, ""));
        let mut kept = Vec::new();
        let (mut mode, mut root) = (None, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) => {
                    root = Some(PathBuf::from(
                        percent_decode_str(value).decode_utf8_lossy().as_ref(),
                    ));
                }
                _ => kept.push(pair),
            }
        }
        let rest = format!("{address}?{}", kept.join("&"));
        let mut config: Config = rest
            .parse()
            .map_err(|e: postgres::Error| Chain(&e).to_string())?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_application_name().is_none() {
            config.application_name("aldgate");
        }
        let tls = match mode {
            Some("disable") => Tls::Off,
            Some("require" | "verify-ca" | "verify-full") => Tls::Required(root),
            None if config.get_hosts().iter().all(is_this_machine) => Tls::Off,
            None => Tls::Required(root),
            Some(_) => return Err("sslmode must be disable or require".to_owned()),
        };
        let ssl = if tls == Tls::Off {
            SslMode::Disable
        } else {
            SslMode::Require
        };
        config.ssl_mode(ssl);
        Ok(Self { config, tls })
    }

    /// Connects. Call it on a thread that runs no asynchronous tasks.
    pub(super) fn connect(&self) -> Result<Client, Fault> {
        let client = match &self.tls {
            Tls::Off => self.config.connect(NoTls),
            Tls::Required(root) => {
                let tls = tls_config(root.as_ref()).map_err(StoreError::unavailable)?;
                self.config.connect(MakeRustlsConnect::new(tls))
            }
        };
        let hint = match self.tls {
            Tls::Off => "without TLS; sslmode=require asks for it",
            Tls::Required(_) => {
                "with TLS; sslrootcert=FILE names its authority, sslmode=disable goes without"
            }
        };
        client.map_err(|e| fault(&format!("connecting to {self} {hint}"), "", &e))
    }
}

impl fmt::Display for PostgresTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(name)) => name.clone(),
            #[cfg(unix)]
            Some(Host::Unix(path)) => path.display().to_string(),
            None => "localhost".to_owned(),
        };
        let user = self
            .config
            .get_user()
            .map_or(String::new(), |user| format!("{user}@"));
        let port = self.config.get_ports().first().map_or(5432, |port| *port);
        let database = self.config.get_dbname().unwrap_or_default();
        write!(f, "postgres://{user}{host}:{port}/{database}")
    }
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn tls_config(root: Option<&PathBuf>) -> Result<ClientConfig, String> {
    let mut trusted = RootCertStore::empty();
    match root {
        Some(path) => {
            let unreadable = |e| format!("sslrootcert {}: {e}", path.display());
            let certificates = CertificateDer::pem_file_iter(path).map_err(unreadable)?;
            for certificate in certificates {
                trusted
                    .add(certificate.map_err(unreadable)?)
                    .map_err(|e| e.to_string())?;
            }
        }
        None => {
            trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if trusted.is_empty() {
        return Err(
            "no certificate authority is trusted: set sslrootcert=FILE, or \
            sslmode=disable if the way to the database is protected otherwise"
                .to_owned(),
        );
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?;
    Ok(builder
        .with_root_certificates(trusted)
        .with_no_client_auth())
}
