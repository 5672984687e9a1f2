//! The matrix of OAU-06.

use aldgate_jose::{Alg, SigningKey};
use serde_json::{Value, json};

use super::*;
use crate::secret::Secret;

const SECRET: &str = "s3cret:with%special";

fn application(change: Value) -> Arc<Application> {
    let mut json = json!({"client_id": "app", "name": "App"});
    json.as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    json["secret_hash"] = serde_json::to_value(TokenHash::of(SECRET)).unwrap();
    Arc::new(serde_json::from_value(json).unwrap())
}

fn issuer() -> Issuer {
    Issuer::parse("https://id.test/").unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_seconds(1_800_000_000)
}

fn id() -> ClientId {
    ClientId::parse("app").unwrap()
}

fn post(secret: &str) -> Presented {
    Presented::Post {
        client_id: id(),
        secret: Secret::new(secret.to_owned()),
    }
}

fn code(result: Result<Authentication, OAuthError>) -> String {
    match result {
        Ok(Authentication::Done(client)) => client.id().to_string(),
        Ok(Authentication::OnFirstUse(once)) => format!("once {}", once.client_id()),
        Err(error) => {
            assert_eq!(error.description, "Client authentication failed");
            assert_eq!(error.code, ErrorCode::InvalidClient);
            error.refusal.unwrap().code.into_owned()
        }
    }
}

#[test]
fn oau_06_only_the_registered_method_is_accepted() {
    let secret = Secret::new(SECRET.to_owned());
    let used = [
        (
            "client_secret_basic",
            Presented::Basic {
                client_id: id(),
                secret,
            },
        ),
        ("client_secret_post", post(SECRET)),
        ("none", Presented::Name { client_id: id() }),
    ];
    let methods = [
        "client_secret_basic",
        "client_secret_post",
        "none",
        "private_key_jwt",
    ];
    for registered in methods {
        let app = application(json!({"token_endpoint_auth_method": registered}));
        for (method, credentials) in &used {
            let result = code(authenticate(Some(&app), credentials, &issuer(), now()));
            let expected = if *method == registered {
                "app"
            } else {
                "client_auth_method"
            };
            assert_eq!(result, expected, "{registered} registered, {method} used");
        }
    }
}

#[test]
fn oau_06_unknown_disabled_and_wrong_look_alike_on_the_wire() {
    let app = application(json!({}));
    let disabled = application(json!({"disabled": true}));
    let try_it = |app: Option<&_>, secret| code(authenticate(app, &post(secret), &issuer(), now()));
    assert_eq!(try_it(Some(&app), SECRET), "app");
    assert_eq!(try_it(Some(&app), "wrong"), "client_secret_wrong");
    assert_eq!(try_it(Some(&disabled), SECRET), "client_disabled");
    assert_eq!(try_it(None, SECRET), "client_unknown");
    let mut keyless = (*app).clone();
    keyless.secret_hash = None;
    assert_eq!(try_it(Some(&Arc::new(keyless)), ""), "client_secret_wrong");
}

fn claims() -> Value {
    let exp = now().seconds() + 60;
    json!({"iss": "app", "sub": "app", "aud": "https://id.test/", "jti": "j1", "exp": exp})
}

fn key_of(app_alg: &str, key: &SigningKey) -> Value {
    let jwk: Value = serde_json::to_value(key.public_jwk().unwrap()).unwrap();
    json!({
        "token_endpoint_auth_method": "private_key_jwt",
        "credentials": [{"id": "cred_1", "alg": app_alg, "jwk": jwk}],
    })
}

fn present(app: &Arc<Application>, token: &str) -> String {
    let presented = Presented::Assertion {
        client_id: None,
        assertion: token.to_owned(),
    };
    match claimed_client(&presented) {
        Ok(claimed) => {
            assert!(claimed == id() || claimed.as_str() == "other");
            code(authenticate(Some(app), &presented, &issuer(), now()))
        }
        Err(error) => code(Err(error)),
    }
}

