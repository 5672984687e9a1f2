//! Every reason from outside, on a fixed clock.

use std::sync::Mutex;

use aldgate_jose::{JwkSet, SigningKey, b64};
use serde_json::{Value, json};

use super::*;
use crate::reason::{AudienceHint, IssuerHint};
use crate::token::{Proof, Scheme};

mod opaque;

const NOW: u64 = 1_800_000_000;
const ISSUER: &str = "https://tenant.example/";
const API: &str = "https://my-api";

fn key() -> SigningKey {
    SigningKey::generate(Alg::ES256).unwrap().with_kid("k1")
}

fn provider(keys: &[&SigningKey]) -> JwkProvider {
    let set = JwkSet::new(keys.iter().map(|key| key.public_jwk().unwrap().clone())).unwrap();
    JwkProvider::fixed(&set).unwrap()
}

fn builder(key: &SigningKey) -> VerifierBuilder {
    Verifier::builder(ISSUER, API)
        .keys(provider(&[key]))
        .clock(|| Duration::from_secs(NOW))
}

/// Claims of a good access token, with changes; null removes.
fn claims(changes: Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "sub": "auth0|1", "aud": [API, "https://tenant.example/userinfo"],
        "azp": "client", "iat": NOW - 10, "exp": NOW + 3600, "scope": "openid read:orders",
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

fn sign(key: &SigningKey, changes: Value) -> String {
    key.sign("JWT", claims(changes).to_string().as_bytes())
}

fn code(result: Result<AccessToken, Reason>) -> &'static str {
    result.map_or_else(|reason| reason.code(), |_| "accepted")
}

#[test]
fn a_good_token_is_accepted_and_says_who_calls() {
    let key = key();
    let verifier = builder(&key)
        .require_scopes(["read:orders"])
        .build()
        .unwrap();
    let token = verifier
        .verify_now(&sign(&key, json!({"permissions": ["p"]})))
        .unwrap();
    assert_eq!(token.issuer(), ISSUER);
    assert_eq!(token.subject(), Some("auth0|1"));
    assert_eq!(token.application().as_deref(), Some("client"));
    assert!(token.has_scope("read:orders") && !token.has_scope("read:order"));
    assert!(token.has_permission("p") && !token.has_permission("q"));
    assert_eq!(token.expires_at(), NOW + 3600);
    assert_eq!(token.kid(), Some("k1"));
    assert!(!format!("{token:?}").contains("eyJ"));
    assert_eq!(verifier.counters().snapshot().accepted, 1);
}

#[test]
fn jwt_02_time_claims_are_strict() {
    let key = key();
    let verifier = builder(&key)
        .leeway(Duration::from_secs(5))
        .build()
        .unwrap();
    let with = |name: &str, value: &str| {
        let mut json = claims(json!({name: null})).to_string();
        json.insert_str(1, &format!("\"{name}\":{value},"));
        code(verifier.verify_now(&key.sign("JWT", json.as_bytes())))
    };
    assert_eq!(
        code(verifier.verify_now(&sign(&key, json!({"exp": null})))),
        "claim_missing"
    );
    for (name, value, expected) in [
        ("exp", NOW - 5, "expired"),
        ("exp", NOW - 4, "accepted"),
        ("nbf", NOW + 5, "accepted"),
        ("nbf", NOW + 6, "not_yet_valid"),
        ("iat", NOW + 5, "accepted"),
        ("iat", NOW + 6, "issued_in_future"),
    ] {
        assert_eq!(with(name, &value.to_string()), expected, "{name} {value}");
    }
    assert_eq!(with("exp", &format!("{}.5", NOW - 5)), "accepted");
    assert_eq!(with("exp", "1e10"), "accepted");
    for name in ["exp", "nbf", "iat"] {
        for value in [
            "null", "true", "\"123\"", "[]", "{}", "-1", "-0", "1e300", "1e400",
        ] {
            assert_eq!(with(name, value), "claims_malformed", "{name} {value}");
        }
    }
}

