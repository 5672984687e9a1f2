//! Keys sign, survive storage, and tell nothing.

use super::*;
use crate::{jws, jwt};

const ASYMMETRIC: [Alg; 6] = [
    Alg::RS256,
    Alg::PS384,
    Alg::ES256,
    Alg::ES384,
    Alg::ES512,
    Alg::EdDSA,
];

#[test]
fn every_family_signs_and_verifies() {
    for alg in ASYMMETRIC {
        let key = SigningKey::generate(alg).unwrap();
        let token = key.sign("at+jwt", b"{}");
        let verified = jws::parse(&token)
            .unwrap()
            .verify(&key.verifying_key())
            .unwrap();
        assert_eq!(verified.header().alg(), alg);
        assert_eq!(verified.header().kid(), key.kid());
        assert_eq!(verified.payload(), b"{}");
    }
}

#[test]
fn pkcs8_round_trip_keeps_the_key() {
    for alg in ASYMMETRIC {
        let key = SigningKey::generate(alg).unwrap();
        let stored = key.to_pkcs8().unwrap();
        let read = SigningKey::from_pkcs8(alg, "named", &stored).unwrap();
        assert_eq!(read.kid(), Some("named"));
        let thumbprint = |key: &SigningKey| key.public_jwk().unwrap().thumbprint();
        assert_eq!(thumbprint(&read), thumbprint(&key));
        let token = read.sign("JWT", b"{}");
        assert!(
            jws::parse(&token)
                .unwrap()
                .verify(&key.verifying_key())
                .is_ok()
        );
    }
}

#[test]
fn one_rsa_key_serves_every_rsa_algorithm_it_is_read_for() {
    let stored = SigningKey::generate(Alg::RS256)
        .unwrap()
        .to_pkcs8()
        .unwrap();
    for alg in Alg::ALL
        .into_iter()
        .filter(|alg| alg.family() == crate::Family::Rsa)
    {
        let key = SigningKey::from_pkcs8(alg, "k", &stored).unwrap();
        assert!(jwt::verify(&key.sign("JWT", b"{}"), &key.verifying_key()).is_ok());
    }
    assert!(SigningKey::from_pkcs8(Alg::ES256, "k", &stored).is_err());
    assert!(SigningKey::from_pkcs8(Alg::EdDSA, "k", b"not DER").is_err());
}

#[test]
fn jwt_07_hmac_secrets_are_at_least_as_long_as_the_hash() {
    for (alg, least) in [(Alg::HS256, 32), (Alg::HS384, 48), (Alg::HS512, 64)] {
        assert_eq!(
            SigningKey::hmac(alg, &vec![7; least - 1]).err(),
            Some(JoseError::KeyWeak)
        );
        let key = SigningKey::hmac(alg, &vec![7; least])
            .unwrap()
            .with_kid("ignored");
        let token = key.sign("JWT", b"{}");
        let verified = jws::parse(&token)
            .unwrap()
            .verify(&key.verifying_key())
            .unwrap();
        assert_eq!(verified.header().kid(), None);
        assert!(key.to_pkcs8().is_err());
    }
    assert!(SigningKey::hmac(Alg::RS256, &[7; 64]).is_err());
    assert!(SigningKey::generate(Alg::HS256).is_err());
}

#[test]
fn headers_are_rendered_in_the_usual_order_and_escaped() {
    let key = SigningKey::generate(Alg::EdDSA).unwrap().with_kid("a\"b");
    let header = |token: &str| {
        String::from_utf8(b64::decode(token.split('.').next().unwrap()).unwrap()).unwrap()
    };
    assert_eq!(
        header(&key.sign("JWT", b"")),
        r#"{"alg":"EdDSA","typ":"JWT","kid":"a\"b"}"#
    );
    assert_eq!(
        header(&key.sign("x", b"")),
        r#"{"alg":"EdDSA","typ":"x","kid":"a\"b"}"#
    );
    let token = key.sign("secevent+jwt", b"{}");
    assert_eq!(jws::parse(&token).unwrap().header().kid(), Some("a\"b"));
}

#[test]
fn debug_shows_name_and_algorithm_only() {
    let key = SigningKey::generate(Alg::ES256).unwrap().with_kid("k1");
    assert_eq!(
        format!("{key:?}"),
        r#"SigningKey { kid: Some("k1"), alg: ES256 }"#
    );
    let debug = format!("{:?}", key.verifying_key());
    assert_eq!(debug, r#"VerifyingKey { kid: Some("k1"), algs: [ES256] }"#);
}
