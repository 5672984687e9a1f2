//! A certificate authority for this machine only, made once under the data directory.
//!
//! SDKs that insist on `https` need a CA to trust and a leaf that is not a CA. The CA is good for
//! localhost, `.test` and loopback addresses alone, so that its key is worth little to a thief. The
//! leaf is made anew at each start and lives in memory.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aldgate_core::time::{Seconds, Timestamp};
use aws_lc_rs::digest::{SHA256, digest};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData as _,
    SanType,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::{TlsError, content, read_chain, server_config};
use crate::seal::create_private;

/// Apple's systems refuse leaves that are valid for longer than 825 days.
const LEAF_LIFETIME: Seconds = Seconds::days(397);
const CA_LIFETIME: Seconds = Seconds::days(3650);
/// The CA is made anew when it would end within the leaf's life.
const CA_RENEWAL: Seconds = Seconds::days(400);
/// Clocks of clients may be a little behind.
const BACKDATE: Seconds = Seconds::hours(24);
const UNTIL: &str = "Valid until ";

/// The local certificate authority.
pub struct LocalCa {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    path: PathBuf,
}

impl LocalCa {
    /// Loads the CA from `DATA/tls`, or makes it; also when it is about to end.
    ///
    /// # Errors
    /// [`TlsError`] when a file cannot be read or written, or holds something else.
    pub fn open(data: &Path, now: Timestamp) -> Result<Self, TlsError> {
        let directory = data.join("tls");
        fs::create_dir_all(&directory).map_err(|source| file(&directory, source))?;
        let path = directory.join("ca.pem");
        let key_path = directory.join("ca.key");
        if path.exists() && key_path.exists() && ends_after(&path, now + CA_RENEWAL)? {
            return Self::load(path, &key_path);
        }
        Self::create(path, &key_path, now)
    }

    /// The certificate that clients have to trust.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The CA's certificate in DER, for clients in the same process.
    #[must_use]
    pub const fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The server's side of TLS with a fresh leaf for localhost, the loopback addresses and
    /// `names`, which have to be below `localhost` or `test`: the CA vouches for nothing else.
    ///
    /// # Errors
    /// [`TlsError`] when the certificate cannot be made.
    pub fn server_config(
        &self,
        names: &[String],
        now: Timestamp,
    ) -> Result<Arc<ServerConfig>, TlsError> {
        let (leaf, key) = self.leaf(names, now)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        server_config(vec![leaf, self.certificate.clone()], key)
    }

    fn leaf(
        &self,
        names: &[String],
        now: Timestamp,
    ) -> Result<(CertificateDer<'static>, KeyPair), TlsError> {
        let key = KeyPair::generate()?;
        let mut all: Vec<String> = vec!["localhost".into()];
        all.extend(names.iter().filter(|name| *name != "localhost").cloned());
        let mut params = CertificateParams::new(all)?;
        for address in [
            IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(Ipv6Addr::LOCALHOST),
        ] {
            params.subject_alt_names.push(SanType::IpAddress(address));
        }
        params
            .distinguished_name
            .push(DnType::CommonName, "localhost");
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        set_validity(&mut params, now, LEAF_LIFETIME);
        let leaf = params.signed_by(&key, &self.issuer)?;
        Ok((leaf.der().clone(), key))
    }

    fn create(path: PathBuf, key_path: &Path, now: Timestamp) -> Result<Self, TlsError> {
        let key = KeyPair::generate()?;
        let mut params = ca_params(&key);
        set_validity(&mut params, now, CA_LIFETIME);
        let certificate = params.self_signed(&key)?;
        let until = (now + CA_LIFETIME).iso8601();
        let text = format!("Aldgate local CA\n{UNTIL}{until}\n\n{}", certificate.pem());
        for old in [&path, key_path] {
            if old.exists() {
                fs::remove_file(old).map_err(|source| file(old, source))?;
            }
        }
        create_private(key_path, key.serialize_pem().as_bytes())
            .map_err(|source| file(key_path, source))?;
        fs::write(&path, text).map_err(|source| file(&path, source))?;
        let certificate = certificate.der().clone();
        Ok(Self {
            issuer: Issuer::new(params, key),
            certificate,
            path,
        })
    }

