//! Validates a provider's ID token in full (FED-02; OpenID Connect Core section 3.1.3.7). A claim
//! that is needed and absent is a fault, and nothing in the token can relax a check.

use aldgate_jose::jwt::Claims;
use aldgate_jose::{Alg, VerifyingKey, digest, jws};
use serde_json::{Map, Value};

use crate::error::Refusal;
use crate::time::{Seconds, Timestamp};

/// How far the provider's clock may be from ours.
const LEEWAY: Seconds = Seconds(60);

/// How much older than the attempt a token may be: it was made for it.
const AGE_MAX: Seconds = Seconds::minutes(10);

/// The longest subject (OpenID Connect Core section 2).
const SUBJECT_BYTES_MAX: usize = 255;

/// Algorithms that are accepted: never `none`, never a shared secret, whatever the token says.
pub const ALGORITHMS: &[Alg] = &[
    Alg::RS256,
    Alg::RS384,
    Alg::RS512,
    Alg::PS256,
    Alg::PS384,
    Alg::PS512,
    Alg::ES256,
    Alg::ES384,
    Alg::EdDSA,
];

/// What the token has to fit.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The provider's issuer.
    pub issuer: &'a str,
    /// Our name at the provider.
    pub client_id: &'a str,
    /// The nonce that was sent.
    pub nonce: &'a str,
    /// The access token beside it.
    pub access_token: &'a str,
    /// The code that it was got for.
    pub code: &'a str,
    /// The `max_age` that was sent.
    pub max_age: Option<Seconds>,
    /// When the browser was sent away.
    pub began_at: Timestamp,
    /// Now.
    pub now: Timestamp,
}

/// Why a token is not accepted.
#[derive(Debug)]
pub enum Fault {
    /// No key has the name that the token says; the key set may be old.
    UnknownKey(Refusal),
    /// Anything else.
    Refused(Refusal),
}