#[test]
fn jwt_03_an_id_token_is_refused_whatever_its_audience() {
    let key = key();
    let verifier = builder(&key).build().unwrap();
    let id_token = json!({"aud": "MYCLIENTID", "scope": null, "azp": null, "nonce": "n"});
    let reason = verifier.verify_now(&sign(&key, id_token)).unwrap_err();
    let expected = Reason::IdToken {
        application: Some("MYCLIENTID".into()),
        audience: API.into(),
    };
    assert_eq!(reason, expected);
    // Crafted to have the API as its audience.
    let crafted = sign(&key, json!({"aud": API, "scope": null, "nonce": "n"}));
    assert_eq!(code(verifier.verify_now(&crafted)), "id_token");
    let any = builder(&key).typ(TypPolicy::Any).build().unwrap();
    assert_eq!(code(any.verify_now(&crafted)), "accepted");
}

#[test]
fn jwt_03_other_kinds_are_refused_by_name() {
    let key = key();
    let verifier = builder(&key).build().unwrap();
    for typ in [
        "logout+jwt",
        "dpop+jwt",
        "oauth-authz-req+jwt",
        "client-authentication+jwt",
    ] {
        let token = key.sign(typ, claims(json!({})).to_string().as_bytes());
        assert_eq!(code(verifier.verify_now(&token)), "wrong_kind", "{typ}");
    }
    for typ in ["JWT", "jwt", "at+jwt", "application/at+jwt"] {
        let token = key.sign(typ, claims(json!({})).to_string().as_bytes());
        assert_eq!(code(verifier.verify_now(&token)), "accepted", "{typ}");
    }
    let strict = builder(&key).typ(TypPolicy::Rfc9068).build().unwrap();
    assert_eq!(code(strict.verify_now(&sign(&key, json!({})))), "wrong_typ");
    let full = claims(json!({"client_id": "c", "jti": "1"})).to_string();
    assert_eq!(
        code(strict.verify_now(&key.sign("at+jwt", full.as_bytes()))),
        "accepted"
    );
    let without = claims(json!({"client_id": "c"})).to_string();
    assert_eq!(
        code(strict.verify_now(&key.sign("at+jwt", without.as_bytes()))),
        "claim_missing"
    );
}

#[test]
fn jwt_04_issuer_and_audience_are_exact() {
    let key = key();
    let verifier = builder(&key).build().unwrap();
    let refuse = |changes: Value| verifier.verify_now(&sign(&key, changes)).unwrap_err();
    for (issuer, hint) in [
        ("https://tenant.example", Some(IssuerHint::Slash)),
        ("https://TENANT.example/", Some(IssuerHint::Case)),
        ("https://other.example/", None),
    ] {
        match refuse(json!({"iss": issuer})) {
            Reason::WrongIssuer { hint: found, .. } => assert_eq!(found, hint, "{issuer}"),
            other => panic!("{issuer}: {other}"),
        }
    }
    assert_eq!(refuse(json!({"iss": null})).code(), "wrong_issuer");
    assert_eq!(refuse(json!({"iss": [ISSUER]})).code(), "claims_malformed");
    for audience in [
        "",
        "https://my-ap",
        "https://my-api-2",
        "https://MY-api",
        "https://my-api/",
    ] {
        assert_eq!(
            refuse(json!({"aud": audience})).code(),
            "wrong_audience",
            "{audience}"
        );
    }
    match refuse(json!({"aud": "https://my-api/"})) {
        Reason::WrongAudience { hint, .. } => assert_eq!(hint, Some(AudienceHint::Slash)),
        other => panic!("{other}"),
    }
    assert_eq!(refuse(json!({"aud": null})).code(), "wrong_audience");
    for malformed in [json!([]), json!([1]), json!(["x", 1]), json!({"a": 1})] {
        assert_eq!(refuse(json!({"aud": malformed})).code(), "claims_malformed");
    }
    assert_eq!(
        code(verifier.verify_now(&sign(&key, json!({"aud": API})))),
        "accepted"
    );
}

