//! What a token may look like, and what it may not.

use super::*;
use crate::{JwkSet, SigningKey};
use proptest::prelude::*;

fn key() -> SigningKey {
    SigningKey::generate(Alg::ES256).unwrap().with_kid("k1")
}

fn refused(key: &SigningKey, header: &str) -> JoseError {
    let token = key.sign_with_header(header, b"{}");
    match parse(&token) {
        Err(error) => error,
        Ok(unverified) => unverified
            .verify(&key.verifying_key())
            .expect_err("must be refused"),
    }
}

#[test]
fn jwt_01_the_algorithm_comes_from_the_key() {
    let key = key();
    for (alg, error) in [
        (r#""none""#, JoseError::AlgorithmNone),
        (r#""NoNe""#, JoseError::AlgorithmNone),
        (r#""""#, JoseError::AlgorithmUnknown),
        (r#""es256""#, JoseError::AlgorithmUnknown),
        ("256", JoseError::AlgorithmUnknown),
        ("null", JoseError::AlgorithmUnknown),
        (r#""HS256""#, JoseError::AlgorithmMismatch),
        (r#""ES384""#, JoseError::AlgorithmMismatch),
        (r#""RS256""#, JoseError::AlgorithmMismatch),
    ] {
        assert_eq!(
            refused(&key, &format!(r#"{{"alg":{alg}}}"#)),
            error,
            "{alg}"
        );
    }
    assert_eq!(refused(&key, "{}"), JoseError::AlgorithmUnknown);
}

#[test]
fn jwt_01_public_key_bytes_are_no_hmac_secret() {
    let rsa = SigningKey::generate(Alg::RS256).unwrap();
    let jwk = rsa.public_jwk().unwrap();
    let known = VerifyingKey::from_jwk(&jwk.clone().without_alg()).unwrap();
    let json = serde_json::to_vec(jwk).unwrap();
    let set = JwkSet::new([jwk.clone()]).unwrap().to_json().into_bytes();
    for secret in [
        jwk.to_spki(),
        json,
        set,
        b64::encode_standard(&jwk.to_spki()).into_bytes(),
    ] {
        for alg in [Alg::HS256, Alg::HS384, Alg::HS512] {
            let forged = SigningKey::hmac(alg, &secret).unwrap().sign("JWT", b"{}");
            let result = parse(&forged).unwrap().verify(&known);
            assert_eq!(result.err(), Some(JoseError::AlgorithmMismatch));
        }
    }
}

#[test]
fn jwt_06_header_parameters_cannot_widen_trust() {
    let key = key();
    let stranger = SigningKey::generate(Alg::ES256).unwrap();
    let jwk = serde_json::to_string(stranger.public_jwk().unwrap()).unwrap();
    for extra in [
        format!(r#""jwk":{jwk}"#),
        r#""jku":"https://canary.example/""#.into(),
        r#""x5u":"https://canary.example/""#.into(),
        r#""x5c":["AQAB"]"#.into(),
    ] {
        let header = format!(r#"{{"alg":"ES256","kid":"k1",{extra}}}"#);
        let token = stranger.sign_with_header(&header, b"{}");
        let result = parse(&token).unwrap().verify(&key.verifying_key());
        assert_eq!(result.err(), Some(JoseError::Signature), "{extra}");
    }
    for extra in [
        r#""crit":[]"#,
        r#""crit":["exp"],"exp":1"#,
        r#""crit":"exp""#,
        r#""b64":false"#,
        r#""b64":true"#,
        r#""zip":"DEF""#,
        r#""enc":"A256GCM""#,
        r#""p2c":1000000000"#,
        r#""cty":"JWT""#,
        r#""cty":"application/jwt""#,
        r#""cty":1"#,
        r#""typ":["JWT"]"#,
    ] {
        let error = refused(&key, &format!(r#"{{"alg":"ES256",{extra}}}"#));
        assert_eq!(error, JoseError::HeaderParameter, "{extra}");
    }
}

#[test]
fn jwt_05_form_is_strict() {
    let key = key();
    let good = key.sign("JWT", b"{\"a\":\"??>>\"}");
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        panic!("three segments")
    };
    let verify = |token: &str| -> Option<JoseError> {
        match parse(token) {
            Err(error) => Some(error),
            Ok(unverified) => unverified.verify(&key.verifying_key()).err(),
        }
    };
    assert_eq!(verify(&good), None);
    for (token, error) in [
        (String::new(), JoseError::Segments),
        ("a.b".into(), JoseError::Segments),
        (format!("{good}."), JoseError::Segments),
        (format!("{good}.."), JoseError::Encrypted),
        (".".repeat(16_000), JoseError::Segments),
        (".".repeat(1_000_000), JoseError::TooLarge),
        (format!(".{payload}.{signature}"), JoseError::Json),
        (format!("{header}.{payload}."), JoseError::Signature),
        (format!("{header}..{signature}"), JoseError::Signature),
        (
            format!("{header}=.{payload}.{signature}"),
            JoseError::Base64,
        ),
        (
            format!("{header}.{payload}.{signature}="),
            JoseError::Base64,
        ),
        (format!(" {good}"), JoseError::Base64),
        (format!("{good}\n"), JoseError::Base64),
        (
            format!("{header}.{payload}.{}", "A".repeat(2000)),
            JoseError::Signature,
        ),
        (
            format!(r#"{{"protected":"{header}","payload":"{payload}"}}"#),
            JoseError::Segments,
        ),
    ] {
        assert_eq!(verify(&token), Some(error), "{token:.80}");
    }
    let duplicate = refused(&key, r#"{"alg":"ES256","alg":"ES256"}"#);
    assert_eq!(duplicate, JoseError::DuplicateMember);
    let long = format!(
        r#"{{"alg":"ES256","x":"{}"}}"#,
        "x".repeat(HEADER_BYTES_MAX)
    );
    assert_eq!(refused(&key, &long), JoseError::TooLarge);
}

#[test]
fn jwk_03_kid_is_opaque_and_short() {
    let key = key();
    let kid = |kid: &str| key.sign_with_header(&format!(r#"{{"alg":"ES256","kid":{kid}}}"#), b"");
    let odd = kid(r#""../../dev/null' or 1=1\u0000""#);
    assert_eq!(
        parse(&odd).unwrap().header().kid(),
        Some("../../dev/null' or 1=1\0")
    );
    let longest = format!("\"{}\"", "k".repeat(256));
    assert!(parse(&kid(&longest)).is_ok());
    for wrong in [
        "7",
        "{}",
        "[\"a\"]",
        "null",
        &format!("\"{}\"", "k".repeat(257)),
    ] {
        assert_eq!(
            parse(&kid(wrong)).err(),
            Some(JoseError::Kid),
            "{wrong:.20}"
        );
    }
}

#[test]
fn typ_is_compared_as_a_media_type() {
    let key = key();
    for (typ, same) in [
        ("at+jwt", true),
        ("AT+JWT", true),
        ("application/at+jwt", true),
        ("Application/at+JWT", true),
        ("JWT", false),
        ("text/at+jwt", false),
        ("", false),
        ("éééééé+jwt", false),
    ] {
        let token = key.sign(typ, b"");
        assert_eq!(
            parse(&token).unwrap().header().is_typ("at+jwt"),
            same,
            "{typ}"
        );
    }
}

#[test]
fn jwt_09_der_signatures_and_zero_values_are_refused() {
    let key = key();
    let token = key.sign("JWT", b"{}");
    let (input, signature) = token.rsplit_once('.').unwrap();
    let bytes = b64::decode(signature).unwrap();
    let swap = |signature: &[u8]| {
        let token = format!("{input}.{}", b64::encode(signature));
        parse(&token).unwrap().verify(&key.verifying_key()).err()
    };
    assert_eq!(swap(&bytes), None);
    let mut der = vec![0x30, 0x44, 2, 32];
    der.extend_from_slice(&bytes[..32]);
    der.extend_from_slice(&[2, 32]);
    der.extend_from_slice(&bytes[32..]);
    for wrong in [
        &der[..],
        &[0; 64],
        &bytes[..63],
        &[&bytes[..], &[0]].concat(),
    ] {
        assert_eq!(swap(wrong), Some(JoseError::Signature));
    }
}

#[test]
fn header_members_can_be_read_raw() {
    let key = key();
    let header = format!(
        r#"{{"alg":"ES256","jwk":{{"a":[1]}},"pad":"{}"}}"#,
        "x".repeat(500)
    );
    let token = key.sign_with_header(&header, b"");
    let unverified = parse(&token).unwrap();
    assert_eq!(unverified.header().raw("jwk"), Some(r#"{"a":[1]}"#));
    assert_eq!(unverified.header().raw("none"), None);
}

proptest! {
    #[test]
    fn fuz_01_no_text_panics(
        text in ".*",
        parts in proptest::collection::vec("[A-Za-z0-9_=-]*", 0..6),
    ) {
        for token in [text, parts.join(".")] {
            if let Ok(unverified) = parse(&token) {
                let _ = unverified.dangerous_claims().is_ok();
            }
        }
    }

    #[test]
    fn fuz_01_no_header_panics(json in r#"[{}\[\]":,a-z0-9\\]{0,80}"#) {
        let token = format!("{}.e30.AA", b64::encode(json.as_bytes()));
        let _ = parse(&token).is_ok();
    }

    #[test]
    fn any_changed_byte_is_noticed(at in 0usize..200, flip in 1u8..128) {
        let key = SigningKey::hmac(Alg::HS256, &[9; 32]).unwrap();
        let mut token = key.sign("JWT", br#"{"sub":"someone"}"#).into_bytes();
        let at = at % token.len();
        token[at] ^= flip;
        let accepted = String::from_utf8(token).is_ok_and(|token| {
            parse(&token).is_ok_and(|token| token.verify(&key.verifying_key()).is_ok())
        });
        prop_assert!(!accepted);
    }
}

#[test]
fn a_known_header_changes_no_answer() {
    let key = key();
    let verifying = key.verifying_key();
    let token = key.sign("at+jwt", br#"{"sub":"a"}"#);
    let known = parse(&token).unwrap().known_header();
    let other = key.sign("JWT", br#"{"sub":"a"}"#);
    let stranger = self::key().sign("at+jwt", br#"{"sub":"a"}"#);
    let longer = format!("{token}.x.y");
    for token in [
        &token,
        &other,
        &stranger,
        &longer,
        &token[1..],
        "",
        "..",
        "a.b.c",
    ] {
        let told = |read: Result<Unverified<'_>, JoseError>| {
            let read = read.map(|token| {
                let header = format!("{:?}", token.header());
                (
                    header,
                    token.verify_payload(&verifying).map(Verified::into_inner),
                )
            });
            format!("{read:?}")
        };
        let with = told(parse_knowing(token, Some(&known)));
        assert_eq!(with, told(parse(token)), "{token}");
    }
}
