//! `/keys`: signing keys of the tenant. Encryption keys and own signing keys: see
//! [`crate::later`].

mod certificate;
mod list;
mod read;
mod revoke;
mod rotate;

use aldgate_app::keys::{KeyInfo, KeyRing, KeysError};
use aldgate_core::api::SigningAlg;
use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::key::{Key, KeyError, KeyState, LONGEST_TOKEN, ready_at};
use aldgate_core::time::Timestamp;
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::op::schema::{array, flag, open, string, time};
use crate::op::{ApiError, Operation, get, post, put};

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        get("/keys/signing", "List signing keys", list::run)
            .scopes(&["read:signing_keys"])
            .answers(array(shape())),
        get("/keys/signing/{kid}", "Get a signing key", read::run)
            .scopes(&["read:signing_keys"])
            .answers(shape()),
        post(
            "/keys/signing/rotate",
            "Rotate the signing keys",
            rotate::run,
        )
        .scopes(&["create:signing_keys", "update:signing_keys"])
        .answers(brief_shape()),
        put(
            "/keys/signing/{kid}/revoke",
            "Revoke a signing key",
            revoke::run,
        )
        .scopes(&["update:signing_keys"])
        .answers(brief_shape()),
    ]
}

/// A key on the wire, as Auth0 shows it, with its algorithm and what its ring knows beyond: since
/// when and until when it is published, and from when on a next key may sign (not in Auth0).
fn view(ring: &KeyRing, key: &KeyInfo) -> Value {
    let mut view = Map::new();
    let mut put = |name: &str, value: Value| drop(view.insert(name.to_owned(), value));
    put("kid", key.id.as_str().into());
    put("cert", certificate::pem(&key.certificate).into());
    put("pkcs7", certificate::pkcs7(&key.certificate).into());
    put(
        "fingerprint",
        certificate::fingerprint(&key.certificate).into(),
    );
    put(
        "thumbprint",
        certificate::thumbprint(&key.certificate).into(),
    );
    put("alg", key.alg.as_str().into());
    let since = Value::from(key.changed_at.iso8601());
    let states = [
        ("current", KeyState::Current),
        ("next", KeyState::Next),
        ("previous", KeyState::Previous),
    ];
    for (name, state) in states {
        if key.state == state {
            put(name, true.into());
        }
    }
    match key.state {
        KeyState::Current => put("current_since", since),
        KeyState::Previous => put("current_until", since),
        KeyState::Revoked => put("revoked_at", since),
        KeyState::Next => {}
    }
    put("revoked", (key.state == KeyState::Revoked).into());
    put("published_since", key.created_at.iso8601().into());
    match key.state {
        KeyState::Next => put("signs_from", signs_from(ring, key).iso8601().into()),
        KeyState::Previous => {
            let until = key.changed_at + LONGEST_TOKEN;
            put("published_until", until.iso8601().into());
        }
        KeyState::Current | KeyState::Revoked => {}
    }
    Value::Object(view)
}

/// From when on a next key may sign, if somebody rotates.
fn signs_from(ring: &KeyRing, next: &KeyInfo) -> Timestamp {
    let of_ring = |info: &KeyInfo| Key {
        id: info.id.clone(),
        state: info.state,
        created_at: info.created_at,
        changed_at: info.changed_at,
    };
    let siblings = ring.keys().iter().filter(|key| key.alg == next.alg);
    ready_at(&siblings.map(of_ring).collect::<Vec<_>>(), &of_ring(next))
}

/// A key as rotating and revoking answer it.
fn brief(key: &KeyInfo) -> Value {
    json!({"cert": certificate::pem(&key.certificate), "kid": key.id})
}

fn shape() -> Value {
    open(
        [
            ("kid", string()),
            ("cert", string()),
            ("pkcs7", string()),
            ("fingerprint", string()),
            ("thumbprint", string()),
            ("alg", string()),
            ("current", flag()),
            ("next", flag()),
            ("previous", flag()),
            ("revoked", flag()),
            ("current_since", time()),
            ("current_until", time()),
            ("revoked_at", time()),
            ("published_since", time()),
            ("published_until", time()),
            ("signs_from", time()),
        ],
        &["kid", "cert", "fingerprint", "thumbprint", "revoked"],
    )
}

fn brief_shape() -> Value {
    open([("cert", string()), ("kid", string())], &["cert", "kid"])
}

/// RS256 first, then by state: what tools take for *the* key comes first.
fn order(key: &KeyInfo) -> (bool, &'static str, u8) {
    let state = match key.state {
        KeyState::Next => 0,
        KeyState::Current => 1,
        KeyState::Previous => 2,
        KeyState::Revoked => 3,
    };
    (key.alg != SigningAlg::Rs256, key.alg.as_str(), state)
}

fn missing() -> ApiError {
    ApiError::not_found("inexistent_signing_key", "The signing key does not exist")
}

fn refused(error: KeysError) -> ApiError {
    match error {
        KeysError::Ring(KeyError::Unknown(_)) => missing(),
        KeysError::Ring(error @ KeyError::TooEarly(_)) => {
            let refusal = Refusal::new("key_too_young", error.to_string())
                .remedy("Wait, or revoke the current key if it is compromised.");
            ApiError::new(StatusCode::CONFLICT, Some("key_too_young"), refusal)
        }
        error => OAuthError::from(error).into(),
    }
}