#[test]
fn jwt_01_algorithms_keys_and_signatures() {
    let key = key();
    let verifier = builder(&key).build().unwrap();
    let secret = SigningKey::hmac(Alg::HS256, &[7; 32]).unwrap();
    assert_eq!(
        code(verifier.verify_now(&sign(&secret, json!({})))),
        "symmetric"
    );
    let other_alg = SigningKey::generate(Alg::ES384).unwrap().with_kid("k1");
    let reason = verifier
        .verify_now(&sign(&other_alg, json!({})))
        .unwrap_err();
    assert_eq!(reason.code(), "algorithm_not_allowed");
    let swapped = SigningKey::generate(Alg::EdDSA).unwrap().with_kid("k1");
    assert_eq!(
        code(verifier.verify_now(&sign(&swapped, json!({})))),
        "algorithm_not_allowed"
    );
    let unknown = SigningKey::generate(Alg::ES256).unwrap().with_kid("k2");
    assert_eq!(
        code(verifier.verify_now(&sign(&unknown, json!({})))),
        "key_unknown"
    );
    let forger = SigningKey::generate(Alg::ES256).unwrap().with_kid("k1");
    assert_eq!(
        code(verifier.verify_now(&sign(&forger, json!({})))),
        "bad_signature"
    );
    // What is plainly somebody else's is called so, even with keys that nobody knows.
    let foreign = sign(&unknown, json!({"iss": "https://id.example/realms/main"}));
    match verifier.verify_now(&foreign).unwrap_err() {
        Reason::WrongIssuer {
            hint: Some(IssuerHint::Foreign(platform)),
            ..
        } => {
            assert_eq!(platform.name(), "Keycloak");
        }
        other => panic!("{other}"),
    }
    let shared = builder(&key)
        .shared_secret(Alg::HS256, &[7; 32])
        .unwrap()
        .build()
        .unwrap();
    assert_eq!(
        code(shared.verify_now(&sign(&secret, json!({})))),
        "accepted"
    );
    assert_eq!(
        code(shared.verify_now(&sign(&key, json!({})))),
        "algorithm_not_allowed"
    );
}

