//! A proof fits one request, one token, one moment, or nothing.

use super::*;
use aldgate_jose::SigningKey;
use serde_json::{Value, json};

const NOW: Duration = Duration::from_secs(1_000_000);
const URL: &str = "https://api.example/orders";
const TOKEN: &str = "the.access.token";

fn proof(key: &SigningKey, typ: &str, claims: &Value) -> String {
    let jwk = serde_json::to_string(key.public_jwk().unwrap()).unwrap();
    let header = format!(r#"{{"typ":"{typ}","alg":"{}","jwk":{jwk}}}"#, key.alg());
    key.sign_with_header(&header, claims.to_string().as_bytes())
}

fn claims(jti: &str) -> Value {
    json!({
        "htm": "GET", "htu": URL, "iat": NOW.as_secs(), "jti": jti,
        "ath": b64::encode(&digest::sha256(TOKEN.as_bytes())),
    })
}

fn check(dpop: &Dpop, key: &SigningKey, jwt: &str) -> Result<(), DpopFault> {
    let thumbprint = key.public_jwk().unwrap().thumbprint();
    dpop.check(
        Proof {
            jwt,
            method: "GET",
            url: "https://api.example:443/orders?a=1",
        },
        TOKEN,
        &thumbprint,
        NOW,
    )
}

fn key() -> SigningKey {
    SigningKey::generate(Alg::ES256).unwrap()
}

#[test]
fn a_good_proof_works_once() {
    let (dpop, key) = (Dpop::default(), key());
    let jwt = proof(&key, "dpop+jwt", &claims("1"));
    assert_eq!(check(&dpop, &key, &jwt), Ok(()));
    assert_eq!(check(&dpop, &key, &jwt), Err(DpopFault::Replayed));
}

#[test]
fn every_deviation_is_named() {
    let (dpop, key) = (Dpop::default(), key());
    let with = |name: &str, value: Value| {
        let mut claims = claims("x");
        claims[name] = value;
        check(&dpop, &key, &proof(&key, "dpop+jwt", &claims))
    };
    for (name, value, fault) in [
        ("htm", json!("POST"), DpopFault::Method),
        ("htm", json!("get"), DpopFault::Method),
        ("htu", json!("https://api.example/other"), DpopFault::Url),
        ("htu", json!("http://api.example/orders"), DpopFault::Url),
        ("htu", json!("nonsense"), DpopFault::Url),
        ("ath", json!("AAAA"), DpopFault::OtherToken),
        ("ath", Value::Null, DpopFault::Malformed),
        ("iat", json!(NOW.as_secs() - 301), DpopFault::Time),
        ("iat", json!(NOW.as_secs() + 31), DpopFault::Time),
        ("iat", json!("1"), DpopFault::Malformed),
        ("jti", json!(""), DpopFault::Malformed),
        ("jti", json!("j".repeat(257)), DpopFault::Malformed),
    ] {
        assert_eq!(with(name, value.clone()), Err(fault), "{name} {value}");
    }
    let wrong_typ = proof(&key, "JWT", &claims("y"));
    assert_eq!(check(&dpop, &key, &wrong_typ), Err(DpopFault::Malformed));
    let stranger = self::key();
    let other = proof(&stranger, "dpop+jwt", &claims("z"));
    assert_eq!(check(&dpop, &key, &other), Err(DpopFault::OtherKey));
    let jwt = proof(&key, "dpop+jwt", &claims("w"));
    let (start, _) = jwt.rsplit_once('.').unwrap();
    let forged = format!("{start}.{}", b64::encode(&[7; 64]));
    assert_eq!(check(&dpop, &key, &forged), Err(DpopFault::Signature));
    assert_eq!(check(&dpop, &key, "garbage"), Err(DpopFault::Malformed));
}

#[test]
fn symmetric_and_private_keys_prove_nothing() {
    let secret = SigningKey::hmac(Alg::HS256, &[1; 32]).unwrap();
    let header = r#"{"typ":"dpop+jwt","alg":"HS256","jwk":{"kty":"oct","k":"AQEB"}}"#;
    let jwt = secret.sign_with_header(header, claims("1").to_string().as_bytes());
    assert_eq!(
        check(&Dpop::default(), &key(), &jwt),
        Err(DpopFault::Malformed)
    );
}

#[test]
fn a_nonce_is_wanted_when_there_is_a_policy() {
    struct Only;
    impl NoncePolicy for Only {
        fn current(&self) -> String {
            "n1".into()
        }
        fn accepts(&self, nonce: &str) -> bool {
            nonce == "n1"
        }
    }
    let (dpop, key) = (Dpop::default().nonce(Only), key());
    let mut claims = claims("1");
    let jwt = proof(&key, "dpop+jwt", &claims);
    assert_eq!(check(&dpop, &key, &jwt), Err(DpopFault::NonceWanted));
    claims["nonce"] = "n1".into();
    let jwt = proof(&key, "dpop+jwt", &claims);
    assert_eq!(check(&dpop, &key, &jwt), Ok(()));
    assert_eq!(dpop.next_nonce().as_deref(), Some("n1"));
}
