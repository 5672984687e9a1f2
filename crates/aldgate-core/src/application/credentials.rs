//! Public keys of an application that proves itself by signed assertions (`private_key_jwt`), and
//! Auth0's `client_authentication_methods`, which says which of them count.

use aldgate_jose::{Jwk, pem};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Application, ClientAuthMethod, ClientCredential};
use crate::body;
use crate::error::Refusal;
use crate::id::CredentialId;
use crate::random::Entropy;
use crate::time::Timestamp;

/// Members a body may set when a credential is made (Auth0: client credentials).
pub const CREATABLE: &[&str] = &[
    "credential_type",
    "name",
    "pem",
    "jwk",
    "alg",
    "kid",
    "expires_at",
    "parse_expiry_from_cert",
];

/// Members a body may change later.
pub const WRITABLE: &[&str] = &["expires_at"];

/// The most credentials an application may have.
pub const CREDENTIALS_MAX: usize = 10;

/// The longest name, in characters (Auth0: 128).
const NAME_MAX: usize = 128;

/// What assertions may be signed with.
const ALGS: &[&str] = &[
    "RS256", "RS384", "RS512", "PS256", "PS384", "ES256", "ES384", "EdDSA",
];

#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    credential_type: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    pem: Option<String>,
    #[serde(default)]
    jwk: Option<Map<String, Value>>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    expires_at: Option<String>,
    #[serde(default)]
    parse_expiry_from_cert: bool,
}

/// Makes a credential from a body with a public key as `pem` (`PUBLIC KEY`, `RSA PUBLIC KEY` or
/// `CERTIFICATE`) or, beyond Auth0, as `jwk`. It counts once `client_authentication_methods` names
/// it.
///
/// # Errors
/// Names the member at fault.
pub fn create(
    body: Map<String, Value>,
    id: CredentialId,
    now: Timestamp,
) -> Result<ClientCredential, Refusal> {
    if let Some(name) = body.keys().find(|name| !CREATABLE.contains(&name.as_str())) {
        return Err(body::unknown_member(name, CREATABLE));
    }
    let given: Given = serde_path_to_error::deserialize(Value::Object(body)).map_err(|error| {
        let path = error.path().to_string();
        invalid(format!("{} on property {path}", error.into_inner()))
    })?;
    if given.credential_type.as_deref() != Some("public_key") {
        return Err(invalid("credential_type must be public_key")
            .actual(given.credential_type.as_deref().unwrap_or_default())
            .remedy("Certificates for mutual TLS are not built yet."));
    }
    let name = given.name.unwrap_or_default();
    if name.chars().count() > NAME_MAX {
        return Err(invalid(format!("name has more than {NAME_MAX} characters")));
    }
    let (mut key, not_after) = read_key(given.pem.as_deref(), given.jwk.as_ref())?;
    let alg = choose_alg(&key, given.alg.as_deref())?;
    if let Some(kid) = given.kid {
        let fits = (10..=64).contains(&kid.len()) && kid.bytes().all(|b| b.is_ascii_graphic());
        if !fits {
            return Err(invalid("kid must have 10 to 64 printable characters").actual(&kid));
        }
        key = key.with_kid(kid);
    } else if key.kid().is_none() {
        let thumbprint = key.thumbprint();
        key = key.with_kid(thumbprint);
    }
    let expires_at = match (given.expires_at, given.parse_expiry_from_cert) {
        (Some(text), _) => Some(read_expiry(&text, now)?),
        (None, true) => Some(Timestamp::from_seconds(not_after.ok_or_else(|| {
            invalid("parse_expiry_from_cert needs a certificate in pem")
        })?)),
        (None, false) => None,
    };
    let jwk = serde_json::to_value(key.without_alg()).map_err(|e| invalid(e.to_string()))?;
    Ok(ClientCredential {
        id,
        name,
        alg,
        jwk,
        expires_at,
        in_use: false,
        created_at: now,
        updated_at: now,
    })
}

