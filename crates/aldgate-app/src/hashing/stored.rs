//! Stored password hashes: Argon2 as PHC strings; bcrypt and others from imports.

use aldgate_core::random::Entropy;
use aldgate_core::secret::Secret;
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::Memory;
use super::foreign::{Foreign, Read};
use crate::config::Argon2Cost;

/// An imported hash must not be a way to spend the server's memory and time.
const MEMORY_KIB_MAX: u32 = 1 << 20;
const ITERATIONS_MAX: u32 = 64;
const LANES_MAX: u32 = 16;
const BCRYPT_COST_MAX: u32 = 15;
const HASH_LENGTH: usize = 32;

/// A hash that was read and can be checked against.
pub(super) enum Stored {
    Argon2(Phc),
    Bcrypt(String),
    Foreign(Foreign),
}

/// An Argon2 hash with what it was made from.
pub(super) struct Phc {
    algorithm: Algorithm,
    cost: Argon2Cost,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Stored {
    /// Reads a PHC string of Argon2, a bcrypt string or Auth0's `custom_password_hash` as JSON;
    /// `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.starts_with('{') {
            return match Foreign::parse(text)? {
                Read::Text(text) if !text.starts_with('{') => Self::parse(&text),
                Read::Text(_) => None,
                Read::Foreign(foreign) => Some(Self::Foreign(foreign)),
            };
        }
        if text.starts_with("$argon2") {
            return Phc::parse(text).map(Self::Argon2);
        }
        let mut parts = text.split('$').skip(1);
        let version = parts.next()?;
        let cost: u32 = parts.next()?.parse().ok()?;
        let known = matches!(version, "2a" | "2b" | "2x" | "2y") && text.len() == 60;
        (known && cost <= BCRYPT_COST_MAX).then(|| Self::Bcrypt(text.to_owned()))
    }

    /// Whether a fresh hash would be stronger.
    pub(super) fn is_weaker_than(&self, cost: Argon2Cost) -> bool {
        match self {
            Self::Argon2(phc) => {
                phc.algorithm != Algorithm::Argon2id
                    || phc.cost.memory_kib < cost.memory_kib
                    || phc.cost.iterations < cost.iterations
                    || phc.hash.len() < HASH_LENGTH
            }
            Self::Bcrypt(_) | Self::Foreign(_) => true,
        }
    }

    /// Whether `password` is the one. Runs on a hashing thread.
    pub(super) fn matches(&self, password: &Secret<String>, memory: &mut Memory) -> bool {
        match self {
            Self::Argon2(phc) => phc.matches(password, memory),
            // bcrypt looks at the first 72 bytes only, also where the hash was made.
            Self::Bcrypt(hash) => bcrypt::verify(password.expose(), hash).unwrap_or(false),
            Self::Foreign(foreign) => foreign.matches(password),
        }
    }
}

impl Phc {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('$').skip(1);
        let algorithm = match parts.next()? {
            "argon2d" => Algorithm::Argon2d,
            "argon2i" => Algorithm::Argon2i,
            "argon2id" => Algorithm::Argon2id,
            _ => return None,
        };
        if parts.next()? != "v=19" {
            return None;
        }
        let cost = parse_cost(parts.next()?)?;
        let salt = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        let hash = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        let bounded = (8..=64).contains(&salt.len()) && (16..=64).contains(&hash.len());
        (bounded && parts.next().is_none()).then_some(Self {
            algorithm,
            cost,
            salt,
            hash,
        })
    }

    fn matches(&self, password: &Secret<String>, memory: &mut Memory) -> bool {
        let mut actual = vec![0; self.hash.len()];
        let made = derive(
            self.algorithm,
            self.cost,
            password,
            &self.salt,
            &mut actual,
            memory,
        );
        made && verify_slices_are_equal(&actual, &self.hash).is_ok()
    }
}

/// Hashes with Argon2id; gives a PHC string.
pub(super) fn hash(
    password: &Secret<String>,
    salt: &[u8],
    cost: Argon2Cost,
    memory: &mut Memory,
) -> String {
    let mut hash = [0; HASH_LENGTH];
    let made = derive(Algorithm::Argon2id, cost, password, salt, &mut hash, memory);
    assert!(
        made,
        "invariant: the configuration keeps the cost within Argon2's limits"
    );
    phc_string(cost, salt, &hash)
}

/// A hash of no password: it costs as much to check and never matches.
pub(super) fn placeholder(cost: Argon2Cost, rng: &mut dyn Entropy) -> String {
    let (mut salt, mut hash) = ([0; 16], [0; HASH_LENGTH]);
    rng.fill(&mut salt);
    rng.fill(&mut hash);
    phc_string(cost, &salt, &hash)
}

fn phc_string(cost: Argon2Cost, salt: &[u8], hash: &[u8]) -> String {
    let Argon2Cost {
        memory_kib,
        iterations,
        lanes,
    } = cost;
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    format!("$argon2id$v=19$m={memory_kib},t={iterations},p={lanes}${salt}${hash}")
}

fn derive(
    algorithm: Algorithm,
    cost: Argon2Cost,
    password: &Secret<String>,
    salt: &[u8],
    out: &mut [u8],
    memory: &mut Memory,
) -> bool {
    let params = Params::new(
        cost.memory_kib,
        cost.iterations,
        cost.lanes,
        Some(out.len()),
    );
    let Ok(params) = params else { return false };
    let blocks = memory.blocks(params.block_count());
    Argon2::new(algorithm, Version::V0x13, params)
        .hash_password_into_with_memory(password.expose().as_bytes(), salt, out, blocks)
        .is_ok()
}

/// `m=…,t=…,p=…`, within what an import may cost.
fn parse_cost(text: &str) -> Option<Argon2Cost> {
    let mut values = text.split(',');
    let mut value = |name: &str, max: u32| {
        let value: u32 = values.next()?.strip_prefix(name)?.parse().ok()?;
        (1..=max).contains(&value).then_some(value)
    };
    let memory_kib = value("m=", MEMORY_KIB_MAX)?;
    let iterations = value("t=", ITERATIONS_MAX)?;
    let lanes = value("p=", LANES_MAX)?;
    values.next().is_none().then_some(Argon2Cost {
        memory_kib,
        iterations,
        lanes,
    })
}
