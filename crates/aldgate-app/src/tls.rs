//! TLS of the public listener: certificate files, or a local CA made once for development.

mod local_ca;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ConfigBuilder, ServerConfig, WantsVerifier};

use crate::config::TlsFiles;

pub use local_ca::LocalCa;

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path}: expected {expected}, but {reason}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A certificate cannot be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// Certificate and key do not go together, or TLS itself refuses them.
    #[error("the certificate and its key are refused: {0}")]
    Rustls(#[from] rustls::Error),
}

/// The server's side of TLS with the operator's certificate and key.
///
/// # Errors
/// [`TlsError`] when a file is missing or wrong, or the two do not go together.
pub fn from_files(files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = read_chain(&files.cert)?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| content(&files.key, "a private key in PEM", &error))?;
    server_config(chain, key)
}

/// The certificates of a PEM file.
///
/// # Errors
/// [`TlsError::Content`] when there is none.
pub fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    const EXPECTED: &str = "certificates in PEM";
    let chain = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| content(path, EXPECTED, &error))?;
    if chain.is_empty() {
        return Err(content(path, EXPECTED, &"there is none"));
    }
    Ok(chain)
}

/// Offers HTTP/2 and HTTP/1.1 with `chain`.
fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = builder()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The provider is named here, so that nothing depends on a process-wide default.
fn builder() -> Result<ConfigBuilder<ServerConfig, WantsVerifier>, TlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?)
}

fn content(path: &Path, expected: &'static str, reason: &dyn std::fmt::Display) -> TlsError {
    TlsError::Content {
        path: path.to_owned(),
        expected,
        reason: reason.to_string(),
    }
}