/// Changes when a credential ends.
///
/// # Errors
/// Names the member at fault.
pub fn update(
    credential: &ClientCredential,
    body: &Map<String, Value>,
    now: Timestamp,
) -> Result<ClientCredential, Refusal> {
    if let Some(name) = body.keys().find(|name| !WRITABLE.contains(&name.as_str())) {
        return Err(body::unknown_member(name, WRITABLE));
    }
    let mut changed = credential.clone();
    match body.get("expires_at") {
        None => {}
        Some(Value::Null) => changed.expires_at = None,
        Some(Value::String(text)) => changed.expires_at = Some(read_expiry(text, now)?),
        Some(_) => return Err(invalid("expires_at must be a time in ISO 8601")),
    }
    changed.updated_at = now;
    Ok(changed)
}

/// The credential as the Management API shows it. The key itself is public, but Auth0 leaves it
/// out.
#[must_use]
pub fn public_view(credential: &ClientCredential) -> Map<String, Value> {
    let mut view = Map::new();
    view.insert("id".into(), json!(credential.id));
    if !credential.name.is_empty() {
        view.insert("name".into(), json!(credential.name));
    }
    if let Some(kid) = credential.jwk.get("kid") {
        view.insert("kid".into(), kid.clone());
    }
    view.insert("alg".into(), json!(credential.alg));
    view.insert("credential_type".into(), json!("public_key"));
    view.insert("created_at".into(), json!(credential.created_at.iso8601()));
    view.insert("updated_at".into(), json!(credential.updated_at.iso8601()));
    if let Some(end) = credential.expires_at {
        view.insert("expires_at".into(), json!(end.iso8601()));
    }
    view
}

/// `client_authentication_methods` of an application, if assertions prove it.
#[must_use]
pub fn methods(application: &Application) -> Option<Value> {
    if application.token_endpoint_auth_method != ClientAuthMethod::PrivateKeyJwt {
        return None;
    }
    let used = application.credentials.iter().filter(|c| c.in_use);
    let ids: Vec<Value> = used.map(|c| json!({"id": c.id})).collect();
    Some(json!({"private_key_jwt": {"credentials": ids}}))
}

/// Lays `client_authentication_methods` over an application: which of its credentials count from
/// now on. With `rng`, credentials that are given whole are made; without, only ids are accepted.
///
/// # Errors
/// Names the member at fault.
pub fn choose(
    application: &mut Application,
    methods: &Value,
    now: Timestamp,
    rng: Option<&mut dyn Entropy>,
) -> Result<(), Refusal> {
    if methods.is_null() {
        if application.token_endpoint_auth_method == ClientAuthMethod::PrivateKeyJwt {
            application.token_endpoint_auth_method = ClientAuthMethod::default();
        }
        application
            .credentials
            .iter_mut()
            .for_each(|c| c.in_use = false);
        return Ok(());
    }
    let given = read_methods(methods)?;
    if given.len() > CREDENTIALS_MAX {
        return Err(too_many());
    }
    let mut chosen: Vec<CredentialId> = Vec::new();
    let mut rng = rng;
    for (index, credential) in given.iter().enumerate() {
        let known = credential.get("id").and_then(Value::as_str);
        if let Some(id) = known {
            let found = application.credentials.iter().find(|c| c.id.as_str() == id);
            let found = found.ok_or_else(|| unknown(index, id))?;
            chosen.push(found.id.clone());
            continue;
        }
        let Some(rng) = rng.as_deref_mut() else {
            return Err(invalid(format!("{LIST}[{index}] must be {{\"id\": …}}"))
                .remedy("Make it with POST /clients/{id}/credentials first."));
        };
        let body = credential.as_object().cloned().unwrap_or_default();
        let made = create(body, CredentialId::generate(rng), now).map_err(|mut refusal| {
            refusal.cause = format!("{} on property {LIST}[{index}]", refusal.cause).into();
            refusal
        })?;
        chosen.push(made.id.clone());
        add(application, made)?;
    }
    for credential in &mut application.credentials {
        credential.in_use = chosen.contains(&credential.id);
    }
    application.token_endpoint_auth_method = ClientAuthMethod::PrivateKeyJwt;
    Ok(())
}

