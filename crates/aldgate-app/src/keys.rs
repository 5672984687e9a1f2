//! Signing keys: each tenant's rings, parsed once, published with an `ETag`, turned on a schedule.
//!
//! What happens when is decided in `aldgate_core::key`; here keys are made, sealed and kept.

mod make;
mod ring;
mod turn;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aldgate_core::api::SigningAlg;
use aldgate_core::id::{KeyId, TenantId};
use aldgate_core::key::KeyError;
use aldgate_core::tenant::Tenant;
use aldgate_jose::{Family, JoseError, SigningKey};
use aldgate_store::{Change, ChangeKind, StoreError};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::metrics::{Count, Metrics};
use crate::seal::SealError;

pub(crate) use make::place;
pub use ring::{KeyInfo, KeyRing};

/// Tenants whose keys are kept parsed.
const RINGS_MAX: usize = 10_000;

/// The signing keys of all tenants. Cheap to clone.
#[derive(Clone)]
pub struct Keys {
    rings: Arc<Mutex<Rings>>,
    /// RSA takes most of a millisecond: as many at a time as there are cores.
    slow: Arc<Semaphore>,
    metrics: Metrics,
}

#[derive(Default)]
struct Rings {
    by_tenant: HashMap<TenantId, Arc<KeyRing>>,
    forgotten: u64,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The ring cannot turn as asked.
    #[error(transparent)]
    Ring(#[from] KeyError),
    /// A key cannot be made or read.
    #[error("signing key: {0}")]
    Jose(#[from] JoseError),
    /// A stored key does not open.
    #[error("signing key: {0}")]
    Seal(#[from] SealError),
    /// The certificate of a key cannot be made.
    #[error("certificate of a signing key: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The database does not answer, or holds something else.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// HS256 has no ring: its key is the application's or API's own secret.
    #[error("{0} keys belong to one application or API, not to the tenant")]
    NotATenantKey(&'static str),
    /// Other nodes turned the ring again and again while this one tried.
    #[error("the keys were changed elsewhere at the same time; try again")]
    Busy,
}

impl From<KeysError> for aldgate_core::error::OAuthError {
    fn from(error: KeysError) -> Self {
        use aldgate_core::error::{ErrorCode, Refusal};
        let refusal = Refusal::new("signing_key", error.to_string());
        let code = match &error {
            KeysError::Store(StoreError::Unavailable(_)) | KeysError::Busy => {
                ErrorCode::TemporarilyUnavailable
            }
            _ => ErrorCode::ServerError,
        };
        Self::new(code, "The server could not sign").because(refusal)
    }
}

impl Keys {
    pub(crate) fn new(metrics: Metrics) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            rings: Arc::default(),
            slow: Arc::new(Semaphore::new(cores)),
            metrics,
        }
    }

    /// Forgets the keys of a tenant that changed.
    pub(crate) fn forget(&self, change: &Change) {
        let mut rings = self.lock();
        rings.forgotten += 1;
        match change {
            Change::Anything => rings.by_tenant.clear(),
            Change::Row {
                tenant,
                kind: ChangeKind::SigningKey,
                ..
            } => {
                rings.by_tenant.remove(tenant);
            }
            Change::Row { .. } => {}
        }
    }

    /// Signs `payload` as a compact JWS. RSA runs beside the threads that serve requests.
    pub async fn sign(&self, key: &Arc<SigningKey>, typ: &'static str, payload: Vec<u8>) -> String {
        self.metrics.count(Count::TokenSigned);
        let quick = key.alg().family() != Family::Rsa;
        if quick {
            return key.sign(typ, &payload);
        }
        let permit = Arc::clone(&self.slow).acquire_owned().await;
        let slow = Arc::clone(key);
        let job = tokio::task::spawn_blocking(move || {
            let signed = slow.sign(typ, &payload);
            drop(permit);
            signed
        });
        match job.await {
            Ok(signed) => signed,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is shutting down: this request is cut with it.
                Err(_) => std::future::pending().await,
            },
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Rings> {
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// The keys of a tenant.
    ///
    /// # Errors
    /// [`KeysError`] when they cannot be loaded or opened.
    pub async fn key_ring(&self, tenant: &TenantId) -> Result<Arc<KeyRing>, KeysError> {
        let before = {
            let rings = self.keys.lock();
            if let Some(ring) = rings.by_tenant.get(tenant) {
                return Ok(Arc::clone(ring));
            }
            rings.forgotten
        };
        let stored = self
            .store
            .read(tenant, |tx| tx.signing_keys().all())
            .await?;
        let ring = Arc::new(KeyRing::open(tenant, &stored, &self.sealer)?);
        let mut rings = self.keys.lock();
        // What changed while it was loaded is not kept.
        if rings.forgotten == before {
            if rings.by_tenant.len() >= RINGS_MAX {
                rings.by_tenant.clear();
            }
            rings.by_tenant.insert(tenant.clone(), Arc::clone(&ring));
        }
        Ok(ring)
    }

    /// The key that signs for a tenant with `alg`; made at the first use.
    ///
    /// # Errors
    /// [`KeysError`], also for HS256, whose key is the application's own secret.
    pub async fn signer(
        &self,
        tenant: &Tenant,
        alg: SigningAlg,
    ) -> Result<Arc<SigningKey>, KeysError> {
        if let Some(key) = self.key_ring(&tenant.id).await?.signer(alg) {
            return Ok(key);
        }
        self.maintain_keys(tenant, alg).await?;
        let ring = self.key_ring(&tenant.id).await?;
        ring.signer(alg).ok_or(KeysError::Busy)
    }

    /// Does what housekeeping the ring of `alg` needs; says whether anything changed.
    ///
    /// # Errors
    /// [`KeysError`] when keys cannot be made or stored.
    pub async fn maintain_keys(&self, tenant: &Tenant, alg: SigningAlg) -> Result<bool, KeysError> {
        turn::turn(self, tenant, alg, turn::Order::Maintain).await
    }

    /// Replaces the key that signs with `alg` by the one that was published before.
    ///
    /// # Errors
    /// [`KeyError::TooEarly`] when the next key was not published long enough.
    pub async fn rotate_keys(&self, tenant: &Tenant, alg: SigningAlg) -> Result<bool, KeysError> {
        turn::turn(self, tenant, alg, turn::Order::Rotate).await
    }

    /// Replaces the key that signs with `alg`, although caches may not know the next one yet.
    ///
    /// # Errors
    /// As [`App::maintain_keys`].
    pub async fn rotate_keys_now(
        &self,
        tenant: &Tenant,
        alg: SigningAlg,
    ) -> Result<bool, KeysError> {
        turn::turn(self, tenant, alg, turn::Order::RotateNow).await
    }

    /// Takes a key that may be compromised out of the key set at once.
    ///
    /// # Errors
    /// [`KeyError::Unknown`] when there is no such key.
    pub async fn revoke_key(&self, tenant: &Tenant, id: &KeyId) -> Result<bool, KeysError> {
        let ring = self.key_ring(&tenant.id).await?;
        let info = ring.keys().iter().find(|info| info.id == *id);
        let alg = info
            .map(|info| info.alg)
            .ok_or_else(|| KeyError::Unknown(id.clone()))?;
        turn::turn(self, tenant, alg, turn::Order::Revoke(id.clone())).await
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}
