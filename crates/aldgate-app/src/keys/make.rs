//! Makes keys: generated, certified by themselves, sealed for their row.

use aldgate_core::api::SigningAlg;
use aldgate_core::id::{KeyId, TenantId};
use aldgate_core::key::KeyState;
use aldgate_core::tenant::Tenant;
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_jose::{Alg, SigningKey, b64};
use aldgate_store::StoredKey;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519,
    PKCS_RSA_SHA256, SignatureAlgorithm,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::json;

use super::KeysError;
use crate::app::App;
use crate::seal::Place;

/// Nobody checks it, but some tools refuse certificates without end.
const CERTIFICATE_LIFETIME: Seconds = Seconds::days(5110);

/// Makes a key for `tenant`, ready to be stored.
pub(super) async fn make(
    app: &App,
    tenant: &Tenant,
    alg: SigningAlg,
    state: KeyState,
    now: Timestamp,
) -> Result<StoredKey, KeysError> {
    let (app, id, issuer) = (app.clone(), tenant.id.clone(), tenant.issuer.clone());
    // An RSA key takes a tenth of a second and more.
    let job = tokio::task::spawn_blocking(move || {
        let kid = KeyId::generate(&mut app.rng());
        let key = SigningKey::generate(jose_alg(alg)?)?;
        let pkcs8 = key.to_pkcs8()?;
        let certificate = certify(&pkcs8, alg, issuer.authority(), now)?;
        let sealed = app.sealer.seal(&place(&id, &kid), &pkcs8, &mut app.rng());
        Ok(StoredKey {
            id: kid,
            alg,
            state,
            sealed,
            document: json!({"certificate": b64::encode(&certificate)}),
            created_at: now,
            updated_at: now,
        })
    });
    match job.await {
        Ok(made) => made,
        Err(_) => Err(KeysError::Busy),
    }
}

/// Where the private half of a key is sealed.
pub(crate) fn place<'a>(tenant: &'a TenantId, key: &'a KeyId) -> Place<'a> {
    Place {
        tenant,
        table: "signing_keys",
        row: key.as_str(),
        column: "sealed",
    }
}

/// The algorithm in `aldgate-jose`'s words.
pub(super) const fn jose_alg(alg: SigningAlg) -> Result<Alg, KeysError> {
    match alg {
        SigningAlg::Rs256 => Ok(Alg::RS256),
        SigningAlg::Rs512 => Ok(Alg::RS512),
        SigningAlg::Ps256 => Ok(Alg::PS256),
        SigningAlg::Es256 => Ok(Alg::ES256),
        SigningAlg::EdDsa => Ok(Alg::EdDSA),
        SigningAlg::Hs256 => Err(KeysError::NotATenantKey("HS256")),
    }
}

/// A certificate that says no more than that the key belongs to `host`: older verifiers want one.
fn certify(
    pkcs8: &[u8],
    alg: SigningAlg,
    host: &str,
    now: Timestamp,
) -> Result<Vec<u8>, KeysError> {
    let signature: &'static SignatureAlgorithm = match alg {
        SigningAlg::Es256 => &PKCS_ECDSA_P256_SHA256,
        SigningAlg::EdDsa => &PKCS_ED25519,
        _ => &PKCS_RSA_SHA256,
    };
    let pair = KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(pkcs8), signature)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, host);
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let at = |time: Timestamp| {
        epoch + std::time::Duration::from_secs(u64::try_from(time.seconds()).unwrap_or(0))
    };
    (params.not_before, params.not_after) = (at(now), at(now + CERTIFICATE_LIFETIME));
    Ok(params.self_signed(&pair)?.der().to_vec())
}
