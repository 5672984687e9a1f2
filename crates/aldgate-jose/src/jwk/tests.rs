//! Keys of the RFCs, and keys nobody should trust.

use super::*;

const RFC_7638: &str = include_str!("../../tests/data/rfc7638_rsa.json");
const RFC_8037: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const P256: &str = include_str!("../../tests/data/rfc7515_es256.json");

fn parse(json: &str) -> Result<Jwk, JoseError> {
    Jwk::parse(json.as_bytes())
}

#[test]
fn thumbprints_of_the_rfcs() {
    let rsa = parse(RFC_7638).unwrap();
    assert_eq!(
        rsa.thumbprint(),
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    );
    let ed = parse(RFC_8037).unwrap();
    assert_eq!(
        ed.thumbprint(),
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    );
    assert_eq!(digest::thumbprint(&ed), ed.thumbprint());
}

#[test]
fn keys_write_and_read_back() {
    for json in [RFC_7638, RFC_8037, P256] {
        let jwk = parse(json)
            .unwrap()
            .with_kid("k")
            .with_certificate(b"not really DER");
        let written = serde_json::to_string(&jwk).unwrap();
        assert_eq!(parse(&written).unwrap(), jwk);
        let bare = Jwk::from_spki(&jwk.to_spki()).unwrap();
        assert_eq!(bare.thumbprint(), jwk.thumbprint());
    }
}

#[test]
fn jwt_07_alg_must_fit_the_key() {
    let with =
        |json: &str, alg: &str| parse(&json.replacen('{', &format!(r#"{{"alg":"{alg}","#), 1));
    assert_eq!(with(P256, "ES256").unwrap().alg(), Some(Alg::ES256));
    for wrong in ["ES384", "RS256", "HS256", "EdDSA"] {
        assert_eq!(with(P256, wrong), Err(JoseError::KeyInvalid), "{wrong}");
        if wrong != "EdDSA" {
            assert_eq!(with(RFC_8037, wrong), Err(JoseError::KeyInvalid), "{wrong}");
        }
    }
    assert_eq!(with(P256, "ECDH-ES"), Err(JoseError::KeyUse));
}

#[test]
fn jwt_07_private_parts_are_refused() {
    for member in ["d", "p", "k", "oth"] {
        let json = P256.replacen('{', &format!(r#"{{"{member}":"AQAB","#), 1);
        assert_eq!(parse(&json), Err(JoseError::PrivateKey), "{member}");
    }
    assert_eq!(parse(r#"{"kty":"oct"}"#), Err(JoseError::PrivateKey));
}

#[test]
fn jwt_07_misfit_keys_are_refused() {
    let cases = [
        (P256.replace("P-256", "P-384"), JoseError::KeyInvalid),
        (
            P256.replace("P-256", "secp256k1"),
            JoseError::KeyUnsupported,
        ),
        (P256.replace("\"EC\"", "\"OKP\""), JoseError::KeyUnsupported),
        (P256.replacen('{', r#"{"use":"enc","#, 1), JoseError::KeyUse),
        (
            P256.replacen('{', r#"{"key_ops":["sign"],"#, 1),
            JoseError::KeyUse,
        ),
        (
            P256.replacen('{', r#"{"key_ops":"verify","#, 1),
            JoseError::KeyUse,
        ),
        (P256.replacen('{', r#"{"kid":7,"#, 1), JoseError::KeyInvalid),
        (
            P256.replacen('{', r#"{"kty":"EC","#, 1),
            JoseError::DuplicateMember,
        ),
        (
            P256.replacen('{', &format!(r#"{{"kid":"{}","#, "k".repeat(257)), 1),
            JoseError::Kid,
        ),
        (RFC_7638.replace("AQAB", "AQ"), JoseError::KeyWeak),
        (RFC_7638.replace("AQAB", "AAEAAQ"), JoseError::KeyInvalid),
        (RFC_7638.replace("0vx7", "AAAA"), JoseError::KeyInvalid),
        (
            r#"{"kty":"RSA","n":"vQ","e":"AQAB"}"#.into(),
            JoseError::KeyWeak,
        ),
        ("[]".into(), JoseError::Json),
    ];
    for (json, error) in cases {
        assert_eq!(parse(&json), Err(error), "{json}");
    }
}

#[test]
fn debug_shows_no_key_bytes() {
    let text = format!("{:?}", parse(RFC_7638).unwrap());
    assert_eq!(text, r#"Jwk { kid: Some("2011-04-29"), alg: Some(RS256) }"#);
}