#[test]
fn oau_06_an_assertion_must_say_exactly_this() {
    let key = SigningKey::generate(Alg::ES256).unwrap();
    let app = application(key_of("ES256", &key));
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        present(&app, &key.sign("JWT", claims.to_string().as_bytes()))
    };
    assert_eq!(with("iat", json!(now().seconds())), "once app");
    let later = now().seconds() + 301;
    for (name, value, expected) in [
        ("iss", json!("other"), "assertion_claim"),
        ("aud", json!(["https://id.test/"]), "assertion_claim"),
        (
            "aud",
            json!("https://id.test/oauth/token"),
            "assertion_claim",
        ),
        ("aud", json!("https://id.test"), "assertion_claim"),
        ("exp", json!(later), "assertion_claim"),
        ("exp", json!(now().seconds()), "assertion_claim"),
        ("exp", json!("soon"), "assertion_malformed"),
        ("iat", json!(now().seconds() + 60), "assertion_claim"),
        ("nbf", json!(now().seconds() + 60), "assertion_claim"),
        ("jti", json!(""), "assertion_claim_missing"),
        ("jti", json!("x".repeat(257)), "assertion_claim_missing"),
        ("pad", json!("x".repeat(2048)), "assertion_malformed"),
    ] {
        assert_eq!(with(name, value.clone()), expected, "{name} = {value}");
    }
    for missing in ["iss", "sub", "aud", "exp", "jti"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(missing);
        let result = present(&app, &key.sign("JWT", claims.to_string().as_bytes()));
        assert!(result.starts_with("assertion_claim"), "{missing}: {result}");
    }
}

#[test]
fn oau_06_an_assertion_must_be_signed_by_the_applications_own_key() {
    let key = SigningKey::generate(Alg::ES256).unwrap();
    let app = application(key_of("ES256", &key));
    let payload = claims().to_string();
    let stranger = SigningKey::generate(Alg::ES256).unwrap();
    let sign = |key: &SigningKey| key.sign("JWT", payload.as_bytes());
    assert_eq!(present(&app, &sign(&key)), "once app");
    assert_eq!(present(&app, &sign(&stranger)), "assertion_key");
    let named_alike = stranger.with_kid(key.kid().unwrap());
    assert_eq!(present(&app, &sign(&named_alike)), "assertion_signature");
    let no_kid = key.sign_with_header(r#"{"alg":"ES256"}"#, payload.as_bytes());
    assert_eq!(present(&app, &no_kid), "once app");
    let other_alg = application(key_of("RS256", &key));
    assert_eq!(present(&other_alg, &sign(&key)), "assertion_key");
    let hmac = SigningKey::hmac(Alg::HS256, &[7; 32]).unwrap();
    assert_eq!(present(&app, &sign(&hmac)), "assertion_key");
    assert_eq!(
        present(&app, &key.sign("at+jwt", payload.as_bytes())),
        "assertion_typ"
    );
    assert_eq!(present(&app, "a.b"), "assertion_malformed");
}

#[test]
fn oau_06_an_assertion_counts_once() {
    let key = SigningKey::generate(Alg::ES256).unwrap();
    let app = application(key_of("ES256", &key));
    let token = key.sign("JWT", claims().to_string().as_bytes());
    let once = || {
        Assertion::read(&token)
            .unwrap()
            .check(&app, &issuer(), now())
            .unwrap()
    };
    assert_eq!(once().expires_at, now() + crate::time::Seconds(60));
    assert_eq!(once().settle(true).unwrap().id().as_str(), "app");
    let replay = once().settle(false).unwrap_err();
    assert_eq!(replay.refusal.unwrap().code, "assertion_replayed");
}

#[test]
fn oau_06_client_id_must_be_the_assertions_subject() {
    let key = SigningKey::generate(Alg::ES256).unwrap();
    let assertion = key.sign("JWT", claims().to_string().as_bytes());
    let with = |client_id: &str| Presented::Assertion {
        client_id: ClientId::parse(client_id).ok(),
        assertion: assertion.clone(),
    };
    assert_eq!(claimed_client(&with("app")).unwrap(), id());
    let conflict = claimed_client(&with("other")).unwrap_err();
    assert_eq!(conflict.code, ErrorCode::InvalidRequest);
}

proptest::proptest! {
    #[test]
    fn fuz_01_no_assertion_panics(assertion in "[a-zA-Z0-9_.-]{0,200}|.{0,50}") {
        let presented = Presented::Assertion { client_id: None, assertion };
        proptest::prop_assert!(claimed_client(&presented).is_err());
    }
}