/// Adds a credential to an application.
///
/// # Errors
/// When it has too many, or one with the same `kid`.
pub fn add(application: &mut Application, credential: ClientCredential) -> Result<(), Refusal> {
    if application.credentials.len() >= CREDENTIALS_MAX {
        return Err(too_many());
    }
    let kid = credential.jwk.get("kid");
    if application
        .credentials
        .iter()
        .any(|c| c.jwk.get("kid") == kid)
    {
        return Err(
            invalid("The application has a credential with this kid already")
                .remedy("Use another key, or delete the credential that has it."),
        );
    }
    application.credentials.push(credential);
    Ok(())
}

const LIST: &str = "client_authentication_methods.private_key_jwt.credentials";

fn read_methods(methods: &Value) -> Result<&[Value], Refusal> {
    let object = methods.as_object();
    let other = object.and_then(|o| o.keys().find(|name| *name != "private_key_jwt"));
    if let Some(name) = other {
        let cause = format!("client_authentication_methods.{name} is not built");
        return Err(invalid(cause).expected("private_key_jwt").actual(name));
    }
    let list = methods
        .pointer("/private_key_jwt/credentials")
        .and_then(Value::as_array);
    match list {
        Some(list) if !list.is_empty() => Ok(list),
        _ => Err(invalid(format!(
            "{LIST} must be a list with at least one entry"
        ))),
    }
}

fn read_key(
    pem: Option<&str>,
    jwk: Option<&Map<String, Value>>,
) -> Result<(Jwk, Option<i64>), Refusal> {
    let read = match (pem, jwk) {
        (Some(text), None) => pem::public_key(text).map(|found| (found.key, found.not_after)),
        (None, Some(members)) => Jwk::from_map(members).map(|key| (key, None)),
        _ => {
            return Err(invalid("Missing required property: pem")
                .expected("one of pem (a public key or a certificate) and jwk"));
        }
    };
    let member = if pem.is_some() { "pem" } else { "jwk" };
    read.map_err(|error| {
        invalid(format!("{member}: {error}"))
            .expected("a public RSA, EC or Ed25519 key that is strong enough")
            .remedy("Send the public half only, such as the output of `openssl pkey -pubout`.")
    })
}

fn choose_alg(key: &Jwk, wanted: Option<&str>) -> Result<String, Refusal> {
    let possible = key.algs();
    let fits = |name: &str| possible.iter().any(|alg| alg.name() == name);
    let chosen = match wanted {
        Some(name) => ALGS.iter().find(|alg| **alg == name && fits(name)),
        None => ALGS.iter().find(|alg| fits(alg)),
    };
    chosen.map(|alg| (*alg).to_owned()).ok_or_else(|| {
        let possible = ALGS.iter().filter(|alg| fits(alg)).copied();
        invalid("alg does not fit the key")
            .expected(possible.collect::<Vec<_>>().join(", "))
            .actual(wanted.unwrap_or_default())
    })
}

fn read_expiry(text: &str, now: Timestamp) -> Result<Timestamp, Refusal> {
    let end = Timestamp::parse_iso8601(text)
        .map_err(|error| invalid(format!("expires_at: {error}")).actual(text))?;
    if end <= now {
        return Err(invalid("expires_at lies in the past")
            .expected("a time to come")
            .actual(text));
    }
    Ok(end)
}

fn unknown(index: usize, id: &str) -> Refusal {
    invalid(format!(
        "{LIST}[{index}].id is no credential of this application"
    ))
    .actual(id)
    .remedy("GET /clients/{id}/credentials lists them; POST makes one.")
}

fn too_many() -> Refusal {
    invalid(format!(
        "An application can have {CREDENTIALS_MAX} credentials"
    ))
    .remedy("Delete one that is no longer used.")
}

fn invalid(cause: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new("invalid_body", cause)
}

