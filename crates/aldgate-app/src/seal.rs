//! Secrets at rest: sealed by AES-256-GCM under a master key that is not in the database (OPS-02).
//!
//! A sealed value is bound to its place: moved to another row it cannot be opened. It names its
//! key, so that the master key can be changed while the server runs: what an old key sealed still
//! opens, and [`Sealer::is_stale`] says what should be sealed anew.

mod master;

use std::fmt;

use aldgate_core::id::TenantId;
use aldgate_core::random::Entropy;
use aldgate_core::secret::Secret;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};

pub use master::{MasterKey, MasterKeyError, create_private};

/// Layout of a sealed value: version, key id, nonce, ciphertext with tag.
const VERSION: u8 = 1;
const KEY_ID_LENGTH: usize = 4;
const NONCE_LENGTH: usize = 12;
const TAG_LENGTH: usize = 16;
const HEAD_LENGTH: usize = 1 + KEY_ID_LENGTH + NONCE_LENGTH;

/// Where a sealed value lives. Part of what is authenticated.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The tenant it belongs to.
    pub tenant: &'a TenantId,
    /// The table.
    pub table: &'a str,
    /// The row's key.
    pub row: &'a str,
    /// The column.
    pub column: &'a str,
}

/// Why a sealed value does not open. Nothing about the content is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Too short, or of a version that this program does not know.
    #[error("this is no sealed value of a known version")]
    Malformed,
    /// Sealed under a key that this process does not have.
    #[error(
        "sealed under the master key {0}, which is not loaded; \
         add it to security.previous_master_key_files"
    )]
    UnknownKey(String),
    /// Changed, truncated, or moved from another place.
    #[error("the sealed value was changed, or moved from another place")]
    Refused,
}

/// Seals and opens secrets.
pub struct Sealer {
    current: SealingKey,
    previous: Vec<SealingKey>,
}

struct SealingKey {
    id: [u8; KEY_ID_LENGTH],
    key: LessSafeKey,
}

impl Sealer {
    /// Seals under `current`, opens under any of the keys.
    #[must_use]
    pub fn new(current: &MasterKey, previous: &[MasterKey]) -> Self {
        Self {
            current: SealingKey::new(current),
            previous: previous.iter().map(SealingKey::new).collect(),
        }
    }

    /// Seals `plain` for `place` under a fresh random nonce.
    pub fn seal(&self, place: &Place<'_>, plain: &[u8], rng: &mut dyn Entropy) -> Vec<u8> {
        let mut nonce = [0; NONCE_LENGTH];
        rng.fill(&mut nonce);
        let mut sealed = Vec::with_capacity(HEAD_LENGTH + plain.len() + TAG_LENGTH);
        sealed.push(VERSION);
        sealed.extend_from_slice(&self.current.id);
        sealed.extend_from_slice(&nonce);
        let mut body = plain.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.current
            .key
            .seal_in_place_append_tag(nonce, place.aad(), &mut body)
            .expect("invariant: secrets are far below the limit of AES-GCM, 64 GiB");
        sealed.extend_from_slice(&body);
        sealed
    }

    /// Opens what was sealed for `place`.
    ///
    /// # Errors
    /// [`SealError`] when it was sealed elsewhere, changed, or under an unknown key.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Secret<Vec<u8>>, SealError> {
        let (key_id, nonce, body) = split(sealed).ok_or(SealError::Malformed)?;
        let mut keys = std::iter::once(&self.current).chain(&self.previous);
        let key = keys.find(|key| key.id == key_id);
        let key = key.ok_or_else(|| SealError::UnknownKey(hex(&key_id)))?;
        let mut body = body.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let plain = key.key.open_in_place(nonce, place.aad(), &mut body);
        let length = plain.map_err(|_| SealError::Refused)?.len();
        body.truncate(length);
        Ok(Secret::new(body))
    }

    /// Whether `sealed` is under a retired key and should be sealed anew.
    #[must_use]
    pub fn is_stale(&self, sealed: &[u8]) -> bool {
        split(sealed).is_some_and(|(key_id, ..)| key_id != self.current.id)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer(current {})", hex(&self.current.id))
    }
}

