//! Every check of an ID token, by a token that fails it alone.

use aldgate_jose::{SigningKey, b64};
use serde_json::json;

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_795_500_000);

fn expected() -> Expected<'static> {
    Expected {
        issuer: "https://idp.test",
        client_id: "us",
        nonce: "n-1",
        access_token: "at",
        code: "c",
        max_age: None,
        began_at: NOW,
        now: NOW,
    }
}

fn claims(change: Value) -> Value {
    let now = NOW.seconds();
    let mut claims = json!({"iss": "https://idp.test", "aud": "us", "sub": "7", "nonce": "n-1",
        "iat": now, "exp": now + 300, "email": "a@x.org"});
    let change = change.as_object().unwrap().clone();
    claims.as_object_mut().unwrap().extend(change);
    let members = claims.as_object_mut().unwrap();
    members.retain(|_, value| !value.is_null());
    claims
}

fn key() -> SigningKey {
    SigningKey::generate(Alg::ES256).unwrap().with_kid("k1")
}

fn judge(change: Value, expected: Expected<'_>) -> Result<Map<String, Value>, String> {
    let key = key();
    let token = key.sign("JWT", claims(change).to_string().as_bytes());
    let keys = [key.verifying_key()];
    validate(&token, &keys, expected).map_err(|fault| fault.into_refusal().cause.into_owned())
}

#[test]
fn fed_02_a_sound_token_is_accepted() {
    for change in [
        json!({}),
        json!({"aud": ["us"]}),
        json!({"aud": ["us", "other"], "azp": "us"}),
        json!({"azp": "us"}),
        json!({"at_hash": Alg::ES256.half_hash("at"), "c_hash": Alg::ES256.half_hash("c")}),
        json!({"exp": NOW.seconds() - 30}),
        json!({"iat": NOW.seconds() + 30}),
        json!({"nonce_supported": false}),
    ] {
        assert_eq!(
            judge(change.clone(), expected()).unwrap()["sub"],
            "7",
            "{change}"
        );
    }
}

#[test]
fn fed_02_each_claim_is_checked() {
    let now = NOW.seconds();
    for (change, what) in [
        (json!({"iss": "https://idp.test/"}), "another issuer"),
        (json!({"iss": null}), "another issuer"),
        (json!({"aud": "them"}), "another application"),
        (json!({"aud": null}), "another application"),
        (json!({"aud": ["us", "other"]}), "another party"),
        (json!({"azp": "them"}), "another party"),
        (json!({"azp": 1}), "wrong type"),
        (json!({"exp": now - 61}), "expired"),
        (json!({"exp": null}), "no exp"),
        (json!({"exp": "soon"}), "not signed"),
        (json!({"nbf": now + 61}), "not valid yet"),
        (json!({"iat": null}), "no iat"),
        (json!({"iat": now + 61}), "in the future"),
        (json!({"iat": now - 601}), "older than the login"),
        (json!({"nonce": "n-2"}), "not made for this login"),
        (json!({"nonce": null}), "not made for this login"),
        (
            json!({"nonce": null, "nonce_supported": false}),
            "not made for this login",
        ),
        (json!({"sub": null}), "no sub"),
        (json!({"sub": ""}), "unusable sub"),
        (json!({"sub": "a".repeat(256)}), "unusable sub"),
        (json!({"at_hash": "x"}), "another answer"),
        (json!({"c_hash": "x"}), "another answer"),
    ] {
        let cause = judge(change.clone(), expected()).unwrap_err();
        assert!(cause.contains(what), "{change}: {cause}");
    }
}

#[test]
fn fed_02_max_age_needs_a_login_that_is_young_enough() {
    let strict = Expected {
        max_age: Some(Seconds(300)),
        ..expected()
    };
    let now = NOW.seconds();
    assert!(judge(json!({"auth_time": now - 300}), strict).is_ok());
    for (change, what) in [
        (json!({}), "no auth_time"),
        (json!({"auth_time": now - 361}), "too old"),
        (json!({"auth_time": "x"}), "unusable auth_time"),
    ] {
        assert!(judge(change, strict).unwrap_err().contains(what), "{what}");
    }
}

#[test]
fn fed_02_only_the_providers_keys_and_safe_algorithms_count() {
    let (key, stranger) = (key(), key());
    let text = claims(json!({})).to_string();
    let keys = [key.verifying_key()];
    let cause = |token: &str| {
        let fault = validate(token, &keys, expected()).unwrap_err();
        fault.into_refusal().cause.into_owned()
    };
    let good = key.sign("JWT", text.as_bytes());
    assert!(validate(&good, &keys, expected()).is_ok());
    assert!(cause(&stranger.sign("JWT", text.as_bytes())).contains("not signed"));
    let other = stranger.with_kid("k9").sign("JWT", text.as_bytes());
    assert!(matches!(
        validate(&other, &keys, expected()),
        Err(Fault::UnknownKey(_))
    ));
    assert!(cause(&key.sign("at+jwt", text.as_bytes())).contains("another kind"));
    let none = format!(
        "{}.{}.",
        b64::encode(br#"{"alg":"none"}"#),
        b64::encode(text.as_bytes())
    );
    assert!(cause(&none).contains("cannot be read"));
    // The public key as an HMAC secret: the oldest trick.
    let public = key.public_jwk().unwrap().to_spki();
    let shared = SigningKey::hmac(Alg::HS256, &public)
        .unwrap()
        .with_kid("k1");
    assert!(cause(&shared.sign("JWT", text.as_bytes())).contains("never accepted"));
    let broken = format!("{}A", &good[..good.len() - 1]);
    if broken != good {
        assert!(validate(&broken, &keys, expected()).is_err());
    }
    let two = [
        key.verifying_key(),
        self::key().with_kid("k2").verifying_key(),
    ];
    let header = r#"{"alg":"ES256","typ":"JWT"}"#;
    let nameless = key.sign_with_header(header, text.as_bytes());
    assert!(
        validate(&nameless, &two, expected()).is_err(),
        "several keys fit"
    );
    assert!(
        validate(&nameless, &keys, expected()).is_ok(),
        "one key fits"
    );
}
