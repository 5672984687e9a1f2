//! What the machine needs for the part of an operation that nobody can leave out.

use std::path::Path;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};

use crate::measure::{now, thread_cpu_ms};

/// One round of limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// CPU milliseconds of one RS256 signature, RSA-2048.
    pub(crate) rs256_ms: f64,
    /// CPU milliseconds of one ES256 signature.
    pub(crate) es256_ms: f64,
    /// CPU milliseconds of one Ed25519 signature.
    pub(crate) eddsa_ms: f64,
    /// CPU milliseconds of one Argon2id hash, m = 19 MiB, t = 2, p = 1, memory reused.
    pub(crate) argon2_ms: f64,
    /// Durable single-row commits per second: SQLite, WAL, `synchronous = FULL`.
    pub(crate) commits_per_second: f64,
}

const EACH: Duration = Duration::from_millis(700);
/// As long as the signing input of a typical token.
const MESSAGE: [u8; 600] = [b'x'; 600];

/// Measures all limits; `dir` lies on the disk of the server's database.
///
/// # Errors
/// When a key cannot be made or the disk cannot be written.
pub(crate) fn measure(dir: &Path) -> anyhow::Result<Limits> {
    let random = random();
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048)?;
    let mut signature = vec![0; rsa.public_modulus_len()];
    let rs256_ms = thread_cpu_ms(EACH, || {
        Ok(rsa.sign(&RSA_PKCS1_SHA256, &random, &MESSAGE, &mut signature)?)
    })?;
    let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    // Parsed again, as a server has it that keeps its keys in a database.
    let ec = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, ec.to_pkcs8v1()?.as_ref())?;
    let es256_ms = thread_cpu_ms(EACH, || {
        ec.sign(&random, &MESSAGE)?;
        Ok(())
    })?;
    let ed = Ed25519KeyPair::generate()?;
    let eddsa_ms = thread_cpu_ms(EACH, || {
        std::hint::black_box(ed.sign(&MESSAGE));
        Ok(())
    })?;
    let argon2_ms = argon2()?;
    let commits_per_second = commits(dir)?;
    Ok(Limits {
        rs256_ms,
        es256_ms,
        eddsa_ms,
        argon2_ms,
        commits_per_second,
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "signatures of throw-away keys are measured here"
)]
fn random() -> SystemRandom {
    SystemRandom::new()
}

fn argon2() -> anyhow::Result<f64> {
    let params = Params::new(19 * 1024, 2, 1, Some(32)).map_err(anyhow::Error::msg)?;
    let mut memory = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut hash = [0; 32];
    thread_cpu_ms(EACH, || {
        argon2
            .hash_password_into_with_memory(b"password", &[7; 16], &mut hash, &mut memory)
            .map_err(anyhow::Error::msg)
    })
}

fn commits(dir: &Path) -> anyhow::Result<f64> {
    let file = dir.join("limit.sqlite");
    let connection = rusqlite::Connection::open(&file)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE IF NOT EXISTS row (id INTEGER PRIMARY KEY, text TEXT);",
    )?;
    let started = now();
    let mut rows = 0_u32;
    while started.elapsed() < EACH {
        connection.execute("INSERT INTO row (text) VALUES ('one row, one commit')", [])?;
        rows += 1;
    }
    Ok(f64::from(rows) / started.elapsed().as_secs_f64())
}
