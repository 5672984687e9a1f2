//! Password hashes made elsewhere, as Auth0's `custom_password_hash` describes them (contract 3.4,
//! "Jobs"). They are stored as that JSON, checked once, and replaced by Argon2id at the first login.

use std::num::NonZeroU32;

use aldgate_core::secret::Secret;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::{digest, hmac as aws_hmac, pbkdf2};
use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit as _, Mac as _};
use md4::{Digest as _, Md4};
use md5::Md5;
use serde::Deserialize;

/// An imported hash must not be a way to spend the server's memory and time.
const ITERATIONS_MAX: u32 = 2_000_000;
const SCRYPT_BYTES_MAX: u64 = 256 << 20;
const SCRYPT_LANES_MAX: u32 = 16;
const TEXT_MAX: usize = 4096;

/// Base64 with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A hash that was read and can be checked against.
pub(super) struct Foreign {
    method: Method,
    encoding: PasswordEncoding,
    hash: Vec<u8>,
    salt: Salt,
}

enum Method {
    Digest(Digest),
    Hmac(Digest, Vec<u8>),
    Pbkdf2(pbkdf2::Algorithm, NonZeroU32),
    Scrypt(scrypt::Params),
}

#[derive(Default)]
struct Salt {
    bytes: Vec<u8>,
    suffix: bool,
}

