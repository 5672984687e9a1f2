//! Times the verification of access tokens, interleaved in one process, and prints ratios.
//!
//! ```sh
//! cargo run --release -p aldgate-bench-verify
//! ```
//!
//! Rows: the bare signature with a parsed key, this project's verifier with every check, the same
//! with its cache of verified tokens, and `jsonwebtoken` with its key made in advance and the
//! same demands (issuer, audience, expiry). Each figure is the best of many rounds: other work on
//! the machine only ever adds time.

use std::hint::black_box;
use std::time::{Duration, Instant};

use aldgate_verify::jose::{Alg, JwkSet, PublicKey, SigningKey, b64, jwt};
use aldgate_verify::{JwkProvider, Verifier};
use anyhow::Context;
use aws_lc_rs::signature::{self, ParsedPublicKey, RsaPublicKeyComponents};
use serde_json::Value;

const ISSUER: &str = "https://tenant.example/";
const API: &str = "https://my-api.example/orders";
const ROUNDS: usize = 40;

type Work<'a> = Box<dyn Fn() + 'a>;

fn main() -> anyhow::Result<()> {
    println!("{:<8} {:<32} {:>9} {:>8}", "alg", "what", "µs", "× bare");
    for alg in [Alg::RS256, Alg::ES256, Alg::EdDSA] {
        compare(alg)?;
    }
    Ok(())
}

fn compare(alg: Alg) -> anyhow::Result<()> {
    let key = SigningKey::generate(alg)?.with_kid("2026-11-24-signing-key");
    let token = key.sign("at+jwt", claims().as_bytes());
    let jwk = key.public_jwk().context("an asymmetric key")?.clone();

    let bare = parsed(&key)?;
    let (message, encoded) = token.rsplit_once('.').context("a JWT")?;
    let signature = b64::decode(encoded)?;
    let set = JwkSet::new([jwk.clone()])?;
    let builder = || anyhow::Ok(Verifier::builder(ISSUER, API).keys(JwkProvider::fixed(&set)?));
    let plain = builder()?.build()?;
    let cached = builder()?
        .token_cache(1000, Duration::from_secs(600))
        .build()?;
    let known = key.verifying_key();
    let theirs: jsonwebtoken::jwk::Jwk = serde_json::from_str(&serde_json::to_string(&jwk)?)?;
    let theirs = jsonwebtoken::DecodingKey::from_jwk(&theirs)?;
    let rules = rules(alg)?;

    let works: [(&str, Work<'_>); 5] = [
        (
            "bare aws-lc-rs, parsed key",
            Box::new(|| {
                black_box(bare.verify_sig(message.as_bytes(), &signature)).expect("valid");
            }),
        ),
        (
            "aldgate-jose, signature and claims",
            Box::new(|| {
                drop(black_box(jwt::verify(&token, &known)).expect("valid"));
            }),
        ),
        (
            "aldgate-verify, every check",
            Box::new(|| {
                drop(black_box(plain.verify_now(&token)).expect("valid"));
            }),
        ),
        (
            "aldgate-verify, seen before",
            Box::new(|| {
                drop(black_box(cached.verify_now(&token)).expect("valid"));
            }),
        ),
        (
            "jsonwebtoken 11, key made before",
            Box::new(|| {
                let result = jsonwebtoken::decode::<Value>(&token, &theirs, &rules);
                drop(black_box(result).expect("valid"));
            }),
        ),
    ];
    print(alg, &works);
    Ok(())
}

/// Measures and prints one row per candidate; the first is the bare operation.
fn print<const N: usize>(alg: Alg, works: &[(&str, Work<'_>); N]) {
    let best = measure(works);
    for ((name, _), nanos) in works.iter().zip(best) {
        println!(
            "{:<8} {name:<32} {:>9.2} {:>8.2}",
            alg.name(),
            nanos / 1e3,
            nanos / best[0]
        );
    }
}

/// The same demands in the other library's words.
fn rules(alg: Alg) -> anyhow::Result<jsonwebtoken::Validation> {
    let mut rules = jsonwebtoken::Validation::new(alg.name().parse()?);
    rules.set_audience(&[API]);
    rules.set_issuer(&[ISSUER]);
    Ok(rules)
}

/// Nanoseconds per call, the best of all rounds; the candidates take turns.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures")]
fn measure<const N: usize>(works: &[(&str, Work<'_>); N]) -> [f64; N] {
    const CALLS: u32 = 400;
    let mut best = [f64::INFINITY; N];
    for _ in 0..ROUNDS {
        for ((_, work), best) in works.iter().zip(&mut best) {
            let start = Instant::now();
            for _ in 0..CALLS {
                work();
            }
            *best = best.min(start.elapsed().as_nanos() as f64 / f64::from(CALLS));
        }
    }
    best
}

/// A usual access token of about 400 bytes.
fn claims() -> String {
    format!(
        concat!(
            r#"{{"iss":"{}","sub":"auth0|66f1a2b3c4d5e6f708192a3b","aud":["{}","{}userinfo"],"#,
            r#""iat":1700000000,"exp":4000000000,"jti":"3Vd8bY6kQm1Zt9Rw","#,
            r#""scope":"openid profile email read:orders write:orders","#,
            r#""azp":"qX1fT8pYk2Lw9Zr4Vb6Nc3Md5Hs7Jg0A","#,
            r#""client_id":"qX1fT8pYk2Lw9Zr4Vb6Nc3Md5Hs7Jg0A","permissions":["read:orders"]}}"#,
        ),
        ISSUER, API, ISSUER,
    )
}

fn parsed(key: &SigningKey) -> anyhow::Result<ParsedPublicKey> {
    let jwk = key.public_jwk().context("an asymmetric key")?;
    let parsed = match jwk.key() {
        PublicKey::Rsa { n, e } => RsaPublicKeyComponents { n, e }
            .to_parsed_public_key(&signature::RSA_PKCS1_2048_8192_SHA256),
        PublicKey::Ec { x, y, .. } => {
            let point = [&[4], &x[..], &y[..]].concat();
            ParsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point)
        }
        PublicKey::Ed25519 { x } => ParsedPublicKey::new(&signature::ED25519, x),
    };
    parsed.map_err(|error| anyhow::anyhow!("{error}"))
}
