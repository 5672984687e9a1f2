//! The provider's token answer, with its fault.

use aldgate_jose::{Alg, SigningKey, b64};
use serde_json::{Value, json};

use super::{CLIENT_ID, CLIENT_SECRET, Fault, Grant, Shared};

pub(super) fn answer(shared: &Shared, grant: &Grant) -> Value {
    let (fault, person) = {
        let inner = shared.inner();
        (inner.fault, inner.person.clone())
    };
    let mut answer = json!({
        "access_token": "at-1",
        "refresh_token": "rt-1",
        "token_type": "Bearer",
        "expires_in": 3600,
        "id_token": id_token(shared, grant, &person, fault),
    });
    match fault {
        Some(Fault::TokenOfAnotherType) => answer["token_type"] = json!("mac"),
        Some(Fault::NoAccessToken) => answer["access_token"] = Value::Null,
        Some(Fault::NoIdToken) => answer["id_token"] = Value::Null,
        Some(Fault::GarbageIdToken) => answer["id_token"] = json!("not.a.jwt"),
        Some(Fault::HugeIdToken) => answer["id_token"] = json!("a".repeat(20 << 10)),
        _ => {}
    }
    answer
}

fn id_token(shared: &Shared, grant: &Grant, person: &Value, fault: Option<Fault>) -> String {
    let claims = claims(shared, grant, person, fault);
    let mut text = claims.to_string();
    if fault == Some(Fault::DoubleSub) {
        text = text.replacen('{', "{\"sub\":\"8\",", 1);
    }
    let text = text.as_bytes();
    let key = &shared.key;
    match fault {
        Some(Fault::AlgNone) => {
            let header = b64::encode(br#"{"alg":"none","kid":"k1"}"#);
            format!("{header}.{}.", b64::encode(text))
        }
        Some(Fault::Hs256WithPublicKey) => {
            let public = key.public_jwk().expect("an asymmetric key").to_spki();
            shared_secret(&public).sign("JWT", text)
        }
        Some(Fault::Hs256WithClientSecret) => {
            shared_secret(CLIENT_SECRET.as_bytes()).sign("JWT", text)
        }
        Some(Fault::UnknownKid) => {
            key.sign_with_header(r#"{"alg":"ES256","typ":"JWT","kid":"k9"}"#, text)
        }
        Some(Fault::ForeignSignature) => shared.stranger.sign("JWT", text),
        Some(Fault::AccessTokenAsIdToken) => key.sign("at+jwt", text),
        Some(Fault::ChangedPayload) => {
            let token = key.sign("JWT", text);
            let mut parts: Vec<&str> = token.split('.').collect();
            let mut other = claims;
            other["sub"] = json!("8");
            let other = b64::encode(other.to_string().as_bytes());
            parts[1] = &other;
            parts.join(".")
        }
        _ => key.sign("JWT", text),
    }
}

fn shared_secret(secret: &[u8]) -> SigningKey {
    SigningKey::hmac(Alg::HS256, secret)
        .expect("a long secret")
        .with_kid("k1")
}

fn claims(shared: &Shared, grant: &Grant, person: &Value, fault: Option<Fault>) -> Value {
    let now = shared.now.seconds();
    let mut claims = person.clone();
    let members = claims.as_object_mut().expect("an object");
    for (name, value) in [
        ("iss", json!(shared.issuer)),
        ("aud", json!(CLIENT_ID)),
        ("iat", json!(now)),
        ("exp", json!(now + 300)),
        ("nonce", json!(grant.nonce)),
        ("at_hash", json!(Alg::ES256.half_hash("at-1"))),
    ] {
        members.insert(name.to_owned(), value);
    }
    let Some(fault) = fault else {
        return claims;
    };
    let (name, value) = match fault {
        Fault::WrongIss => ("iss", json!("https://other.test")),
        Fault::WithoutIss => ("iss", Value::Null),
        Fault::WrongAud => ("aud", json!("somebody else")),
        Fault::WithoutAud => ("aud", Value::Null),
        Fault::ManyAudiences => ("aud", json!([CLIENT_ID, "somebody else"])),
        Fault::WrongAzp => ("azp", json!("somebody else")),
        Fault::WrongNonce => ("nonce", json!("another")),
        Fault::WithoutNonce | Fault::NonceUnsupported => ("nonce", Value::Null),
        Fault::Expired => ("exp", json!(now - 120)),
        Fault::WithoutExp => ("exp", Value::Null),
        Fault::ExpAsText => ("exp", json!((now + 300).to_string())),
        Fault::FutureIat => ("iat", json!(now + 120)),
        Fault::OldIat => ("iat", json!(now - 3600)),
        Fault::WithoutIat => ("iat", Value::Null),
        Fault::FutureNbf => ("nbf", json!(now + 120)),
        Fault::WithoutSub => ("sub", Value::Null),
        Fault::EmptySub => ("sub", json!("")),
        Fault::WrongAtHash => ("at_hash", json!("x")),
        Fault::WrongCHash => ("c_hash", json!("x")),
        _ => return claims,
    };
    let members = claims.as_object_mut().expect("an object");
    members.insert(name.to_owned(), value);
    if fault == Fault::NonceUnsupported {
        members.insert("nonce_supported".to_owned(), json!(false));
    }
    members.retain(|_, value| !value.is_null());
    claims
}