    fn load(path: PathBuf, key_path: &Path) -> Result<Self, TlsError> {
        let text = fs::read_to_string(key_path).map_err(|source| file(key_path, source))?;
        let key = KeyPair::from_pem(&text)
            .map_err(|error| content(key_path, "a private key in PEM", &error))?;
        let certificate = read_chain(&path)?.swap_remove(0);
        Ok(Self {
            issuer: Issuer::new(ca_params(&key), key),
            certificate,
            path,
        })
    }
}

/// What is the same each time the CA is loaded: its name follows from its key.
fn ca_params(key: &KeyPair) -> CertificateParams {
    let mut params = CertificateParams::default();
    let fingerprint = digest(&SHA256, &key.subject_public_key_info());
    let fingerprint = fingerprint
        .as_ref()
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"));
    let name = format!("Aldgate local CA {}", fingerprint.collect::<String>());
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName("localhost".into()),
            GeneralSubtree::DnsName("test".into()),
            GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([127, 0, 0, 0], 8)),
            GeneralSubtree::IpAddress(CidrSubnet::from_v6_prefix(
                Ipv6Addr::LOCALHOST.octets(),
                128,
            )),
        ],
        excluded_subtrees: Vec::new(),
    });
    params
}

fn set_validity(params: &mut CertificateParams, now: Timestamp, lifetime: Seconds) {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let at = |time: Timestamp| {
        epoch + std::time::Duration::from_secs(u64::try_from(time.seconds()).unwrap_or(0))
    };
    params.not_before = at(now - BACKDATE);
    params.not_after = at(now + lifetime);
}

/// Whether the CA in `path` is valid beyond `moment`, as its own heading says.
fn ends_after(path: &Path, moment: Timestamp) -> Result<bool, TlsError> {
    let text = fs::read_to_string(path).map_err(|source| file(path, source))?;
    let until = text.lines().find_map(|line| line.strip_prefix(UNTIL));
    let until = until.and_then(|until| Timestamp::parse_iso8601(until).ok());
    Ok(until.is_some_and(|until| until > moment))
}

fn file(path: &Path, source: std::io::Error) -> TlsError {
    TlsError::File {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier as _;
    use rustls::pki_types::{ServerName, UnixTime};

    const START: Timestamp = Timestamp::from_seconds(1_795_000_000);

    fn leaf(ca: &LocalCa, now: Timestamp) -> CertificateDer<'static> {
        ca.leaf(&["acme.localhost".into()], now).unwrap().0
    }

    fn accepts(ca: &LocalCa, leaf: &CertificateDer<'_>, name: &str, now: Timestamp) -> bool {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(ca.certificate().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let at = std::time::Duration::from_secs(now.seconds().unsigned_abs());
        let now = UnixTime::since_unix_epoch(at);
        verifier
            .verify_server_cert(leaf, &[], &name, &[], now)
            .is_ok()
    }

    #[test]
    fn the_leaf_is_good_for_this_machine_only() {
        let data = tempfile::tempdir().unwrap();
        let ca = LocalCa::open(data.path(), START).unwrap();
        let leaf = leaf(&ca, START);
        for name in ["localhost", "acme.localhost", "127.0.0.1", "::1"] {
            assert!(accepts(&ca, &leaf, name, START), "{name}");
        }
        assert!(!accepts(&ca, &leaf, "example.com", START));
        let (stolen, _) = ca.leaf(&["example.com".into()], START).unwrap();
        assert!(!accepts(&ca, &stolen, "example.com", START));
        assert!(!accepts(
            &ca,
            &leaf,
            "localhost",
            START + Seconds::days(398)
        ));
    }

    #[test]
    fn the_ca_is_made_once_and_again_before_it_ends() {
        let data = tempfile::tempdir().unwrap();
        let first = LocalCa::open(data.path(), START).unwrap();
        let later = START + Seconds::days(3000);
        let again = LocalCa::open(data.path(), later).unwrap();
        assert_eq!(first.certificate(), again.certificate());
        assert!(accepts(&first, &leaf(&again, later), "localhost", later));
        let renewed = LocalCa::open(data.path(), START + Seconds::days(3400)).unwrap();
        assert_ne!(first.certificate(), renewed.certificate());
    }

    #[test]
    fn adm_02_two_installations_have_different_authorities() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let one = LocalCa::open(one.path(), START).unwrap();
        let two = LocalCa::open(two.path(), START).unwrap();
        assert_ne!(one.certificate(), two.certificate());
    }
}
