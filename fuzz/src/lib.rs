//! Fuzz targets: each takes any bytes and panics only on a broken promise.
//!
//! As properties they run with the tests. Under a fuzzer, a target of `cargo fuzz` is one line:
//! `fuzz_target!(|data: &[u8]| aldgate_fuzz::token(data));`.

use std::time::Duration;

use aldgate_verify::explain::{self, Context, render};
use aldgate_verify::jose::{JoseError, Jwk, JwkSet, jws, jwt};
use aldgate_verify::{JwkProvider, Presented, Verifier};

/// Something that takes any bytes.
pub type Target = fn(&[u8]);

/// Every target with its name.
pub const TARGETS: [(&str, Target); 6] = [
    ("authorization", authorization),
    ("claims", claims),
    ("jwk", jwk),
    ("jwk_set", jwk_set),
    ("explain", explain_text),
    ("token", token),
];

/// An `Authorization` header: what is accepted has one token without white space.
pub fn authorization(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(presented) = Presented::from_authorization(text) {
        assert!(!presented.token.is_empty());
        assert!(!presented.token.contains(char::is_whitespace));
    }
}

/// Claims: whatever is read is an object that other readers understand too.
pub fn claims(data: &[u8]) {
    if let Ok(claims) = jwt::Claims::parse(data.to_vec()) {
        assert_eq!(claims.names().count(), claims.to_map().len());
    }
}

/// A key: whatever is read writes and reads back as itself.
pub fn jwk(data: &[u8]) {
    if let Ok(jwk) = Jwk::parse(data) {
        let again = Jwk::from_spki(&jwk.to_spki()).map(|jwk| jwk.thumbprint());
        assert_eq!(again, Ok(jwk.thumbprint()));
    }
}

/// A set of keys: bounded, and without secrets.
pub fn jwk_set(data: &[u8]) {
    match JwkSet::parse(data) {
        Ok(set) => assert!(set.keys().len() <= 100 && !set.to_json().contains("\"d\":")),
        Err(JoseError::Signature) => panic!("a key set has no signature"),
        Err(_) => {}
    }
}

/// A token: nothing that a fuzzer makes up is signed by a key that nobody has.
pub fn token(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(unverified) = jws::parse(text) {
        assert_eq!(text.bytes().filter(|byte| *byte == b'.').count(), 2);
        drop(unverified.dangerous_claims());
    }
    let keys = JwkProvider::fixed(&JwkSet::default()).expect("no keys, no bad key");
    let verifier = Verifier::builder("https://i/", "https://api")
        .keys(keys)
        .clock(|| Duration::from_secs(1_800_000_000))
        .build()
        .expect("complete");
    let reason = verifier.verify_now(text).expect_err("there is no key");
    assert!(!reason.remedy().is_empty());
}

/// The token doctor: always an answer, never a control character on the terminal.
pub fn explain_text(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let explanation = explain::explain(&text, &Context::default());
    let page = render::text(&explanation, render::Style::Plain);
    assert!(
        page.chars()
            .all(|character| character == '\n' || !character.is_control())
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use aldgate_verify::jose::b64;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn fuz_01_any_bytes(data in proptest::collection::vec(any::<u8>(), 0..400)) {
            for (_, target) in TARGETS {
                target(&data);
            }
        }

        #[test]
        fn fuz_01_things_that_look_like_tokens(
            header in concat!(
                r#"\{"alg":"(RS256|ES256|none|HS256)""#,
                r#"(,"(kid|typ|crit|jwk)":[a-z0-9"\[\]{}]{0,12})?\}"#,
            ),
            payload in r#"\{("(iss|aud|exp|sub|cnf)":[a-z0-9"\[\].e-]{0,12},?){0,4}\}"#,
            prefix in "(Bearer |> Authorization: Bearer |)",
        ) {
            let segments = [b64::encode(header.as_bytes()), b64::encode(payload.as_bytes())];
            let token = format!("{prefix}{}.AAAA", segments.join("."));
            for (_, target) in TARGETS {
                target(token.as_bytes());
                target(header.as_bytes());
                target(payload.as_bytes());
            }
        }
    }
}
