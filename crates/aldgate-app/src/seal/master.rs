//! The master key: 32 bytes from a file of mode 0600 or from the environment.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use aldgate_core::random::Entropy;
use aldgate_core::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::config::MasterKeySource;

/// The key under which secrets at rest are sealed.
#[derive(Clone)]
pub struct MasterKey(Secret<[u8; 32]>);

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file cannot be read or made.
    #[error("master key file {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Other users of the machine can read the file.
    #[error("master key file {0} is readable by others; run chmod 600 on it")]
    Readable(PathBuf),
    /// Not 32 bytes in base64url.
    #[error("{0} does not hold 32 bytes in base64url; make one with: openssl rand -base64 32")]
    Malformed(String),
}

impl MasterKey {
    /// Loads the key; a missing file is made (ADM-02: every installation has its own).
    ///
    /// # Errors
    /// [`MasterKeyError`] when the file cannot be read or made, or holds something else.
    pub fn load(source: &MasterKeySource, rng: &mut dyn Entropy) -> Result<Self, MasterKeyError> {
        match source {
            MasterKeySource::Value(text) => Self::parse(text.expose(), "security.master_key"),
            MasterKeySource::File(path) => match Self::read(path) {
                Err(MasterKeyError::File { source, .. })
                    if source.kind() == ErrorKind::NotFound =>
                {
                    Self::create(path, rng)
                }
                read => read,
            },
        }
    }

    /// Reads the key from an existing file.
    ///
    /// # Errors
    /// [`MasterKeyError`] when the file cannot be read or holds something else.
    pub fn read(path: &Path) -> Result<Self, MasterKeyError> {
        let failed = |source| MasterKeyError::File {
            path: path.to_owned(),
            source,
        };
        let text = Secret::new(fs::read_to_string(path).map_err(failed)?);
        if others_can_read(path).map_err(failed)? {
            return Err(MasterKeyError::Readable(path.to_owned()));
        }
        Self::parse(text.expose(), &path.display().to_string())
    }

    /// Makes a fresh key.
    pub fn generate(rng: &mut dyn Entropy) -> Self {
        let mut bytes = [0; 32];
        rng.fill(&mut bytes);
        Self(Secret::new(bytes))
    }

    /// A key for another purpose that follows from this one.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        aldgate_jose::digest::hmac_sha256(self.expose(), purpose.as_bytes())
    }

    /// The key itself, for the cipher.
    pub(super) const fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    fn create(path: &Path, rng: &mut dyn Entropy) -> Result<Self, MasterKeyError> {
        let failed = |source| MasterKeyError::File {
            path: path.to_owned(),
            source,
        };
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        let key = Self::generate(rng);
        let text = Secret::new(URL_SAFE_NO_PAD.encode(key.expose()) + "\n");
        match create_private(path, text.expose().as_bytes()) {
            Ok(()) => Ok(key),
            // Another process was faster: its key is the key.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Self::read(path),
            Err(error) => Err(failed(error)),
        }
    }

    fn parse(text: &str, origin: &str) -> Result<Self, MasterKeyError> {
        let text = text
            .trim()
            .trim_end_matches('=')
            .replace('+', "-")
            .replace('/', "_");
        let bytes = URL_SAFE_NO_PAD.decode(text).map(Secret::new).ok();
        let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes.expose().as_slice()).ok());
        match bytes {
            Some(bytes) => Ok(Self(Secret::new(bytes))),
            None => Err(MasterKeyError::Malformed(origin.to_owned())),
        }
    }
}

/// Creates a file that only its owner may read, whole or not at all.
///
/// # Errors
/// What the operating system says; `AlreadyExists` when `path` exists.
pub fn create_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension(format!("new-{}", std::process::id()));
    let written = write_private(&temporary, content)
        // A hard link, unlike a rename, never replaces what is there.
        .and_then(|()| fs::hard_link(&temporary, path));
    let removed = fs::remove_file(&temporary);
    written.and(removed)
}

fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(unix)]
fn others_can_read(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_can_read(_path: &Path) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn source(directory: &Path) -> MasterKeySource {
        MasterKeySource::File(directory.join("keys/master.key"))
    }

    #[test]
    fn adm_02_a_missing_key_is_made_once_and_differs_between_installations() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut rng = Rng::system();
        let first = MasterKey::load(&source(one.path()), &mut rng).unwrap();
        let again = MasterKey::load(&source(one.path()), &mut rng).unwrap();
        let other = MasterKey::load(&source(two.path()), &mut rng).unwrap();
        assert_eq!(first.expose(), again.expose());
        assert_ne!(first.expose(), other.expose());
        assert_eq!(fs::read_dir(one.path().join("keys")).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn ops_02_a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        drop(MasterKey::load(&source(directory.path()), &mut Rng::system()).unwrap());
        let path = directory.path().join("keys/master.key");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            MasterKey::read(&path),
            Err(MasterKeyError::Readable(_))
        ));
    }

    #[test]
    fn a_value_of_another_length_is_refused() {
        for text in ["", "AAAA", "not base64!"] {
            let source = MasterKeySource::Value(Secret::new(text.into()));
            assert!(
                MasterKey::load(&source, &mut Rng::system()).is_err(),
                "{text}"
            );
        }
        let openssl = Secret::new(format!("{}=\n", "+/".repeat(21) + "w"));
        let source = MasterKeySource::Value(openssl);
        assert!(MasterKey::load(&source, &mut Rng::system()).is_ok());
    }
}