/// What a `custom_password_hash` leads to.
pub(super) enum Read {
    /// A text that [`super::stored::Stored`] reads by itself: Argon2 or bcrypt.
    Text(String),
    /// One of the others.
    Foreign(Foreign),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    algorithm: String,
    hash: HashPart,
    salt: Option<SaltPart>,
    password: Option<PasswordPart>,
    keylen: Option<usize>,
    cost: Option<u64>,
    #[serde(rename = "blockSize")]
    block_size: Option<u32>,
    parallelization: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HashPart {
    value: String,
    encoding: Option<Encoding>,
    digest: Option<Digest>,
    key: Option<SaltPart>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SaltPart {
    value: String,
    encoding: Option<Encoding>,
    position: Option<Position>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordPart {
    encoding: PasswordEncoding,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Position {
    Prefix,
    Suffix,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    Base64,
    Hex,
    Utf8,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
enum PasswordEncoding {
    Ascii,
    #[default]
    Utf8,
    Utf16le,
    Ucs2,
    Latin1,
    Binary,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Debug)]
#[serde(rename_all = "lowercase")]
enum Digest {
    Md4,
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Foreign {
    /// Reads a `custom_password_hash`; `None` for one that cannot be checked, or not at a bearable
    /// cost.
    pub(super) fn parse(text: &str) -> Option<Read> {
        if text.len() > TEXT_MAX {
            return None;
        }
        let document: Document = serde_json::from_str(text).ok()?;
        let foreign = match document.algorithm.as_str() {
            "argon2" | "bcrypt" => return Some(Read::Text(document.hash.value)),
            "ldap" => ldap(&document.hash.value)?,
            "pbkdf2" => phc(&document.hash.value)?,
            "scrypt" => Self {
                method: Method::Scrypt(scrypt_params(&document)?),
                salt: salt(document.salt.as_ref())?,
                hash: bytes(&document.hash.value, document.hash.encoding?)?,
                encoding: PasswordEncoding::Utf8,
            },
            "hmac" => {
                let key = document.hash.key.as_ref()?;
                let key = bytes(&key.value, key.encoding.unwrap_or(Encoding::Utf8))?;
                let method = Method::Hmac(document.hash.digest?, key);
                plain(&document, method)?
            }
            name => {
                let digest = serde_json::from_value(name.into()).ok()?;
                plain(&document, Method::Digest(digest))?
            }
        };
        let encoding = document.password.map(|password| password.encoding);
        let fits = match &foreign.method {
            Method::Digest(digest) | Method::Hmac(digest, _) => {
                foreign.hash.len() == digest.length()
            }
            Method::Scrypt(_) => document
                .keylen
                .is_none_or(|length| length == foreign.hash.len()),
            Method::Pbkdf2(..) => true,
        };
        let bounded = (16..=128).contains(&foreign.hash.len()) && foreign.salt.bytes.len() <= 1024;
        (fits && bounded).then(|| {
            Read::Foreign(Self {
                encoding: encoding.unwrap_or_default(),
                ..foreign
            })
        })
    }

    /// Whether `password` is the one. Runs on a hashing thread.
    pub(super) fn matches(&self, password: &Secret<String>) -> bool {
        let Some(password) = encoded(password.expose(), self.encoding) else {
            return false;
        };
        let salt = self.salt.bytes.as_slice();
        let salted = || match self.salt.suffix {
            true => [password.as_slice(), salt].concat(),
            false => [salt, password.as_slice()].concat(),
        };
        let same = |actual: &[u8]| verify_slices_are_equal(actual, &self.hash).is_ok();
        match &self.method {
            Method::Digest(digest) => same(&digest.of(&salted())),
            Method::Hmac(digest, key) => digest.hmac(key, &salted()).is_some_and(|mac| same(&mac)),
            Method::Pbkdf2(algorithm, rounds) => {
                pbkdf2::verify(*algorithm, *rounds, salt, &password, &self.hash).is_ok()
            }
            Method::Scrypt(params) => {
                let mut actual = vec![0; self.hash.len()];
                scrypt::scrypt(&password, salt, params, &mut actual).is_ok() && same(&actual)
            }
        }
    }
}

impl Digest {
    const fn length(self) -> usize {
        match self {
            Self::Md4 | Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn of(self, text: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Md4 => return Md4::digest(text).to_vec(),
            Self::Md5 => return Md5::digest(text).to_vec(),
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha224 => &digest::SHA224,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, text).as_ref().to_vec()
    }

    fn hmac(self, key: &[u8], text: &[u8]) -> Option<Vec<u8>> {
        let algorithm = match self {
            Self::Md4 => {
                let mac = Hmac::<Md4>::new_from_slice(key).ok()?;
                return Some(mac.chain_update(text).finalize().into_bytes().to_vec());
            }
            Self::Md5 => {
                let mac = Hmac::<Md5>::new_from_slice(key).ok()?;
                return Some(mac.chain_update(text).finalize().into_bytes().to_vec());
            }
            Self::Sha1 => aws_hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha224 => aws_hmac::HMAC_SHA224,
            Self::Sha256 => aws_hmac::HMAC_SHA256,
            Self::Sha384 => aws_hmac::HMAC_SHA384,
            Self::Sha512 => aws_hmac::HMAC_SHA512,
        };
        let key = aws_hmac::Key::new(algorithm, key);
        Some(aws_hmac::sign(&key, text).as_ref().to_vec())
    }
}

fn plain(document: &Document, method: Method) -> Option<Foreign> {
    Some(Foreign {
        method,
        encoding: PasswordEncoding::Utf8,
        hash: bytes(&document.hash.value, document.hash.encoding?)?,
        salt: salt(document.salt.as_ref())?,
    })
}

/// `$pbkdf2-sha512$i=100000,l=64$salt$hash`, both in base64.
fn phc(text: &str) -> Option<Foreign> {
    let mut parts = text.strip_prefix('$')?.split('$');
    let algorithm = match parts.next()?.strip_prefix("pbkdf2-")? {
        "sha1" => pbkdf2::PBKDF2_HMAC_SHA1,
        "sha256" => pbkdf2::PBKDF2_HMAC_SHA256,
        "sha384" => pbkdf2::PBKDF2_HMAC_SHA384,
        "sha512" => pbkdf2::PBKDF2_HMAC_SHA512,
        _ => return None,
    };
    let (mut rounds, mut length) = (None, None);
    for part in parts.next()?.split(',') {
        match part.split_once('=')? {
            ("i", value) => rounds = value.parse::<NonZeroU32>().ok(),
            ("l", value) => length = value.parse::<usize>().ok(),
            _ => return None,
        }
    }
    let rounds = rounds.filter(|rounds| rounds.get() <= ITERATIONS_MAX)?;
    let (salt, hash) = (parts.next()?, parts.next()?);
    let hash = BASE64.decode(hash).ok()?;
    let fits = length.is_none_or(|length| length == hash.len()) && parts.next().is_none();
    fits.then_some(Foreign {
        method: Method::Pbkdf2(algorithm, rounds),
        encoding: PasswordEncoding::Utf8,
        salt: Salt {
            bytes: BASE64.decode(salt).ok()?,
            suffix: true,
        },
        hash,
    })
}

/// `{SSHA}base64` and its relatives (RFC 2307 section 5.3): the hash, then the salt.
fn ldap(text: &str) -> Option<Foreign> {
    let (scheme, value) = text.strip_prefix('{')?.split_once('}')?;
    let scheme = scheme.to_ascii_uppercase();
    let digest = match scheme.as_str() {
        "MD5" | "SMD5" => Digest::Md5,
        "SHA" | "SSHA" => Digest::Sha1,
        "SHA224" | "SSHA224" => Digest::Sha224,
        "SHA256" | "SSHA256" => Digest::Sha256,
        "SHA384" | "SSHA384" => Digest::Sha384,
        "SHA512" | "SSHA512" => Digest::Sha512,
        _ => return None,
    };
    let value = BASE64.decode(value).ok()?;
    let (hash, salt) = value.split_at_checked(digest.length())?;
    let salted = scheme.starts_with("SS") || scheme == "SMD5";
    (salted != salt.is_empty()).then(|| Foreign {
        method: Method::Digest(digest),
        encoding: PasswordEncoding::Utf8,
        hash: hash.to_vec(),
        salt: Salt {
            bytes: salt.to_vec(),
            suffix: true,
        },
    })
}

fn scrypt_params(document: &Document) -> Option<scrypt::Params> {
    let (n, r) = (
        document.cost.unwrap_or(16_384),
        document.block_size.unwrap_or(8),
    );
    let p = document.parallelization.unwrap_or(1);
    let memory = n.checked_mul(u64::from(r))?.checked_mul(128)?;
    let bounded = n.is_power_of_two() && n > 1 && memory <= SCRYPT_BYTES_MAX;
    let log_n = u8::try_from(n.trailing_zeros()).ok()?;
    (bounded && (1..=SCRYPT_LANES_MAX).contains(&p)).then_some(())?;
    scrypt::Params::new(log_n, r, p).ok()
}

fn salt(part: Option<&SaltPart>) -> Option<Salt> {
    let Some(part) = part else {
        return Some(Salt::default());
    };
    Some(Salt {
        bytes: bytes(&part.value, part.encoding.unwrap_or(Encoding::Utf8))?,
        suffix: part.position == Some(Position::Suffix),
    })
}

fn bytes(text: &str, encoding: Encoding) -> Option<Vec<u8>> {
    match encoding {
        Encoding::Utf8 => Some(text.as_bytes().to_vec()),
        Encoding::Base64 => BASE64.decode(text).ok(),
        Encoding::Hex => {
            let digits = text.as_bytes();
            let pairs = digits.chunks(2).map(|pair| {
                let pair = std::str::from_utf8(pair)
                    .ok()
                    .filter(|pair| pair.len() == 2)?;
                u8::from_str_radix(pair, 16).ok()
            });
            pairs.collect()
        }
    }
}

fn encoded(password: &str, encoding: PasswordEncoding) -> Option<Vec<u8>> {
    match encoding {
        PasswordEncoding::Utf8 => Some(password.as_bytes().to_vec()),
        PasswordEncoding::Ascii => password.is_ascii().then(|| password.as_bytes().to_vec()),
        PasswordEncoding::Utf16le | PasswordEncoding::Ucs2 => {
            Some(password.encode_utf16().flat_map(u16::to_le_bytes).collect())
        }
        PasswordEncoding::Latin1 | PasswordEncoding::Binary => password
            .chars()
            .map(|c| u8::try_from(u32::from(c)).ok())
            .collect(),
    }
}

#[cfg(test)]
mod tests;
