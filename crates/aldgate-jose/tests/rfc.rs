//! Examples of RFC 7515, RFC 7520 and RFC 8037.

use aldgate_jose::{Alg, JoseError, Jwk, SigningKey, VerifyingKey, b64, jws};

const FRODO: &str = concat!(
    "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250",
    "byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hl",
    "cmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4",
);

const JOE: &str = concat!(
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl",
    "fQ",
);

fn verifies(token: &str, key: &VerifyingKey) -> Vec<u8> {
    let unverified = jws::parse(token).expect("well-formed");
    unverified.verify(key).expect("valid").payload().to_vec()
}

#[test]
fn rfc_7515_a_1_hs256() {
    let secret =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let secret = b64::decode(secret).unwrap();
    let signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let token = format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{JOE}.{signature}");
    let payload = verifies(&token, &VerifyingKey::hmac(Alg::HS256, &secret).unwrap());
    // The same header and payload give the same signature.
    let key = SigningKey::hmac(Alg::HS256, &secret).unwrap();
    let header = "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}";
    assert_eq!(key.sign_with_header(header, &payload), token);
}

#[test]
fn rfc_7515_a_2_rs256() {
    let jwk = Jwk::parse(include_bytes!("data/rfc7515_rs256.json")).unwrap();
    let signature = concat!(
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W",
        "2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkS",
        "jtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnv",
        "Wh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
    );
    let token = format!("eyJhbGciOiJSUzI1NiJ9.{JOE}.{signature}");
    verifies(&token, &VerifyingKey::from_jwk(&jwk).unwrap());
}

#[test]
fn rfc_7515_a_3_es256() {
    let jwk = Jwk::parse(include_bytes!("data/rfc7515_es256.json")).unwrap();
    let signature =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let token = format!("eyJhbGciOiJFUzI1NiJ9.{JOE}.{signature}");
    verifies(&token, &VerifyingKey::from_jwk(&jwk).unwrap());
}

#[test]
fn rfc_7515_a_4_es512() {
    let jwk = Jwk::parse(include_bytes!("data/rfc7515_es512.json")).unwrap();
    let signature = concat!(
        "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7Xdt",
        "AG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
    );
    let token = format!("eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.{signature}");
    let payload = verifies(&token, &VerifyingKey::from_jwk(&jwk).unwrap());
    assert_eq!(payload, b"Payload");
}

#[test]
fn rfc_7515_a_5_unsecured_is_refused() {
    let token = format!("eyJhbGciOiJub25lIn0.{JOE}.");
    assert_eq!(jws::parse(&token).err(), Some(JoseError::AlgorithmNone));
}

/// The RSA key of RFC 7520 section 3.3, which section 4 uses with two algorithms.
fn bilbo(alg: Alg) -> VerifyingKey {
    let jwk = Jwk::parse(include_bytes!("data/rfc7520_rsa.json")).expect("a vector of the RFC");
    VerifyingKey::from_jwk(&jwk.with_alg(alg).expect("a vector of the RFC"))
        .expect("a vector of the RFC")
}

#[test]
fn rfc_7520_4_1_rs256() {
    let header = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9";
    let signature = concat!(
        "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83",
        "xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJ",
        "Dt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12",
        "podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg",
    );
    let token = format!("{header}.{FRODO}.{signature}");
    verifies(&token, &bilbo(Alg::RS256));
    // The key is bound to one algorithm: the same key under another does not help.
    let wrong = jws::parse(&token).unwrap().verify(&bilbo(Alg::PS256));
    assert_eq!(wrong.err(), Some(JoseError::AlgorithmMismatch));
}

#[test]
fn rfc_7520_4_2_ps384() {
    let header = "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9";
    let signature = concat!(
        "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6",
        "O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqi",
        "VJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_",
        "jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw",
    );
    let token = format!("{header}.{FRODO}.{signature}");
    verifies(&token, &bilbo(Alg::PS384));
    let damaged = token.replacen(".cu22", ".cu23", 1);
    let result = jws::parse(&damaged).unwrap().verify(&bilbo(Alg::PS384));
    assert_eq!(result.err(), Some(JoseError::Signature));
}

#[test]
fn rfc_7520_4_3_es512() {
    let jwk = Jwk::parse(include_bytes!("data/rfc7520_es512.json")).unwrap();
    let header = "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9";
    let signature = concat!(
        "AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJ",
        "AQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2",
    );
    let token = format!("{header}.{FRODO}.{signature}");
    let payload = verifies(&token, &VerifyingKey::from_jwk(&jwk).unwrap());
    assert!(
        String::from_utf8(payload)
            .unwrap()
            .starts_with("It’s a dangerous business, Frodo")
    );
    // Section 4.5, detached: an empty payload in its place is not the same thing.
    let detached = format!("{header}..{signature}");
    let result = jws::parse(&detached)
        .unwrap()
        .verify(&VerifyingKey::from_jwk(&jwk).unwrap());
    assert_eq!(result.err(), Some(JoseError::Signature));
}

#[test]
fn rfc_7520_4_4_hs256() {
    let secret = b64::decode("hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg").unwrap();
    let key = VerifyingKey::hmac(Alg::HS256, &secret).unwrap();
    let header = concat!(
        "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAz",
        "NyJ9",
    );
    let token = format!("{header}.{FRODO}.s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0");
    verifies(&token, &key);
    // The JSON serialisations are not read at all.
    let json = format!(r#"{{"payload":"{FRODO}","protected":"{header}","signature":"s0h6"}}"#);
    assert_eq!(jws::parse(&json).err(), Some(JoseError::Segments));
}

#[test]
fn rfc_7797_unencoded_payload_is_refused() {
    let header = b64::encode(br#"{"alg":"HS256","b64":false,"crit":["b64"]}"#);
    let token = format!("{header}.$02.A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY");
    assert_eq!(jws::parse(&token).err(), Some(JoseError::HeaderParameter));
}

#[test]
fn rfc_8037_a_4_ed25519() {
    let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let key = VerifyingKey::from_jwk(&Jwk::parse(jwk.as_bytes()).unwrap()).unwrap();
    let token = concat!(
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.",
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    );
    assert_eq!(verifies(token, &key), b"Example of Ed25519 signing");
}

/// A second opinion: what one library signs, the other accepts.
#[test]
fn jsonwebtoken_accepts_our_tokens() {
    let key = SigningKey::generate(Alg::ES256).unwrap();
    let token = key.sign("JWT", br#"{"sub":"u","exp":9999999999}"#);
    let jwk = serde_json::to_string(key.public_jwk().unwrap()).unwrap();
    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_str(&jwk).unwrap();
    let theirs = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
    let rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    let decoded = jsonwebtoken::decode::<serde_json::Value>(&token, &theirs, &rules).unwrap();
    assert_eq!(decoded.claims["sub"], "u");
}
