//! Secrets in a plan: given in the files, or made and shown once; sealed where HS256 needs them
//! (ruling R11).

use aldgate_core::api::{self, Api, SigningAlg};
use aldgate_core::application::{self, Application, ClientAuthMethod};
use aldgate_core::id::{ApiId, ClientId};
use aldgate_core::secret::{Secret, TokenHash};
use anyhow::{Result, bail};
use serde_json::{Map, Value};

use super::{Means, refused};

/// Seals secrets that are needed in the clear to sign with.
pub(crate) trait Vault {
    /// Seals a client secret.
    fn seal_client(&self, id: &ClientId, secret: &Secret<String>) -> String;
    /// Seals an API's signing secret.
    fn seal_api(&self, id: &ApiId, secret: &Secret<String>) -> String;
    /// Opens an API's signing secret; `None` if it does not open here.
    fn open_api(&self, id: &ApiId, sealed: &str) -> Option<Secret<String>>;
}

/// A secret in the files must have 256 bits to sign with, or to withstand guessing.
const CHARACTERS_MIN: usize = 32;

/// Takes a secret out of a body.
pub(super) fn take(
    body: &mut Map<String, Value>,
    member: &str,
    label: &str,
) -> Result<Option<Secret<String>>> {
    match body.remove(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(secret)) if secret.len() >= CHARACTERS_MIN => {
            Ok(Some(Secret::new(secret)))
        }
        Some(_) => bail!(
            "{label}: {member} must be a string of at least {CHARACTERS_MIN} characters; a \
             client_secret is better left out: then one is generated and printed once"
        ),
    }
}

/// Creates or updates an API, with its `signing_secret` sealed.
pub(super) fn api(
    before: Option<&Api>,
    mut body: Map<String, Value>,
    label: &str,
    means: &mut Means<'_>,
) -> Result<Api> {
    let given = take(&mut body, "signing_secret", label)?;
    let id = before.map_or_else(|| ApiId::generate(means.rng), |api| api.id.clone());
    let kept = before.and_then(|api| api.signing_secret_sealed.clone());
    let sealed = match (given, kept) {
        (None, kept) => kept,
        (Some(given), Some(kept)) if means.vault.open_api(&id, &kept).as_ref() == Some(&given) => {
            Some(kept)
        }
        (Some(given), _) => Some(means.vault.seal_api(&id, &given)),
    };
    let changed = match before {
        None => api::rules::create(body, id, sealed, means.now),
        Some(before) => {
            body.remove("identifier");
            let mut before = before.clone();
            before.signing_secret_sealed = sealed;
            api::rules::update(&before, body, means.now)
        }
    };
    let mut changed = changed.map_err(|refusal| refused(label, &refusal))?;
    if changed.signing_alg != SigningAlg::Hs256 {
        changed.signing_secret_sealed = None;
    }
    Ok(changed)
}

/// Gives a confidential application the secret from the files, or a new one if it has none; returns
/// one that has to be shown. For HS256 the secret is sealed as well.
pub(super) fn settle(
    application: &mut Application,
    given: Option<Secret<String>>,
    label: &str,
    means: &mut Means<'_>,
) -> Result<Option<Secret<String>>> {
    let uses_secret = matches!(
        application.token_endpoint_auth_method,
        ClientAuthMethod::ClientSecretBasic | ClientAuthMethod::ClientSecretPost
    );
    if !uses_secret {
        return Ok(None);
    }
    let (hash, known) = (application.secret_hash, given.is_some());
    let secret = match given {
        Some(secret) => Some(secret),
        None if hash.is_none() => Some(application::rules::new_secret(application, means.rng)),
        None => None,
    };
    if let Some(secret) = &secret {
        application.secret_hash = Some(TokenHash::of(secret.expose()));
    }
    if application.jwt_configuration.alg != SigningAlg::Hs256 {
        application.secret_sealed = None;
    } else if application.secret_sealed.is_none() || application.secret_hash != hash {
        let Some(secret) = &secret else {
            bail!(
                "{label}: jwt_configuration.alg HS256 signs with the client secret, which is kept \
                 only as a hash; give `client_secret`, or use RS256"
            );
        };
        application.secret_sealed = Some(means.vault.seal_client(&application.id, secret));
    }
    Ok(secret.filter(|_| !known))
}