impl SealingKey {
    fn new(master: &MasterKey) -> Self {
        let bytes = master.expose();
        let mut id = [0; KEY_ID_LENGTH];
        id.copy_from_slice(&digest(&SHA256, bytes).as_ref()[..KEY_ID_LENGTH]);
        let key = UnboundKey::new(&AES_256_GCM, bytes)
            .expect("invariant: a master key has 32 bytes, as AES-256 wants");
        Self {
            id,
            key: LessSafeKey::new(key),
        }
    }
}

impl Place<'_> {
    /// Each part with its length before it, so that no two places give the same bytes.
    fn aad(&self) -> Aad<Vec<u8>> {
        let mut bytes = Vec::with_capacity(128);
        for part in [self.tenant.as_str(), self.table, self.row, self.column] {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        Aad::from(bytes)
    }
}

type Parts<'a> = ([u8; KEY_ID_LENGTH], [u8; NONCE_LENGTH], &'a [u8]);

fn split(sealed: &[u8]) -> Option<Parts<'_>> {
    let (version, rest) = sealed.split_first()?;
    let (key_id, rest) = rest.split_first_chunk()?;
    let (nonce, body) = rest.split_first_chunk()?;
    (*version == VERSION && body.len() >= TAG_LENGTH).then_some((*key_id, *nonce, body))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn place(row: &'static str, tenant: &'static TenantId) -> Place<'static> {
        Place {
            tenant,
            table: "signing_keys",
            row,
            column: "private_key",
        }
    }

    fn tenant() -> &'static TenantId {
        Box::leak(Box::new(TenantId::default()))
    }

    fn sealer(seed: u64) -> Sealer {
        Sealer::new(&MasterKey::generate(&mut Rng::seeded(seed)), &[])
    }

    #[test]
    fn ops_02_what_was_sealed_opens_in_its_place_only() {
        let (sealer, tenant) = (sealer(1), tenant());
        let sealed = sealer.seal(&place("a", tenant), b"secret", &mut Rng::system());
        let opened = sealer
            .open(&place("a", tenant), &sealed)
            .expect("same place");
        assert_eq!(opened.expose(), b"secret");
        let moved = sealer.open(&place("b", tenant), &sealed);
        assert_eq!(moved.err(), Some(SealError::Refused));
        let shifted = Place {
            table: "signing_keysa",
            row: "",
            ..place("", tenant)
        };
        assert_eq!(
            sealer.open(&shifted, &sealed).err(),
            Some(SealError::Refused)
        );
    }

    #[test]
    fn ops_02_a_changed_or_truncated_value_is_refused() {
        let (sealer, place) = (sealer(1), place("a", tenant()));
        let sealed = sealer.seal(&place, b"secret", &mut Rng::system());
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(sealer.open(&place, &changed).is_err(), "byte {index}");
            assert!(
                sealer.open(&place, &sealed[..index]).is_err(),
                "cut at {index}"
            );
        }
    }

    #[test]
    fn ops_02_the_master_key_can_be_rotated() {
        let old = MasterKey::generate(&mut Rng::seeded(1));
        let new = MasterKey::generate(&mut Rng::seeded(2));
        let place = place("a", tenant());
        let sealed = Sealer::new(&old, &[]).seal(&place, b"secret", &mut Rng::system());
        let rotated = Sealer::new(&new, &[old]);
        assert!(rotated.is_stale(&sealed));
        assert!(rotated.open(&place, &sealed).is_ok());
        let fresh = rotated.seal(&place, b"secret", &mut Rng::system());
        assert!(!rotated.is_stale(&fresh));
        let without = Sealer::new(&new, &[]).open(&place, &sealed);
        assert!(matches!(without, Err(SealError::UnknownKey(_))));
    }

    #[test]
    fn two_seals_of_one_secret_differ() {
        let (sealer, place) = (sealer(1), place("a", tenant()));
        let mut rng = Rng::system();
        let first = sealer.seal(&place, b"secret", &mut rng);
        assert_ne!(first, sealer.seal(&place, b"secret", &mut rng));
    }
}