#[cfg(test)]
mod tests {
    use aldgate_jose::{Alg, SigningKey, b64};

    use super::*;
    use crate::random::tests::Counting;

    fn public_pem(alg: Alg) -> String {
        let key = SigningKey::generate(alg).unwrap();
        let body = b64::encode_standard(&key.public_jwk().unwrap().to_spki());
        format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
    }

    fn make(body: Value) -> Result<ClientCredential, Refusal> {
        let id = CredentialId::generate(&mut Counting(1));
        let now = Timestamp::from_seconds(1_000);
        create(body.as_object().cloned().unwrap(), id, now)
    }

    fn application() -> Application {
        serde_json::from_value(json!({"client_id": "app", "name": "A"})).unwrap()
    }

    #[test]
    fn a_key_is_read_from_pem_and_jwk() {
        let body = json!({"credential_type": "public_key", "pem": public_pem(Alg::ES256)});
        let made = make(body).unwrap();
        assert_eq!(made.alg, "ES256");
        assert!(made.jwk["kid"].is_string() && !made.in_use);
        let key = SigningKey::generate(Alg::EdDSA).unwrap();
        let jwk = serde_json::to_value(key.public_jwk().unwrap()).unwrap();
        let body = json!({"credential_type": "public_key", "jwk": jwk, "kid": "0123456789"});
        let made = make(body).unwrap();
        assert_eq!(
            (made.alg.as_str(), &made.jwk["kid"]),
            ("EdDSA", &json!("0123456789"))
        );
    }

    #[test]
    fn jwt_07_unfit_keys_and_members_are_refused_by_name() {
        let pem = public_pem(Alg::ES256);
        for (more, needle) in [
            (json!({"pem": null}), "pem"),
            (
                json!({"pem": "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----"}),
                "pem",
            ),
            (json!({"alg": "RS256"}), "alg"),
            (json!({"alg": "HS256"}), "alg"),
            (
                json!({"credential_type": "cert_subject_dn"}),
                "credential_type",
            ),
            (json!({"expires_at": "1970-01-01T00:00:00Z"}), "expires_at"),
            (json!({"expires_at": "soon"}), "expires_at"),
            (
                json!({"parse_expiry_from_cert": true}),
                "parse_expiry_from_cert",
            ),
            (json!({"kid": "short"}), "kid"),
            (json!({"in_use": true}), "in_use"),
            (json!({"id": "cred_mine"}), "id"),
        ] {
            let mut body = json!({"credential_type": "public_key", "pem": pem});
            body.as_object_mut()
                .unwrap()
                .extend(more.as_object().cloned().unwrap());
            let refusal = make(body).unwrap_err();
            assert!(
                refusal.cause.contains(needle),
                "{needle}: {}",
                refusal.cause
            );
        }
    }

    #[test]
    fn only_chosen_credentials_count() {
        let now = Timestamp::from_seconds(1_000);
        let mut app = application();
        let whole = json!({"credential_type": "public_key", "pem": public_pem(Alg::ES256)});
        let body = json!({"private_key_jwt": {"credentials": [whole]}});
        assert!(
            choose(&mut app.clone(), &body, now, None).is_err(),
            "by id only"
        );
        choose(&mut app, &body, now, Some(&mut Counting(3))).unwrap();
        assert_eq!(
            app.token_endpoint_auth_method,
            ClientAuthMethod::PrivateKeyJwt
        );
        assert!(app.credentials[0].in_use);
        let shown = methods(&app).unwrap();
        choose(&mut app, &shown, now, None).unwrap();
        let foreign = json!({"private_key_jwt": {"credentials": [{"id": "cred_other"}]}});
        assert!(choose(&mut app, &foreign, now, None).is_err());
        assert!(choose(&mut app, &json!({"tls_client_auth": {}}), now, None).is_err());
        choose(&mut app, &Value::Null, now, None).unwrap();
        assert!(!app.credentials[0].in_use && methods(&app).is_none());
    }
}