impl Fault {
    /// What went wrong.
    #[must_use]
    pub fn into_refusal(self) -> Refusal {
        match self {
            Self::UnknownKey(refusal) | Self::Refused(refusal) => refusal,
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Validates `token` and gives its claims.
///
/// # Errors
/// The first check that fails.
pub fn validate(
    token: &str,
    keys: &[VerifyingKey],
    expected: Expected<'_>,
) -> Result<Map<String, Value>, Fault> {
    let unverified = jws::parse(token).map_err(|error| wrong("cannot be read", error))?;
    let header = unverified.header();
    let (alg, kid) = (header.alg(), header.kid());
    if !ALGORITHMS.contains(&alg) {
        return Err(wrong("has an algorithm that is never accepted", alg).into());
    }
    if header
        .typ()
        .is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT"))
    {
        let typ = header.typ().unwrap_or_default();
        return Err(wrong("is another kind of token", typ)
            .expected("typ JWT")
            .into());
    }
    let key = find_key(keys, alg, kid)?;
    let claims = unverified
        .verify(key)
        .and_then(Claims::from_verified)
        .map_err(|error| wrong("is not signed by the provider", error))?;
    for check in CHECKS {
        check(&claims, alg, expected)?;
    }
    Ok(claims.to_map())
}

/// The key that the token names; without a name, the only one that fits.
fn find_key<'k>(
    keys: &'k [VerifyingKey],
    alg: Alg,
    kid: Option<&str>,
) -> Result<&'k VerifyingKey, Fault> {
    let mut fitting = keys.iter().filter(|key| {
        key.algs().any(|own| own == alg) && kid.is_none_or(|kid| key.kid() == Some(kid))
    });
    match (fitting.next(), fitting.next()) {
        (Some(key), None) => Ok(key),
        (Some(_), Some(_)) => Err(wrong("names no key, and several fit", "no kid").into()),
        (None, _) => Err(Fault::UnknownKey(
            wrong(
                "names a key that the provider does not publish",
                kid.unwrap_or("no kid"),
            )
            .remedy("Compare jwks_uri in the connection's options with the provider's."),
        )),
    }
}

type Check = fn(&Claims, Alg, Expected<'_>) -> Result<(), Refusal>;

/// The checks of the claims, in order.
const CHECKS: [Check; 8] = [
    issuer, audience, expiry, issued_at, nonce, subject, hashes, auth_time,
];

fn issuer(claims: &Claims, _: Alg, expected: Expected<'_>) -> Result<(), Refusal> {
    if claims.issuer() == Some(expected.issuer) {
        return Ok(());
    }
    let actual = claims.issuer().unwrap_or("no iss");
    Err(wrong("is another issuer's", actual).expected(expected.issuer))
}

/// `aud` has us; whoever else is in it, `azp` says that it is for us.
fn audience(claims: &Claims, _: Alg, expected: Expected<'_>) -> Result<(), Refusal> {
    let actual: Vec<&str> = claims.audience().collect();
    if !actual.contains(&expected.client_id) {
        let refusal = wrong("is for another application", actual.join(" "));
        return Err(refusal.expected(expected.client_id));
    }
    let azp = string(claims, "azp")?;
    let needed = actual.len() > 1;
    if azp
        .as_deref()
        .map_or(needed, |azp| azp != expected.client_id)
    {
        let actual = azp.unwrap_or_else(|| "several audiences and no azp".into());
        return Err(wrong("was made for another party", actual).expected(expected.client_id));
    }
    Ok(())
}

fn expiry(claims: &Claims, _: Alg, expected: Expected<'_>) -> Result<(), Refusal> {
    let now = expected.now.seconds();
    let seconds =
        |date: aldgate_jose::jwt::NumericDate| i64::try_from(date.seconds()).unwrap_or(i64::MAX);
    let Some(exp) = claims.expires_at().map(seconds) else {
        return Err(wrong("has no exp", ""));
    };
    if exp.saturating_add(leeway()) <= now {
        return Err(wrong("has expired", exp).expected(format!("exp after {now}")));
    }
    match claims.not_before().map(seconds) {
        Some(nbf) if nbf > now.saturating_add(leeway()) => {
            Err(wrong("is not valid yet", nbf).expected(format!("nbf before {now}")))
        }
        _ => Ok(()),
    }
}

fn issued_at(claims: &Claims, _: Alg, expected: Expected<'_>) -> Result<(), Refusal> {
    let Some(iat) = claims
        .issued_at()
        .map(|iat| i64::try_from(iat.seconds()).unwrap_or(i64::MAX))
    else {
        return Err(wrong("has no iat", ""));
    };
    let earliest = (expected.began_at - AGE_MAX).seconds();
    let latest = expected.now.seconds().saturating_add(leeway());
    if (earliest..=latest).contains(&iat) {
        return Ok(());
    }
    let what = if iat > latest {
        "was made in the future"
    } else {
        "is older than the login"
    };
    Err(wrong(what, iat)
        .expected(format!("iat between {earliest} and {latest}"))
        .remedy("Compare the clocks of this server and the provider."))
}

fn nonce(claims: &Claims, _: Alg, expected: Expected<'_>) -> Result<(), Refusal> {
    let actual = string(claims, "nonce")?.unwrap_or_default();
    if digest::constant_time_eq(actual.as_bytes(), expected.nonce.as_bytes()) {
        return Ok(());
    }
    let actual = if actual.is_empty() {
        "no nonce"
    } else {
        "another nonce"
    };
    Err(wrong("was not made for this login", actual).expected("the nonce that was sent"))
}

fn subject(claims: &Claims, _: Alg, _: Expected<'_>) -> Result<(), Refusal> {
    match claims.subject() {
        Some(sub) if !sub.is_empty() && sub.len() <= SUBJECT_BYTES_MAX => Ok(()),
        Some(sub) => Err(wrong("has an unusable sub", format!("{} bytes", sub.len()))),
        None => Err(wrong("has no sub", "")),
    }
}

/// `at_hash` and `c_hash` bind the token to its neighbours, if they are there.
fn hashes(claims: &Claims, alg: Alg, expected: Expected<'_>) -> Result<(), Refusal> {
    for (name, of) in [
        ("at_hash", expected.access_token),
        ("c_hash", expected.code),
    ] {
        let Some(actual) = string(claims, name)? else {
            continue;
        };
        if actual != alg.half_hash(of) {
            return Err(
                wrong("belongs to another answer", name).expected("the hash of its neighbour")
            );
        }
    }
    Ok(())
}

/// With `max_age` the token must say when she logged in (OpenID Connect Core section 3.1.2.1).
fn auth_time(claims: &Claims, _: Alg, expected: Expected<'_>) -> Result<(), Refusal> {
    let Some(max_age) = expected.max_age else {
        return Ok(());
    };
    let time = claims
        .time("auth_time")
        .map_err(|error| wrong("has an unusable auth_time", error))?;
    let Some(time) = time else {
        return Err(wrong("has no auth_time, although max_age was sent", ""));
    };
    let oldest = (expected.now - max_age - LEEWAY).seconds();
    if i64::try_from(time.seconds()).unwrap_or(i64::MAX) >= oldest {
        return Ok(());
    }
    let refusal = wrong("is of a login that is too old", time.seconds());
    Err(refusal.expected(format!("auth_time after {oldest}")))
}

fn leeway() -> i64 {
    i64::try_from(LEEWAY.0).unwrap_or_default()
}

fn string(claims: &Claims, name: &'static str) -> Result<Option<String>, Refusal> {
    let text = claims
        .string(name)
        .map_err(|_| wrong("has a claim of a wrong type", name))?;
    Ok(text.map(std::borrow::Cow::into_owned))
}

fn wrong(what: &str, actual: impl ToString) -> Refusal {
    let cause = format!("The provider's ID token {what}.");
    Refusal::new("federation_id_token", cause).actual(&actual.to_string())
}

#[cfg(test)]
mod tests;
