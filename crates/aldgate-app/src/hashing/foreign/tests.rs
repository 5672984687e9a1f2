//! Hashes of other systems, by the vectors of their standards.

use serde_json::{Value, json};

use super::*;

fn check(document: &Value, password: &str) -> Option<bool> {
    match Foreign::parse(&document.to_string())? {
        Read::Foreign(foreign) => Some(foreign.matches(&Secret::new(password.to_owned()))),
        Read::Text(_) => None,
    }
}

fn hex(algorithm: &str, value: &str) -> Value {
    json!({"algorithm": algorithm, "hash": {"value": value, "encoding": "hex"}})
}

/// RFC 1320 appendix A.5, RFC 1321 appendix A.5, FIPS 180 examples ("abc").
#[test]
fn acc_01_plain_digests_of_the_standards() {
    for (algorithm, value) in [
        ("md4", "a448017aaf21d8525fc10ae87aa6729d"),
        ("md5", "900150983cd24fb0d6963f7d28e17f72"),
        ("sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "sha256",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            "sha512",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
    ] {
        let document = hex(algorithm, value);
        assert_eq!(check(&document, "abc"), Some(true), "{algorithm}");
        assert_eq!(check(&document, "abd"), Some(false), "{algorithm}");
    }
}

#[test]
fn salts_stand_before_or_behind() {
    let mut document = hex("md5", "900150983cd24fb0d6963f7d28e17f72");
    document["salt"] = json!({"value": "a"});
    assert_eq!(check(&document, "bc"), Some(true));
    document["salt"] = json!({"value": "Yw==", "encoding": "base64", "position": "suffix"});
    assert_eq!(check(&document, "ab"), Some(true));
    assert_eq!(check(&document, "abc"), Some(false));
}

/// Windows' NT hash of "password": MD4 over UTF-16LE.
#[test]
fn passwords_are_encoded_as_said() {
    let mut document = hex("md4", "8846f7eaee8fb117ad06bdd830b7586c");
    assert_eq!(check(&document, "password"), Some(false));
    document["password"] = json!({"encoding": "utf16le"});
    assert_eq!(check(&document, "password"), Some(true));
}

/// RFC 2202 test case 2, RFC 4231 test case 2.
#[test]
fn hmac_of_the_standards() {
    for (digest, value) in [
        ("md5", "750c783e6ab0b503eaa86e310a5db738"),
        ("sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (
            "sha256",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
    ] {
        let document = json!({"algorithm": "hmac", "hash": {"value": value, "encoding": "hex",
            "digest": digest, "key": {"value": "Jefe", "encoding": "utf8"}}});
        let text = "what do ya want for nothing?";
        assert_eq!(check(&document, text), Some(true), "{digest}");
        assert_eq!(check(&document, "what"), Some(false), "{digest}");
    }
}

/// RFC 7914 sections 11 and 12.
#[test]
fn pbkdf2_and_scrypt_of_the_standards() {
    let hash = "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc\
                49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783";
    let base64 = BASE64.encode(bytes(hash, Encoding::Hex).unwrap());
    let salt = BASE64.encode("salt");
    let text = format!("$pbkdf2-sha256$i=1,l=64${salt}${base64}");
    let document = json!({"algorithm": "pbkdf2", "hash": {"value": text}});
    assert_eq!(check(&document, "passwd"), Some(true));
    assert_eq!(check(&document, "passwe"), Some(false));

    let hash = "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162\
                2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640";
    let mut document = json!({"algorithm": "scrypt", "keylen": 64, "cost": 1024,
        "blockSize": 8, "parallelization": 16, "salt": {"value": "NaCl"},
        "hash": {"value": hash, "encoding": "hex"}});
    assert_eq!(check(&document, "password"), Some(true));
    assert_eq!(check(&document, "passwort"), Some(false));
    document["cost"] = json!(1_u64 << 40);
    assert_eq!(check(&document, "password"), None, "too costly");
}

/// RFC 2307 section 5.3, with the digests of "abc" above.
#[test]
fn ldap_schemes() {
    let sha = bytes("a9993e364706816aba3e25717850c26c9cd0d89d", Encoding::Hex).unwrap();
    let plain = format!("{{SHA}}{}", BASE64.encode(&sha));
    let document = json!({"algorithm": "ldap", "hash": {"value": plain}});
    assert_eq!(check(&document, "abc"), Some(true));
    let salted = format!("{{SSHA}}{}", BASE64.encode([sha.as_slice(), b"c"].concat()));
    let document = json!({"algorithm": "ldap", "hash": {"value": salted}});
    assert_eq!(
        check(&document, "ab"),
        Some(true),
        "the salt is the last letter"
    );
    let unsalted = json!({"algorithm": "ldap", "hash": {"value": "{SSHA}AAAA"}});
    assert_eq!(check(&unsalted, "ab"), None);
}

#[test]
fn what_cannot_be_checked_is_refused() {
    for bad in [
        json!({"algorithm": "rot13", "hash": {"value": "00", "encoding": "hex"}}),
        json!({"algorithm": "md5", "hash": {"value": "00", "encoding": "hex"}}),
        json!({"algorithm": "md5", "hash": {"value": "900150983cd24fb0d6963f7d28e17f72"}}),
        json!({"algorithm": "pbkdf2", "hash": {"value": "$pbkdf2-sha256$i=99999999$AA$AA"}}),
        json!({"algorithm": "hmac", "hash": {"value": "00", "encoding": "hex"}}),
        json!({"algorithm": "ldap", "hash": {"value": "{CRYPT}x"}}),
    ] {
        assert!(Foreign::parse(&bad.to_string()).is_none(), "{bad}");
    }
}