#[test]
fn texts_that_are_no_jwt_are_named() {
    let key = key();
    let verifier = builder(&key).build().unwrap();
    let header = b64::encode(br#"{"alg":"dir","enc":"A256GCM","iss":"https://t/"}"#);
    for (token, expected) in [
        ("", "malformed"),
        ("null", "malformed"),
        ("[object Object]", "malformed"),
        ("alda_abcdefgh", "opaque"),
        ("aldr_abcdefgh", "opaque"),
        ("yI7aBZrCnWjVQKx0uYv5ys8MGGVGs0Ak", "opaque"),
        (&format!("{header}..a.b.c"), "opaque"),
        (
            &format!("{}.k.a.b.c", b64::encode(br#"{"alg":"RSA-OAEP"}"#)),
            "wrong_kind",
        ),
    ] {
        assert_eq!(code(verifier.verify_now(token)), expected, "{token}");
    }
}

#[test]
fn jwk_07_keys_of_one_issuer_never_verify_anothers_tokens() {
    let (ours, theirs) = (key(), key());
    let verifier = Verifier::builder(ISSUER, API)
        .keys(provider(&[&ours]))
        .also_issuer("https://other.example/")
        .keys(provider(&[&theirs]))
        .clock(|| Duration::from_secs(NOW))
        .build()
        .unwrap();
    let other = json!({"iss": "https://other.example/"});
    assert_eq!(
        code(verifier.verify_now(&sign(&ours, json!({})))),
        "accepted"
    );
    assert_eq!(
        code(verifier.verify_now(&sign(&theirs, other.clone()))),
        "accepted"
    );
    assert_eq!(
        code(verifier.verify_now(&sign(&theirs, json!({})))),
        "bad_signature"
    );
    assert_eq!(
        code(verifier.verify_now(&sign(&ours, other))),
        "bad_signature"
    );
    let third = json!({"iss": "https://third.example/"});
    assert_eq!(
        code(verifier.verify_now(&sign(&ours, third))),
        "wrong_issuer"
    );
}

#[test]
fn demands_of_the_api_are_checked() {
    let key = key();
    let verifier = builder(&key)
        .allow_applications(["client"])
        .require_permissions(["p"])
        .claim_equals("org_id", "org_1")
        .max_token_age(Duration::from_secs(60))
        .build()
        .unwrap();
    let good = json!({"permissions": ["p"], "org_id": "org_1"});
    let with = |name: &str, value: Value| {
        let mut changes = good.clone();
        changes[name] = value;
        code(verifier.verify_now(&sign(&key, changes)))
    };
    assert_eq!(with("sub", json!("x")), "accepted");
    assert_eq!(with("azp", json!("stranger")), "application_not_allowed");
    assert_eq!(with("azp", Value::Null), "application_not_allowed");
    assert_eq!(with("permissions", json!("p")), "permission_missing");
    assert_eq!(with("permissions", json!(["p", 1])), "permission_missing");
    assert_eq!(with("org_id", json!("org_2")), "claim_mismatch");
    assert_eq!(with("org_id", Value::Null), "claim_missing");
    assert_eq!(with("iat", json!(NOW - 66)), "too_old");
    let scoped = builder(&key)
        .require_scopes(["read:users"])
        .build()
        .unwrap();
    let scope = |value: Value| code(scoped.verify_now(&sign(&key, json!({"scope": value}))));
    assert_eq!(scope(json!("read:users2")), "scope_missing");
    assert_eq!(scope(json!(7)), "scope_missing");
    assert_eq!(scope(json!("a read:users")), "accepted");
}

#[test]
fn jwt_08_the_cache_ends_with_the_token_the_time_and_the_keys() {
    let key = key();
    let keys = provider(&[&key]);
    let now = Arc::new(Mutex::new(NOW));
    let time = Arc::clone(&now);
    let verifier = Verifier::builder(ISSUER, API)
        .keys(keys.clone())
        .clock(move || Duration::from_secs(*time.lock().unwrap()))
        .token_cache(100, Duration::from_secs(300))
        .build()
        .unwrap();
    let token = sign(&key, json!({"exp": NOW + 100}));
    let hits = || verifier.counters().snapshot().from_cache;
    assert_eq!(code(verifier.verify_now(&token)), "accepted");
    assert_eq!((code(verifier.verify_now(&token)), hits()), ("accepted", 1));
    // Same header and payload, another signature: another token.
    let (start, _) = token.rsplit_once('.').unwrap();
    let forged = format!("{start}.{}", b64::encode(&[1; 64]));
    assert_eq!(code(verifier.verify_now(&forged)), "bad_signature");
    verifier.forget(&token);
    assert_eq!((code(verifier.verify_now(&token)), hits()), ("accepted", 1));
    keys.forget("k1");
    assert_eq!(code(verifier.verify_now(&token)), "key_unknown");
    keys.replace(&JwkSet::new([key.public_jwk().unwrap().clone()]).unwrap())
        .unwrap();
    assert_eq!((code(verifier.verify_now(&token)), hits()), ("accepted", 1));
    *now.lock().unwrap() = NOW + 105;
    assert_eq!(code(verifier.verify_now(&token)), "expired");
}

#[test]
fn bound_tokens_need_their_key_or_certificate() {
    let key = key();
    let verifier = builder(&key).dpop(Dpop::default()).build().unwrap();
    let client = SigningKey::generate(Alg::ES256).unwrap();
    let thumbprint = client.public_jwk().unwrap().thumbprint();
    let bound = sign(&key, json!({"cnf": {"jkt": thumbprint}}));
    assert_eq!(code(verifier.verify_now(&bound)), "dpop_bound");
    let jwk = serde_json::to_string(client.public_jwk().unwrap()).unwrap();
    let header = format!(r#"{{"typ":"dpop+jwt","alg":"ES256","jwk":{jwk}}}"#);
    let hash = b64::encode(&aldgate_jose::digest::sha256(bound.as_bytes()));
    let body = json!({"htm": "GET", "htu": "https://a/", "iat": NOW, "jti": "1", "ath": hash});
    let jwt = client.sign_with_header(&header, body.to_string().as_bytes());
    let proof = Proof {
        jwt: &jwt,
        method: "GET",
        url: "https://a/",
    };
    let presented = Presented {
        scheme: Scheme::Dpop,
        proof: Some(proof),
        ..Presented::bearer(&bound)
    };
    let verify = |presented: &Presented<'_>| now_or_never(verifier.verify_presented(presented));
    assert_eq!(
        code(verify(&Presented {
            proof: None,
            ..presented
        })),
        "dpop_proof"
    );
    assert_eq!(code(verify(&presented)), "accepted");
    assert_eq!(code(verify(&presented)), "dpop_proof");
    let unbound = sign(&key, json!({}));
    let as_dpop = Presented {
        scheme: Scheme::Dpop,
        ..Presented::bearer(&unbound)
    };
    assert_eq!(code(verify(&as_dpop)), "not_dpop_bound");

    let certificate = [9; 32];
    let cnf = json!({"cnf": {"x5t#S256": b64::encode(&certificate)}});
    let token = sign(&key, cnf);
    let with = |certificate| {
        code(verify(&Presented {
            certificate,
            ..Presented::bearer(&token)
        }))
    };
    assert_eq!(with(None), "certificate_missing");
    assert_eq!(with(Some([8; 32])), "certificate_mismatch");
    assert_eq!(with(Some(certificate)), "accepted");
    let odd = sign(&key, json!({"cnf": {"kid": "x"}}));
    assert_eq!(code(verifier.verify_now(&odd)), "claim_mismatch");
}

#[test]
fn jwt_12_a_verifier_without_the_essentials_is_not_built() {
    let key = key();
    let build = |builder: VerifierBuilder| builder.build().err();
    let with = |issuer, audience| Verifier::builder(issuer, audience).keys(provider(&[&key]));
    assert_eq!(build(with("", API)), Some(BuildError::Empty("issuer")));
    assert_eq!(build(with(ISSUER, "")), Some(BuildError::Empty("audience")));
    assert_eq!(
        build(builder(&key).algorithms(&[])),
        Some(BuildError::Empty("algorithms"))
    );
    assert_eq!(
        build(builder(&key).leeway(Duration::from_secs(61))),
        Some(BuildError::Leeway)
    );
    let hmac = builder(&key).algorithms(&[Alg::HS256]);
    assert_eq!(build(hmac), Some(BuildError::NoSecret(Alg::HS256)));
    let twice = builder(&key).also_issuer(ISSUER).keys(provider(&[&key]));
    assert_eq!(build(twice), Some(BuildError::IssuerTwice(ISSUER.into())));
}

#[test]
fn a_login_that_is_too_old_or_weak_is_told_how_to_step_up() {
    let key = key();
    let verifier = builder(&key).build().unwrap();
    let token = sign(&key, json!({"acr": "pwd", "auth_time": NOW - 400}));
    let token = verifier.verify_now(&token).unwrap();
    assert!(token.require_login(&["pwd"], Some(400), NOW).is_ok());
    assert!(token.require_login(&[], None, NOW).is_ok());
    let old = token.require_login(&[], Some(300), NOW).unwrap_err();
    assert_eq!(old.oauth_error(), Some("insufficient_user_authentication"));
    assert!(token.require_login(&["mfa"], None, NOW).is_err());
}

fn now_or_never<F: Future>(future: F) -> F::Output {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("nothing here waits"),
    }
}
