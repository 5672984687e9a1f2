//! The opened keys of one tenant.

use std::collections::HashMap;
use std::sync::Arc;

use aldgate_core::api::SigningAlg;
use aldgate_core::id::{KeyId, TenantId};
use aldgate_core::key::{KEY_SET_MAX_AGE, KeyState};
use aldgate_core::time::Timestamp;
use aldgate_jose::{Jwk, JwkSet, SigningKey, VerifyingKey, b64};
use aldgate_store::StoredKey;

use super::KeysError;
use super::make::{jose_alg, place};
use crate::respond::Rendered;
use crate::seal::Sealer;

/// The opened keys of one tenant.
pub struct KeyRing {
    signers: HashMap<SigningAlg, Arc<SigningKey>>,
    verifiers: HashMap<String, VerifyingKey>,
    keys: Vec<KeyInfo>,
    key_set: Rendered,
}

/// What may be told of a key.
#[derive(Clone, Debug)]
pub struct KeyInfo {
    /// `kid`.
    pub id: KeyId,
    /// Its algorithm.
    pub alg: SigningAlg,
    /// What it is used for.
    pub state: KeyState,
    /// The self-signed certificate, DER.
    pub certificate: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it came into its state.
    pub changed_at: Timestamp,
}

impl KeyRing {
    pub(super) fn open(
        tenant: &TenantId,
        stored: &[StoredKey],
        sealer: &Sealer,
    ) -> Result<Self, KeysError> {
        let mut keys = Vec::with_capacity(stored.len());
        let (mut signers, mut verifiers) = (HashMap::new(), HashMap::new());
        let mut published: Vec<(u8, Jwk)> = Vec::new();
        for row in stored {
            let info = KeyInfo::of(row);
            if info.state.is_published() {
                let plain = sealer.open(&place(tenant, &row.id), &row.sealed)?;
                let alg = jose_alg(info.alg)?;
                let key = SigningKey::from_pkcs8(alg, row.id.as_str(), plain.expose())?;
                let key = key.with_certificate(&info.certificate);
                if let Some(jwk) = key.public_jwk() {
                    published.push((order(&info), jwk.clone()));
                }
                verifiers.insert(row.id.to_string(), key.verifying_key());
                if info.state == KeyState::Current {
                    signers.insert(info.alg, Arc::new(key));
                }
            }
            keys.push(info);
        }
        // Old verifiers take the first key: RS256's current one.
        published.sort_by_key(|(order, _)| *order);
        let set = JwkSet::new(published.into_iter().map(|(_, jwk)| jwk))?;
        let max_age = u32::try_from(KEY_SET_MAX_AGE.0).unwrap_or(u32::MAX);
        Ok(Self {
            signers,
            verifiers,
            keys,
            key_set: Rendered::json(set.to_json(), max_age),
        })
    }

    /// The key that signs with `alg` now.
    #[must_use]
    pub fn signer(&self, alg: SigningAlg) -> Option<Arc<SigningKey>> {
        self.signers.get(&alg).cloned()
    }

    /// The key of `kid`, if its tokens count: to check our own tokens.
    #[must_use]
    pub fn verifier(&self, kid: &str) -> Option<&VerifyingKey> {
        self.verifiers.get(kid)
    }

    /// Every key, also revoked ones.
    #[must_use]
    pub fn keys(&self) -> &[KeyInfo] {
        &self.keys
    }

    /// The answer of `/.well-known/jwks.json`.
    #[must_use]
    pub const fn key_set(&self) -> &Rendered {
        &self.key_set
    }
}

impl KeyInfo {
    fn of(row: &StoredKey) -> Self {
        let certificate = row
            .document
            .get("certificate")
            .and_then(serde_json::Value::as_str);
        Self {
            id: row.id.clone(),
            alg: row.alg,
            state: row.state,
            certificate: certificate
                .and_then(|text| b64::decode(text).ok())
                .unwrap_or_default(),
            created_at: row.created_at,
            changed_at: row.updated_at,
        }
    }

    /// Whether the key is in the key set.
    #[must_use]
    pub const fn is_published(&self) -> bool {
        self.state.is_published()
    }
}

fn order(info: &KeyInfo) -> u8 {
    let state = match info.state {
        KeyState::Current => 0,
        KeyState::Next => 1,
        KeyState::Previous => 2,
        KeyState::Revoked => 3,
    };
    if info.alg == SigningAlg::Rs256 {
        state
    } else {
        state + 10
    }
}
