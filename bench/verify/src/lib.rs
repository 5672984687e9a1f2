//! A token with all that verifiers need, this project's candidates, and a stopwatch for all.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context as Task, Poll, Waker};
use std::time::{Duration, Instant};

use aldgate_verify::jose::{Alg, Jwk, JwkSet, PublicKey, SigningKey, VerifyingKey, b64, jwt};
use aldgate_verify::{JwkProvider, Verifier};
use anyhow::Context;
use aws_lc_rs::signature::{self, ParsedPublicKey, RsaPublicKeyComponents};

/// Who issues the tokens.
pub const ISSUER: &str = "https://tenant.example/";
/// Whom they are for.
pub const API: &str = "https://my-api.example/orders";

/// Rounds are many and short, so that some of them are undisturbed on a busy machine.
const ROUNDS: usize = 3000;
const CALLS: u32 = 8;

/// Something to time, with its name.
pub type Work<'a> = (&'static str, Box<dyn Fn() + 'a>);

/// One algorithm: a token, its key in every form, and verifiers that are ready to go.
pub struct Case {
    /// The algorithm.
    pub alg: Alg,
    /// A usual access token of about 930 bytes (with RS256).
    pub token: String,
    /// The public key.
    pub jwk: Jwk,
    signature: Vec<u8>,
    bare: ParsedPublicKey,
    known: VerifyingKey,
    plain: Verifier,
    cached: Verifier,
}

impl Case {
    /// Makes a key and a token.
    ///
    /// # Errors
    /// Nothing that happens to a constant.
    pub fn new(alg: Alg) -> anyhow::Result<Self> {
        let key = SigningKey::generate(alg)?.with_kid("2026-11-24-signing-key");
        let token = key.sign("at+jwt", claims().as_bytes());
        let jwk = key.public_jwk().context("an asymmetric key")?.clone();
        let (_, encoded) = token.rsplit_once('.').context("a JWT")?;
        let set = JwkSet::new([jwk.clone()])?;
        let builder = || anyhow::Ok(Verifier::builder(ISSUER, API).keys(JwkProvider::fixed(&set)?));
        let minutes = Duration::from_secs(600);
        Ok(Self {
            alg,
            signature: b64::decode(encoded)?,
            bare: parsed(&jwk)?,
            known: key.verifying_key(),
            plain: builder()?.build()?,
            cached: builder()?.token_cache(1000, minutes).build()?,
            jwk,
            token,
        })
    }

    /// The set with the one key, as JSON.
    ///
    /// # Errors
    /// None in truth.
    pub fn set(&self) -> anyhow::Result<String> {
        Ok(JwkSet::new([self.jwk.clone()])?.to_json())
    }

    /// The bare signature check, which everybody needs, and this project's candidates. The bare
    /// one uses the same parsed key object, and makes the same call with it.
    #[must_use]
    pub fn own(&self) -> Vec<Work<'_>> {
        let (message, _) = self.token.rsplit_once('.').unwrap_or_default();
        vec![
            work("bare aws-lc-rs, parsed key", move || {
                self.bare.verify_sig(message.as_bytes(), &self.signature)
            }),
            work("aldgate-jose, signature and claims", || {
                jwt::verify(&self.token, &self.known)
            }),
            work("aldgate-verify, every check", || {
                self.plain.verify_now(&self.token)
            }),
            work("the same, async", || ready(self.plain.verify(&self.token))),
            work("the same, seen before", || {
                self.cached.verify_now(&self.token)
            }),
        ]
    }

    /// `jsonwebtoken` with its key made in advance and the same demands.
    ///
    /// # Errors
    /// The library does not like the key.
    pub fn jsonwebtoken(&self) -> anyhow::Result<Work<'_>> {
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_str(&serde_json::to_string(&self.jwk)?)?;
        let key = jsonwebtoken::DecodingKey::from_jwk(&jwk)?;
        let mut rules = jsonwebtoken::Validation::new(self.alg.name().parse()?);
        rules.set_audience(&[API]);
        rules.set_issuer(&[ISSUER]);
        Ok(work("jsonwebtoken 11, key made before", move || {
            jsonwebtoken::decode::<serde_json::Value>(&self.token, &key, &rules)
        }))
    }
}

/// A candidate: something that must succeed.
pub fn work<'a, T, E>(
    name: &'static str,
    call: impl Fn() -> Result<T, E> + 'a,
) -> (&'static str, Box<dyn Fn() + 'a>) {
    let run = move || match black_box(call()) {
        Ok(value) => drop(value),
        Err(_) => panic!("{name} refused a good token"),
    };
    (name, Box::new(run))
}

/// The result of something that has nothing to wait for.
///
/// # Panics
/// It waits.
pub fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Task::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a verifier waited although its keys are here"),
    }
}

/// Measures and prints one row per candidate; the first is the bare operation.
pub fn compare(alg: Alg, works: &[Work<'_>]) {
    let best = measure(works);
    for ((name, _), nanos) in works.iter().zip(&best) {
        println!(
            "{:<6} {name:<36} {:>8.2} µs  {:>5.2} × bare  {:>+7.2} µs",
            alg.name(),
            nanos / 1e3,
            nanos / best[0],
            (nanos - best[0]) / 1e3,
        );
    }
}

/// Nanoseconds per call, the best of all rounds; the candidates take turns.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures")]
fn measure(works: &[Work<'_>]) -> Vec<f64> {
    let mut best = vec![f64::INFINITY; works.len()];
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

fn parsed(jwk: &Jwk) -> anyhow::Result<ParsedPublicKey> {
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
